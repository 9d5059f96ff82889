"""The paths that the words of a command, its heredocs and other text mention, whatever the program does with them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence, Set

from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.effects.places import ELSEWHERE
from dfix.rewriter.model.facts import FACT
from dfix.rewriter.model.file_map.file_map import steps_before
from dfix.rewriter.model.paths import resolve, within
from dfix.rewriter.model.values_in_force import OF_PLATFORM, filled, values_in_force
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.split_manifests.given_paths import path_parts

_SEPARATES = expression(r"\\[nrt]|[|#<>&!\\]")
UNKNOWN = FACT
"""What stands for an expansion in a text."""
_HERE = expression(r"\$\(\s*+pwd(?:\s++-[LP])?\s*+\)|`\s*+pwd(?:\s++-[LP])?\s*+`")
_HOME = expression(r"\$HOME\b|\$\{HOME\}")
_TILDE = expression(r"(?<![^\s\"'=:,])~/")
_HOME_OF_USER = expression(
    r"\b(?:useradd|usermod|adduser)\b[^\n;&|]{0,200}?\s(?:-d|--home|--home-dir|-h)[ =](/[\w./-]++)"
)
_EXPANSION = expression(r"\$\([^()\n]{0,200}\)|\$\{[^{}\n]{0,200}\}|\$\w++|`[^`\n]{0,200}`")
_INSTEAD = expression(r"url\.(.*)\.(?:push)?insteadof", re.IGNORECASE)
"""The key of git's setting that has a path in its middle."""


class Mention(NamedTuple):
    """A path in a text."""

    written: str
    path: str
    """The image path; `~/…` in a home, `*/…` in a folder that only the build knows."""


class CommandTexts:
    """The words of a command as texts, with the variables whose values are known."""

    def __init__(self, command: Located, step: Step) -> None:
        self.command = command
        self._step = step
        self._values: dict[str, str] | None = None

    def filled(self, text: str) -> str:
        """A text with the values of variables and of `$(pwd)`; what only the build knows becomes `UNKNOWN`."""
        if "$" not in text and "`" not in text and "~" not in text:
            return text
        if self._values is None:
            values = values_in_force(self._step, self.command)
            known = (name for name, value in values.items() if "$" not in value and "`" not in value)
            self._values = {name: values[name] for name in known if name not in OF_PLATFORM}
        for name, each in self.command.loops.items():
            if name in text:
                text = " ".join(filled(text, {name: value}) for value in each)
        text = self._with_homes(text) if "~/" in text else text
        here = self.command.folder
        return without_unknown(filled(text if here is None else _HERE.sub(lambda _: here, text), self._values))

    def _with_homes(self, text: str) -> str:
        """A text with `~/` in the home that the Dockerfile sets; once more for each home that it gives to a user."""
        if "HOME" in (self._values or {}):
            return _TILDE.sub((self._values or {})["HOME"].replace("\\", "") + "/", text)
        before = "\n".join(step.source_text for step in (*steps_before(self._step), self._step))
        homes = [match[1] for match in _HOME_OF_USER.finditer(before)]
        return " ".join([text, *(_TILDE.sub(f"{home}/", text) for home in homes)])

    def words(self) -> Iterator[tuple[Word, str]]:
        """Each word after the program's name, with its text."""
        return ((word, self.filled(word.literal_or_text)) for word in self.command.words[1:])

    def bodies(self) -> Iterator[str]:
        """The command's heredocs and here-strings (`<<< text`)."""
        for redirect in self.command.command.redirects:
            body = redirect.target if redirect.op == "<<<" else redirect.body
            if body is not None:
                yield self.filled(body.literal_or_text)


def without_unknown(text: str) -> str:
    """A text with each expansion that only the running build knows replaced by `UNKNOWN`, and `$HOME` by `~`.

    The words of a command in the text stay, beside it: `$(echo /a)/b` is `… echo /a …/b`.
    """
    return _EXPANSION.sub(_stands_for, _HOME.sub("~", text))


def _stands_for(expansion: re.Match[str]) -> str:
    text = expansion[0]
    inner = text[2:-1] if text.startswith("$(") else text[1:-1] if text[0] == "`" else ""
    inner = inner.strip().removeprefix(". ")  # which reads a script, and prints nothing
    return f"{UNKNOWN} {_EXPANSION.sub(UNKNOWN, inner)} {UNKNOWN}" if " " in inner.strip() else UNKNOWN


def mentioned_in(text: str, folder: str | None) -> Iterator[Mention]:
    """The paths in a text: absolute ones, and relative ones with a slash, which begin in `folder`.

    A path in the home begins with `~/`, and one after an expansion that only the build knows with ELSEWHERE.
    """
    instead = _INSTEAD.fullmatch(text)
    for part in parts_of(instead[1] if instead is not None else text):
        if "/" in part:
            yield from _mention(part, folder)


def parts_of(text: str) -> list[str]:
    """The parts of a text that may be paths."""
    return path_parts(_SEPARATES.sub(" ", without_unknown(text)))


def bare_mentions(name: str, folders: Iterable[str | None]) -> Iterator[Mention]:
    """The files that a name without a slash means, which begins in one of the folders."""
    for folder in folders if name and "/" not in name and UNKNOWN not in name and name != "~" else ():
        yield from _mention(name, folder)


def _mention(part: str, folder: str | None) -> Iterator[Mention]:
    if part.startswith((f"{UNKNOWN}/", "~/")):
        below = part.partition("/")[2].rstrip("/")
        if below and UNKNOWN not in below:
            yield Mention(part, (ELSEWHERE if part[0] == UNKNOWN else "~/") + below)
        return
    # what is below a folder, wherever there, counts as that folder
    known = part.partition(UNKNOWN)[0].rpartition("/")[0] if UNKNOWN in part else part
    path = resolve(folder, known) if known else None
    if path is not None and path != "/":
        yield Mention(part, path)


def late_source(copies: Sequence[Copied], first: Set[str], path: str) -> str | None:
    """The context path of a file or folder that one of the copies brings to an image path; "" is the root.

    None where that is copied before, as one of `first` or below one of them, and where no file comes to the path.
    """
    if path.startswith("~/"):
        homes = {"/root", *("/".join(c.destination.split("/")[:3]) for c in copies if within(c.destination, "/home"))}
        found = (late_source(copies, first, posixpath.join(home, path[2:])) for home in sorted(homes))
        return next((source for source in found if source is not None), None)
    if path.startswith(ELSEWHERE):
        ending = (source for copy in copies for source in copy.brought.ending_in(path[len(ELSEWHERE) :]))
        return next((source for source in ending if not is_below(first, source)), None)
    for copy in copies:
        file = copy.brought.context_path_of(path)
        if file is not None:
            return None if is_below(first, file) else file
        folder = copy.brought.context_folder_at(path)
        if folder is not None and not (folder and is_below(first, folder)) and copy.brought.brings_below(path):
            return folder
    return None


def is_below(first: Set[str], path: str) -> bool:
    """Whether a context path is one of `first`, or below one of them."""
    return path in first or any(within(path, folder) for folder in first)
