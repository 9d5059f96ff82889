"""What a failing command ends under `set -e`, compared with what a shell does."""

from __future__ import annotations

import subprocess

import pytest

from dfix.rewriter.shell.errexit import needs_errexit, turns_on_errexit
from dfix.rewriter.shell.parse import parse

NEEDS = [
    "for k in A B; do test $k = B; done",
    "{ false; true; }",
    "(false; true)",
    "if true; then false; true; fi",
    "while ! test -e /nowhere; do false; break; done",
    "case x in x) false; true;; esac",
    "{ true && { false; true; }; }",
    "true | { false; true; }",
    "eval 'false; true'",
    "f() { false; true; } && f",
]
SAME = [
    "false",
    "true && false",
    "false || true",
    "{ false; }",
    "(true && false)",
    "if true; then false; fi",
    "if false; then true; fi",
    "true | false",
    "! true",
    "[[ a = b ]]",
    "f() { false; }",
]


def ends(script: str) -> bool:
    """Whether a shell with `-e` reports a failure."""
    return subprocess.run(["bash", "-ec", script], capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("text", NEEDS)
def test_what_goes_on_with_something_behind_it(text: str) -> None:
    assert ends(text)
    assert not ends(f"{text} && true")
    script = parse(text, 0, text)
    assert needs_errexit(script.statements[-1].node, script)


@pytest.mark.parametrize("text", SAME)
def test_what_ends_in_the_same_way(text: str) -> None:
    assert ends(text) == ends(f"{text} && true") or text == "! true"
    script = parse(text, 0, text)
    assert not needs_errexit(script.statements[-1].node, script)


@pytest.mark.parametrize(
    "text", ["set -e", "set -ex && a", "a; { set -o errexit; }", "set $X", "set -o pipefail -e", "shopt -so errexit"]
)
def test_what_turns_it_on(text: str) -> None:
    assert turns_on_errexit(parse(text, 0, text))


@pytest.mark.parametrize("text", ["set -x", "set +e", "set -- -x", "echo -e a", "set -o pipefail"])
def test_what_does_not_turn_it_on(text: str) -> None:
    assert not turns_on_errexit(parse(text, 0, text))
