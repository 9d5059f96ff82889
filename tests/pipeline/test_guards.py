from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import Tree, parse
from dfix.rewriter.pipeline.guards import builds, outside_is_unchanged, second_reader_agrees
from dfix.rewriter.text.source import Edit, Source, Span


def tree_of(text: str) -> Tree:
    return parse(Source("Dockerfile", text))


BEFORE = Source("Dockerfile", "FROM a\nRUN b\nRUN c\n")
EDITS = [Edit(Span(11, 12), "B"), Edit(Span(17, 18), "CC")]


def test_an_edit_changes_its_span_and_nothing_else() -> None:
    assert outside_is_unchanged(BEFORE, BEFORE.apply(EDITS), EDITS) == ""
    assert outside_is_unchanged(BEFORE, BEFORE, []) == ""


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\nRUN B\nRUN CC",
        "FROM a\nRUN B\nRUN CC\n\n",
        "FROM a\nRUN B\n RUN CC\n",
        "FROM x\nRUN B\nRUN CC\n",
        "FROM a\r\nRUN B\nRUN CC\n",
        "FROM a\nRUN b\nRUN c\n",
        "",
    ],
)
def test_anything_else_is_found(text: str) -> None:
    assert outside_is_unchanged(BEFORE, Source("Dockerfile", text), EDITS) != ""


def test_a_lost_bom_is_found() -> None:
    with_bom = Source("Dockerfile", BEFORE.text, bom=True)
    assert outside_is_unchanged(with_bom, BEFORE.apply(EDITS), EDITS) != ""
    assert outside_is_unchanged(with_bom, with_bom.apply(EDITS), EDITS) == ""


def test_edits_are_counted_with_the_files_line_ending() -> None:
    before = Source("Dockerfile", "FROM a\r\nRUN b\r\n")
    edits = [Edit(Span(12, 13), "c \\\n  d")]
    assert outside_is_unchanged(before, before.apply(edits), edits) == ""
    wrong = before.with_text("FROM a\r\nRUN c \\\n  d\r\n")
    assert outside_is_unchanged(before, wrong, edits) != ""


def test_a_result_must_build() -> None:
    assert builds(tree_of("FROM a\nRUN b\n")) == ""
    assert builds(tree_of("FROM a\nRUN b\n  && c\n")) == "line 3: unknown instruction `&&`"
    assert builds(tree_of("FROM a\nRUN <<E\n")).startswith("line 2: ")


def test_the_second_reader_reads_the_same() -> None:
    before = tree_of("FROM a\nRUN b \\\n  && c\nENV d=e\n")
    assert second_reader_agrees(before, tree_of("FROM a\nRUN b \\\n  # f\n  && c \\\n  && g\nENV d=e\n")) == ""


def test_the_second_reader_finds_what_is_read_otherwise() -> None:
    """An empty line within a continuation: dockerfile-parse ends the instruction there."""
    before = tree_of("FROM a\nRUN b\n")
    assert second_reader_agrees(before, tree_of("FROM a\nRUN b \\\n\n && c\n")) != ""


def test_where_the_second_reader_was_wrong_before_it_has_no_say() -> None:
    before = tree_of("FROM a\nCOPY <<E /x\nRUN no\nE\nRUN b\n")
    after = tree_of("FROM a\nCOPY <<E /x\nRUN no\nE\nRUN b && c\n")
    assert second_reader_agrees(before, after) == ""
    broken = tree_of("FROM a\nRUN b \\\n\n && c\nRUN d\n")
    assert second_reader_agrees(broken, tree_of("FROM a\nRUN b \\\n\n && c\nRUN e\n")) == ""
