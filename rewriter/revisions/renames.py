"""Which of the files that are gone at a later revision has another name there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

_SIMILAR = 0.6
"""From this share of lines on that both have, one file is the other one."""
_MOST_PAIRS = 20_000
"""Of more pairs than that, only files with the same text are found."""

_Lines = Counter[str]


def renamed(gone: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """The old name of each new file that had one; both map names to texts. No name is used twice.

    The same text comes first, then the most similar one; among equals, one whose last name is the same.
    """
    found: dict[str, str] = {}
    for similar in (_same, _similar):
        was = {name: text for name, text in gone.items() if name not in found.values()}
        now = {name: text for name, text in new.items() if name not in found}
        for _, _, name, old in sorted(similar(was, now)):
            if name not in found and old not in found.values():
                found[name] = old
    return found


_Pair = tuple[float, bool, str, str]
"""To be sorted: the best first."""


def _same(gone: Mapping[str, str], new: Mapping[str, str]) -> Iterator[_Pair]:
    by_text: dict[str, list[str]] = {}
    for old, text in gone.items():
        by_text.setdefault(text, []).append(old)
    for name, text in new.items():
        yield from (_pair(1.0, name, old) for old in by_text.get(text, ()))


def _similar(gone: Mapping[str, str], new: Mapping[str, str]) -> Iterator[_Pair]:
    if len(gone) * len(new) > _MOST_PAIRS:
        return
    before = {old: _lines(text) for old, text in gone.items()}
    for name, text in new.items():
        lines = _lines(text)
        for old, then in before.items():
            both = (then & lines).total()
            share = 2 * both / ((then.total() + lines.total()) or 1)
            if share >= _SIMILAR:
                yield _pair(share, name, old)


def _pair(share: float, name: str, old: str) -> _Pair:
    return -share, name.rpartition("/")[2] != old.rpartition("/")[2], name, old


def _lines(text: str) -> _Lines:
    """The lines that say something: a licence at the top makes no two files the same."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return Counter(line for line in lines if line and not line.startswith("#"))
