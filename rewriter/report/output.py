"""Writing to the terminal: bytes as they are, colour only where it is wanted."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO


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

    body = text.rstrip("\n")
    return Style.parse(style).render(body, color_system=ColorSystem.STANDARD) + text[len(body) :]


def outputs(choice: str) -> tuple[Output, Output]:
    """Standard output and error. `choice` is auto, always or never; NO_COLOR and FORCE_COLOR count for auto."""
    return _output(sys.stdout.buffer, choice), _output(sys.stderr.buffer, choice)


def _output(stream: BinaryIO, choice: str) -> Output:
    if choice != "auto":
        return Output(stream, colour=choice == "always")
    if os.environ.get("NO_COLOR"):
        return Output(stream, colour=False)
    if os.environ.get("FORCE_COLOR"):
        return Output(stream, colour=True)
    return Output(stream, colour=stream.isatty() and os.environ.get("TERM") != "dumb")
