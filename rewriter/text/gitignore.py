"""The patterns of one .gitignore, matched like git (gitignore(5) of git 2.39, wildmatch.c)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.wildcard import ANYTHING, FOLDERS, IN_NAME, NOT_SLASH, OneOf, Token, Wildcard

MOST_PATTERNS = 5_000
"""Each path that a search meets is compared with all of them."""

_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": " \\t-\\r",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


class _Rule(NamedTuple):
    wildcard: Wildcard
    ignores: bool
    """False for a line that begins with `!`."""
    folders_only: bool
    whole_path: bool
    """Whether it is compared with the path below the file's folder, and not only with the last name."""


class GitIgnore:
    """The rules of a .gitignore; lines that are not patterns do not count, as in git."""

    __slots__ = ("_folders", "_rules")

    def __init__(self, text: str) -> None:
        self._rules = [rule for line in text.split("\n") if (rule := _rule(line)) is not None]
        self._folders: dict[str, bool | None] = {}

    def ignores(self, path: str, *, folder: bool) -> bool | None:
        """Whether a path below the file's folder is ignored; None if no pattern names it or a folder above it."""
        at = path.find("/")
        while at >= 0:
            above = path[:at]
            if above not in self._folders:
                self._folders[above] = self._verdict(above, folder=True)
            if self._folders[above]:
                return True
            at = path.find("/", at + 1)
        return self._verdict(path, folder=folder)

    def _verdict(self, path: str, *, folder: bool) -> bool | None:
        """What the last pattern that matches says."""
        name = path.rpartition("/")[2]
        for rule in reversed(self._rules):
            if (folder or not rule.folders_only) and rule.wildcard.matches(path if rule.whole_path else name):
                return rule.ignores
        return None


def _rule(line: str) -> _Rule | None:
    line = _without_blanks(line.removesuffix("\r"))
    if not line or line.startswith("#"):
        return None
    ignores = not line.startswith("!")
    line = line[not ignores :]
    folders_only = line.endswith("/")
    line = line[: len(line) - folders_only]
    whole_path = "/" in line
    line = line.removeprefix("/")
    if not line:
        return None
    try:
        return _Rule(Wildcard(_tokens(line)), ignores, folders_only, whole_path)
    except re.error:
        return None


def _without_blanks(line: str) -> str:
    """The line without the blanks at its end, unless a backslash keeps one."""
    short = line.rstrip(" ")
    slashes = len(short) - len(short.rstrip("\\"))
    return short + " " if slashes % 2 and short != line else short


def _tokens(pattern: str) -> Iterator[Token]:
    """Read a pattern. Raises re.error where no path can match it."""
    at, end = 0, len(pattern)
    # git compares the part before the first wildcard apart, so that what follows it counts as a begin
    literal = next((index for index, char in enumerate(pattern) if char in "*?[\\"), end)
    while at < end:
        if pattern[at] == "*":
            begin = at
            while pattern.startswith("*", at):
                at += 1
            is_alone = (begin == literal or pattern[begin - 1] == "/") and pattern[at : at + 1] in ("/", "")
            if at - begin < 2 or not is_alone:
                yield IN_NAME
            elif at < end:
                yield FOLDERS
                at += 1
            else:
                yield ANYTHING
        elif pattern[at] == "?":
            yield NOT_SLASH
            at += 1
        elif pattern[at] == "[":
            token, at = _bracket(pattern, at + 1)
            yield token
        else:
            at += pattern[at] == "\\"
            if at == end:
                raise re.error("a backslash at the end")
            yield pattern[at]
            at += 1


def _bracket(pattern: str, at: int) -> tuple[OneOf, int]:
    """A bracket expression whose content begins at an offset, and where what follows it begins."""
    inverted = pattern.startswith(("!", "^"), at)
    at += inverted
    begin, content = at, []
    while at < len(pattern) and (pattern[at] != "]" or at == begin):
        if pattern.startswith("[:", at):
            close = pattern.find(":]", at + 2)
            content.append(_CLASSES.get(pattern[at + 2 : close], ""))
            if close < 0 or not content[-1]:
                raise re.error("an unknown class")
            at = close + 2
            continue
        first, at = _char(pattern, at)
        last = first
        if pattern.startswith("-", at) and pattern[at + 1 : at + 2] not in ("", "]"):
            last, at = _char(pattern, at + 1)
        # git compares the first character before it reads the range
        content.append(f"{re.escape(first)}-{re.escape(max(first, last))}")
    if at >= len(pattern):
        raise re.error("an unclosed bracket")
    inner = "".join(content)
    # as in git, none of them matches a slash
    return OneOf(f"(?!/)[{'^' * inverted}{inner}]" if inner else "[^/]" if inverted else "(?!)"), at + 1


def _char(pattern: str, at: int) -> tuple[str, int]:
    at += pattern.startswith("\\", at)
    if at >= len(pattern):
        raise re.error("an unclosed bracket")
    return pattern[at], at + 1
