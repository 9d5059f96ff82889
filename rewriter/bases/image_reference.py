"""The name of an image in a registry: `ghcr.io/owner/app:1.2@sha256:…`."""

from __future__ import annotations

import re

from dfix.rewriter.model.images import repository
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

DEFAULT_REGISTRY = "docker.io"
_LONGEST = 500
_HOST = expression(
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::\d{1,5})?"
)
_IPV6 = expression(r"\[[0-9a-fA-F:]{2,39}\](?::\d{1,5})?")
_PART = expression(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*")
_TAG = expression(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = expression(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


class ImageReference(NamedTuple):
    """An image by the rules of github.com/distribution/reference; no part of it begins with `-`."""

    written: str
    """The repository as the Dockerfile names it: "docker.io/library/node"."""
    tag: str
    """"" where none is written."""
    digest: str
    """ "sha256:…"; "" where none is written."""

    @property
    def name(self) -> str:
        """The repository as people know it: "node", "ghcr.io/owner/app"."""
        return repository(self.written)[0]

    @property
    def registry(self) -> str:
        """The host that has the image."""
        first, slash, _ = self.written.partition("/")
        named = slash and (first == "localhost" or not set(".:").isdisjoint(first))
        return DEFAULT_REGISTRY if not named or first == "index.docker.io" else first

    @property
    def location(self) -> str:
        """The repository with its registry: "docker.io/library/node"."""
        if self.registry != DEFAULT_REGISTRY:
            return self.written
        name = self.name
        return f"{DEFAULT_REGISTRY}/{name if '/' in name else f'library/{name}'}"

    @property
    def text(self) -> str:
        """As the Dockerfile has it."""
        return self.written + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def image_reference(text: str) -> ImageReference | None:
    """Read a reference; None for what no engine takes for one."""
    if len(text) > _LONGEST:
        return None
    rest, at, digest = text.partition("@")
    head, slash, last = rest.rpartition("/")
    last, colon, tag = last.partition(":")
    written = f"{head}{slash}{last}"
    if (at and not _DIGEST.fullmatch(digest)) or (colon and not _TAG.fullmatch(tag)):
        return None
    parts = written.split("/")
    if len(parts) > 1 and not _PART.fullmatch(parts[0]):
        host = parts.pop(0)
        if not _HOST.fullmatch(host) and not _IPV6.fullmatch(host):
            return None
    if not all(_PART.fullmatch(part) for part in parts):
        return None
    return ImageReference(written, tag, digest)


def is_tag(text: str) -> bool:
    """Whether a text can be a tag."""
    return _TAG.fullmatch(text) is not None
