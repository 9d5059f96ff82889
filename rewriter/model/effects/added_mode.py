"""`chmod` commands that only add permissions, and so change nothing where the files have them already."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dfix.rewriter.model.effects.places import named_by

if TYPE_CHECKING:
    from dfix.rewriter.model.commands import Located

_BITS = {"+x": 0o111, "a+x": 0o111, "ugo+x": 0o111, "+rx": 0o555, "a+rx": 0o555, "u+x": 0o100}


class AddedMode(NamedTuple):
    """What a `chmod` adds, and to which image paths."""

    bits: int
    paths: tuple[str, ...]


def added_mode(command: Located) -> AddedMode | None:
    """What a `chmod +x a b` adds; None for any other command, and where a path is unknown."""
    words = command.words
    if len(words) < 3 or words[0].value != "chmod" or command.command.redirects:
        return None
    bits = _BITS.get(words[1].literal_or_text)
    paths = [named_by(command, word) if word.value is not None else None for word in words[2:]]
    known = tuple(path for path in paths if path is not None)
    return AddedMode(bits, known) if bits is not None and len(known) == len(paths) else None
