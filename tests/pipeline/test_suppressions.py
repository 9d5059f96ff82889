"""Comments that keep dfix away from an instruction or a file."""

from __future__ import annotations

import pytest

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Note
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.pipeline.suppressions import Suppressions
from dfix.rewriter.text.source import Source

LINE = 3
"""Of the RUN in the texts below."""


MALFORMED = {
    "# dfix: ignore[]": "brackets",
    "# dfix: ignore[ , ]": "brackets",
    "# dfix: ignore[": "brackets",
    "# dfix: ignore[] clean-up": "brackets",
    "# dfix: ignore x": "rule",
    "# dfix: ignore(x)": "rule",
    "# dfix: ignore (clean-up)": "rule",
    "# dfix: ignore clean-up": "rule",
    "# dfix: ignore: clean-up": "rule",
    "# dfix: ignore=DL3009": "rule",
    "# dfix: ignore --clean-up": "rule",
    "# dfix: ignore - slow": "rule",
    "# dfix: ignore, DL3009": "rule",
    "# dfix: ignore since the mirror is slow": "rule",
    "# dfix: ignore clean-up [slow]": "rule",
}
WRONG = {
    "brackets": "its brackets are empty. Name rules in them, or write `# dfix: ignore` alone for every rule",
    "rule": "no bracket follows `ignore`. Write `# dfix: ignore[RULE] reason`, or `# dfix: ignore -- reason` for every rule",
}


def hidden(text: str, line: int = LINE, rule: str = "clean-up", codes: tuple[str, ...] = ("DL3009", "DL3015")) -> bool:
    return Suppressions.read(text).hides(rule, codes, line)


@pytest.mark.parametrize(
    "comment",
    [
        "# dfix: ignore",
        "#dfix:ignore",
        "  #  dfix:  ignore  ",
        "# dfix: ignore -- since the mirror is slow",
        "# dfix: ignore --",
        "# dfix: ignore[clean-up]",
        "# dfix: ignore [clean-up]",
        "# dfix: ignore[merge-runs, clean-up] kept for its cache",
        "# dfix: ignore[clean-up,merge-runs]",
        "# dfix: ignore[clean-up",
        "# hadolint ignore=DL3009",
        "# hadolint ignore=DL3008,DL3015",
        "# hadolint ignore=DL3008, DL3009 the reason",
        "#hadolint ignore = DL3009",
    ],
)
def test_a_comment_hides_the_instruction_below(comment: str) -> None:
    text = f"FROM a\n{comment}\nRUN b\nRUN c\n"
    assert hidden(text)
    assert not hidden(text, 1)
    assert not hidden(text, 4)
    assert hidden(text.replace("\n", "\r\n"))


@pytest.mark.parametrize(
    "comment",
    [
        "# dfix: ignored",
        "# dfix: ignore-files",
        *MALFORMED,
        "# dfix ignore",
        "# see dfix: ignore",
        "# dfix: ignore[merge-runs]",
        "# dfix: ignore[clean]",
        "# hadolint ignore=DL3008",
        "# hadolint ignore=DL30090",
        "# hadolint ignore DL3009",
        "# hadolint shell=/bin/bash",
        "# check=skip=DL3009",
        "RUN # dfix: ignore",
        "# dfix: ignore\n",
        "# hadolint ignore=DL3009\n   ",
    ],
)
def test_what_hides_nothing(comment: str) -> None:
    text = f"FROM a\n{comment}\nRUN b\n"
    assert not hidden(text, text.count("\n"))


def test_a_block_of_comments_counts_as_a_whole() -> None:
    text = "FROM a\n# dfix: ignore[x]\n# why\n# dfix: ignore[y]\n# hadolint ignore=DL1\nRUN b\n"
    assert [hidden(text, 6, rule, ()) for rule in ("x", "y", "z")] == [True, True, False]
    assert hidden(text, 6, "z", ("DL1",))


def test_every_line_of_the_instruction_and_of_its_comments() -> None:
    text = "FROM a\n\n# dfix: ignore\n# why\nRUN b \\\n  && c\nRUN d\n"
    assert [hidden(text, line) for line in range(1, 8)] == [False, False, True, True, True, True, False]


def test_a_comment_within_an_instruction_counts_for_nothing() -> None:
    text = "FROM a\nRUN b \\\n# dfix: ignore\n && c\n"
    assert not any(hidden(text, line) for line in range(1, 5))


