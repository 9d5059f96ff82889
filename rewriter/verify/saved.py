"""Reading an image as engines save it: a docker-archive stream, in its old form or with OCI's `blobs/`.

Which members are layers is only known at the end, so members are recognised by their first bytes, and only listings of
layers are kept.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import posixpath
import tarfile
import threading
import zlib
from collections.abc import Collection
from typing import IO, Any, cast

from dfix.rewriter.verify.image import ExactLayer, Image, Layer
from dfix.rewriter.verify.layers import LayerError, Listing, flatten, listing

_BLOBS = "blobs/sha256/"
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BLOCK = 512
_PIECE = 1 << 20
LARGEST_READ = 5_000_000
"""Bytes of a file whose content is read."""


class SavedImageError(Exception):
    """A saved image that cannot be read; the text says why."""


class LayerCache:
    """Listings of layers by the name of their blob; the images of one run share most layers.

    Only the MOST recently used ones are kept: that of a typical base image takes a few megabytes.
    """

    MOST = 64

    def __init__(self, *, exact: bool = False) -> None:
        """`exact` keeps what no comparison of two files needs: the times, and contents without a field blanked."""
        self.exact = exact
        self._kept: dict[str, Listing] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Listing | None:
        """The layer of that name, or None."""
        with self._lock:
            found = self._kept.pop(name, None)
            if found is not None:
                self._kept[name] = found
            return found

    def keep(self, name: str, layer: Listing) -> None:
        """Store a layer."""
        with self._lock:
            self._kept[name] = layer
            if len(self._kept) > self.MOST:
                del self._kept[next(iter(self._kept))]


class _Parts:
    """The members of an archive read so far."""

    def __init__(self) -> None:
        self.layers: dict[str, Listing] = {}
        self.documents: dict[str, bytes] = {}
        self.links: dict[str, str] = {}

    def layer(self, name: str) -> Listing:
        """A layer by its name in the manifest; old archives store equal layers once and link to them."""
        name = self.target(name)
        if name in self.layers:
            return self.layers[name]
        raise SavedImageError(f"the layer {name} is missing")

    def target(self, name: str) -> str:
        """The member that a member is, or links to."""
        if name not in self.links:
            return name
        return posixpath.normpath(posixpath.join(posixpath.dirname(name), self.links[name]))

    def document(self, name: str) -> Any:
        """A JSON document by its name."""
        try:
            return json.loads(self.documents[name])
        except KeyError:
            raise SavedImageError(f"{name} is missing") from None
        except (ValueError, RecursionError) as error:
            raise SavedImageError(f"{name} is not JSON") from error


def read_every(stream: IO[bytes], seen: LayerCache) -> dict[str, Image]:
    """Read all images in a stream, by their tags. Raises SavedImageError."""
    parts = _Parts()
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                _member(tar, member, parts, seen)
        entries = parts.document("manifest.json")
        return {tag: _image(parts, number) for number, entry in enumerate(entries) for tag in entry["RepoTags"] or []}
    except (tarfile.TarError, LayerError, LookupError, TypeError) as error:
        raise SavedImageError(f"its archive is broken ({error})") from error


def read_saved(stream: IO[bytes], seen: LayerCache) -> Image:
    """Read the (first) image in a stream. Raises SavedImageError."""
    parts = _Parts()
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                _member(tar, member, parts, seen)
        return _image(parts)
    except (tarfile.TarError, LayerError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SavedImageError(f"its archive is broken ({error})") from error


def read_files(stream: IO[bytes], paths: Collection[str]) -> dict[str, bytes]:
    """The contents of files of the (first) image in a stream, those of at most LARGEST_READ. Raises SavedImageError.

    Each is that of the highest layer that has it: the paths are known to be there at the end.
    """
    wanted = frozenset(paths)
    layers: dict[str, dict[str, bytes]] = {}
    documents = _Parts()
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                name = posixpath.normpath(member.name)
                content = tar.extractfile(member) if member.isfile() else None
                if content is None:
                    documents.links |= {name: member.linkname} if member.issym() else {}
                    continue
                begin = _Begun(content)
                if name.endswith(".json") or _is_document(begin.head):
                    documents.documents[name] = begin.read()
                elif _is_layer(begin.head):
                    layers[name] = _wanted(begin, wanted)
        manifest = documents.document("manifest.json")
        found: dict[str, bytes] = {}
        for name in manifest[0]["Layers"] or []:
            found |= layers.get(documents.target(posixpath.normpath(name)), {})
        return found
    except (tarfile.TarError, LookupError, TypeError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SavedImageError(f"its archive is broken ({error})") from error


def _wanted(content: _Begun, wanted: frozenset[str]) -> dict[str, bytes]:
    """The contents of the wanted paths of one layer."""
    stream = cast("IO[bytes]", content)
    if content.head.startswith(_GZIP):
        stream = cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            path = posixpath.normpath("/" + member.name).lstrip("/")
            if path in wanted and member.isfile() and member.size <= LARGEST_READ:
                file = tar.extractfile(member)
                found |= {path: file.read()} if file is not None else {}
    return found


def _member(tar: tarfile.TarFile, member: tarfile.TarInfo, parts: _Parts, seen: LayerCache) -> None:
    name = posixpath.normpath(member.name)
    if member.issym():
        parts.links[name] = member.linkname
    elif member.isfile() and (known := seen.get(name)) is not None:
        parts.layers[name] = known
    elif member.isfile():
        content = tar.extractfile(member)
        assert content is not None
        begin = _Begun(content)
        if name.endswith(".json") or _is_document(begin.head):
            parts.documents[name] = begin.read()
        elif _is_layer(begin.head):
            found = parts.layers[name] = _layer(begin, member.size, exact=seen.exact)
            if name.startswith(_BLOBS):
                seen.keep(name, found)


def _is_document(head: bytes) -> bool:
    """Whether a member begins like JSON. A tar's first file name may too, but a tar header contains zeros."""
    return head.lstrip()[:1] in (b"{", b"[") and b"\0" not in head


