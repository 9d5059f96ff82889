"""The paths that a command's words name, seen from the folder in which it runs."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dfix.rewriter.model.cache_folders import relation
from dfix.rewriter.model.values_in_force import filled, values_in_force

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.shell.nodes import Word

_FROM_ROOT = ("/", "~", "$")
_MAY_BE_HIDDEN = (".", "*", "?", "[", "{")


def folders_of(words: tuple[Word, ...], folder: str | None) -> list[str]:
    """The folders in which a command looks for files: its own ("?" if unknown), and the one after `-C`."""
    folders = [folder or "?"]
    for at, word in enumerate(words[:-1]):
        text = word.literal_or_text
        if text in ("-C", "--directory"):
            folders.append(posixpath.normpath(posixpath.join(folder or "?", words[at + 1].literal_or_text)))
        elif text.startswith("--directory=") or (text.startswith("-C") and len(text) > 2):
            value = text.partition("=")[2] or text[2:]
            folders.append(posixpath.normpath(posixpath.join(folder or "?", value)))
    return folders


def word_in_cache(step: Step, command: Located, cache: str) -> str:
    """The first word or redirect whose path may be missing without a cache folder; "" for none.

    That is the folder itself, what is in it, or `~/.cache` above it.
    """
    folders = folders_of(command.words, command.folder)
    beside = any(relation(folder, cache) for folder in folders)
    redirects = [redirect.target for redirect in command.command.redirects if redirect.target is not None]
    for word in (*command.words[1:], *redirects):
        text = word.literal_or_text.replace('"', "").replace("'", "")
        if "$" in text:
            text = filled(text, values_in_force(step, command))
        # most words are names, which only mean a cache in a folder above it, or if they are hidden
        if not text or not (beside or "/" in text or text.startswith((*_FROM_ROOT, *_MAY_BE_HIDDEN))):
            continue
        # a file is only written where its folder is
        paths = [path for named in _paths(text, folders) for path in (named, posixpath.dirname(named))]
        if any(depends(path, cache) for path in paths):
            return word.text
    return ""


def depends(path: str, cache: str) -> bool:
    """Whether a path may be missing without the cache: the folder itself, what is in it, or `~/.cache` above it.

    `~/.cache` may exist only because pip created it; `/var/lib` exists without `/var/lib/apt/lists`.
    """
    related = relation(path, cache)
    return related == "within" or (related == "above" and cache[0] == "~" and "/.cache" in f"/{path}")


def _paths(text: str, folders: list[str]) -> Iterator[str]:
    """The paths that a word may name; one in a folder that is not known stays relative."""
    if text.startswith(_FROM_ROOT):
        yield posixpath.normpath(text)
        return
    for folder in folders:
        below = folder if folder.startswith("/") else folder.lstrip("?").lstrip("/")
        yield posixpath.normpath(posixpath.join(below, text))
