"""The commands of a script and the programs that they run."""

from __future__ import annotations

import pytest

from dfix.rewriter.shell.nodes import Compound
from dfix.rewriter.shell.walk import commands, has_substitution, invocation, invoked, program_name
from tests.shell.written import read


def test_commands_come_in_source_order_at_every_depth() -> None:
    text = "a && (b | c) || { if d; then e; else f; fi; }; for i in $(x); do g; done; h() { j; }; case k in l) m;; esac & ! n"
    assert [command.name for command in commands(read(text))] == list("abcdefgjmn")


def test_commands_of_one_node() -> None:
    script = read("a; b | c && d")
    assert [command.name for command in commands(script.statements[1].node)] == ["b", "c", "d"]


def test_commands_within_substitutions_are_not_listed() -> None:
    assert [command.name for command in commands(read('a "$(b)" `c` <(d) $((e)) && f'))] == ["a", "f"]


UNWRAPPED = [
    ("sudo a b", "a b"),
    ("sudo -E a", "a"),
    ("sudo -E -H -n a -x", "a -x"),
    ("sudo -EHn a", "a"),
    ("sudo -u b a", "a"),
    ("sudo -ub a", "a"),
    ("sudo -Hu b a", "a"),
    ("sudo --user=b -g c a", "a"),
    ("sudo --preserve-env=B a", "a"),
    ("sudo -u $B a", "a"),
    ("sudo B=c a", "a"),
    ('sudo -E "PATH=$PATH" a', "a"),
    ("sudo -- a", "a"),
    ("sudo env B=c a", "a"),
    ("/usr/bin/sudo a", "a"),
    ("env a", "a"),
    ("env B=c D=$e a f=g", "a f=g"),
    ("env -i B=c a", "a"),
    ("env -u B a", "a"),
    ("env - a", "a"),
    ("time a", "a"),
    ("time -p a", "a"),
    ("time B=c a", "a"),
    ("nice a", "a"),
    ("nice -n 10 a", "a"),
    ("nice -n10 a", "a"),
    ("nice -10 a", "a"),
    ("command a", "a"),
    ("command -p a", "a"),
    ("command cd a", "cd a"),
    ("builtin cd a", "cd a"),
    ("exec a b", "a b"),
    ("exec -a b a", "a"),
    ("nohup a", "a"),
    ("eatmydata a", "a"),
    ("timeout 30 a", "a"),
    ("timeout -k 5 10m a", "a"),
    ("timeout --signal=9 1.5h a", "a"),
    ("gosu b a c", "a c"),
    ("su-exec b:c a", "a"),
    ("xvfb-run -a a", "a"),
    ("B=c sudo -E nice a", "a"),
]

LEFT = [
    "a sudo b",
    "apt-get -y install sudo",
    "sudo",
    "sudo -i a",
    "sudo -s",
    "sudo -D b a",
    "sudo --login a",
    "sudo -u a",
    "sudo - a",
    "sudo $b a",
    "sudo $(b) a",
    "sudo cd a",
    "sudo export A=b",
    "sudo -l",
    "env",
    "env B=c",
    "env -S 'a b'",
    "env -C b a",
    "env B=c cd a",
    "command -v a",
    "command -V a",
    "nice",
    "nice --10 a",
    "time",
    "time -o b a",
    "exec",
    "nohup cd a",
    "nohup $a",
    "timeout a",
    "timeout $b a",
    "timeout 5 cd a",
    "gosu b",
    "xvfb-run -s 'b c' a",
    "su b -c a",
    "doas a",
    "sudoedit a",
    '"$SUDO" a',
]


@pytest.mark.parametrize(("text", "expected"), UNWRAPPED)
def test_invoked(text: str, expected: str) -> None:
    (command,) = commands(read(text))
    assert " ".join(word.text for word in invoked(command)) == expected


@pytest.mark.parametrize("text", LEFT)
def test_wrappers_that_stay(text: str) -> None:
    (command,) = commands(read(text))
    assert invoked(command) == command.words


def test_assignments_alone_invoke_nothing() -> None:
    (command,) = commands(read("A=b"))
    assert invoked(command) == ()


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("a", None),
        ("sudo a", "root"),
        ("sudo -u b a", "b"),
        ("sudo -Hu'b' a", "b"),
        ("sudo --user=b a", "b"),
        ("sudo -u $B a", "$B"),
        ("sudo -g b a", "root"),
        ("gosu b:c a", "b:c"),
        ("su-exec $B a", "$B"),
        ("sudo -u b nice a", "b"),
        ("env -u b a", None),
        ("sudo -i a", None),
    ],
)
def test_user(text: str, user: str | None) -> None:
    (command,) = commands(read(text))
    assert invocation(command).user == user


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("apt-get", "apt-get"),
        ("/usr/bin/apt-get", "apt-get"),
        ("./gradlew", "gradlew"),
        ("'/a b/c'", "c"),
        ("$HOME/bin/a", "a"),
        ("a/", ""),
    ],
)
def test_program_name(text: str, name: str) -> None:
    (command,) = commands(read(text))
    assert program_name(command.words[0]) == name


@pytest.mark.parametrize(
    "text",
    [
        "a $(b)",
        'a "$(b)"',
        "a `b`",
        'a "x`b`"',
        "a <(b)",
        "a > >(b)",
        "A=$(b)",
        "A=$(b) c",
        "a > $(b)",
        "a <<< $(b)",
        "a $((1 + $(b)))",
        "a ${b:-$(c)}",
        "$(a)",
        "A=(b $(c))",
        "a <<E\n$(b)\nE\n",
        "a <<E\n`b`\nE\n",
    ],
)
def test_runs_another_command(text: str) -> None:
    (command,) = commands(read(text))
    assert has_substitution(command)


@pytest.mark.parametrize(
    "text",
    [
        "a b",
        "a '$(b)' '`c`'",
        "a \\$\\(b\\) \\`c\\`",
        'a "\\$(b)"',
        "a $b ${c}",
        "a $((1 + 2))",
        "a > b < c",
        "a '<(b)'",
        "A=b c",
        "a <<'E'\n$(b)\nE\n",
        "a <<E\nb $c\nE\n",
    ],
)
def test_runs_no_other_command(text: str) -> None:
    (command,) = commands(read(text))
    assert not has_substitution(command)


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("for i in $(a); do b; done", True),
        ("for i in a; do $(b); done", False),
        ("case `a` in b) c;; esac", True),
        ("case a in b) $(c);; esac", False),
        ("[[ -f $(a) ]]", True),
        ("[[ -f a ]]", False),
        ("{ a; } > $(b)", True),
        ("( a $(b) )", False),
    ],
)
def test_a_compound_is_asked_for_its_own_words(text: str, runs: bool) -> None:
    node = read(text).statements[0].node
    assert isinstance(node, Compound)
    assert has_substitution(node) is runs
