"""Whether paths that have other names in each build of the original do so in that of the rewrite, too.

A folder that gets a file with the time as its name must get one such file in the image of the rewrite: neither none nor
two, and not one whose name never changes.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Collection, Iterable

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.verify.compare import BUILT_TWICE, PRESENCE, Comparison, Difference
from dfix.rewriter.verify.image import Image


class _Folder(NamedTuple):
    """What differs by its presence in one folder."""

    first: frozenset[str]
    """The paths that only the first build of the original has, without leading `/`."""
    second: frozenset[str]
    """Those that only its second build has."""
    excused: tuple[Difference, ...]
    """Differences of the rewrite that the two builds have, too."""
    new: tuple[Difference, ...]
    """The paths that only the rewrite has."""


def by_random_names(
    comparison: Comparison, twice: Comparison, images: tuple[Image, Image, Image], again: Callable[[], Image]
) -> Comparison:
    """Excuse the paths of the rewrite that only have another name, and move the others back to the differences.

    `comparison` is what `without` left of comparing the first build of the original with the rewrite, `twice` compares
    the two builds of the original. `images` are these two and the rewrite. `again` builds the rewrite once more.
    """
    found = comparison
    for folder in _folders(comparison, twice):
        same = _agrees(folder, images)
        if same and folder.new:
            same = not any(one.path[1:] in again().entries for one in folder.new)
        found = _moved(found, folder, excused=same)
    return found


def _folders(comparison: Comparison, twice: Comparison) -> list[_Folder]:
    gone = _by_folder(one for one in twice.differences if _went(one))
    came = _by_folder(one for one in twice.differences if _arrived(one))
    excused = _by_folder(one for one, why in comparison.noise if why == BUILT_TWICE and one.kind == PRESENCE)
    new = _by_folder(one for one in comparison.differences if _arrived(one))
    return [
        _Folder(_paths(gone, folder), _paths(came, folder), tuple(excused.get(folder, ())), tuple(new.get(folder, ())))
        for folder in sorted({*gone, *came} & {*excused, *new})
    ]


def _agrees(folder: _Folder, images: tuple[Image, Image, Image]) -> bool:
    """Whether number and kind of the paths agree with those of one of the two builds of the original."""
    lost = {one.path[1:] for one in folder.excused}
    ours = (folder.first - lost) | {one.path[1:] for one in (*folder.excused, *folder.new) if _arrived(one)}
    paths = folder.first, folder.second, ours
    first, second, now = (_look(some, image, _whole) for some, image in zip(paths, images, strict=True))
    if now in (first, second):
        return True
    if first == second:  # only the name is random
        return False
    first, second, now = (_look(some, image, _kind) for some, image in zip(paths, images, strict=True))
    return first == second == now


def _look(paths: Collection[str], image: Image, looks: Callable[[Image, str], object]) -> Counter[object]:
    """How often each look is among the paths and all that is below them."""
    tops = tuple(f"{path}/" for path in paths)
    return Counter(looks(image, path) for path in image.entries if path in paths or (tops and path.startswith(tops)))


def _whole(image: Image, path: str) -> object:
    return image.entries[path]


def _kind(image: Image, path: str) -> object:
    entry = image.entries[path]
    return entry.kind, entry.mode, entry.uid, entry.gid


def _moved(comparison: Comparison, folder: _Folder, *, excused: bool) -> Comparison:
    if excused:
        noise = sorted([*comparison.noise, *((one, BUILT_TWICE) for one in folder.new)])
        kept = tuple(one for one in comparison.differences if one not in folder.new)
        return comparison._replace(differences=kept, noise=tuple(noise))
    back = {(one, BUILT_TWICE) for one in folder.excused}
    differences = tuple(sorted([*comparison.differences, *folder.excused]))
    return comparison._replace(
        differences=differences, noise=tuple(pair for pair in comparison.noise if pair not in back)
    )


def _by_folder(differences: Iterable[Difference]) -> dict[str, list[Difference]]:
    found: dict[str, list[Difference]] = {}
    for one in differences:
        found.setdefault(posixpath.dirname(one.path), []).append(one)
    return found


def _paths(folders: dict[str, list[Difference]], folder: str) -> frozenset[str]:
    return frozenset(one.path[1:] for one in folders.get(folder, ()))


def _went(one: Difference) -> bool:
    return one.kind == PRESENCE and one.what.startswith("is gone")


def _arrived(one: Difference) -> bool:
    return one.kind == PRESENCE and one.what.startswith("is new")
