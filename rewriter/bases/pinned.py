"""A Dockerfile with digests: each image keeps its tag, and gets the digest that the tag has now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from dfix.rewriter.bases.digest_place import DigestPlace, NoPlaceError, digest_place, others_of_argument
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
    fault: bool = False
    """Whether a registry gave no digest; otherwise none can be written."""
    registry: str = ""
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


def wanted(tree: Tree, uses: Sequence[BaseUse]) -> Iterator[Wanted]:
    """The images whose digests are to be asked for: those that have none yet, and a place for one."""
    for use in uses:
        if use.reference is not None and is_open(use):
            with suppress(NoPlaceError):
                digest_place(tree, use)
                yield use.reference, use.platform


def pinned(tree: Tree, uses: Sequence[BaseUse], answers: Mapping[Wanted, str | RegistryError]) -> Pinned:
    """The file with a digest for each image that the registry knows, and why others are left.

    Raises ValueError, which says why, if the result would not name these images with their digests and all others as
    before.
    """
    found: dict[DigestPlace, list[_Addition]] = {}
    left = [WithoutDigest(use, use.why, "") for use in uses if use.kind == "unknown"]
    for use in uses:
        if not is_open(use):
            continue
        try:
            place, addition = _addition(tree, use, answers)
        except NoPlaceError as no:
            left.append(WithoutDigest(use, str(no), no.hint))
        except RegistryError as error:
            left.append(WithoutDigest(use, str(error), error.hint, True, error.whole))
        else:
            found.setdefault(place, []).append(addition)
    edits: list[Edit] = []
    meant: list[_Addition] = []
    for place, additions in found.items():
        shared = _shared(tree, place, additions, uses)
        if shared:
            hint = "Give each image a build argument of its own"
            left += [WithoutDigest(one.use, shared, hint) for one in additions]
        else:
            edits.append(Edit(Span(place.span.end, place.span.end), additions[0].text))
            meant += additions
    after = tree.source.apply(edits)
    _check(tree, after, [one.use._replace(reference=one.reference) for one in meant])
    return Pinned(tree.source, after, len(meant), tuple(sorted(left, key=_line)))


class _Addition(NamedTuple):
    use: BaseUse
    text: str
    """What follows its name."""
    reference: ImageReference
    """The image that is named then."""


def _line(one: WithoutDigest) -> int:
    return one.use.line


def _addition(tree: Tree, use: BaseUse, answers: Mapping[Wanted, str | RegistryError]) -> tuple[DigestPlace, _Addition]:
    """Where something is added, and what. Raises NoPlaceError and RegistryError."""
    assert use.reference is not None
    place = digest_place(tree, use)
    found = answers[use.reference, use.platform]
    if isinstance(found, RegistryError):
        raise found
    tag = "" if use.reference.tag else f":{LATEST}"
    reference = use.reference._replace(tag=use.reference.tag or LATEST, digest=found)
    return place, _Addition(use, f"{tag}@{found}", reference)


def _shared(tree: Tree, place: DigestPlace, additions: Sequence[_Addition], uses: Sequence[BaseUse]) -> str:
    """Why a build argument cannot get a digest, since others use it, too; "" if it can."""
    name = place.argument
    if not name:
        return ""
    if len({one.text for one in additions}) > 1:
        return f"ARG {name} is the tag of several images"
    others = others_of_argument(tree, name, uses, frozenset(one.use for one in additions))
    return f"ARG {name} {others}" if others else ""


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
