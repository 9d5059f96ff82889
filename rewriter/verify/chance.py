"""Whether a file that differs in each build of the original differs in the same way in that of the rewrite.

A log with times in it differs in every build. In the image of the rewrite, it must be such a log too, and not, say, a
file of the build context that took its place.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Collection, Mapping

from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.read import digest
from dfix.rewriter.verify.compare import BUILT_TWICE, CONTENT, Comparison, Difference
from dfix.rewriter.verify.image import Image

_CHANCE = expression(
    rb"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\b"
    rb"|[0-9A-Fa-f]{7,}|[0-9]+(?:[.,:][0-9]+)*"
)
"""Names of days and months, hashes, numbers and times."""
_SLACK = 64
"""Bytes by which any two files may differ in size."""


class Version(NamedTuple):
    """One build to be compared."""

    image: Image
    contents: Callable[[Collection[str]], Mapping[str, bytes]]
    """Reads files of the image by path without leading `/`; those that are too large are left out."""


def by_chance(
    comparison: Comparison, originals: tuple[Version, Version], new: Version, again: Callable[[], Image], context: str
) -> Comparison:
    """Move the contents back to the differences that two builds of the original do not explain.

    `again` builds the rewrite once more, which only some contents need. `context` is the folder of the copied context.
    """
    held = [one for one, reason in comparison.noise if reason == BUILT_TWICE and one.kind == CONTENT]
    if not held:
        return comparison
    paths = [one.path[1:] for one in held]
    texts = [version.contents(paths) for version in (*originals, new)]
    sent = _digests(context, {posixpath.basename(path) for path in paths})
    rebuilt: Image | None = None
    unlike = set()
    for path in paths:
        entries = [version.image.entries[path] for version in (*originals, new)]
        digests = [entry.digest for entry in entries]
        if digests[2] in sent and not sent.intersection(digests[:2]):
            unlike.add(f"/{path}")
            continue
        same_shape = _same_shape([text.get(path) for text in texts])
        if (
            same_shape is None
        ):  # the originals differ in more than numbers: then two builds of the rewrite must differ too
            rebuilt = rebuilt or again()
            other = rebuilt.entries.get(path)
            sizes = [entry.size for entry in entries]
            same_shape = other is not None and other.digest != digests[2] and _near(sizes[2], sizes[:2])
        if not same_shape:
            unlike.add(f"/{path}")
    return _moved_back(comparison, unlike)


def blank_chance(content: bytes) -> bytes:
    """A content with what time and chance put into it blanked."""
    return _CHANCE.sub(b"#", content)


def _same_shape(contents: list[bytes | None]) -> bool | None:
    """Whether the third content is like the first two; None if those are not alike, or unknown."""
    shapes = [None if content is None else blank_chance(content) for content in contents]
    if None in shapes or shapes[0] != shapes[1]:
        return None
    return shapes[2] == shapes[0]


def _near(size: int, sizes: list[int]) -> bool:
    return min(sizes) // 2 - _SLACK <= size <= max(sizes) * 2 + _SLACK


def _digests(context: str, names: set[str]) -> set[str]:
    """The digests of the context's files of these names."""
    found = set()
    for folder, _, files in os.walk(context):
        for name in names.intersection(files):
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                found.add(digest(path, (os.path.realpath(context),)))
    return found - {""}


def _moved_back(comparison: Comparison, paths: set[str]) -> Comparison:
    if not paths:
        return comparison
    kept, moved = [], []
    for one, reason in comparison.noise:
        if reason == BUILT_TWICE and one.kind == CONTENT and one.path in paths:
            moved.append(one._replace(what=f"{one.what}, in another way than two builds of the original"))
        else:
            kept.append((one, reason))
    differences: list[Difference] = sorted([*comparison.differences, *moved])
    return comparison._replace(differences=tuple(differences), noise=tuple(kept))
