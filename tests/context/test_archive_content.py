"""Which files ADD would unpack: what they contain, made with the modules that write archives."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from pathlib import Path

import pytest

from dfix.rewriter.context.archive_content import is_plain
from dfix.rewriter.context.folder import Context


def tar(**options: int) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=options.get("format", tarfile.USTAR_FORMAT)) as archive:
        entry = tarfile.TarInfo("a")
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"abc"))
    return file.getvalue()


ARCHIVES = {
    "ustar": tar(),
    "gnu": tar(format=tarfile.GNU_FORMAT),
    "pax": tar(format=tarfile.PAX_FORMAT),
    "v7": tar().replace(b"ustar\x0000", b"\0" * 8),
    "gzip": gzip.compress(tar()),
    "bzip2": bz2.compress(tar()),
    "xz": lzma.compress(tar()),
    "zstd": b"\x28\xb5\x2f\xfd" + b"\0" * 600,
    "zstd after a frame that is skipped": b"\x50\x2a\x4d\x18" + b"\0" * 600,
}
OTHERS = {
    "text": b"a=b\n" * 400,
    "empty": b"",
    "zeros": b"\0" * 1024,
    "a jar": b"PK\x03\x04" + b"\0" * 1000,
    "a program": b"\x7fELF" + bytes(range(256)) * 4,
    "digits where a tar has its sum": b"0" * 1000,
    "short": tar()[:500],
}


def looks_plain(folder: Path, name: str, data: bytes) -> bool:
    (folder / name).write_bytes(data)
    return is_plain(Context.open(str(folder), str(folder / "Dockerfile")), name)


@pytest.mark.parametrize("data", ARCHIVES.values(), ids=ARCHIVES)
def test_archives(tmp_path: Path, data: bytes) -> None:
    if data[257:265] == b"\0" * 8:  # the sum of an old tar is that of its own bytes
        data = data[:148] + b"%06o\0 " % (sum(data[:148]) + sum(data[156:512]) + 256) + data[156:]
    assert not looks_plain(tmp_path, "data", data)


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS)
def test_others(tmp_path: Path, data: bytes) -> None:
    assert looks_plain(tmp_path, "data", data)


def test_names_and_files_that_stand_in_for_others(tmp_path: Path) -> None:
    assert not looks_plain(tmp_path, "data.TGZ", b"text")
    assert not looks_plain(tmp_path, "data", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    assert not is_plain(Context.open(str(tmp_path), str(tmp_path / "Dockerfile")), "absent")
