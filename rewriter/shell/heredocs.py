"""The heredocs of a script: opened in a line, read at the end of that line (Shell Command Language, 2.7.4)."""

from __future__ import annotations

from dfix.rewriter.shell.cursor import Cursor, UnreadableError
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.text.named_tuple import NamedTuple


class OpenHeredoc(NamedTuple):
    """A heredoc that is opened and not yet read."""

    at: int
    """Where its redirect starts in the mask."""
    delimiter: str
    """The line that ends it."""
    strips_tabs: bool
    """Whether it is `<<-`, which removes leading tabs from each line."""
    expands: bool
    """Whether the shell expands its body: no character of the delimiter is quoted."""


class Heredocs:
    """Reads the bodies of heredocs. `bodies` holds those that are known, by the offset of their redirect."""

    __slots__ = ("_cursor", "_pending", "bodies")

    def __init__(self, cursor: Cursor, bodies: dict[int, Word]) -> None:
        self._cursor = cursor
        self._pending: list[OpenHeredoc] = []
        self.bodies = bodies

    def open(self, at: int, delimiter: Word, *, strips_tabs: bool) -> None:
        """Note a heredoc whose redirect starts at `at`; its body follows the line's end."""
        if delimiter.value is None or "\n" in delimiter.value:
            raise UnreadableError(f"a heredoc in it has no end: {delimiter.text}")
        expands = not any(quote in delimiter.text for quote in "'\"\\")
        self._pending.append(OpenHeredoc(at, delimiter.value, strips_tabs, expands))

    def read_bodies(self) -> None:
        """Read the bodies of the heredocs that the line before the cursor opened."""
        if self._pending:
            pending, self._pending = self._pending, []
            for heredoc in pending:
                self._read_body(heredoc)

    def check_all_read(self) -> None:
        """Raise UnreadableError if the script ends before a heredoc's body."""
        if self._pending:
            raise UnreadableError(f"a heredoc in it has no end: {self._pending[0].delimiter}")

    def _read_body(self, heredoc: OpenHeredoc) -> None:
        cursor = self._cursor
        start = at = cursor.at
        while at < cursor.end:
            stop = cursor.mask.find("\n", at) + 1 or cursor.end
            line = cursor.mask[at:stop].removesuffix("\n")
            if (line.lstrip("\t") if heredoc.strips_tabs else line) == heredoc.delimiter:
                break
            at = stop
        else:
            raise UnreadableError(f"a heredoc in it has no end: {heredoc.delimiter}")
        content = cursor.mask[start:at]
        # some shells join `a\` with the delimiter's line and then miss the end
        if heredoc.expands and content.endswith("\\\n"):
            raise UnreadableError(f"a heredoc in it can be read in two ways: {heredoc.delimiter}")
        certain = not (heredoc.expands and any(char in content for char in "$`\\"))
        value = content
        if heredoc.strips_tabs:
            value = "".join(line.lstrip("\t") for line in content.splitlines(keepends=True))
        self.bodies[heredoc.at] = Word(cursor.span(start, at), content, value if certain else None)
        cursor.at = stop
