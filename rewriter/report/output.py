"""Writing to the terminal: bytes as they are, colour only where it is wanted."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO, TextIO


class Output:
    """A stream that takes text whose odd bytes are kept (surrogateescape). rich is loaded only for colour."""

    def __init__(self, stream: BinaryIO, *, colour: bool) -> None:
        self.stream = stream
        self.colour = colour

    def write(self, text: str, style: str = "") -> None:
        """Write text, in one of rich's styles when colour is on."""
        if style and self.colour:
            text = _painted(text, style)
        self.stream.write(text.encode("utf-8", "surrogateescape"))

    def flush(self) -> None:
        """Hand on what is buffered."""
        self.stream.flush()


def _painted(text: str, style: str) -> str:
    from rich.color import ColorSystem
    from rich.style import Style

    body = text.rstrip("\r\n")
    return Style.parse(style).render(body, color_system=ColorSystem.STANDARD) + text[len(body) :]


def outputs(choice: str) -> tuple[Output, Output]:
    """Standard output and error. `choice` is auto, always or never; NO_COLOR and FORCE_COLOR count for auto."""
    out = Output(sys.stdout.buffer, colour=_wants_colour(sys.stdout, choice))
    return out, Output(sys.stderr.buffer, colour=_wants_colour(sys.stderr, choice))


def _wants_colour(stream: TextIO, choice: str) -> bool:
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (os.environ.get("TERM") != "dumb" and stream.isatty())


def visible(text: str) -> str:
    r"""The text with control characters and bytes that are not UTF-8 written out (`\x1b`): it harms no terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\t" else _written_out(char) for char in text)


def _written_out(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def valid(text: str) -> str:
    """The text for formats that are UTF-8 by definition: bytes that are not stand as U+FFFD."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
