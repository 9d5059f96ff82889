"""Order, rounds, guards and reports of the pipeline, with transforms made for the purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.pipeline import run as pipeline
from dfix.rewriter.pipeline.opened_context import literal_sources
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.text.source import Edit, Source, Span
from tests.build_context import put

if TYPE_CHECKING:
    from dfix.rewriter.model import Model

Proposals = Iterator[Change | Refusal]


def transform(name: str, propose: Callable[[Model], Proposals], order: int = 1) -> SimpleNamespace:
    return SimpleNamespace(NAME=name, CODES=("DL9999",), ORDER=order, propose=propose)


def replace(
    name: str, old: str, new: str, *, order: int = 1, contract: Contract = "same-image", everywhere: bool = False
) -> SimpleNamespace:
    """A transform that replaces the first (or every) `old` by `new`."""

    def propose(model: Model) -> Proposals:
        at = model.source.text.find(old)
        while at >= 0:
            yield Change(name, at, (Edit(Span(at, at + len(old)), new),), f"{old} is {new}", contract)
            at = model.source.text.find(old, at + len(old)) if everywhere else -1

    return transform(name, propose, order)


def refuse(name: str, word: str) -> SimpleNamespace:
    def propose(model: Model) -> Proposals:
        at = model.source.text.find(word)
        if at >= 0:
            yield Refusal(name, at, "code", f"{word} is hard", "make it easy")

    return transform(name, propose)


@pytest.fixture
def rewrite(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    def run(text: str | bytes, *transforms: SimpleNamespace, options: Options | None = None) -> Result:
        monkeypatch.setattr(pipeline, "transforms", lambda: transforms)
        data = text if isinstance(text, bytes) else text.encode()
        return pipeline.run(Source.from_bytes("Dockerfile", data), options or Options(use_context=False))

    return run


Rewrite = Callable[..., Result]


def problem_of(result: Result) -> str:
    assert result.problem is not None
    assert not result.changed
    assert result.after.to_bytes() == result.before.to_bytes()
    assert result.changes == ()
    return result.problem.message


def test_without_transforms_nothing_changes(rewrite: Rewrite) -> None:
    result = rewrite("FROM a\nRUN b\n")
    assert not result.changed
    assert (result.changes, result.refusals, result.notes, result.problem) == ((), (), (), None)


def test_a_change_is_applied_and_told(rewrite: Rewrite) -> None:
    result = rewrite("FROM a\n\nRUN b\n", replace("x", "RUN b", "RUN c"))
    assert result.after.text == "FROM a\n\nRUN c\n"
    assert result.before.text == "FROM a\n\nRUN b\n"
    (change,) = result.changes
    assert (change.rule, change.line, change.line_after, change.contract) == ("x", 3, 3, "same-image")
    assert change.reason == "RUN b is RUN c"


def test_a_later_transform_sees_what_an_earlier_one_wrote(rewrite: Rewrite) -> None:
    result = rewrite("FROM a\nRUN b\n", replace("x", "RUN b", "RUN c"), replace("y", "RUN c", "RUN d"))
    assert result.after.text == "FROM a\nRUN d\n"
    assert [change.rule for change in result.changes] == ["x", "y"]


def test_an_earlier_transform_gets_another_round(rewrite: Rewrite) -> None:
    result = rewrite("FROM a\nRUN b\n", replace("y", "RUN c", "RUN d"), replace("x", "RUN b", "RUN c"))
    assert result.after.text == "FROM a\nRUN d\n"


def test_changes_that_overlap_wait_for_the_next_round(rewrite: Rewrite) -> None:
    result = rewrite("FROM a\nRUN bbb\n", replace("x", "bb", "b", everywhere=True), options=Options(use_context=False))
    assert result.after.text == "FROM a\nRUN b\n"
    assert len(result.changes) == 2


def test_of_two_changes_at_one_place_only_one_is_made(rewrite: Rewrite) -> None:
    def propose(model: Model) -> Proposals:
        at = model.source.text.find("b")
        if at >= 0:
            yield Change("x", at, (Edit(Span(at, at), "c"), Edit(Span(at, at + 1), "d")), "one", "same-image")
            yield Change("x", at, (Edit(Span(at, at + 1), "e"),), "two", "same-image")

    result = rewrite("FROM a\nRUN b\n", transform("x", propose))
    assert result.after.text == "FROM a\nRUN cd\n"
    assert [change.reason for change in result.changes] == ["one"]


def test_an_escape_character_at_the_files_end_does_not_join_what_is_added(tmp_path: Path) -> None:
    text = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci \\\n"
    put(tmp_path, {"package.json": "{}", "package-lock.json": '{"packages": {}}', "a.js": "", "Dockerfile": text})
    found = pipeline.run(Source(str(tmp_path / "Dockerfile"), text), Options())
    assert found.after.text == (
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci && npm cache clean --force\n"
        "COPY . .\n"
    )
    assert any("would join what comes after it" in change.reason for change in found.changes)


def test_lines_before_and_after(rewrite: Rewrite) -> None:
    """The line of the file as it is, and of the file as it would be, over two rounds."""
    result = rewrite(
        "FROM a\nRUN b\nRUN c\n",
        replace("x", "RUN b\n", "RUN b \\\n  && x \\\n  && y\n"),
        replace("y", "RUN c", "RUN d"),
    )
    assert result.after.text == "FROM a\nRUN b \\\n  && x \\\n  && y\nRUN d\n"
    assert [(change.rule, change.line, change.line_after) for change in result.changes] == [("x", 2, 2), ("y", 3, 5)]


def test_refusals_are_those_of_the_result(rewrite: Rewrite) -> None:
    result = rewrite(
        "FROM a\nRUN b\nRUN hard\n",
        refuse("z", "RUN b"),
        refuse("w", "hard"),
        replace("x", "RUN b\n", "RUN c \\\n  && d\n"),
    )
    (refused,) = result.refusals
    assert (refused.rule, refused.line, refused.line_after) == ("w", 3, 4)
    assert (refused.code, refused.reason, refused.hint) == ("code", "hard is hard", "make it easy")


def test_findings_are_in_the_files_order(rewrite: Rewrite) -> None:
    result = rewrite(
        "FROM a\nRUN b\nRUN c\nRUN d\nRUN e\n",
        replace("x", "RUN c", "RUN C"),
        replace("y", "RUN b", "RUN B"),
        refuse("z", "RUN e"),
        refuse("w", "RUN d"),
    )
    assert [change.rule for change in result.changes] == ["y", "x"]
    assert [refusal.rule for refusal in result.refusals] == ["w", "z"]


@pytest.mark.parametrize("unsafe", [False, True])
def test_a_changed_image_needs_unsafe(rewrite: Rewrite, unsafe: bool) -> None:
    rule = replace("x", "RUN b", "RUN c", contract="changed-image")
    result = rewrite("FROM a\nRUN b\n", rule, options=Options(use_context=False, unsafe=unsafe))
    assert result.changed == unsafe
    assert len(result.changes) == unsafe
    assert [(refusal.code, refusal.hint) for refusal in result.refusals] == (
        [] if unsafe else [("unsafe", "--unsafe applies it")]
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (Options(use_context=False), "FROM a\nRUN BC\n"),
        (Options(use_context=False, select=frozenset(("x",))), "FROM a\nRUN Bc\n"),
        (Options(use_context=False, ignore=frozenset(("x",))), "FROM a\nRUN bC\n"),
        (Options(use_context=False, select=frozenset(("x",)), ignore=frozenset(("x",))), "FROM a\nRUN bc\n"),
        (Options(use_context=False, select=frozenset()), "FROM a\nRUN bc\n"),
    ],
)
def test_select_and_ignore(rewrite: Rewrite, options: Options, expected: str) -> None:
    assert rewrite("FROM a\nRUN bc\n", replace("x", "b", "B"), replace("y", "c", "C"), options=options).after.text == (
        expected
    )


BAD: dict[str, tuple[str, Sequence[SimpleNamespace]]] = {
    "a result that does not build": ("x: line 3: unknown", [replace("x", "RUN b", "RUN b\n  && c")]),
    "a result that loses its FROM": ("before the first FROM", [replace("x", "FROM a", "ARG a")]),
    "a change that changes nothing": ("changes nothing", [replace("x", "RUN b", "RUN b")]),
    "no end": ("after 8 rounds", [replace("x", "RUN b", "RUN bb")]),
    "no end of two": ("after 8 rounds", [replace("x", "RUN b", "RUN c"), replace("y", "RUN c", "RUN b")]),
    "what the second reader reads otherwise": ("dockerfile-parse", [replace("x", "RUN b", "RUN c \\\n\n && d")]),
}


@pytest.mark.parametrize(
    ("options", "runs"),
    [
        (Options(), False),
        (Options(unsafe=True), False),
        (Options(ignore=frozenset("y")), False),
        (Options(select=frozenset("y")), False),
        (Options(select=frozenset("x")), True),
        (Options(select=frozenset("xy"), ignore=frozenset("x")), False),
    ],
)
@pytest.mark.parametrize("contract", ["same-image", "changed-image"])
def test_a_rule_that_runs_only_by_name(rewrite: Rewrite, options: Options, runs: bool, contract: Contract) -> None:
    rule = replace("x", "RUN b", "RUN c", contract=contract)
    rule.OPT_IN, rule.CONTRACT = True, contract
    result = rewrite("FROM a\nRUN b\n", rule, options=options._replace(use_context=False))
    assert (result.after.text, result.refusals) == (f"FROM a\nRUN {'c' if runs else 'b'}\n", ())


@pytest.mark.parametrize("unsafe", [False, True])
def test_a_rule_by_name_needs_unsafe_for_more_than_it_promises(rewrite: Rewrite, *, unsafe: bool) -> None:
    rule = replace("x", "RUN b", "RUN c", contract="changed-image")
    rule.OPT_IN, rule.CONTRACT = True, "same-image"
    options = Options(select=frozenset("x"), unsafe=unsafe, use_context=False)
    result = rewrite("FROM a\nRUN b\n", rule, options=options)
    assert result.changed == unsafe
    assert [refusal.code for refusal in result.refusals] == ([] if unsafe else ["unsafe"])


def test_a_comment_switches_off_only_what_its_check_reports(rewrite: Rewrite) -> None:
    def propose(model: Model) -> Proposals:
        for check, letter in (("DL1001", "b"), ("DL1002", "c")):
            at = model.source.text.find(f" {letter}") + 1
            if at:
                edit = Edit(Span(at, at + 1), "x")
                yield Change("x", at, (edit,), check, "same-image", checks=(check,))

    result = rewrite("FROM a\n# hadolint ignore=DL1001\nRUN b c\n", transform("x", propose))
    assert result.after.text == "FROM a\n# hadolint ignore=DL1001\nRUN b x\n"


@pytest.mark.parametrize("name", BAD)
def test_guards(rewrite: Rewrite, name: str) -> None:
    words, transforms = BAD[name]
    result = rewrite("FROM a\nRUN b\n", *transforms)
    message = problem_of(result)
    assert message.startswith("dfix wrote nothing, because its result failed a check")
    assert words in message


def test_edits_of_one_change_that_overlap_are_a_wrong_result(rewrite: Rewrite) -> None:
    def propose(model: Model) -> Proposals:
        yield Change("x", 7, (Edit(Span(7, 10), "a"), Edit(Span(8, 11), "b")), "wrong", "same-image")

    assert "overlap" in problem_of(rewrite("FROM a\nRUN b\n", transform("x", propose)))


def test_a_file_that_does_not_build_is_a_problem(rewrite: Rewrite) -> None:
    result = rewrite("FROM a\nCOPY b\n", replace("x", "b", "c"))
    message = problem_of(result)
    assert message == "COPY takes at least one source and a destination"
    assert result.problem is not None
    assert (result.problem.path, result.problem.line) == ("Dockerfile", 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# escape=`\nFROM a\nRUN b\n", "Windows"),
        ("FROM mcr.microsoft.com/windows/nanoserver\nRUN b\n", "Windows"),
        ("# dfix: ignore-file\nFROM a\nRUN b\n", "ignore-file"),
    ],
)
def test_a_file_that_is_left_alone_as_a_whole(rewrite: Rewrite, text: str, words: str) -> None:
    result = rewrite(text, replace("x", "RUN b", "RUN c"))
    assert not result.changed
    assert result.problem is None
    assert [words in note.message for note in result.notes] == [True]


@pytest.mark.parametrize(
    ("comment", "changes"),
    [
        ("# dfix: ignore[x]", False),
        ("# dfix: ignore[x] since it must be so", False),
        ("# dfix: ignore[y]", True),
        ("# hadolint ignore=DL9999", False),
        ("# hadolint ignore=DL3009", True),
        ("# nothing", True),
    ],
)
def test_a_comment_above_keeps_a_place_as_it_is(rewrite: Rewrite, comment: str, changes: bool) -> None:
    text = f"FROM a\n{comment}\nRUN b\n"
    result = rewrite(text, replace("x", "RUN b", "RUN c"))
    assert result.after.text == (text.replace("RUN b", "RUN c") if changes else text)


def test_a_refusal_can_be_silenced(rewrite: Rewrite) -> None:
    assert rewrite("FROM a\n# dfix: ignore[w]\nRUN hard\n", refuse("w", "RUN hard")).refusals == ()


@pytest.mark.parametrize("data", [b"\xef\xbb\xbfFROM a\r\nRUN b\r\n", b"FROM a\nRUN b", b"FROM a\n# \xff\xfe\nRUN b\n"])
def test_bytes_outside_of_a_change_stay(rewrite: Rewrite, data: bytes) -> None:
    result = rewrite(data, replace("x", "RUN b", "RUN c \\\n  && d"))
    newline = b"\r\n" if b"\r\n" in data else b"\n"
    assert result.after.to_bytes() == data.replace(b"RUN b", b"RUN c \\" + newline + b"  && d")


def test_a_second_run_changes_nothing(rewrite: Rewrite) -> None:
    rules = (replace("x", "RUN b", "RUN c"), replace("y", "RUN c", "RUN d"))
    once = rewrite("FROM a\nRUN b\n", *rules)
    assert not rewrite(once.after.to_bytes(), *rules).changed


def test_the_context_is_opened_only_when_asked_for(rewrite: Rewrite, tmp_path: Path) -> None:
    opened: list[object] = []

    def propose(model: Model) -> Proposals:
        if "asks" in model.source.text:
            opened.append(model.context)
        yield from ()

    options = Options(context=str(tmp_path))
    rewrite("FROM a\nRUN b\n", transform("x", propose), options=options)
    assert opened == []
    rewrite("FROM a\nRUN asks\n", transform("x", propose), options=options)
    assert len(opened) == 1
    assert opened[0] is not None
    opened.clear()
    rewrite("FROM a\nRUN asks\n", transform("x", propose), options=options._replace(use_context=False))
    assert opened == [None]


def test_literal_sources() -> None:
    text = (
        "FROM a\nCOPY b c d/\nADD e f\nONBUILD COPY g h\nCOPY --from=x i j\nCOPY $K l\nCOPY *.m n\n"
        'ADD https://o.p/q r\nADD git@s:t u\nCOPY ["v w", "x"]\nCOPY <<Y /z\nY\n'
    )
    assert literal_sources(parse(Source("Dockerfile", text))) == ["b", "c", "e", "g", "v w"]
