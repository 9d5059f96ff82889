"""Reasons in the author's own words: rules see the last text of a file, the author knows the first.

A rule quotes commands and names lines of the text that it was asked about, which earlier changes of the same run may
have written. `pip install --no-cache-dir -r a.txt` on line 5 may be the author's `pip install -r a.txt` on line 4.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.source import Region, Source, Span

_QUOTE = expression(r"`([^`]+)`")
_LINE = expression(r"\bline (\d+)\b(?! of )")
_BETWEEN = r"(?:[ \t]|\\\r?\n|\r?\n)+"
_BETWEEN_WORDS = expression(_BETWEEN)
_WORD = expression(r"\S+")


class AuthorsWords:
    """Translates sentences about the last text of a file into sentences about its first text."""

    def __init__(self, first: Source, last: Source, regions: tuple[Region, ...]) -> None:
        self._first = first
        self._last = last
        self._regions = regions
        self._starts = [region.after.start for region in regions]
        self._said: dict[str, str | None] = {}

    def of(self, sentence: str) -> str | None:
        """The sentence with quotes and line numbers of the first text.

        None where it is about a command or line that dfix wrote: then the place is not left alone, but changed.
        """
        if not self._regions:
            return sentence
        parts: list[str] = []
        end = 0
        for found in sorted((*_QUOTE.finditer(sentence), *_LINE.finditer(sentence)), key=lambda found: found.start()):
            if found.start() < end:
                continue  # a line number within a quote
            quote = found[0].startswith("`")
            said = self._quote(found[1]) if quote else self._line(int(found[1]))
            if said is None:
                return None
            parts += [sentence[end : found.start()], f"`{said}`" if quote else f"line {said}"]
            end = found.end()
        return "".join((*parts, sentence[end:]))

    def _quote(self, quote: str) -> str | None:
        if quote not in self._said:  # a message about a RUN often quotes its neighbour, too
            self._said[quote] = self._translated(quote)
        return self._said[quote]

    def _translated(self, quote: str) -> str | None:
        if quote.rstrip("…") in self._first.text:
            return quote  # nearly always
        wanted = quote.rstrip("…").split()
        if wanted in self._joined_first:
            return quote
        found = self._joined_last.find(wanted)
        if found is None:
            return quote  # not a quote of the file
        words = list(_WORD.finditer(self._last.text, found.start, found.end))
        kept = [word for word in words if not self._new_word(word[0], word.start())]
        if len(kept) == len(words):
            return quote
        said = " ".join(word[0] for word in kept if word[0] != "\\")
        return said + "…" * quote.endswith("…") if said else None

    @cached_property
    def _joined_first(self) -> _Joined:
        return _Joined(self._first.text)

    @cached_property
    def _joined_last(self) -> _Joined:
        return _Joined(self._last.text)

    def _new_word(self, word: str, start: int) -> bool:
        """Whether a word of the last text is in a place that dfix wrote, and was not there before."""
        span = Span(start, start + len(word))
        place = self._region_of(span)
        return place is not None and word not in self._first.text[place.before.start : place.before.end].split()

    def _line(self, number: int) -> str | None:
        start, end = self._bounds(number)
        text = self._last.text[start:end].strip()
        if not self._written(start, start + max(len(text), 1)):
            return str(self._first.line_of(self._original(start)))
        # a line that moved is written anew
        lines = self._first.text.split("\n")
        same = [at for at, line in enumerate(lines, 1) if line.strip() == text]
        return str(same[0]) if same else None

    def _bounds(self, number: int) -> tuple[int, int]:
        starts = self._line_starts
        if number >= len(starts):
            return starts[-1], starts[-1]
        return starts[number - 1], starts[number] - 1

    @cached_property
    def _line_starts(self) -> list[int]:
        """Where the lines of the last text begin, and where one more would."""
        return [0, *accumulate(len(line) + 1 for line in self._last.text.split("\n"))]

    def _written(self, start: int, end: int) -> bool:
        """Whether dfix wrote all of a stretch of the last text."""
        return self._region_of(Span(start, end)) is not None

    def _region_of(self, span: Span) -> Region | None:
        """The region that contains all of a stretch of the last text; regions are in order and do not overlap."""
        at = bisect_right(self._starts, span.start) - 1
        return self._regions[at] if at >= 0 and self._regions[at].after.contains(span) else None

    def _original(self, offset: int) -> int:
        shift = 0
        for before, after in self._regions:
            if offset < after.end:
                return min(offset - shift, before.end) if offset >= after.start else offset - shift
            shift = after.end - before.end
        return offset - shift


class _Joined:
    """A text with one space between any two words, in which words are found wherever their lines end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._joined = _BETWEEN_WORDS.sub(" ", text)

    def __contains__(self, words: list[str]) -> bool:
        return " ".join(words) in self._joined or self._over_escape(words) is not None

    def find(self, words: list[str]) -> Span | None:
        """Where words first stand side by side in the text."""
        joined = " ".join(words)
        at = self._joined.find(joined)
        if at >= 0:
            return Span(self._origin(at), self._origin(at + len(joined) - 1) + 1)
        return self._over_escape(words)

    def _over_escape(self, words: list[str]) -> Span | None:
        """Where words stand of which one ends with an escape, which may be that of a line's end."""
        if not any(word.endswith("\\") for word in words):
            return None
        found = re.search(_BETWEEN.join(map(re.escape, words)), self._text)
        return Span(*found.span()) if found is not None else None

    def _origin(self, offset: int) -> int:
        starts, origins = self._starts
        word = bisect_right(starts, offset) - 1
        return origins[word] + offset - starts[word]

    @cached_property
    def _starts(self) -> tuple[list[int], list[int]]:
        """Where words begin in the joined text, and where they begin in the text."""
        starts, origins = [0], [0]
        for gap in _BETWEEN_WORDS.finditer(self._text):
            starts.append(starts[-1] + gap.start() - origins[-1] + 1)
            origins.append(gap.end())
        return starts, origins