def test_a_comment_within_a_heredoc_counts_for_nothing() -> None:
    text = "FROM a\nRUN <<E\n# dfix: ignore-file\n# dfix: ignore\n# hadolint global ignore=DL3009\nE\nRUN b\n"
    assert not any(hidden(text, line) for line in range(1, 8))
    assert not Suppressions.read(text).whole_file


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("# dfix: ignore-file\nFROM a\n", True),
        ("FROM a\nRUN b\n\n# dfix: ignore-file generated\n\n", True),
        ("FROM a\n#dfix:ignore-file", True),
        ("# dfix: ignore\nFROM a\n", False),
        ("FROM a\nRUN b \\\n# dfix: ignore-file\n c\n", False),
        ("FROM a\nRUN echo '# dfix: ignore-file'\n", False),
        ("# dfix: ignore-file[clean-up]\nFROM a\n", False),
        ("# dfix: ignore-file []\nFROM a\n", False),
        ("# dfix: ignore-file (generated)\nFROM a\n", True),
        ("FROM a\n", False),
    ],
)
def test_a_whole_file(text: str, whole: bool) -> None:
    assert Suppressions.read(text).whole_file == whole


def test_hadolint_global() -> None:
    text = "FROM a\nRUN b\n\n# hadolint global ignore=DL3009\n\nRUN c\n"
    assert hidden(text, 2)
    assert hidden(text, 6)
    assert not hidden(text, 2, "x", ("DL3008",))
    assert not Suppressions.read(text).whole_file


@pytest.mark.parametrize(
    ("directive", "codes", "is_hidden"),
    [
        ("# check=skip=JSONArgsRecommended", ("JSONArgsRecommended",), True),
        ("# check=skip=JSONArgsRecommended;error=true", ("JSONArgsRecommended",), True),
        ("# check=error=true;skip=StageNameCasing, JSONArgsRecommended", ("JSONArgsRecommended",), True),
        ("# syntax=docker/dockerfile:1\n# check = skip=all", ("JSONArgsRecommended", "DL3025"), True),
        ("# check=skip=all", ("DL3025",), False),
        ("# check=skip=all", (), False),
        ("# check=skip=StageNameCasing", ("JSONArgsRecommended",), False),
        ("# check=error=true", ("JSONArgsRecommended",), False),
        ("# no directive before this\n# check=skip=all", ("JSONArgsRecommended",), False),
    ],
)
def test_buildkits_directive(directive: str, codes: tuple[str, ...], is_hidden: bool) -> None:
    text = f"{directive}\nFROM a\nRUN b\n"
    last = text.count("\n")
    assert hidden(text, last, "json-form", codes) == is_hidden
    assert hidden(text, last - 1, "json-form", codes) == is_hidden


@pytest.mark.parametrize(
    ("text", "line", "is_hidden"),
    [
        ("FROM a\nRUN b # dfix: ignore\n", 2, True),
        ("FROM a\nRUN b # dfix: ignore[x] slow\n", 2, True),
        ("FROM a\nRUN b && \\\n  c  # dfix:ignore[x]\nRUN d\n", 2, True),
        ("FROM a\nRUN b && \\\n  c  # dfix:ignore[x]\nRUN d\n", 4, False),
        ("FROM a\nRUN b # dfix: ignore[y]\n", 2, False),
        ("FROM a\nRUN b # dfix: ignore x\n", 2, False),
        ("FROM a\nRUN b # dfix: ignore[]\n", 2, False),
        ("FROM a\nRUN b # dfix: ignore -- slow\n", 2, True),
        ("FROM a\nRUN b # dfix: ignore-file\n", 2, False),
        ("FROM a\nRUN echo ' # dfix: ignore'\n", 2, False),
        ("FROM a\nRUN b#dfix: ignore\n", 2, False),
        ("FROM a\nCOPY b # dfix: ignore /c/\n", 2, False),
        ('FROM a\nRUN ["b", " # dfix: ignore"]\n', 2, False),
        ("FROM a\nRUN <<E\nb # dfix: ignore\nE\n", 2, False),
    ],
)
def test_at_the_end_of_a_run(text: str, line: int, is_hidden: bool) -> None:
    assert hidden(text, line, "x") == is_hidden


