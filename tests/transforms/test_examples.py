"""Every example of every transform, as it stands and in the forms in which real files come."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from soundness import look_at

from dfix.rewriter.answers.example import Example
from dfix.rewriter.dockerfile import Instruction, parse
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.registry import transforms
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.pipeline.transform import Transform
from dfix.rewriter.text.source import Source
from tests.build_context import put

NEVER_ON_BUILD = ("FROM", "ONBUILD", "MAINTAINER")


class Case(NamedTuple):
    transform: Transform
    example: Example


CASES = {
    f"{transform.NAME}: {example.name}": Case(transform, example)
    for transform in transforms()
    for example in transform.EXAMPLES
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def run(case: Case, text: str, folder: Path) -> Result:
    """Run the example's transform alone, in the example's context, and check all that must hold for any file."""
    path = folder / "Dockerfile"
    data = text.encode("utf-8", "surrogateescape")
    put(folder, case.example.files or {})
    path.write_bytes(data)
    options = Options(
        select=frozenset((case.transform.NAME,)),
        unsafe=case.transform.CONTRACT == "changed-image",
        context=str(folder) if case.example.files is not None else None,
        use_context=case.example.files is not None,
    )
    looked = look_at(str(path), data, options)
    assert looked.faults == {}
    return looked.result


def with_crlf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def instructions(text: str) -> tuple[Instruction, ...]:
    return parse(Source("Dockerfile", text)).instructions


def test_the_example(case: Case, tmp_path: Path) -> None:
    example = case.example
    result = run(case, example.before, tmp_path)
    assert result.problem is None
    assert result.after.text == (example.before if example.after is None else example.after)
    reasons = [refusal.reason for refusal in result.refusals]
    if example.because:
        assert any(example.because in reason for reason in [*reasons, *(note.message for note in result.notes)]), (
            reasons
        )
    elif not example.changes:
        assert reasons == []
    assert (result.ignore_file.after.text if result.ignore_file is not None else "") == example.ignore_file
    for change in result.changes:
        assert change.contract == case.transform.CONTRACT
        assert change.reason


def test_with_crlf(case: Case, tmp_path: Path) -> None:
    example = case.example
    result = run(case, with_crlf(example.before), tmp_path)
    assert result.after.text == with_crlf(example.before if example.after is None else example.after)


def test_with_a_bom(case: Case, tmp_path: Path) -> None:
    example = case.example
    result = run(case, "\ufeff" + example.before, tmp_path)
    assert result.after.bom
    assert result.after.text == (example.before if example.after is None else example.after)


def test_without_last_newline(case: Case, tmp_path: Path) -> None:
    example = case.example
    result = run(case, example.before.rstrip("\n"), tmp_path)
    assert result.after.text == (example.before if example.after is None else example.after).rstrip("\n")


def test_with_other_case(case: Case, tmp_path: Path) -> None:
    """Keywords may be written in any case; those that stay are not touched."""
    text = case.example.before
    for instruction in reversed(instructions(text)):
        for start, end in (
            instruction.keyword_span,
            *(word.span for word in instruction.words[1:2] if word.text == "AS"),
        ):
            text = text[:start] + text[start:end].lower() + text[end:]
    result = run(case, text, tmp_path)
    assert result.changed == case.example.changes


def test_under_onbuild(case: Case, tmp_path: Path) -> None:
    """The text of an ONBUILD is part of the image's configuration, which every contract but one keeps."""
    text = case.example.before
    for instruction in reversed(instructions(text)):
        if instruction.keyword not in NEVER_ON_BUILD:
            start = instruction.keyword_span.start
            text = text[:start] + "ONBUILD " + text[start:]
    result = run(case, text, tmp_path)
    triggers = [[i.logical for i in instructions(source.text) if i.inner] for source in (result.before, result.after)]
    assert triggers[0] == triggers[1] or case.transform.CONTRACT == "changed-image"


def test_with_backticks(case: Case, tmp_path: Path) -> None:
    """A file with another escape character is a Windows file, which stays as it is."""
    text = "# escape=`\n" + case.example.before
    assert not run(case, text, tmp_path).changed


def test_with_a_comment_in_each_continuation(case: Case, tmp_path: Path) -> None:
    text = case.example.before
    places = [first.end for item in reversed(instructions(text)) for first in reversed(item.pieces[:-1])]
    if not places:
        return
    for number, place in enumerate(places):
        line_end = text.index("\n", place) + 1
        text = text[:line_end] + f"  # kept {number}\n" + text[line_end:]
    result = run(case, text, tmp_path)
    assert all(f"# kept {number}\n" in result.after.text for number in range(len(places)))


def suppressed(text: str, name: str, lines: set[int] | None) -> str:
    """The text with a comment above the instructions that begin on one of `lines` (None: above all)."""
    for instruction in reversed(instructions(text)):
        if lines is None or instruction.line in lines:
            start = instruction.span.start
            text = text[:start] + f"# dfix: ignore[{name}]\n" + text[start:]
    return text


def test_suppressed_where_it_changes(case: Case, tmp_path: Path) -> None:
    name = case.transform.NAME
    lines = {change.line for change in run(case, case.example.before, tmp_path).changes}
    text = suppressed(case.example.before, name, lines)
    if lines:
        assert text != case.example.before, "a change is told at a line on which no instruction begins"
    silenced = {number + 2 for number, line in enumerate(text.split("\n")) if line == f"# dfix: ignore[{name}]"}
    assert not {change.line for change in run(case, text, tmp_path).changes} & silenced


def test_suppressed_everywhere(case: Case, tmp_path: Path) -> None:
    text = suppressed(case.example.before, case.transform.NAME, None)
    assert not run(case, text, tmp_path).changed


BY_NAME = [(transform.NAME, transform.EXAMPLES) for transform in transforms()]


def test_there_are_transforms() -> None:
    assert {"split-manifests", "merge-runs", "clean-up"} <= {name for name, _ in BY_NAME}


@pytest.mark.parametrize(("name", "examples"), BY_NAME)
def test_half_of_the_examples_are_left_alone(name: str, examples: tuple[Example, ...]) -> None:
    alone = sum(not example.changes for example in examples)
    assert alone * 2 >= len(examples) > alone, f"{name}: {alone} of {len(examples)}"


@pytest.mark.parametrize(("name", "examples"), BY_NAME)
def test_examples_are_told_apart(name: str, examples: tuple[Example, ...]) -> None:
    assert len({example.name for example in examples}) == len(examples), name
    for example in examples:
        assert example.before.endswith("\n"), example.name
        assert example.after != example.before, example.name
