"""Which path of the image a word names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from dfix.rewriter.model.commands import Located
from dfix.rewriter.shell.nodes import Word

ELSEWHERE = "*/"
"""The prefix of a path below an unknown folder."""
_IN_HOME = re.compile(r"""(?:~|\$HOME|\$\{HOME\})/([\w./-]+)|"(?:\$HOME|\$\{HOME\})/([\w./-]+)\"""")
_PLAIN = re.compile(r"[\w./-]*")
_NAME = re.compile(r"\$\{?(\w+)\}?")
_PLAIN_WITH_NAMES = re.compile(r"(?:[\w./-]|\$\w|\$\{\w++\})*+")


def named_by(located: Located, word: Word) -> str | None:
    """The path that a word names; None if unknown. Of a glob it is the folder that contains it.

    It is absolute, or begins with ELSEWHERE for a path in a home that is not known before the build.
    """
    value = word.value if word.value is not None else _with_env(word.text, located.env)
    if value is None:
        in_home = _IN_HOME.fullmatch(word.text)
        if in_home is not None and ".." not in word.text:
            return path_of_row(located, f"~/{in_home[1] or in_home[2]}")
        if "$" in word.text or "`" in word.text or word.text.startswith("~") or "'" in word.text or '"' in word.text:
            return None
        value = word.text[: min(word.text.find(mark) for mark in "*?[{" if mark in word.text)].rpartition("/")[0] or (
            "/" if word.text.startswith("/") else "."
        )
    return in_folder(located.folder, value)


def in_folder(folder: str | None, path: str) -> str | None:
    """A path relative to a folder; None for a relative path if the folder is unknown."""
    if path.startswith("/"):
        return posixpath.normpath(path)
    return None if folder is None else posixpath.normpath(posixpath.join(folder, path))


def path_of_row(located: Located, path: str) -> str | None:
    """A path that a row of the table of programs names: absolute, `~/…`, or relative to the current folder."""
    if path.startswith("~/"):
        home = located.env.get("HOME")
        # `sudo` may run it as another user, with another home
        wrapped = len(located.words) < len(located.command.words)
        is_certain = home is not None and not wrapped and "HOME" not in located.assigned
        return posixpath.normpath(f"{home}/{path[2:]}") if is_certain else ELSEWHERE + path[2:]
    return in_folder(located.folder, path)


def _with_env(text: str, env: Mapping[str, str | None]) -> str | None:
    """The value of a word of plain text and `$NAME`s that ENV sets to known values; None for any other word."""
    bare = text[1:-1] if text[:1] == text[-1:] == '"' and len(text) > 1 else text
    if not _PLAIN_WITH_NAMES.fullmatch(bare):
        return None
    values = [env.get(match[1]) for match in _NAME.finditer(bare)]
    if not values or any(value is None or not _PLAIN.fullmatch(value) for value in values):
        return None
    return _NAME.sub(lambda match: str(env[match[1]]), bare)
