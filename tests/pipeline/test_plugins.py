"""What a plug-in may answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from dfix.rewriter.answers.change import Change, Refusal
from dfix.rewriter.pipeline.plugins import answer_fault
from dfix.rewriter.pipeline.transform import Transform
from dfix.rewriter.text.source import Edit, Span

RULE = cast("Transform", SimpleNamespace(NAME="x"))
LENGTH = 10
GOOD = Change("x", 0, (Edit(Span(0, 4), "a"), Edit(Span(4, 4), "b"), Edit(Span(4, LENGTH), "c")), "why", "same-image")

ANY: Any = GOOD
"""The same, for values that its type forbids."""


def with_edits(*spans: tuple[int, int]) -> Change:
    return GOOD._replace(edits=tuple(Edit(Span(*span), "a") for span in spans))


@pytest.mark.parametrize(
    "answer",
    [
        GOOD,
        GOOD._replace(offset=LENGTH),
        GOOD._replace(edits=(), ignored=("node_modules",)),
        with_edits((4, 6), (0, 4)),
        with_edits((LENGTH, LENGTH)),
        Refusal("x", 3, "code", "why"),
    ],
)
def test_sound_answers(answer: object) -> None:
    assert answer_fault(RULE, answer, LENGTH) == ""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "neither a Change nor a Refusal"),
        (GOOD._replace(rule="y"), "returned an answer for the rule `y`"),
        (GOOD._replace(offset=-1), "returned offset -1 "),
        (GOOD._replace(offset=LENGTH + 1), "returned offset 11 "),
        (ANY._replace(offset="3"), "returned offset '3' "),
        (ANY._replace(reason=None), "None instead of a string"),
        (ANY._replace(ignored=(3,)), "3 instead of a string"),
        (ANY._replace(contract="same"), "promised `same`"),
        (GOOD._replace(edits=()), "without edits"),
        (ANY._replace(edits=((Span(0, 1), "a"),)), "not an Edit"),
        (GOOD._replace(edits=(Edit(Span(0, 1), cast("str", None)),)), "not an Edit"),
        (with_edits((-1, 2)), "edited -1 to 2 in a text of 10 characters"),
        (with_edits((2, 11)), "edited 2 to 11 in a text of 10 characters"),
        (with_edits((11, 12)), "edited 11 to 12 in a text of 10 characters"),
        (with_edits((5, 4)), "ends at 4 before it starts at 5"),
        (with_edits((0, 4), (3, 5)), "overlap at 3"),
        (with_edits((2, 2), (2, 2)), "overlap at 2"),
        (Refusal("y", 0, "code", "why"), "returned an answer for the rule `y`"),
        (Refusal("x", 11, "code", "why"), "returned offset 11 "),
        (Refusal("x", 0, cast("str", None), "why"), "None instead of a string"),
        (Refusal("x", 0, "code", "why", cast("str", 5)), "5 instead of a string"),
    ],
)
def test_unsound_answers(answer: object, said: str) -> None:
    assert said in answer_fault(RULE, answer, LENGTH)
