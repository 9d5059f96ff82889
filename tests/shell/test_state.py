"""What a script leaves in its shell."""

from __future__ import annotations

import pytest

from dfix.rewriter.shell.state import Leak, leaks
from dfix.rewriter.text.source import Span
from tests.shell.written import read

LEAVES = [
    ("cd /a", ["cd"]),
    ("cd", ["cd"]),
    ("a && cd b && c", ["cd"]),
    ("a || cd b", ["cd"]),
    ("! cd a", ["cd"]),
    ("'cd' a", ["cd"]),
    ("\\cd a", ["cd"]),
    ("pushd a; popd", ["cd", "cd"]),
    ("command cd a", ["cd"]),
    ("command -p cd a", ["cd"]),
    ("builtin cd a", ["cd"]),
    ("time cd a", ["cd"]),
    ("{ cd a; }", ["cd"]),
    ("if a; then cd b; fi", ["cd"]),
    ("if cd a; then b; fi", ["cd"]),
    ("while a; do cd b; done", ["cd"]),
    ("case a in b) cd c;; esac", ["cd"]),
    ("cd a > b", ["cd"]),
    ("export A=b", ["export"]),
    ("export A", ["export"]),
    ("readonly A=b", ["export"]),
    ("declare -x A=b", ["export"]),
    ("A=b", ["assignment"]),
    ("A=b B=c", ["assignment"]),
    ("A=$(b)", ["assignment"]),
    ("A=(b c)", ["assignment"]),
    ("A=b export C", ["assignment", "export"]),
    ("A=b : c", ["assignment"]),
    ("A=b . c", ["assignment", "source"]),
    ("A=b eval c", ["assignment", "eval"]),
    (": ${A:=b}", ["assignment"]),
    ("a ${B=c}", ["assignment"]),
    ('a > "${B:=c}"', ["assignment"]),
    ("a $((B += 1))", ["assignment"]),
    ("((a++))", ["assignment"]),
    ("cat <<E\n${A:=b}\nE\n", ["assignment"]),
    ("let a=1", ["assignment"]),
    ("printf -v a b", ["assignment"]),
    ("for i in a; do b; done", ["loop"]),
    ("for i in a; do cd b; done", ["loop", "cd"]),
    ("for i in ${A:=b}; do c; done", ["loop", "assignment"]),
    ("for ((i=0; i<3; i++)); do a; done", ["assignment"]),
    ("case ${A:=b} in c) d;; esac", ["assignment"]),
    ("unset A", ["unset"]),
    ("set -e", ["set"]),
    ("set -- a b", ["set"]),
    ("shopt -s a", ["set"]),
    ("umask 022", ["umask"]),
    ("ulimit -n 100", ["ulimit"]),
    ("trap 'a' EXIT", ["trap"]),
    ("trap - EXIT", ["trap"]),
    ("alias a=b", ["alias"]),
    ("unalias a", ["alias"]),
    ("a() { cd b; }", ["function"]),
    ("function a { b; }", ["function"]),
    ("a &", ["background"]),
    ("cd a &", ["background"]),
    ("a && cd b & c", ["background"]),
    ("if a; then b & fi", ["background"]),
    ("a &> b", ["background"]),
    ("exec a", ["exec"]),
    ("exec > a", ["redirect"]),
    ("exec 3<&-", ["redirect"]),
    ("exit", ["exit"]),
    ("a || exit 1", ["exit"]),
    ("if a; then exit 0; fi", ["exit"]),
    ("return", ["exit"]),
    ("a && { return; }", ["exit"]),
    ("a & exit_code", ["background"]),
    ("logout", ["exit"]),
    (". ./a", ["source"]),
    ("source a", ["source"]),
    ("eval a", ["eval"]),
    ("shift", ["shift"]),
    ("read a < b", ["read"]),
    ("while read a; do b; done < c", ["read"]),
    ("mapfile a < b", ["read"]),
    ("getopts a b", ["read"]),
    ("hash -r", ["hash"]),
    ("$a b", ["unknown"]),
    ('"${a}" b', ["unknown"]),
    ("$(a) b", ["unknown"]),
    ("$(echo /a) b", ["unknown"]),
    ("c$a b", ["unknown"]),
    ("set -x; cd a; B=c; d", ["set", "cd", "assignment"]),
]

LEAVES_NOTHING = [
    "a",
    "a && b || c; d",
    "(cd a && b)",
    "( A=b; export A; exit 0; set -e; c & )",
    "a && (cd b; c)",
    "cd a | b",
    "a | cd b",
    "a | while read b; do C=$b; done",
    "! cd a | b",
    "a | { cd b; exit; }",
    "echo $(cd a && b)",
    "exit | a",
    "echo $(exit)",
    "a `cd b; exit`",
    "A=b c",
    "A=b sudo c",
    "echo cd a",
    "echo ${A:-b} ${A%=c} ${#A}",
    "a $((B + 1)) $((B == 1)) $((B <= 1))",
    "sudo cd a",
    "env cd a",
    "sh -c 'cd a; exit'",
    'bash -c "export A=b"',
    "su a -c 'cd b'",
    "nohup a",
    "test -d a && [ -f b ] && [[ c == d ]]",
    "if a; then b; else c; fi",
    "while a; do b; done",
    "case a in b) c;; esac",
    "{ a; b; }",
    "wait",
    "export",
    "export -p",
    "set",
    "umask",
    "umask -S",
    "ulimit -a",
    "trap",
    "alias",
    "hash",
    "command -v cd",
    "/usr/bin/cd a",
    "cdx a",
    "printf '%s' -v",
    "${JAVA_HOME}/bin/java a",
    '"$HOME/bin/a" b',
    "./$a b",
    "python${VERSION} a",
    "a > b 2>&1 < c",
    "a >&2",
    "exec",
    "",
]


@pytest.mark.parametrize(("text", "kinds"), LEAVES)
def test_leaves(text: str, kinds: list[str]) -> None:
    assert [leak.kind for leak in leaks(read(text))] == kinds


@pytest.mark.parametrize("text", LEAVES_NOTHING)
def test_leaves_nothing(text: str) -> None:
    script = read(text)
    assert not script.opaque
    assert leaks(script) == ()


def test_where_and_what() -> None:
    #       0         1         2         3         4         5
    #       012345678901234567890123456789012345678901234567890123456
    text = "a && A=1 B='2' && cd  'c d'; sleep 1 & f() { g; }; for i in x; do h; done"
    assert leaks(read(text)) == (
        Leak("assignment", Span(5, 14), "A=1"),
        Leak("cd", Span(18, 27), "cd 'c d'"),
        Leak("background", Span(29, 36), "sleep 1 &"),
        Leak("function", Span(39, 49), "f()"),
        Leak("loop", Span(51, 73), "for i"),
    )
