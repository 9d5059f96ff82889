"""What a `chmod` does: the mode that it gives and to which files, or that it only adds what they may have already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.model.commands import Located

MODES_OF_PROGRAMS = frozenset(("+x", "a+x", "u+x", "ugo+x", "+rx", "a+rx", "755", "0755", "775", "777", "0777"))
"""Modes with which a file can be run."""
_BITS = {"+x": 0o111, "a+x": 0o111, "ugo+x": 0o111, "+rx": 0o555, "a+rx": 0o555, "u+x": 0o100}


class AddedMode(NamedTuple):
    """What a `chmod` adds, and to which image paths."""

    bits: int
    paths: tuple[str, ...]


class GivenMode(NamedTuple):
    """What a `chmod` gives, and to which image paths; None for a path that is not known before the build."""

    mode: str
    paths: tuple[str | None, ...]


def given_mode(command: Located) -> GivenMode | None:
    """What a `chmod MODE a b` gives; None for any other command."""
    words = command.words
    if len(words) < 3 or words[0].value != "chmod":
        return None
    paths = (named_by(command, word) if word.value is not None else None for word in words[2:])
    return GivenMode(words[1].literal_or_text, tuple(paths))


def added_mode(command: Located) -> AddedMode | None:
    """What a `chmod +x a b` adds; None for any other command, and where a path is unknown."""
    given = given_mode(command)
    if given is None or command.command.redirects:
        return None
    bits, known = _BITS.get(given.mode), tuple(path for path in given.paths if path is not None)
    return AddedMode(bits, known) if bits is not None and len(known) == len(given.paths) else None
