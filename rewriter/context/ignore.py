"""The ignore file of a build context, matched like Docker (moby/patternmatcher), not like git.

The last matching line wins; a pattern that matches a folder covers everything in it.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.read import Unreadable, exact_text
from dfix.rewriter.text.wildcard import ANYTHING, FOLDERS, IN_NAME, NOT_SLASH, OneOf, Token, Wildcard

LARGEST_IGNORE_FILE = 1_000_000


class BadPatternError(ValueError):
    """A line that makes Docker fail the build; the text says which."""


class _Pattern(NamedTuple):
    line: int
    text: str
    includes: bool
    wildcard: Wildcard


MOST_PATTERNS = 5_000
"""Each path of the context is tried with each of them."""


class IgnoreFile:
    """A parsed ignore file; made by `IgnoreFile.parse`."""

    __slots__ = ("_seen", "patterns")

    def __init__(self, patterns: tuple[_Pattern, ...]) -> None:
        self.patterns = patterns
        self._seen: dict[str, tuple[int, tuple[bool, ...]]] = {}

    @classmethod
    def parse(cls, text: str) -> IgnoreFile:
        """Parse an ignore file. Raises BadPatternError where Docker would fail the build."""
        patterns: list[_Pattern] = []
        for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
            if raw.startswith("#"):
                continue
            line = raw.strip()
            includes = line.startswith("!")
            if includes:
                line = line[1:].strip()
                if not line:
                    raise BadPatternError(f"line {number}: `!` without a pattern")
            if not line:
                continue
            if len(patterns) >= MOST_PATTERNS:
                raise BadPatternError(f"it has more than {MOST_PATTERNS:,} patterns")
            cleaned = posixpath.normpath(re.sub("/+", "/", line))
            if len(cleaned) > 1 and cleaned[0] == "/":
                cleaned = cleaned[1:]
            try:
                patterns.append(_Pattern(number, cleaned, includes, Wildcard(_tokens(cleaned))))
            except re.error as error:
                raise BadPatternError(f"line {number}: `{line}` is not a valid pattern") from error
        return cls(tuple(patterns))

    def ignored(self, path: str) -> bool:
        """Whether Docker excludes the context path."""
        return bool(self.patterns) and self.line_for(path) > 0

    def line_for(self, path: str) -> int:
        """The line of the ignore file that excludes `path`, or 0 if it ships."""
        return self._decide(path)[0]

    def _decide(self, path: str) -> tuple[int, tuple[bool, ...]]:
        """The deciding line, and which patterns matched, for use below the path (moby's MatchesUsingParentResults).

        A pattern is only tried if it could change the outcome so far, and one that matched a folder matches everything
        in it. A pattern that was not tried on a folder is not tried on it again for the files below.
        """
        known = self._seen.get(path)
        if known is not None:
            return known
        folder = posixpath.dirname(path)
        above = self._decide(folder)[1] if folder else ()
        by = 0
        matched = []
        for index, pattern in enumerate(self.patterns):
            match = bool(above) and above[index]
            if not match and pattern.includes == (by > 0):
                match = pattern.wildcard.matches(path)
            matched.append(match)
            if match:
                by = 0 if pattern.includes else pattern.line
        found = self._seen[path] = (by, tuple(matched))
        return found

    def may_include_below(self, folder: str) -> bool:
        """Whether a `!` line could include something below an ignored folder."""
        for pattern in self.patterns:
            if pattern.includes:
                if any(mark in pattern.text for mark in "*?[\\"):
                    return True
                if f"{pattern.text}/".startswith(f"{folder}/"):
                    return True
        return False


class OpenedIgnoreFile(NamedTuple):
    """An ignore file that was opened. `fault`: why it cannot be used, "" if it can; then the others are empty."""

    patterns: IgnoreFile
    text: str = ""
    fault: str = ""
    unreadable: bool = False
    """It is not a file that dfix reads."""


NO_IGNORE_FILE = OpenedIgnoreFile(IgnoreFile(()))


def open_ignore_file(path: str, within: tuple[str, ...]) -> OpenedIgnoreFile | None:
    """The ignore file at `path`, None if there is none. `within`: where links may lead, see dfix.rewriter.text.read."""
    name = os.path.basename(path)
    text = exact_text(path, LARGEST_IGNORE_FILE, within)
    if isinstance(text, Unreadable):
        if text.kind == "absent":
            return None
        return OpenedIgnoreFile(IgnoreFile(()), "", f"{name}: {text.message}", unreadable=True)
    try:
        return OpenedIgnoreFile(IgnoreFile.parse(text), text)
    except BadPatternError as error:
        return OpenedIgnoreFile(IgnoreFile(()), "", f"{name}: {error}")


def _tokens(pattern: str) -> Iterator[Token]:
    """Read a pattern for whole paths."""
    at, end = 0, len(pattern)
    while at < end:
        char = pattern[at]
        at += 1
        if char == "*" and pattern.startswith("*", at):
            first = at == 1
            at += 1
            slash = pattern.startswith("/", at)
            at += slash
            # for a pattern like `**x`, moby only compares the end of the path
            is_end = first and not slash and not any(mark in pattern[at:] for mark in "*?[]\\")
            yield ANYTHING if at == end or is_end else FOLDERS
        elif char == "*":
            yield IN_NAME
        elif char == "?":
            yield NOT_SLASH
        elif char == "[":
            close = _class_end(pattern, at)
            yield OneOf(pattern[at - 1 : close])
            at = close
        elif char == "\\" and at < end:
            yield pattern[at]
            at += 1
        else:
            yield char


def _class_end(pattern: str, at: int) -> int:
    """The index where a bracket expression ends. Raises re.error if it is not closed."""
    begin = at
    if pattern.startswith("^", at):
        at += 1
    while at < len(pattern) and (pattern[at] != "]" or (at in (begin, begin + 1) and pattern[at - 1] in "[^")):
        at += 2 if pattern[at] == "\\" else 1
    if at >= len(pattern):
        raise re.error("unclosed bracket")
    return at + 1
