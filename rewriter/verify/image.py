"""The parts of an image that are compared: its configuration and its files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

from dfix.rewriter.text.named_tuple import NamedTuple

Kind = Literal["file", "folder", "link", "device", "fifo"]


class Entry(NamedTuple):
    """One path of an image."""

    kind: Kind
    mode: int
    """The permission bits with setuid, setgid and sticky."""
    uid: int
    gid: int
    size: int = 0
    """Of a file's content, in bytes."""
    digest: str = ""
    """Of a file's content, without fields that differ between two builds of the same file (`noise.blank`)."""
    target: str = ""
    """Where a link points, or a device's numbers."""
    xattrs: tuple[tuple[str, str], ...] = ()
    """Sorted pairs of name and value."""


class ExactLayer(NamedTuple):
    """All of a layer by which another build of it may differ; the contents are as they are, without a field blanked."""

    entries: Mapping[str, Entry]
    links: Mapping[str, str]
    """Hard links: path to target."""
    times: Mapping[str, float]
    """When each member of the archive was last changed, in their order; whiteouts (`.wh.NAME`), too."""


class Layer(NamedTuple):
    """A layer's digest and its uncompressed size in bytes."""

    digest: str
    size: int
    wrote: tuple[Collection[str], ...] = ()
    """The paths that it has, in one or several collections."""
    removed: tuple[str, ...] = ()
    """The paths of lower layers that it hides, with all below them."""
    exact: ExactLayer | None = None
    """None unless it was asked for (`LayerCache.exact`)."""


class Image(NamedTuple):
    """An image's saved configuration and its paths; keys of `entries` have no leading `/`."""

    config: dict[str, Any]
    layers: tuple[Layer, ...]
    entries: dict[str, Entry]
    homes: frozenset[str] = frozenset()
    """The homes of its accounts and of its configuration, as absolute paths."""
    digest: str = ""
    """Of its configuration, which has the digests of the layers: the image's identity."""

    @property
    def size(self) -> int:
        """The uncompressed size of all layers in bytes."""
        return sum(layer.size for layer in self.layers)
