"""Until when the release that a base image's tag names gets security updates (end_of_life.toml)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cache

from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table

_VERSION = expression(r"\d{1,9}(?:\.\d{1,9}){0,9}(?![\d.])")
_ALPINE = "alpine"


class _Product(NamedTuple):
    name: str
    images: tuple[str, ...]
    names: Mapping[str, str]
    """Code names in tags, with the release that each means."""
    supported: tuple[str, ...]
    """The releases of which no last day is known yet."""
    ends: Mapping[str, str]
    source: str
    read: str


class EndOfLife(NamedTuple):
    """The end of a release that a tag names. Days are as 2024-06-30."""

    product: str
    release: str
    """As the tag has it: "3.8"; the number for a code name."""
    last_day: str
    """Of security updates."""
    earlier: bool
    """Whether the release is older than all that the source lists, and so ended on that day at the latest."""
    source: str
    read: str
    """The day on which the source was read."""


def endings(name: str, tag: str, today: str) -> tuple[EndOfLife, ...]:
    """The ends of the releases that a tag names: of what the image is about, and of the distribution below it.

    `name` is that of its repository, as `model.images.repository` gives it. A tag that moves on to new releases
    (`python:3`) has an end only when all of them have ended by `today`.
    """
    products = _products()
    own = next((product for product in products if name in product.images), None)
    if own is None and "/" in name:
        return ()  # what its tags mean is up to its owner
    found = list(_of_tag(own, tag, today)) if own is not None else []
    for word in tag.split("-"):
        for product in products:
            if product is own or product.name not in ("Alpine", "Debian", "Ubuntu"):
                continue
            release = product.names.get(word, "")
            if product.name == "Alpine" and word.startswith(_ALPINE):
                release = word.removeprefix(_ALPINE)
            found += _of_release(product, release, today)
    return tuple(found)


def numbers_of_series(name: str, version: tuple[int, ...]) -> int:
    """How many numbers name the series that a version of an image belongs to: 2 of Python 3.11.4, 1 of Node.js 22.1.0.

    0 for an image whose series are not known.
    """
    own = next((product for product in _products() if name in product.images), None)
    if own is None:
        return 0
    listed = {_numbers(one) for one in (*own.ends, *own.supported)}
    return next(
        (size for size in range(len(version), 0, -1) if version[:size] in listed), len(max(listed)) if listed else 0
    )


def _of_tag(product: _Product, tag: str, today: str) -> Iterator[EndOfLife]:
    first, _, rest = tag.partition("-")
    words = (first, *rest.split("-"))
    named = next((product.names[word] for word in words if word in product.names), "")
    version = _VERSION.match(first.removeprefix("v"))
    yield from _of_release(product, named or (version[0] if version is not None else ""), today)


def _of_release(product: _Product, release: str, today: str) -> Iterator[EndOfLife]:
    """The end of a release: its own, that of the series it belongs to (3.8.10: 3.8), or of all that belong to it."""
    if not _VERSION.fullmatch(release):
        return
    numbers = _numbers(release)
    listed = {_numbers(one): day for one, day in product.ends.items()}
    listed.update((_numbers(one), "") for one in product.supported)
    series = next((numbers[:size] for size in range(len(numbers), 0, -1) if numbers[:size] in listed), None)
    earlier = False
    if series is not None:
        day = listed[series]
    else:
        inner = [day for one, day in listed.items() if one[: len(numbers)] == numbers]
        day = max(inner) if inner and all(inner) else ""
        oldest = min(listed)
        if not inner and numbers < oldest:
            day, earlier = listed[oldest], True
        if day >= today:
            return
    if day:
        yield EndOfLife(product.name, release, day, earlier, product.source, product.read)


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(number) for number in release.split("."))


@cache
def _products() -> tuple[_Product, ...]:
    rows = own_table(os.path.dirname(__file__), "end_of_life.toml")["product"]
    return tuple(
        _Product(
            row["name"],
            tuple(row["images"]),
            row.get("names", {}),
            tuple(row.get("supported", ())),
            {release: str(day) for release, day in row["ends"].items()},
            row["source"],
            str(row["date"]),
        )
        for row in rows
    )
