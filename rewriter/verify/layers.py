"""The paths of a layer, and of several layers combined (by the OCI image specification's rules for whiteouts)."""

from __future__ import annotations

import hashlib
import io
import posixpath
import tarfile
from collections.abc import Iterable
from typing import IO

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.verify.image import Entry
from dfix.rewriter.verify.noise import blank, blanked

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
XATTR = "SCHILY.xattr."
MOST_BLANKED = 20_000_000
"""Files up to this size in bytes are read into memory to blank their fields; larger ones need no blanking."""
_IMPLIED = Entry("folder", 0o755, 0, 0)
_PIECE = 1 << 20
_ACCOUNTS = "etc/passwd"


class LayerError(Exception):
    """A layer that is not a valid archive; the text says why."""


class Listing(NamedTuple):
    """What one layer does."""

    entries: dict[str, Entry]
    links: dict[str, str]
    """Hard links: path to target."""
    gone: tuple[str, ...]
    emptied: tuple[str, ...]
    size: int
    """In bytes, uncompressed."""
    accounts: str | None = None
    """The text of its /etc/passwd; None if it has none."""
    times: dict[str, float] | None = None
    """When each member of the archive was last changed, in their order; None unless read exactly."""


def listing(stream: IO[bytes], size: int, *, exact: bool = False) -> Listing:
    """Read a layer's tar from a stream without seeking; only digests of contents are kept. Raises LayerError.

    `exact` keeps the times, too, and blanks nothing in the contents.
    """
    entries: dict[str, Entry] = {}
    links: dict[str, str] = {}
    gone: list[str] = []
    emptied: list[str] = []
    accounts: str | None = None
    times: dict[str, float] = {}
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                path = _path(member.name)
                folder, name = posixpath.split(path)
                if exact:
                    times.pop(path, None)
                    times[path] = member.mtime
                if name == OPAQUE:
                    emptied.append(folder)
                elif name.startswith(WHITEOUT):
                    gone.append(posixpath.join(folder, name[len(WHITEOUT) :]))
                elif member.islnk():
                    links[path] = _path(member.linkname)
                elif path:
                    content = tar.extractfile(member) if member.isfile() else None
                    if path == _ACCOUNTS and content is not None and member.size <= MOST_BLANKED:
                        data = content.read()
                        accounts, content = data.decode("utf-8", "surrogateescape"), io.BytesIO(data)
                    entries[path] = _entry(content, member, path, exact=exact)
                    links.pop(path, None)
    except tarfile.TarError as error:
        raise LayerError(str(error)) from error
    return Listing(entries, links, tuple(gone), tuple(emptied), size, accounts, times if exact else None)


def flatten(listings: Iterable[Listing]) -> dict[str, Entry]:
    """The paths of an image with these layers, lowest first. Raises LayerError."""
    paths: dict[str, Entry] = {}
    for layer in listings:
        hidden = {*layer.gone, *layer.emptied}
        if hidden:  # whiteouts hide paths of lower layers, never of this one
            whole = frozenset(layer.gone)
            paths = {path: entry for path, entry in paths.items() if not (path in whole or _below_any(path, hidden))}
        replaced = _replaced(layer, paths)
        if replaced:
            paths = {path: entry for path, entry in paths.items() if not _below_any(path, replaced)}
        paths.update(layer.entries)
        for path in layer.links:
            paths[path] = _linked(path, layer.links, paths)
        _add_implied(layer, paths)
    return paths


def _replaced(layer: Listing, paths: dict[str, Entry]) -> set[str]:
    """The folders of lower layers that this layer replaces with something else; a hard link is never a folder."""
    others = [path for path, entry in layer.entries.items() if entry.kind != "folder"]
    return {path for path in (*others, *layer.links) if (old := paths.get(path)) is not None and old.kind == "folder"}


def _add_implied(layer: Listing, paths: dict[str, Entry]) -> None:
    """Add the parent folders of this layer's paths that no layer lists, before a later layer can empty them.

    A symbolic link as a parent is kept: it may lead to the folder.
    """
    for path in (*layer.entries, *layer.links):
        while (path := posixpath.dirname(path)) and (
            (above := paths.get(path)) is None or above.kind not in ("folder", "link")
        ):
            paths[path] = _IMPLIED


def _linked(path: str, links: dict[str, str], paths: dict[str, Entry]) -> Entry:
    target = links[path]
    for _ in links:
        if target not in links:
            break
        target = links[target]
    if target not in paths:
        raise LayerError(f"{path} is a hard link to {target}, which is not there")
    return paths[target]


def _below_any(path: str, folders: set[str]) -> bool:
    if "" in folders:
        return True
    while path := posixpath.dirname(path):
        if path in folders:
            return True
    return False


def _path(name: str) -> str:
    path = posixpath.normpath("/" + name).lstrip("/")
    if ".." in name.split("/"):
        raise LayerError(f"{name} leads out of the image")
    return path


def _entry(content: IO[bytes] | None, member: tarfile.TarInfo, path: str, *, exact: bool) -> Entry:
    mode = member.mode & 0o7777
    headers = member.pax_headers
    xattrs = tuple(sorted((key[len(XATTR) :], value) for key, value in headers.items() if key.startswith(XATTR)))
    owner = member.uid, member.gid
    if member.isdir():
        return Entry("folder", mode, *owner, xattrs=xattrs)
    if member.issym():
        return Entry("link", 0o777, *owner, target=member.linkname, xattrs=xattrs)
    if content is not None:
        digest = _digest(content, path, MOST_BLANKED + 1 if exact else member.size)
        return Entry("file", mode, *owner, member.size, digest, xattrs=xattrs)
    if member.isfifo():
        return Entry("fifo", mode, *owner, xattrs=xattrs)
    kind = "character" if member.ischr() else "block"
    return Entry("device", mode, *owner, target=f"{kind} {member.devmajor}:{member.devminor}", xattrs=xattrs)


def _digest(content: IO[bytes], path: str, size: int) -> str:
    if size <= MOST_BLANKED and blanked(path):
        return hashlib.sha256(blank(path, content.read())).hexdigest()
    digest = hashlib.sha256()
    while piece := content.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()
