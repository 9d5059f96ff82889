"""One instruction: its keyword, flags, value, words, JSON form and heredocs, each with its span in the file."""

from __future__ import annotations

from dfix.rewriter.dockerfile.lexing import BLANKS, SPACE, Piece, split_blanks, split_flags, split_words
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Span

KEYWORDS = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER "
    "VOLUME WORKDIR".split()
)
MAY_BE_JSON = frozenset(("ADD", "COPY", "VOLUME", "RUN", "CMD", "ENTRYPOINT", "SHELL"))
_QUOTED_WORDS = frozenset(("ENV", "LABEL", "ARG"))


class InstructionFlag(NamedTuple):
    """`--name=value`."""

    name: str
    value: str | None
    """None for a bare `--name`."""
    span: Span


class ArgWord(NamedTuple):
    """A word of an instruction's value."""

    text: str
    """As BuildKit sees it before expansion; decoded in the JSON form."""
    span: Span


class Heredoc(NamedTuple):
    """A heredoc that an instruction's line opens: `<<EOF`, `<<-"EOF"`."""

    name: str
    expands: bool
    """Whether variables in the body are expanded: the name is not quoted."""
    strips_tabs: bool
    """Whether it is `<<-`."""
    body: Span
    """Its lines, without the terminator's."""
    terminator: Span
    """The line that ends it."""


class Instruction:
    """An instruction of the file. `span` includes its last newline and the bodies of its heredocs.

    `logical` is the line as BuildKit joins it, `pieces` are the spans of the file that it is joined from.
    `comments` and `blanks` are the comment lines and empty lines within its continuation.
    """

    __slots__ = (
        "_json",
        "_words",
        "blanks",
        "comments",
        "end_line",
        "escape",
        "flags",
        "heredocs",
        "inner",
        "keyword",
        "keyword_span",
        "line",
        "logical",
        "pieces",
        "span",
        "text",
        "value",
        "value_at",
    )

    def __init__(self, text: str, pieces: list[Span], logical: str, begin: int, escape: str) -> None:
        """Read the instruction that starts at offset `begin` of `logical` (0, except for what follows ONBUILD)."""
        self.text = text
        self.pieces = pieces
        self.logical = logical
        self.escape = escape
        self.heredocs: tuple[Heredoc, ...] = ()
        self.comments: tuple[Span, ...] = ()
        self.blanks: tuple[Span, ...] = ()
        self.line = self.end_line = 0
        self.span = Span(pieces[0].start, pieces[-1].end)
        self._json: list[ArgWord] | bool | None = False
        self._words: tuple[ArgWord, ...] | None = None

        stripped = logical.rstrip(SPACE)
        at = len(stripped) - len(stripped[begin:].lstrip(SPACE))
        gap = BLANKS.search(stripped, at)
        end, rest = gap.span() if gap is not None else (len(stripped), len(stripped))
        word = stripped[at:end]
        self.keyword = word.upper() if word.isascii() else word
        self.keyword_span = self._at(at, end)
        self.flags: tuple[InstructionFlag, ...] = ()
        if stripped.startswith("--", rest):
            flags, rest = split_flags(stripped, rest)
            self.flags = tuple(self._flag(flag) for flag in flags)
        self.value = stripped[rest:].lstrip(SPACE)
        self.value_at = len(stripped) - len(self.value)
        self.inner: Instruction | None = None
        if self.keyword == "ONBUILD" and self.value and not begin:  # BuildKit rejects ONBUILD in ONBUILD
            self.inner = Instruction(text, pieces, logical, self.value_at, escape)

    def _flag(self, piece: Piece) -> InstructionFlag:
        name, sign, value = piece.text[2:].partition("=")
        return InstructionFlag(name, value if sign else None, self._at(piece.start, piece.end))

    def place(self, offset: int) -> int:
        """The offset in the file of `logical[offset]`."""
        at = 0
        for piece in self.pieces:
            length = piece.end - piece.start
            if offset < at + length:
                return piece.start + offset - at
            at += length
        return self.pieces[-1].end

    def _at(self, start: int, end: int) -> Span:
        if len(self.pieces) == 1:
            base = self.pieces[0].start
            return Span(base + start, base + end)
        begin = self.place(start)
        return Span(begin, self.place(end - 1) + 1 if end > start else begin)

    @property
    def value_span(self) -> Span:
        """The span of the value from its first to its last character, with the continuations between them."""
        return self._at(self.value_at, self.value_at + len(self.value))

    @property
    def json(self) -> list[ArgWord] | None:
        """The words of the JSON (exec) form; None when the value is in shell form."""
        if self._json is False:
            self._json = None
            if self.keyword in MAY_BE_JSON and self.value.startswith("["):
                from dfix.rewriter.dockerfile.json_form import read_array

                strings = read_array(self.value)
                if strings is not None:
                    self._json = [ArgWord(p.text, self._inner(p)) for p in strings]
        return self._json  # type: ignore[return-value]  # False is replaced above

    @property
    def words(self) -> tuple[ArgWord, ...]:
        """The value's words: JSON form, quoted words (ENV, LABEL, ARG) or plain words."""
        if self._words is None:
            array = self.json
            if array is not None:
                self._words = tuple(array)
            elif not self.value:
                self._words = ()
            elif self.keyword in _QUOTED_WORDS:
                self._words = tuple(ArgWord(p.text, self._inner(p)) for p in split_words(self.value, 0, self.escape))
            else:
                self._words = tuple(ArgWord(p.text, self._inner(p)) for p in split_blanks(self.value, 0))
        return self._words

    def _inner(self, piece: Piece) -> Span:
        return self._at(self.value_at + piece.start, self.value_at + piece.end)

    def flag(self, name: str) -> InstructionFlag | None:
        """The last flag of that name; None when there is none."""
        for flag in reversed(self.flags):
            if flag.name == name:
                return flag
        return None

    def script_mask(self) -> tuple[str, int] | None:
        r"""The value as a shell script of the same length, and the offset in the file at which it starts.

        What BuildKit removes before the shell sees it (continuations, comment lines and empty lines) is blank. Where a
        blank would split a word, the escape and newline stay, because the shell joins them itself: `npm in\⏎stall`.
        None when neither is possible.
        """
        span = self.value_span
        if span.end - span.start == len(self.value):
            return self.value, span.start
        out: list[str] = []
        at = span.start
        for piece in self.pieces:
            start, end = max(piece.start, span.start), min(piece.end, span.end)
            if start >= end:
                continue
            if start > at:
                gap = self.text[at:start]
                if self.text[at - 1] in " \t" or self.text[start] in " \t":
                    out.append(" " * len(gap))
                elif gap == "\\\n":
                    out.append(gap)
                else:
                    return None
            out.append(self.text[start:end])
            at = end
        return "".join(out), span.start
