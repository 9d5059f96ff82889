"""Whether a file of the build context is an archive that ADD would unpack, by its content, as BuildKit decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.text.read import Unreadable, beginning

if TYPE_CHECKING:
    from dfix.rewriter.context.folder import Context

_BLOCK = 512
"""A tar header."""
_SUM = slice(148, 156)
"""Where a tar header has its checksum, as octal digits."""
_COMPRESSED = (
    b"\x1f\x8b",  # gzip
    b"BZh",  # bzip2
    b"\xfd7zXZ\x00",  # xz
    b"\x28\xb5\x2f\xfd",  # zstd
    b"\x1f\x9d",  # compress
    b"\x1f\xa0",
    b"\x5d\x00\x00",  # lzma
    b"LZIP",
    b"\x04\x22\x4d\x18",  # lz4
)
_SKIPPABLE = b"\x2a\x4d\x18"
"""The second to fourth byte of a frame that a zstd file may begin with."""
_STANDS_IN = b"version https://git-lfs"
"""How a file begins that stands in for the real one, which git's large file storage has."""
_NAMED_ARCHIVES = (
    ".tar", ".gz", ".tgz", ".bz2", ".tb2", ".tbz", ".tbz2", ".xz", ".txz", ".zst", ".tzst", ".lz", ".lzma", ".tlz",
    ".z", ".tz", ".zip",
)  # fmt: skip


def is_plain(context: Context, path: str) -> bool:
    """Whether a file that ships is sure to be no archive: neither compressed nor a tar, in name or content.

    BuildKit unpacks a tar, compressed with gzip, bzip2, xz or zstd or not at all, whatever its name is.
    """
    if path.lower().endswith(_NAMED_ARCHIVES) or not context.ships(path):
        return False
    data = beginning(context.on_disk(path), _BLOCK, (context.root,))
    return not isinstance(data, Unreadable) and not data.startswith(_STANDS_IN) and not _may_unpack(data)


def _may_unpack(data: bytes) -> bool:
    if data.startswith(_COMPRESSED) or data[1:4] == _SKIPPABLE:
        return True
    if len(data) < _BLOCK or not any(data):
        return False
    digits = data[_SUM].strip(b"\0 ")
    try:
        told = int(digits, 8)
    except ValueError:
        return False
    unsigned = sum(data[:148]) + sum(data[156:]) + 8 * ord(" ")
    signed = unsigned - 256 * sum(byte > 127 for byte in data[:148] + data[156:])
    return told in (unsigned, signed)
