"""A Dockerfile whose images have the tags and digests that they should have now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from dfix.rewriter.bases.fresh_name import ImageQuestion, Wish, gets_digest, is_asked
from dfix.rewriter.bases.image_reference import ImageReference
from dfix.rewriter.bases.image_use import BaseUse, base_uses
from dfix.rewriter.bases.name_place import NamePlace, NoPlaceError, name_edits, name_place, others_of_argument
from dfix.rewriter.bases.registry_answers import Answers
from dfix.rewriter.bases.registry_tools import RegistryError
from dfix.rewriter.dockerfile import Tree, parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.model import build
from dfix.rewriter.report.output import bounded
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit, Source


class LeftImage(NamedTuple):
    """A use that does not get all that was asked for, and why."""

    use: BaseUse
    said: str
    hint: str
    fault: bool = False
    """Whether a registry did not give it; otherwise it cannot be written, or should not."""
    registry: str = ""
    """The registry that gives no answer at all; "" for any other reason."""
    outcome: str = ""
    """What it does not get, as a verb with its object; "" for all of it."""

    @property
    def image(self) -> str:
        """Its name, without the digest where it has a tag."""
        reference = self.use.reference
        if reference is None:
            return bounded(self.use.written)
        return reference._replace(digest="" if reference.tag else reference.digest).text


class NewName(NamedTuple):
    """A use that is named anew."""

    use: BaseUse
    reference: ImageReference


class Renamed(NamedTuple):
    """What becomes of a Dockerfile."""

    before: Source
    after: Source
    changes: tuple[NewName, ...]
    left: tuple[LeftImage, ...]


class _Open(NamedTuple):
    """A use that a registry is asked about."""

    question: ImageQuestion
    place: NamePlace
    no_digest: NoPlaceError | None
    """Why a newer tag can be written, but no digest."""


def questions(tree: Tree, uses: Sequence[BaseUse], wish: Wish) -> Iterator[ImageQuestion]:
    """What to ask registries: about the images that a new tag or digest could be written for."""
    for use in uses:
        if is_asked(use, wish):
            with suppress(NoPlaceError):
                yield _open(tree, use, wish).question


def renamed(tree: Tree, uses: Sequence[BaseUse], answers: Answers, wish: Wish) -> Renamed:
    """The file with the names that the registries gave, and why others are left.

    Raises ValueError, which says why, if the result would not name these images so and all others as before.
    """
    found: dict[NamePlace, list[_Rewrite]] = {}
    left: list[LeftImage] = []
    for use in uses:
        if not is_asked(use, wish):
            left += _unasked(use, wish)
            continue
        try:
            opened = _open(tree, use, wish)
            rewrite, note = _rewrite(use, opened, answers)
        except NoPlaceError as no:
            left.append(LeftImage(use, str(no), no.hint))
        except RegistryError as error:
            left.append(LeftImage(use, str(error), error.hint, True, error.whole))
        else:
            left += [LeftImage(use, note, "Try again later", outcome="keeps its tag")] if note else []
            if opened.no_digest is not None:
                left.append(LeftImage(use, str(opened.no_digest), opened.no_digest.hint, outcome="gets no digest"))
            if rewrite is not None:
                found.setdefault(rewrite.place._replace(before="", after="", digest=None), []).append(rewrite)
    rewrites: list[_Rewrite] = []
    for place, group in found.items():
        shared = _shared(tree, place, group, uses)
        if shared:
            left += [LeftImage(one.use, shared, "Give each image a build argument of its own") for one in group]
        else:
            rewrites += group
    edits = dict.fromkeys(edit for one in rewrites for edit in one.edits)
    after = tree.source.apply(sorted(edits, key=_start))
    changes = tuple(NewName(one.use, one.reference) for one in rewrites)
    _check(tree, after, [one.use._replace(reference=one.reference) for one in changes])
    return Renamed(tree.source, after, changes, tuple(sorted(left, key=_line)))


class _Rewrite(NamedTuple):
    use: BaseUse
    place: NamePlace
    edits: tuple[Edit, ...]
    reference: ImageReference
    """The image that is named then."""


def _start(edit: Edit) -> int:
    return edit.span.start


def _line(one: LeftImage) -> int:
    return one.use.line


def _unasked(use: BaseUse, wish: Wish) -> Iterator[LeftImage]:
    """What is said of an image that no registry is asked about."""
    if use.kind == "unknown":
        yield LeftImage(use, use.why, "")
    elif wish.level is not None and use.reference is not None and use.reference.digest and not use.reference.tag:
        yield LeftImage(use, "it has a digest and no tag to follow", "Write the tag before the digest")


def _open(tree: Tree, use: BaseUse, wish: Wish) -> _Open:
    """What to ask about a use, and where to write the answer. Raises NoPlaceError."""
    assert use.reference is not None
    digest = gets_digest(use.reference, wish)
    try:
        return _Open(ImageQuestion(use.reference, use.platform, digest), name_place(tree, use, digest=digest), None)
    except NoPlaceError as no:
        if use.reference.digest or not is_asked(use, wish._replace(pin=False)):
            raise
        return _Open(ImageQuestion(use.reference, use.platform, False), name_place(tree, use, digest=False), no)


def _rewrite(use: BaseUse, opened: _Open, answers: Answers) -> tuple[_Rewrite | None, str]:
    """What to write, None for nothing, and what is to say about newer tags. Raises NoPlaceError and RegistryError."""
    found = answers[opened.question]
    if isinstance(found, RegistryError):
        raise found
    reference = opened.question.image._replace(tag=found.tag, digest=found.digest)
    if reference == use.reference:
        return None, found.note
    return _Rewrite(use, opened.place, tuple(name_edits(opened.place, reference)), reference), found.note


def _shared(tree: Tree, place: NamePlace, rewrites: Sequence[_Rewrite], uses: Sequence[BaseUse]) -> str:
    """Why the default of a build argument cannot change, since others use it, too; "" if it can."""
    name = place.argument
    if not name:
        return ""
    if len({one.edits[0] for one in rewrites}) > 1:
        return f"ARG {name} is the tag of several images"
    others = others_of_argument(tree, name, uses, frozenset(one.use for one in rewrites))
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
