"""Scripts that must be left alone: what is no shell, and what shells read in different ways."""

from __future__ import annotations

import pytest

from dfix.rewriter.shell.state import leaks
from dfix.rewriter.text.source import Span
from tests.shell.written import read

NO_SCRIPT = [
    ("a; then b", "its script has an unexpected `then`"),
    ("a\nfi\n", "its script has an unexpected `fi`"),
    ("a; done", "its script has an unexpected `done`"),
    ("do a", "its script has an unexpected `do`"),
    ("else a", "its script has an unexpected `else`"),
    ("a; }", "its script has an unexpected `}`"),
    ("a; esac", "its script has an unexpected `esac`"),
    ("]] a", "its script has an unexpected `]]`"),
    ("time { a; }", "its script has an unexpected `{`"),
    ("! ! a", "its script has an unexpected `!`"),
    ("select a in b; do c; done", "its script has an unexpected `select`"),
    ("coproc a", "its script has an unexpected `coproc`"),
    ("A=1 if b; then c; fi", "its script has an unexpected `if`"),
    ("th\\\nen a\nb\n", "its script has an unexpected `then`"),
    ("if a then b; fi", "its script has an unexpected `fi`"),
    ("if a; then b;", "its script lacks a `fi` at its end"),
    ("if a; then fi", "a command is missing in its script near `fi`"),
    ("if a; then; b; fi", "its script is not understood near `; b; fi`"),
    ("{ a }", "its script lacks a `}` at its end"),
    ("(a; b", "its script lacks a `)` at its end"),
    ("a)", "its script is not understood near `)`"),
    ("()", "a command is missing in its script near `)`"),
    ("(a) b", "its script is not understood near `b`"),
    ("while a; b; done", "its script has an unexpected `done`"),
    ("for i in a b do c; done", "its script lacks a `do` near `done`"),
    ("for 1 in a; do b; done", "`1` is not a variable for a `for`"),
    ("case a b) c;; esac", "its script lacks an `in` near `b) c;; esac`"),
    ("case a in b c;; esac", "its script lacks a `)` near `c;; esac`"),
    ("case a in b) c; esac x", "its script is not understood near `x`"),
    ("[[ a == b", "its script lacks a `]]` at its end"),
    ("f() a", "a function in it has no body near `a`"),
    ("f(a) { b; }", "its script is not understood near `(a) { b; }`"),
    ("echo (a)", "its script is not understood near `(a)`"),
    ("echo A=(b)", "its script is not understood near `(b)`"),
    ("a &&", "its script is not understood at its end"),
    ("a | | b", "its script is not understood near `| b`"),
    ("&& a", "its script is not understood near `&& a`"),
    ("; a", "its script is not understood near `; a`"),
    ("a ;; b", "its script is not understood near `;; b`"),
    ("a & && b", "its script is not understood near `&& b`"),
    ("a > && b", "a redirect in it has no target near `&& b`"),
    ("a >", "a redirect in it has no target at its end"),
    ("echo 'a", "a quote in it is not closed near `'a`"),
    ('echo "a', 'a quote in it is not closed near `"a`'),
    ("echo `a", "a backquote in it is not closed near ``a`"),
    ("echo $(a", "its script lacks a `)` at its end"),
    ("echo $(a &&)", "its script is not understood near `)`"),
    ("echo ${a", "a `${` in it is not closed near `${a`"),
    ("echo $((1 + 2", "a `((` in it is not closed near `((1 + 2`"),
    ("echo a\\", "it ends in a backslash"),
    ("cat <<E\na\n", "a heredoc in it has no end: E"),
    ("cat <<E", "a heredoc in it has no end: E"),
    ("cat <<E && a\nE x\n", "a heredoc in it has no end: E"),
    ("a\0b", "its script contains a control character"),
    ("a\r\nb\r\n", "its script contains a control character"),
    ("a; {{ clean_apt }}", "it contains a template's `{{`"),
    ("a && {% if b %}", "it contains a template's `{%`"),
    ("Write-Host ('a' -f $b);", "its script is not understood near `('a' -f $b);`"),
    ("echo ${Env:PATH}", "it has a variable that no shell knows near `${Env:PATH}`"),
]

TWO_WAYS = [
    ("echo $'a\\'b'", "a quote in it is escaped within `$'…'` near `$'a\\'b'`"),
    ('echo "${a:-it\'s}"', "a single quote within a `${…}` of it can be read in two ways near `'s}\"`"),
    ("echo $[ 1 + 2 ]", "it uses `$[…]` near `$[ 1 + 2 ]`"),
    ("echo $((a); b)", "a `$((` in it can be read in two ways near `((a); b)`"),
    ("((a; b))", "a `((` in it can be read in two ways: ((a; b))"),
    ("((make all))", "a `((` in it can be read in two ways: ((make all))"),
    ("exec {fd}>f", "it names a descriptor by a variable near `>f`"),
    ("cat <<E\na\\\nE\n", "a heredoc in it can be read in two ways: E"),
    ("A=([b]=c)", "an array in it is not understood near `[b]=c)`"),
    ("a[b c]=d", "`a[b` in it can be read in two ways"),
    ("! { a; }", "its script can be read in two ways near `{ a; }`"),
]

ONLY_ONE_READER = ["if (a) then b; fi", "if a; then (b) fi", "for i do a; done", "((a) && b)"]


@pytest.mark.parametrize(("text", "reason"), NO_SCRIPT + TWO_WAYS)
def test_reason(text: str, reason: str) -> None:
    script = read(text)
    assert script.opaque == reason
    assert script.statements == ()
    assert script.span == Span(0, len(text))


@pytest.mark.parametrize("text", ONLY_ONE_READER)
def test_what_tree_sitter_does_not_read_is_left_alone(text: str) -> None:
    assert read(text).opaque.startswith("its script is not understood near `")


@pytest.mark.parametrize("opening", ["(", "{ ", "$(", '"$(', "${a:-", "$((1+", "if a; then ", "a | { "])
def test_deep_nesting_ends(opening: str) -> None:
    assert read(opening * 5000).opaque


def test_long_scripts_end() -> None:
    for text in ("{" * 20000 + "," * 20000, "[" * 40000, "'" * 40001, "a && " * 20000, "\\" * 40001, "`" * 40001):
        assert read(f"x {text}").span.end == len(text) + 2


def test_an_opaque_script_may_leave_anything() -> None:
    assert [leak.kind for leak in leaks(read("a; then b"))] == ["unknown"]
