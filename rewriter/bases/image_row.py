"""The images of a tree of Dockerfiles, each once, with what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Literal

from dfix.rewriter.bases.image_use import BaseUse, Kind
from dfix.rewriter.knowledge.deprecated_images import DeprecatedImage, deprecated_image
from dfix.rewriter.knowledge.end_of_life import EndOfLife, endings
from dfix.rewriter.text.named_tuple import NamedTuple

_Key = tuple[Kind, str, str, str]
"""The kind of a row, its repository, tag and digest."""
LATEST = "latest"
MOST_TAGS = 10


class BaseRow(NamedTuple):
    """An image as Dockerfiles name it: the same repository, tag and digest."""

    kind: Kind
    name: str
    """The repository; as written where the image is not known."""
    tag: str
    digest: str
    uses: tuple[BaseUse, ...]
    """In the order of the files."""
    endings: tuple[EndOfLife, ...]
    """Of the releases that the tag names."""
    deprecated: DeprecatedImage | None
    unpinned: Literal["", "no-tag", "latest"]
    """What leaves it open which image the next build gets; "" for a tag that names a version, and for a digest."""
    other_tags: tuple[str, ...]
    """The tags under which the same repository uses the image elsewhere, at most `MOST_TAGS`; `latest` for none."""

    @property
    def shown(self) -> str:
        """The image in one word; of a digest, the beginning."""
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest[:14]}…" if self.digest else "")

    @property
    def files(self) -> int:
        """How many files use it."""
        return len({use.path for use in self.uses})

    def ended(self, today: str) -> tuple[EndOfLife, ...]:
        """Those of its releases that have reached their end."""
        return tuple(ending for ending in self.endings if ending.last_day < today)


def base_rows(uses: Iterable[BaseUse], today: str) -> list[BaseRow]:
    """One row for each image, by name and tag; what is not known comes last."""
    groups: dict[_Key, list[BaseUse]] = {}
    tags: dict[tuple[str, str], set[str]] = {}
    for use in uses:
        image = use.reference
        if image is None:
            groups.setdefault((use.kind, use.written if use.kind == "unknown" else use.kind, "", ""), []).append(use)
            continue
        groups.setdefault((use.kind, image.name, image.tag, image.digest), []).append(use)
        if image.tag or not image.digest:
            tags.setdefault((use.root, image.name), set()).add(image.tag or LATEST)
    in_order = {key: sorted(found) for key, found in tags.items()}
    rows = [_row(key, tuple(found), in_order, today) for key, found in groups.items()]
    return sorted(rows, key=attrgetter("kind", "name", "tag", "digest"))


def _row(key: _Key, uses: tuple[BaseUse, ...], tags: Mapping[tuple[str, str], Sequence[str]], today: str) -> BaseRow:
    kind, name, tag, digest = key
    if kind != "image":
        return BaseRow(kind, name, tag, digest, uses, (), None, "", ())
    unpinned: Literal["", "no-tag", "latest"] = ""
    if not digest and tag in ("", LATEST):
        unpinned = "latest" if tag else "no-tag"
    others = _others(tag or LATEST, name, {use.root for use in uses}, tags) if tag or not digest else ()
    return BaseRow(kind, name, tag, digest, uses, endings(name, tag, today), deprecated_image(name), unpinned, others)


def _others(tag: str, name: str, roots: set[str], tags: Mapping[tuple[str, str], Sequence[str]]) -> tuple[str, ...]:
    """The first other tags; of each repository only so many are looked at, since it may have any number."""
    some = {one for root in roots for one in tags.get((root, name), ())[: MOST_TAGS + 1]}
    return tuple(sorted(some - {tag})[:MOST_TAGS])
