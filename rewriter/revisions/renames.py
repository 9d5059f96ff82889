"""Which of the files that are gone at a later revision has another name there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

_SIMILAR = 0.6
"""From this share of lines on that both have, one file is the other one."""
_MOST_PAIRS = 20_000
"""Of more pairs than that, only files with the same text are found."""


def renamed(gone: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """The old name of each new file that had one; both map names to texts. No name is used twice.

    The same text comes first, then the most similar one; among equals, one whose last name is the same.
    """
    found: dict[str, str] = {}
    for key in (_text_and_last_name, _text):
        left: dict[object, list[str]] = {}
        for old in sorted(_without(gone, found.values()), reverse=True):
            left.setdefault(key(old, gone[old]), []).append(old)
        for name in sorted(_without(new, found)):
            if olds := left.get(key(name, new[name])):
                found[name] = olds.pop()
    used = set(found.values())
    for _, _, name, old in sorted(_similar(_without(gone, used), _without(new, found))):
        if name not in found and old not in used:
            found[name] = old
            used.add(old)
    return found


def _text_and_last_name(name: str, text: str) -> object:
    return text, _last(name)


def _text(_name: str, text: str) -> object:
    return text


def _without(files: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    left = frozenset(names)
    return {name: text for name, text in files.items() if name not in left}


def _similar(gone: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[float, bool, str, str]]:
    """Pairs of a new and an old name that may be the same file, to be sorted: the best first."""
    if len(gone) * len(new) > _MOST_PAIRS:
        return
    before = {old: _lines(text) for old, text in gone.items()}
    for name, text in new.items():
        lines = _lines(text)
        for old, then in before.items():
            both = (then & lines).total()
            share = 2 * both / ((then.total() + lines.total()) or 1)
            if share >= _SIMILAR:
                yield -share, _last(name) != _last(old), name, old


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _lines(text: str) -> Counter[str]:
    """The lines that say something: a licence at the top makes no two files the same."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return Counter(line for line in lines if line and not line.startswith("#"))
