"""What a `chown` does: the owner that it gives, and to which paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.model.commands import Located

_LETTERS = frozenset("Rhvc")
_LONG = {"--recursive": "R", "--no-dereference": "h", "--verbose": "v", "--changes": "c"}


class GivenOwner(NamedTuple):
    """What a `chown` gives, and to which image paths."""

    owner: Word
    recursive: bool
    paths: tuple[str, ...]
    """Absolute, or starting with `?/` for a folder below an unknown one."""
    relative: bool
    """Whether a path depends on the folder in which the command runs."""


def given_owner(command: Located) -> GivenOwner | None:
    """What `chown -R app:app /a /b` gives.

    None for any other command, for options that follow links or name another file, and where a path is unknown.
    """
    words = command.words
    if not words or words[0].value != "chown" or len(words) != len(command.command.words):
        return None
    if command.command.redirects or command.command.assigns:
        return None
    letters: set[str] = set()
    rest: list[Word] = []
    for word in words[1:]:
        text = word.literal_or_text
        if text.startswith("--"):
            letters.add(_LONG.get(text, text))
        elif text.startswith("-"):
            letters.update(text[1:])
        else:
            rest.append(word)
    if letters - _LETTERS or len(rest) < 2:
        return None
    owner, *named = rest
    paths = tuple(named_by(command, word) if _is_one_path(word) else None for word in named)
    known = tuple(path for path in paths if path is not None)
    relative = any(not word.literal_or_text.strip('"').startswith("/") for word in named)
    return GivenOwner(owner, "R" in letters, known, relative) if len(known) == len(paths) else None


def _is_one_path(word: Word) -> bool:
    return word.value is not None or not any(mark in word.text for mark in "*?[{~`")
