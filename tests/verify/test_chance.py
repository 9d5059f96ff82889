"""What differs between two builds of the original is only excused where the rewrite differs in the same way."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest

from dfix.rewriter.verify.chance import Version, blank_chance, by_chance
from dfix.rewriter.verify.compare import BUILT_TWICE, Comparison, Difference
from dfix.rewriter.verify.image import Entry, Image
from tests.processor import allowed

LOG = Difference("/app/x.log", "content differs (9 bytes, was 8)", 1)


def version(content: bytes, *, known: bool = True) -> Version:
    entry = Entry("file", 0o644, 0, 0, len(content), hashlib.sha256(content).hexdigest())
    return Version(Image({}, (), {"app/x.log": entry}), lambda paths: {"app/x.log": content} if known else {})


def is_excused(
    folder: Path, first: bytes, second: bytes, new: bytes, again: bytes | None, *, known: bool = True
) -> bool:
    """`again` is what the rewrite gives when it is built once more; None where that must not be needed."""

    def rebuild() -> Image:
        assert again is not None
        return version(again).image

    noise = Comparison((), ((LOG, BUILT_TWICE),), (), 0)
    originals = version(first, known=known), version(second, known=known)
    found = by_chance(noise, originals, version(new, known=known), rebuild, str(folder))
    assert bool(found.differences) != bool(found.noise)
    return not found.differences


@pytest.mark.parametrize(
    ("first", "second", "new"),
    [
        (
            b"added 1 package in 563ms\n",
            b"added 1 package in 1s\n".replace(b"1s", b"92ms"),
            b"added 1 package in 1003ms\n",
        ),
        (b"at 2026-11-29T11:54:12.8Z", b"at 2026-11-29T11:55:12Z", b"at 2026-11-30T00:00:00.123Z"),
        (b"Sun Nov 29 11:45:36 UTC", b"Sun Nov 29 11:46:00 UTC", b"Mon Nov 30 01:46:00 UTC"),
        (b"id 0a1b2c3d4e", b"id ffeeddccbb", b"id 1234567890"),
    ],
)
def test_times_and_numbers(tmp_path: Path, first: bytes, second: bytes, new: bytes) -> None:
    assert is_excused(tmp_path, first, second, new, None)
    assert not is_excused(tmp_path, first, second, b"failed " + new, None)


def test_what_differs_in_more_than_numbers_must_differ_in_the_rewrite_too(tmp_path: Path) -> None:
    first, second = b"\x01\xaaq\xfe" * 9, b"\x02\xbbz\xfd" * 9
    assert is_excused(tmp_path, first, second, b"\x03\xccw\xfc" * 9, b"\x04\xddv\xfb" * 9)
    assert not is_excused(tmp_path, first, second, b"always the same", b"always the same")
    assert not is_excused(tmp_path, first, second, b"\x03" * 900, b"\x04" * 900)
    assert is_excused(tmp_path, b"large 1", b"large 2", b"large 3", b"large 4", known=False)


def test_a_file_of_the_context_took_its_place(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/x.log").write_bytes(b"added 1 package in 7ms\n")
    first, second = b"added 1 package in 563ms\n", b"added 1 package in 562ms\n"
    assert not is_excused(tmp_path, first, second, b"added 1 package in 7ms\n", None)
    assert is_excused(tmp_path, first, second, b"added 1 package in 8ms\n", None)


@pytest.mark.parametrize("content", [b"0" * 5_000_000, b"1." * 2_000_000, b"Mon" * 1_000_000, b"abcdefg " * 600_000])
def test_blanking_takes_linear_time(content: bytes) -> None:
    began = time.process_time()
    blank_chance(content)
    assert time.process_time() - began < allowed(5)
