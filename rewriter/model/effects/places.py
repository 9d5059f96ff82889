"""Which file of the image a word names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from dfix.rewriter.model.commands import Located
from dfix.rewriter.shell.nodes import Word

ELSEWHERE = "*/"
"""How the path of a file begins that lies below a folder which is not known."""
_PLAIN = re.compile(r"[\w./-]*")
_NAME = re.compile(r"\$\{?(\w+)\}?")
_PLAIN_WITH_NAMES = re.compile(r"(?:[\w./-]|\$\w+|\$\{\w+\})*")


def named_by(located: Located, word: Word) -> str | None:
    """The absolute path that a word names, None when that is not known; a glob counts as the folder that holds it."""
    value = word.value if word.value is not None else _with_env(word.text, located.env)
    if value is None:
        if "$" in word.text or "`" in word.text or word.text.startswith("~") or "'" in word.text or '"' in word.text:
            return None
        value = word.text[: min(word.text.find(mark) for mark in "*?[{" if mark in word.text)].rpartition("/")[0] or (
            "/" if word.text.startswith("/") else "."
        )
    return in_folder(located.folder, value)


def in_folder(folder: str | None, path: str) -> str | None:
    """A path as seen from a folder; None for a relative one where the folder is not known."""
    if path.startswith("/"):
        return posixpath.normpath(path)
    return None if folder is None else posixpath.normpath(posixpath.join(folder, path))


def besides(located: Located, path: str) -> str | None:
    """A path of the table of programs: absolute, `~/…`, or relative to where the command runs."""
    if path.startswith("~/"):
        home = located.env.get("HOME")
        # `sudo` may run it as another user, who has another home
        wrapped = len(located.words) < len(located.command.words)
        known = home is not None and not wrapped and "HOME" not in located.assigned
        return posixpath.normpath(f"{home}/{path[2:]}") if known else ELSEWHERE + path[2:]
    return in_folder(located.folder, path)


def _with_env(text: str, env: Mapping[str, str | None]) -> str | None:
    """A word of plain text and `$NAME`s that ENV set to known values; None for any other."""
    bare = text[1:-1] if text[:1] == text[-1:] == '"' and len(text) > 1 else text
    if not _PLAIN_WITH_NAMES.fullmatch(bare):
        return None
    values = [env.get(match[1]) for match in _NAME.finditer(bare)]
    if not values or any(value is None or not _PLAIN.fullmatch(value) for value in values):
        return None
    return _NAME.sub(lambda match: str(env[match[1]]), bare)
