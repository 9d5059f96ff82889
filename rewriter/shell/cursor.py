"""Where reading is in a script, and why it stops."""

from __future__ import annotations

from dfix.rewriter.text.source import Span

_DEEPEST = 30
_SHOWN = 20


class UnreadableError(Exception):
    """The script is not understood. The message is a clause that says why: "a quote in it is not closed near `x`"."""


class Cursor:
    """A position in a script, which the lexer, its parts and the parser share and move.

    `mask` is the script as `parse` describes it; its first character is at `offset` in the file. `at` is an offset into
    the mask, `end` its length. `depth` counts what is nested at `at`. `plain` becomes False at anything that is more
    than words, heredocs and lists.
    """

    __slots__ = ("at", "depth", "end", "mask", "offset", "plain")

    def __init__(self, mask: str, offset: int) -> None:
        self.mask = mask
        self.offset = offset
        self.at = 0
        self.end = len(mask)
        self.depth = 0
        self.plain = True

    def char(self) -> str:
        """The character at `at`, "" at the end."""
        return self.mask[self.at] if self.at < self.end else ""

    def precedes(self, *texts: str) -> bool:
        """Whether one of the texts starts at `at`."""
        return self.mask.startswith(texts, self.at)

    def span(self, start: int, end: int) -> Span:
        """The span in the file of `mask[start:end]`."""
        return Span(self.offset + start, self.offset + end)

    def near(self) -> str:
        """The text at `at`, for a reason: "near `echo "a`"."""
        shown = self.mask[self.at : self.at + _SHOWN].split("\n", 1)[0].strip()
        return f"near `{shown}`" if shown else "at its end"

    def enter(self) -> None:
        """Enter a level of nesting. Raises UnreadableError long before Python would raise RecursionError."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UnreadableError("its script is nested too deeply")

    def leave(self) -> None:
        """Leave a level of nesting."""
        self.depth -= 1
