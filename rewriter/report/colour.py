"""Colour for a terminal, or none."""

from __future__ import annotations

import os
from typing import TextIO

_STYLES = {
    "added": "32",
    "error": "1;31",
    "frame": "34",
    "hint": "36",
    "place": "1",
    "removed": "31",
    "rule": "1;33",
    "weak": "2",
}


class Paint:
    """Puts text into a style's colour; without colour the text stays as it is."""

    __slots__ = ("on",)

    def __init__(self, *, on: bool) -> None:
        self.on = on

    def __call__(self, style: str, text: str) -> str:
        """The text in the style, which must be one that is known."""
        code = _STYLES[style]
        return f"\x1b[{code}m{text}\x1b[0m" if self.on else text


def wants_colour(asked: str, stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`: what was asked ("auto", "always", "never"), NO_COLOR, FORCE_COLOR, a tty."""
    if asked != "auto":
        return asked == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return os.environ.get("TERM") != "dumb" and stream.isatty()


def visible(text: str) -> str:
    r"""The text with control characters and bytes that are not UTF-8 written out (`\x1b`), so that it harms no terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\t" else _written_out(char) for char in text)


def _written_out(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