def _is_layer(head: bytes) -> bool:
    """Whether a member begins like a tar, compressed or not; a layer without files is all zeros."""
    return head[257:262] == b"ustar" or head.startswith((_GZIP, _ZSTD)) or (len(head) == _BLOCK and not any(head))


def _layer(content: _Begun, size: int, *, exact: bool) -> Listing:
    if content.head.startswith(_ZSTD):
        raise SavedImageError("a layer is compressed with zstd, which dfix cannot read. Build without zstd compression")
    if not content.head.startswith(_GZIP):
        return listing(cast("IO[bytes]", content), size, exact=exact)
    with gzip.GzipFile(fileobj=cast("IO[bytes]", content)) as unpacked:
        found = listing(cast("IO[bytes]", unpacked), 0, exact=exact)
        while unpacked.read(_PIECE):  # the padding at the end counts for the size
            pass
        return found._replace(size=unpacked.tell())


def _image(parts: _Parts, number: int = 0) -> Image:
    manifest = parts.document("manifest.json")
    try:
        document = posixpath.normpath(manifest[number]["Config"])
        config = parts.document(document)
        names = [posixpath.normpath(name) for name in manifest[number]["Layers"] or []]
        digests: list[str] = list(config["rootfs"].get("diff_ids") or [])
    except (LookupError, TypeError, AttributeError) as error:
        raise SavedImageError("its manifest has an unknown format") from error
    if len(names) != len(digests):
        raise SavedImageError(f"its manifest names {len(names)} layers, its configuration {len(digests)}")
    listings = [parts.layer(name) for name in names]
    layers = tuple(
        Layer(digest, found.size, (found.entries, found.links), (*found.gone, *found.emptied), _exact(found))
        for digest, found in zip(digests, listings, strict=True)
    )
    accounts = next((layer.accounts for layer in reversed(listings) if layer.accounts is not None), "")
    own = hashlib.sha256(parts.documents[document]).hexdigest()
    return Image(config, layers, flatten(listings), _homes(config, accounts), own)


def _exact(found: Listing) -> ExactLayer | None:
    return None if found.times is None else ExactLayer(found.entries, found.links, found.times)


def _homes(config: Any, accounts: str) -> frozenset[str]:
    """The homes of all accounts, and what the configuration sets as HOME."""
    fields = (line.split(":") for line in accounts.splitlines())
    found = {field[5] for field in fields if len(field) > 5}
    variables = (item.partition("=") for item in (config.get("config") or {}).get("Env") or ())
    found |= {value for name, _, value in variables if name == "HOME"}
    return frozenset(home for home in found if home.startswith("/"))


class _Begun:
    """A stream whose first bytes were already read and are returned again."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.head = stream.read(_BLOCK)
        self._left, self._stream = self.head, stream

    def read(self, size: int = -1) -> bytes:
        """Like a file's `read`."""
        if size is None or size < 0:
            found, self._left = self._left + self._stream.read(), b""
            return found
        found, self._left = self._left[:size], self._left[size:]
        return found + self._stream.read(size - len(found)) if len(found) < size else found
