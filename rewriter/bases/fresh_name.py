"""What an image is to be named now: the newest tag of its author's scheme, and the digest of the tag."""

from __future__ import annotations

from collections.abc import Collection

from dfix.rewriter.bases.image_reference import ImageReference
from dfix.rewriter.bases.image_row import LATEST
from dfix.rewriter.bases.image_use import BaseUse
from dfix.rewriter.bases.registry_tools import NoImageError, RegistryError, RegistryManifest, RegistryTool, manifest_of
from dfix.rewriter.bases.tag_scheme import Level, newer_tags, tag_scheme
from dfix.rewriter.text.named_tuple import NamedTuple

MOST_TRIED = 3
"""Newer tags that are looked at, newest first, until one has every platform."""
_SHOWN = 4


class Wish(NamedTuple):
    """What is asked for."""

    pin: bool
    """Whether images without a digest get one."""
    level: Level | None
    """How far tags may go; None if tags and digests that are there stay."""


class ImageQuestion(NamedTuple):
    """What a registry is asked about an image."""

    image: ImageReference
    platform: str
    """The one that its FROM names; "" for none."""
    digest: bool
    """Whether the image is to be named with a digest."""


class FreshName(NamedTuple):
    """The tag and digest that an image is to have."""

    tag: str
    digest: str
    """ "" for none."""
    note: str = ""
    """Why newer tags were not taken, as a phrase; "" if there are none."""


def gets_digest(image: ImageReference, wish: Wish) -> bool:
    """Whether the image is to be named with a digest."""
    return wish.pin or bool(image.digest)


def is_asked(use: BaseUse, wish: Wish) -> bool:
    """Whether a registry is to be asked about an image."""
    image = use.reference
    if image is None:
        return False
    if wish.level is None or (image.digest and not image.tag):
        return wish.pin and not image.digest
    return gets_digest(image, wish) or tag_scheme(image.tag) is not None


def fresh_name(tool: RegistryTool, question: ImageQuestion, tags: Collection[str], level: Level | None) -> FreshName:
    """The name of an image as it should be now. `tags` are those of its repository. Raises RegistryError.

    A newer tag must have the platform that FROM names, or else all platforms of the present one: right after a release,
    some are still missing.
    """
    image, platform, digest = question
    newer = newer_tags(image.name, image.tag, tags, level) if level is not None else []
    now = _now(tool, image) if newer and not platform else None
    note = ""
    for tag in newer[:MOST_TRIED]:
        try:
            new = manifest_of(tool, image._replace(tag=tag))
        except NoImageError:
            continue
        lacking = _lacking(now, new, platform)
        if not lacking:
            return FreshName(tag, new.digest if digest else "")
        note = note or f"{tag} has no image for {lacking}"
    if not digest:
        return FreshName(image.tag, "", note)
    now = now or manifest_of(tool, image)
    if platform and not now.has(platform):
        has = ", ".join(sorted(now.platforms or ())[:_SHOWN]) or "none that it names"
        raise RegistryError(f"it has no image for {platform} (it has {has})", "Correct --platform or the tag")
    return FreshName(image.tag or LATEST, now.digest, note)


def _now(tool: RegistryTool, image: ImageReference) -> RegistryManifest | None:
    """What the present tag names; None if it was deleted."""
    try:
        return manifest_of(tool, image)
    except NoImageError:
        return None


def _lacking(now: RegistryManifest | None, new: RegistryManifest, platform: str) -> str:
    """The platforms that a newer tag should have and has not."""
    if platform:
        return "" if new.has(platform) else platform
    needed = now.platforms if now is not None else None
    if needed is None:
        return ""
    lacking = sorted(one for one in needed if new.platforms is None or not new.has(one))
    return ", ".join(lacking[:_SHOWN]) + (" and others" if len(lacking) > _SHOWN else "")
