from __future__ import annotations

import pytest

from dfix.rewriter.context.makefile import Unfollowed, recipe

PLAIN = "PIP ?= pip3\nREQ := requirements.txt\n.PHONY: deps base\n\ndeps: base\n\t@$(PIP) install -r ${REQ}\n\nbase:\n\t-echo $$HOME\n"


def test_commands_of_what_it_needs_come_first() -> None:
    assert recipe(PLAIN, "deps") == ("echo $HOME", "pip3 install -r requirements.txt")


@pytest.mark.parametrize(
    ("text", "target", "reason"),
    [
        ("include other.mk\ndeps:\n\tnpm ci\n", "deps", "more than plain rules"),
        ("V := $(shell cat x)\ndeps:\n\tnpm ci\n", "deps", "more than plain rules"),
        ("ifdef CI\ndeps:\n\tnpm ci\nendif\n", "deps", "more than plain rules"),
        ("%.o: %.c\n\tcc\ndeps:\n\tnpm ci\n", "deps", "more than plain rules"),
        ("deps:\n\tnpm ci\ndeps:\n\tnpm i\n", "deps", "several rules"),
        ("deps: package.json\n\tnpm ci\n", "deps", "package.json is a file"),
        (".PHONY: a b\na: b\nb: a\n", "a", "depends on itself"),
        ("deps:\n\t$(NPM) ci\n", "deps", "unknown"),
        ("A = $(B)\nB = $(A)\ndeps:\n\t$(A)\n", "deps", "unknown"),
        ("deps:\n\tnpm ci\n", "other", "no rule for other"),
    ],
)
def test_not_followed(text: str, target: str, reason: str) -> None:
    found = recipe(text, target)
    assert isinstance(found, Unfollowed)
    assert reason in found.reason


def test_a_recipe_over_two_lines() -> None:
    assert recipe("deps:\n\tpip install \\\n\t  -r a.txt\n", "deps") == ("pip install -r a.txt",)
