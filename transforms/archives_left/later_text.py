"""What the instructions of a Dockerfile name, searched from a step on: once for all archives, whatever their number."""

from __future__ import annotations

from bisect import bisect_right
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.commands import located
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dfix.rewriter.model import Model, Step
    from dfix.rewriter.shell.nodes import Word

_WORD = expression(r"[^\s'\";&|()<>]+")
_MOST_PATTERNS = 100


class LaterText:
    """The text of all steps, and the patterns in it."""

    def __init__(self, model: Model) -> None:
        self._steps = [step for stage in model.stages for step in stage.steps]
        self._starts: list[int] = []
        self._place = {id(step): number for number, step in enumerate(self._steps)}
        texts = []
        length = 0
        for step in self._steps:
            self._starts.append(length)
            texts.append(step.source_text + "\n")
            length += len(texts[-1])
        self._text = "".join(texts)
        self._patterns = [
            (start + at, name) for start, text in zip(self._starts, texts, strict=True) for at, name in patterns(text)
        ]
        self._removed: dict[int, list[tuple[int, str]]] = {}

    def user(self, step: Step, name: str) -> Step | None:
        """A later step of the stage, or one of another stage, that names a file or has a pattern for it.

        Raises LeaveAlone where there are too many patterns to look at.
        """
        if len(self._patterns) > _MOST_PATTERNS:
            raise LeaveAlone("needed-later", "the Dockerfile has many patterns, which may be for the archive")
        place = self._place[id(step)]
        first = self._starts[self._place[id(step.stage.steps[0])]]
        after = self._starts[place] + len(step.source_text)
        for begin, end in ((after, len(self._text)), (0, first)):
            at = self._text.find(name, begin, end)
            if at < 0:
                found = (start for start, pattern in self._patterns if begin <= start < end and fnmatch(name, pattern))
                at = next(found, -1)
            if at >= 0:
                return self._steps[bisect_right(self._starts, at) - 1]
        return None

    def is_removed(self, step: Step, name: str) -> bool:
        """Whether a later RUN of the stage may remove a file, by its name or a pattern."""
        stage = id(step.stage)
        if stage not in self._removed:
            self._removed[stage] = list(_removed(step.stage.steps))
        words = self._removed[stage]
        return any(
            name in word or fnmatch(name, word.rpartition("/")[2].strip("\"'"))
            for _, word in words[bisect_right(words, (step.index + 1, "")) :][:_MOST_PATTERNS]
        )


def patterns(text: str) -> Iterator[tuple[int, str]]:
    """The patterns of a text for the names of files, other than one for all files, and where each begins."""
    for match in _WORD.finditer(text):
        name = match[0].rpartition("/")[2]
        if name.strip("*") and any(sign in match[0] for sign in "*?["):
            yield match.start(), name


def removes(program: Word) -> bool:
    """Whether a program may take files away from where they are."""
    return program_name(program) in of_kind("frees") | {"find", "mv"}


def has_pattern_for(text: str, name: str) -> bool:
    """Whether a text has a pattern for a file, other than one for all files."""
    return any(fnmatch(name, pattern) for _, pattern in patterns(text))


def _removed(steps: Iterable[Step]) -> Iterator[tuple[int, str]]:
    """The words of commands that remove files, with the indexes of their steps."""
    for step in steps:
        for command in located(step) if step.keyword == "RUN" else ():
            if command.words and removes(command.words[0]):
                yield from ((step.index, word.text) for word in command.words[1:])
