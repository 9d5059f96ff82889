"""Writing to standard output and error: bytes unchanged, colour only if wanted."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import BinaryIO, TextIO

from dfix.rewriter.report.folding import Painted, folded

_FEWEST_COLUMNS = 30
"""On a narrower terminal, lines are left to break where they do."""


class Output:
    """A stream for text; bytes that are not UTF-8 are kept (surrogateescape). Loads rich only for colour."""

    def __init__(self, stream: BinaryIO, *, colour: bool, columns: int = 0) -> None:
        self.stream = stream
        self.colour = colour
        self.columns = columns
        """The width of the terminal; 0 for anything else, where lines are as long as they are."""
        self.make_room: Callable[[], None] | None = None
        """Called before each text, by whoever shows something in the terminal's last line."""

    def write(self, text: str, style: str = "") -> None:
        """Write text, in a rich style if colour is on."""
        if self.make_room is not None:
            self.make_room()
        if style and self.colour:
            text = _painted(text, style)
        self.stream.write(text.encode("utf-8", "surrogateescape"))

    def write_line(self, parts: Sequence[Painted]) -> None:
        """Write one line, without blanks at its end."""
        if not self.colour:
            self.write("".join(part.text for part in parts).rstrip() + "\n")
            return
        for part in parts:
            self.write(part.text, part.style)
        self.write("\n")

    def write_folded(self, parts: Sequence[Painted], indent: Sequence[Painted]) -> None:
        """Write one line, broken at spaces where the terminal is narrower; what follows begins with `indent`."""
        for line in folded(parts, self.columns, indent):
            self.write_line(line)

    def flush(self) -> None:
        """Flush the stream."""
        self.stream.flush()


def _painted(text: str, style: str) -> str:
    from rich.color import ColorSystem
    from rich.style import Style

    body = text.rstrip("\r\n")
    return Style.parse(style).render(body, color_system=ColorSystem.STANDARD) + text[len(body) :]


def outputs(choice: str) -> tuple[Output, Output]:
    """Standard output and error. `choice` is auto, always or never.

    auto follows NO_COLOR (no-color.org), then CLICOLOR_FORCE (bixense.com/clicolors) and FORCE_COLOR.
    """
    return _output(sys.stdout, choice), _output(sys.stderr, choice)


def _output(stream: TextIO, choice: str) -> Output:
    return Output(stream.buffer, colour=_wants_colour(stream, choice), columns=_columns(stream))


def _columns(stream: TextIO) -> int:
    if not stream.isatty():
        return 0
    columns = shutil.get_terminal_size().columns
    return columns if columns >= _FEWEST_COLUMNS else 0


def _wants_colour(stream: TextIO, choice: str) -> bool:
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
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


LONGEST_SHOWN = 500
"""Characters of one value of a file; a name of an image has fewer."""


def bounded(text: str, most: int = LONGEST_SHOWN) -> str:
    """The text, with `…` where it is cut: what a file holds may be of any length."""
    return text if len(text) <= most else text[: most - 1] + "…"


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
