from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.hints import hint


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("`RUN cat`: secret token: not found", "Pass it with --secret id=token,src=FILE"),
        ("`RUN npm ci`: write /x: no space left on device", "The disk is full: free some space"),
        ("it took longer than 5 s and was stopped", "--timeout SECONDS sets a longer limit"),
        ("`RUN curl`: Could not resolve host: a.b", "Check the network; --network sets which one the build uses"),
        ("`RUN make`: exit code 2", ""),
    ],
)
def test_what_the_engine_said_tells_what_to_do(message: str, advice: str) -> None:
    assert hint(message, parse(Source("Dockerfile", "FROM a\nRUN b\n")), ()) == advice


def test_arguments_without_a_value_are_named() -> None:
    text = "ARG BASE\nARG TAG=1\nFROM $BASE\nARG TARGETARCH\nARG VERSION\nARG TAG\nRUN b\n"
    tree = parse(Source("Dockerfile", text))
    assert hint("base name should not be blank", tree, ()) == (
        "ARG BASE has no value (also VERSION). Set it with --set BASE=VALUE"
    )
    assert hint("x", tree, ("BASE=debian",)) == "ARG VERSION has no value. Set it with --set VERSION=VALUE"
    assert hint("x", tree, ("BASE=debian", "VERSION")) == ""
