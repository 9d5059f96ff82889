"""The JSON form of an instruction's value, with the offsets of each string."""

from __future__ import annotations

import json
from json.decoder import scanstring  # type: ignore[attr-defined]  # undocumented in stubs, public in the module

from dfix.rewriter.dockerfile.lexing import Piece

_JSON_SPACE = " \t\r\n"


def load(value: str) -> list[object] | None:
    """The value as a JSON array; None when it is not one as a whole, as Go's json.Unmarshal wants it."""
    try:
        decoded = json.loads(value, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, list) else None


def _refuse(name: str) -> None:
    """Raise for `NaN` and `Infinity`, which are JSON to Python but not to Go."""
    raise ValueError(name)


def read_array(value: str) -> list[Piece] | None:
    """The strings of a JSON array, with offsets (quotes included); None when it is not an array of strings.

    Unlike Python, Go replaces lone surrogates, which never matters for offsets.
    """
    decoded = load(value)
    if decoded is None:
        return None
    strings = []
    at = value.index("[") + 1
    for item in decoded:
        if not isinstance(item, str):
            return None
        while value[at] in _JSON_SPACE or value[at] == ",":
            at += 1
        end = scanstring(value, at + 1)[1]
        strings.append(Piece(at, end, item))
        at = end
    return strings
