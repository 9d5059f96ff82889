"""Saved images made by hand, member by member."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping

Member = tuple[tarfile.TarInfo, bytes]


def file(name: str, content: bytes = b"", mode: int = 0o644, **fields: object) -> Member:
    return _member(name, tarfile.REGTYPE, content, mode=mode, **fields)


def folder(name: str, mode: int = 0o755, **fields: object) -> Member:
    return _member(name, tarfile.DIRTYPE, b"", mode=mode, **fields)


def link(name: str, target: str) -> Member:
    return _member(name, tarfile.SYMTYPE, b"", mode=0o777, linkname=target)


def hard_link(name: str, target: str) -> Member:
    return _member(name, tarfile.LNKTYPE, b"", linkname=target)


def other(name: str, kind: bytes, **fields: object) -> Member:
    return _member(name, kind, b"", **fields)


def _member(name: str, kind: bytes, content: bytes, **fields: object) -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar(*members: Member) -> bytes:
    """A tar of these members."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def oci(*layers: bytes, config: Mapping[str, object] | None = None, packed: bool = False) -> bytes:
    """A saved image as newer engines write it: blobs by digest, the manifest last."""
    blobs = {_digest(data): data for data in (gzip.compress(layer) if packed else layer for layer in layers)}
    names = list(dict.fromkeys([f"blobs/sha256/{_digest(gzip.compress(x) if packed else x)}" for x in layers]))
    content = json.dumps({**(config or {}), "rootfs": {"diff_ids": [f"sha256:{_digest(x)}" for x in layers]}}).encode()
    manifest = [{"Config": f"blobs/sha256/{_digest(content)}", "Layers": names}]
    members = [folder("blobs"), folder("blobs/sha256"), file(f"blobs/sha256/{_digest(content)}", content)]
    members += [file(f"blobs/sha256/{digest}", data) for digest, data in blobs.items()]
    return tar(*members, file("index.json", b"{}"), file("manifest.json", json.dumps(manifest).encode()))


def old(*layers: bytes) -> bytes:
    """A saved image as older engines write it: the manifest first, an equal layer as a link to the first one."""
    content = json.dumps({"rootfs": {"diff_ids": [f"sha256:{_digest(layer)}" for layer in layers]}}).encode()
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = [{"Config": "c.json", "Layers": names}]
    members = [file("manifest.json", json.dumps(manifest).encode()), file("c.json", content)]
    for number, layer in enumerate(layers):
        first = layers.index(layer)
        members.append(folder(f"{number}"))
        members.append(file(names[number], layer) if first == number else link(names[number], f"../{first}/layer.tar"))
        members.append(file(f"{number}/VERSION", b"1.0"))
    return tar(*members)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
