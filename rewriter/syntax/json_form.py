"""The JSON form of an instruction's value, with the place of each string."""

from __future__ import annotations

import json
from json.decoder import scanstring  # type: ignore[attr-defined]  # undocumented in stubs, public in the module

from rewriter.syntax.lexing import Piece

_JSON_SPACE = " \t\r\n"


def read_array(value: str) -> list[Piece] | None:
    """The strings of a JSON array, with offsets (quotes included); None when it is not an array of strings.

    Go's json.Unmarshal decides for BuildKit: the whole value must be one array. Unlike Python, Go replaces
    lone surrogates, which never matters for offsets.
    """
    try:
        decoded = json.loads(value)
    except (ValueError, RecursionError):
        return None
    if not isinstance(decoded, list) or not all(isinstance(item, str) for item in decoded):
        return None
    found = []
    at = value.index("[") + 1
    for item in decoded:
        while value[at] in _JSON_SPACE or value[at] == ",":
            at += 1
        end = scanstring(value, at + 1)[1]
        found.append(Piece(at, end, item))
        at = end
    return found
