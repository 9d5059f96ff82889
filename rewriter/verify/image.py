"""What an image is, as far as two of them can be compared: its configuration and its files."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Kind = Literal["file", "folder", "link", "device", "fifo"]


class Entry(NamedTuple):
    """One path of an image.

    `mode` holds the permission bits with setuid, setgid and sticky. `digest` is of a file's content (`size` bytes) with
    the fields blanked that differ between two builds of the same file (`noise.blank`). `target` is where a link
    points, or a device's numbers. `xattrs` are sorted pairs of name and value.
    """

    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int = 0
    digest: str = ""
    target: str = ""
    xattrs: tuple[tuple[str, str], ...] = ()


class Layer(NamedTuple):
    """A layer by its digest, and its size in bytes, uncompressed."""

    digest: str
    size: int


class Image(NamedTuple):
    """`config` is the image's configuration as saved; `entries` holds every path without a leading `/`."""

    config: dict[str, Any]
    layers: tuple[Layer, ...]
    entries: dict[str, Entry]

    @property
    def size(self) -> int:
        """The bytes of all layers, uncompressed."""
        return sum(layer.size for layer in self.layers)
