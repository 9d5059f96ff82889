"""The scheme of a tag, as its author chose it, and the newer tags that follow the same scheme.

`3.11.4-slim` is a version of three numbers and the rest `-slim`. A newer tag has as many numbers and the same rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from dfix.rewriter.knowledge.end_of_life import numbers_of_series
from dfix.rewriter.knowledge.long_term_releases import keeps_long_term
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

Level = Literal["release", "minor", "major"]
"""How far a tag may go: within its release (3.11.x), within its first number, or to any newer version."""

_VERSION = expression(r"(?P<sign>[vV]?)(?P<numbers>\d{1,18}(?:[._]\d{1,18}){0,9})", re.ASCII)
_DATE = expression(r"(?:19|20)\d{6}", re.ASCII)
_MONTH = expression(r"(?:20)?[1-3]\d\.(?:0[1-9]|1[0-2])", re.ASCII)
_UNSTABLE = expression(
    r"(?:^|[-._\d])(?:alpha|beta|rc|cr|preview|pre|dev|snapshot|nightly|edge|canary|ea|milestone|m)(?=$|[-._\d])"
)
_LONG_NUMBER = 6
"""Digits of a number that counts builds or days, not versions."""


class TagScheme(NamedTuple):
    """A tag in parts."""

    before: str
    """What precedes the numbers: "", "v", "bookworm-"."""
    numbers: tuple[str, ...]
    separators: tuple[str, ...]
    after: str
    """"-slim"."""

    @property
    def shape(self) -> tuple[str, str]:
        """What every tag of the scheme has, whatever its numbers."""
        return self.before, self.after

    @property
    def values(self) -> tuple[int, ...]:
        """The numbers."""
        return tuple(map(int, self.numbers))


def tag_scheme(tag: str) -> TagScheme | None:
    """The scheme of a tag; None for one without a version (`lts-slim`), and for a version that is not yet released."""
    if _UNSTABLE.search(tag.lower()):
        return None
    start = 0
    for word in tag.split("-"):
        match = _VERSION.fullmatch(word)
        if match is not None:
            numbers, separators = re.split(r"[._]", match["numbers"]), re.findall(r"[._]", match["numbers"])
            before = tag[: start + len(match["sign"])]
            return TagScheme(before, tuple(numbers), tuple(separators), tag[start + len(word) :])
        start += len(word) + 1
    return None


def newer_tags(name: str, tag: str, tags: Iterable[str], level: Level) -> list[str]:
    """The tags of an image that are newer and follow the scheme of `tag`, newest first.

    `name` is that of the image's repository, as `model.images.repository` gives it.
    """
    now = tag_scheme(tag)
    if now is None:
        return []
    alike = (one for one in tags if one.startswith(now.before) and one.endswith(now.after))  # most are not
    all_tags = {one: scheme for one in alike if (scheme := tag_scheme(one)) is not None and scheme.shape == now.shape}
    if level == "release" and any(_is_finer(scheme, now) for scheme in all_tags.values()):
        return []  # the registry moves this tag on itself
    kept = _kept_numbers(name, now, level)
    newer = {
        one: scheme.values
        for one, scheme in all_tags.items()
        if _like(scheme, now)
        and scheme.values > now.values
        and scheme.values[:kept] == now.values[:kept]
        and keeps_long_term(name, now.values, scheme.values)
    }
    return sorted(newer, key=lambda one: (newer[one], one), reverse=True)


def _is_finer(scheme: TagScheme, now: TagScheme) -> bool:
    size = len(now.numbers)
    return len(scheme.numbers) > size and scheme.numbers[:size] == now.numbers


def _like(scheme: TagScheme, now: TagScheme) -> bool:
    """Whether a tag has as many numbers as the present one, each of its kind."""
    return scheme.separators == now.separators and all(
        (len(one) >= _LONG_NUMBER) == (len(other) >= _LONG_NUMBER)
        and (len(one) == len(other) or "0" not in (one[0], other[0]) or "0" in (one, other))
        for one, other in zip(scheme.numbers, now.numbers, strict=True)
    )


def _kept_numbers(name: str, now: TagScheme, level: Level) -> int:
    """How many of the first numbers a newer tag must share."""
    dated = next((place for place, number in enumerate(now.numbers) if _DATE.fullmatch(number)), len(now.numbers))
    if level == "major":
        return 0
    if level == "minor":
        return min(1, dated)
    return min(numbers_of_series(name, now.values) or _usual_series(now), dated)


def _usual_series(now: TagScheme) -> int:
    """How many numbers name a release where that is not known: all but the last, at most two; also a year and month."""
    if _MONTH.fullmatch(".".join(now.numbers)):
        return 2
    return 1 if len(now.numbers) < 3 else 2
