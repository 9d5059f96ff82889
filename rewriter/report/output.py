"""Writing to standard output and error: bytes unchanged, colour only if wanted."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO, TextIO


class Output:
    """A stream for text; bytes that are not UTF-8 are kept (surrogateescape). Loads rich only for colour."""

    def __init__(self, stream: BinaryIO, *, colour: bool) -> None:
        self.stream = stream
        self.colour = colour

    def write(self, text: str, style: str = "") -> None:
        """Write text, in a rich style if colour is on."""
        if style and self.colour:
            text = _painted(text, style)
        self.stream.write(text.encode("utf-8", "surrogateescape"))

    def flush(self) -> None:
        """Flush the stream."""
        self.stream.flush()


def _painted(text: str, style: str) -> str:
    from rich.color import ColorSystem
    from rich.style import Style

    body = text.rstrip("\r\n")
    return Style.parse(style).render(body, color_system=ColorSystem.STANDARD) + text[len(body) :]


def outputs(choice: str) -> tuple[Output, Output]:
    """Standard output and error. `choice` is auto, always or never; auto respects NO_COLOR and FORCE_COLOR."""
    out = Output(sys.stdout.buffer, colour=_wants_colour(sys.stdout, choice))
    return out, Output(sys.stderr.buffer, colour=_wants_colour(sys.stderr, choice))


def _wants_colour(stream: TextIO, choice: str) -> bool:
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (os.environ.get("TERM") != "dumb" and stream.isatty())


_COMMAND = "#\\x23["


def visible(text: str) -> str:
    r"""Escape control characters and bytes that are not UTF-8 (as `\x1b`), which could harm a terminal.

    `##[` is escaped, too: GitHub's runner reads `##[command]` anywhere in a line, and `::command::` at its start
    (actions/runner, ActionCommand.cs).
    """
    text = text.replace("##[", _COMMAND)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\t" else _written_out(char) for char in text)


def visible_name(name: str) -> str:
    """A file name as `visible` shows it, and so that a line that begins with it is no command of GitHub."""
    shown = visible(name)
    return f"./{shown}" if shown.lstrip().startswith("::") else shown


def _written_out(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def valid(text: str) -> str:
    """Replace bytes that are not UTF-8 with U+FFFD, for formats that must be UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
