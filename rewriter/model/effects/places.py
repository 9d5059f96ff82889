"""Which path of the image a word names."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.facts import FACT, is_fact, with_facts
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.text.expression import expression

ELSEWHERE = "*/"
"""The prefix of a path below an unknown folder."""
_IN_HOME = expression(r"""(?:~|\$HOME|\$\{HOME\})/([\w./-]+)|"(?:\$HOME|\$\{HOME\})/([\w./-]+)\"""")
_ARCHIVES = (".whl", ".tgz", ".tar.gz", ".zip", ".gem")
_PLAIN_WITH_FACTS = expression(rf"[\w./{FACT}-]*")
_PLAIN = expression(r"[\w./-]*")
_NAME = expression(r"\$\{?(\w+)\}?")
_PLAIN_WITH_NAMES = expression(r"(?:[\w./-]|\$\w|\$\{\w++\})*+")


def named_by(located: Located, word: Word) -> str | None:
    """The path that a word names; None if unknown. Of a glob, and in a loop, it is a folder that contains all of them.

    It is absolute, or begins with ELSEWHERE for a path in a home that is not known before the build.
    """
    value = word.value if word.value is not None else _with_env(word.text, located.env)
    if value is None:
        each = _paths_in_loop(located, word)
        if each:
            return posixpath.commonpath(each)
        in_home = _IN_HOME.fullmatch(word.text)
        if in_home is not None and ".." not in word.text:
            return path_of_row(located, f"~/{in_home[1] or in_home[2]}")
        below = _folder_of_facts(located, word.text)
        if below is not None:
            return in_folder(located.folder, below)
        if "$" in word.text or "`" in word.text or word.text.startswith("~") or "'" in word.text or '"' in word.text:
            return None
        if word.text.startswith(("<(", ">(")):
            return None
        value = word.text[: min(word.text.find(mark) for mark in "*?[{" if mark in word.text)].rpartition("/")[0] or (
            "/" if word.text.startswith("/") else "."
        )
    return in_folder(located.folder, value)


def all_named_by(located: Located, word: Word) -> Sequence[str | None]:
    """Like `named_by`, with each path that a word names in a loop."""
    return _paths_in_loop(located, word) or [named_by(located, word)]


def _paths_in_loop(located: Located, word: Word) -> list[str]:
    """Every path that a word with the variable of a loop names; none for other words, and where one is unknown."""
    names = {match[1] for match in _NAME.finditer(word.text)} & located.loops.keys() if located.loops else set()
    if len(names) != 1 or word.value is not None:
        return []
    (name,) = names
    values = [_with_env(word.text, {**located.env, name: value}) for value in located.loops[name]]
    paths = [in_folder(located.folder, value) for value in values if value is not None]
    known = [path for path in paths if path is not None and path[0] == "/"]
    return known if len(known) == len(values) else []


def in_folder(folder: str | None, path: str) -> str | None:
    """A path relative to a folder; None for a relative path if the folder is unknown."""
    if path.startswith("/"):
        return posixpath.normpath(path)
    return None if folder is None else posixpath.normpath(posixpath.join(folder, path))


def upwards(folder: str | None, name: str) -> Iterator[str | None]:
    """The path of a name in a folder, and in each of those above it."""
    yield in_folder(folder, name)
    while folder not in ("/", "?", "", None):
        folder = posixpath.dirname(folder)
        yield in_folder(folder, name)


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


def _folder_of_facts(located: Located, text: str) -> str | None:
    """The folder of a path with facts of the machine in it: /tmp for `/tmp/x-$(uname -m).tgz`; None for others."""
    if "$" not in text:
        return None
    bare = text[1:-1] if text[:1] == text[-1:] == '"' and len(text) > 1 else text
    values = {name: value for name, value in located.env.items() if value is None} | dict(located.assigned)
    names = {match[1] for match in _NAME.finditer(bare)}
    facts = {name for name in names if name in values and is_fact(name, values[name])}
    shown = with_facts(_NAME.sub(lambda match: FACT if match[1] in facts else match[0], bare))
    if not _PLAIN_WITH_FACTS.fullmatch(shown) or ".." in shown:
        return None
    return shown.partition(FACT)[0].rpartition("/")[0] or ("/" if shown.startswith("/") else ".")


def may_be_path(operand: str) -> bool:
    """Whether an operand that names a package may be a file or folder instead: `.`, `./a`, `$X`, `a.whl`."""
    return (
        operand == "."
        or operand.startswith(("./", "../", "/", "~", "file:"))
        or "$" in operand
        or operand.endswith(_ARCHIVES)
    )
