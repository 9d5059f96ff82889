"""A Dockerfile with digests: each image keeps its tag, and gets the digest that the tag has now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dfix.rewriter.bases.digest_place import NoPlaceError, digest_place
from dfix.rewriter.bases.image_reference import ImageReference
from dfix.rewriter.bases.image_row import LATEST
from dfix.rewriter.bases.image_use import BaseUse, base_uses
from dfix.rewriter.bases.registry_tools import RegistryError
from dfix.rewriter.dockerfile import Tree, parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.model import build
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit, Source, Span

Wanted = tuple[ImageReference, str]
"""An image, and the platform that its FROM names ("" for none)."""


class WithoutDigest(NamedTuple):
    """A use that got no digest, and why."""

    use: BaseUse
    said: str
    hint: str
    registry: str
    """The registry that gives no answer at all; "" for any other reason."""


class Pinned(NamedTuple):
    """What becomes of a Dockerfile."""

    before: Source
    after: Source
    pinned: int
    """How many uses got a digest."""
    left: tuple[WithoutDigest, ...]
    """The others."""


def is_open(use: BaseUse) -> bool:
    """Whether an image has no digest yet."""
    return use.reference is not None and not use.reference.digest


def pinned(tree: Tree, uses: Sequence[BaseUse], answers: Mapping[Wanted, str | RegistryError]) -> Pinned:
    """The file with a digest for each image that the registry knows, and why others are left.

    Raises ValueError, which says why, if the result would not name these images with their digests and all others as
    before.
    """
    places: dict[Span, set[str]] = {}
    left: list[WithoutDigest] = []
    meant: list[BaseUse] = []
    for use in uses:
        try:
            place, addition, reference = _addition(tree, use, answers)
        except NoPlaceError as no:
            left.append(WithoutDigest(use, str(no), no.hint, ""))
        except RegistryError as error:
            left.append(WithoutDigest(use, str(error), error.hint, error.whole))
        else:
            places.setdefault(place, set()).add(addition)
            meant.append(use._replace(reference=reference))
    if any(len(additions) > 1 for additions in places.values()):
        raise ValueError("one build argument would get two digests")
    edits = [Edit(Span(place.end, place.end), addition) for place, (addition,) in places.items()]
    after = tree.source.apply(edits)
    _check(tree, after, meant)
    return Pinned(tree.source, after, len(meant), tuple(left))


def _addition(
    tree: Tree, use: BaseUse, answers: Mapping[Wanted, str | RegistryError]
) -> tuple[Span, str, ImageReference]:
    """Where something is added, what, and the image that is named then. Raises NoPlaceError and RegistryError."""
    assert use.reference is not None
    place = digest_place(tree, use)
    found = answers[use.reference, use.platform]
    if isinstance(found, RegistryError):
        raise found
    tag = "" if use.reference.tag else f":{LATEST}"
    return place, f"{tag}@{found}", use.reference._replace(tag=use.reference.tag or LATEST, digest=found)


def _check(tree: Tree, after: Source, meant: Sequence[BaseUse]) -> None:
    """Compare the images of the result with what they should be: those that were changed, and all others as before."""
    result = parse(after)
    if check(result) is not None:
        raise ValueError("the result is no Dockerfile")
    new = {(use.line, use.written) for use in meant}
    before = list(base_uses(build(tree), ""))
    wanted = sorted(
        [str(use.reference) for use in before if (use.line, use.written) not in new]
        + [str(use.reference) for use in meant]
    )
    if wanted != sorted(str(use.reference) for use in base_uses(build(result), "")):
        raise ValueError("the result would name other images")