ABOVE = "Put `# dfix: ignore` on the line above the instruction"
OR_NAME = "Remove it, or name the rule that it is about"


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# dfix: ignor[clean-up]", ["`dfix: ignor` is unknown. Did you mean `ignore`?"]),
        ("# dfix: ignore-fil", ["`dfix: ignore-fil` is unknown. Did you mean `ignore-file`?"]),
        ("# dfix: ignore[clean_up]", ["it names an unknown rule, `clean_up`. Did you mean `clean-up`?"]),
        (
            "# dfix: ignore[foo, merge-runs, bar]",
            [
                "it names an unknown rule, `bar`. `dfix rules` lists them",
                "it names an unknown rule, `foo`. `dfix rules` lists them",
                "merge-runs has nothing to say here. Remove it",
            ],
        ),
        (
            "# dfix: ignore[clean-up, merge-runs] slow",
            ["clean-up has nothing to say here. Remove it", "merge-runs has nothing to say here. Remove it"],
        ),
        ("# dfix: ignore[multistage] it does not run without --unsafe", []),
        ("# dfix: ignore[cache-mounts] it only runs by name", []),
        ("# dfix: ignore[DL3009]", ["DL3009 has nothing to say here. Remove it"]),
        (
            "# dfix: ignore[SC2086]",
            ["it names an unknown rule, `SC2086`. That is a check of ShellCheck, which no rule of dfix answers"],
        ),
        ("# dfix: ignore[DL3015] no-recommends does not run without --unsafe", []),
        ("# dfix: ignore", [f"no rule that ran has anything to say here. {OR_NAME}"]),
        ("# dfix: ignore\n", [f"no instruction follows directly. {ABOVE}"]),
        *((comment, [WRONG[kind]]) for comment, kind in MALFORMED.items()),
        (
            "# dfix: ignore-file[clean-up]",
            [
                "`ignore-file` takes no rules. Write `# dfix: ignore-file reason`, or `# dfix: ignore[RULE]` above each instruction"
            ],
        ),
        ("# dfix ignore[clean-up]", [f"a colon follows `dfix`. {ABOVE}"]),
        ("# dfix ignore, says the team", []),
        ("# hadolint ignore=DL3009", []),
        ("# dfix: this line was written by dfix", []),
        ("# dfix is ignored", []),
    ],
)
def test_a_comment_without_effect(comment: str, said: list[str]) -> None:
    warnings = run(Source("Dockerfile", f"FROM a\n{comment}\nRUN b\n"), Options()).warnings
    assert warnings == tuple(Note(2, f"the comment has no effect: {text}") for text in said)


def warned(text: str, options: Options | None = None) -> list[tuple[int, str]]:
    result = run(Source("Dockerfile", text), options or Options())
    return [(note.line, note.message.removeprefix("the comment has no effect: ")) for note in result.warnings]


INSTALL = "apt-get update && apt-get install -y curl\n"


def test_a_comment_where_none_counts() -> None:
    text = "FROM a\nRUN b \\\n# dfix: ignore\n  && c\nCOPY b # dfix: ignore /c/\nCMD b # dfix: ignore\n# dfix: ignore\n"
    assert warned(text) == [
        (3, f"it is within an instruction. {ABOVE}"),
        (5, f"COPY has no comment at its end. {ABOVE}"),
        (6, f"CMD has no comment at its end. {ABOVE}"),
        (7, f"no instruction follows directly. {ABOVE}"),
    ]
    assert warned("FROM a\nRUN <<E\necho '# dfix: ignore'\nE\nLABEL a='# dfix: ignore'\n") == []


@pytest.mark.parametrize(
    "comment",
    [
        "# dfix: ignore",
        "# dfix: ignore[clean-up] kept",
        "# dfix: ignore[DL3009]",
        "# dfix: ignore[clean-up]\n# hadolint ignore=DL3009",
    ],
)
def test_a_comment_that_is_used(comment: str) -> None:
    text = f"FROM debian:12\n{comment}\nRUN {INSTALL}"
    assert warned(text) == []
    assert not run(Source("Dockerfile", text), Options()).changed


def test_unused_is_only_what_ran() -> None:
    text = "FROM debian:12\n# dfix: ignore[merge-runs]\nRUN a\n# dfix: ignore\nRUN b\n"
    assert warned(text, Options(ignore=frozenset(("merge-runs",)))) == []
    assert warned(text, Options(select=frozenset(("clean-up",)))) == []
    moved = (
        "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\n# dfix: ignore[clean-up] kept\nRUN " + INSTALL
    )
    assert warned(moved) == []


def test_a_comment_of_a_stage() -> None:
    stage = f"FROM debian:12 AS {{}}\nRUN {INSTALL}"
    text = f"# hadolint stage ignore=DL3009\n{stage.format('a')}{stage.format('b')}"
    assert [change.line for change in run(Source("Dockerfile", text), Options()).changes] == [5]


@pytest.mark.parametrize(
    ("comment", "lines"),
    [
        ("# dfix: ignore", [2]),
        ("# dfix: ignore[clean-up]", [2]),
        ("# dfix: ignore[clean-up", [2]),
        ("# dfix: ignore[clean-up] the mirror is slow", []),
        ("# dfix: ignore -- the mirror is slow", []),
        ("# dfix: ignore --", [2]),
        ("# dfix: ignore-file", [2]),
        ("# dfix: ignore-file generated", []),
        ("# hadolint ignore=DL3009", []),
    ],
)
def test_reasons_can_be_required(comment: str, lines: list[int]) -> None:
    source = Source("Dockerfile", f"FROM debian:12\n{comment}\nRUN {INSTALL}")
    found = run(source, Options(require_ignore_reasons=True))
    assert [note.line for note in found.unexplained] == lines
    assert not found.changed
    assert run(source, Options()).unexplained == ()


def test_checks_that_the_settings_ignore() -> None:
    source = Source("Dockerfile", f"FROM debian:12\nRUN {INSTALL}")
    assert not run(source, Options(ignored_checks=frozenset(("DL3009",)))).changed
    assert run(source, Options(ignored_checks=frozenset(("DL3059",)))).changed
