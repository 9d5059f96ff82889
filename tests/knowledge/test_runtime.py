from __future__ import annotations

from pathlib import Path

import pytest

import dfix.rewriter.knowledge
from dfix.rewriter.knowledge.runtime import runtime_packages


@pytest.mark.parametrize(
    ("package", "release", "libraries"),
    [
        ("libpq-dev", "bookworm", ("libpq5",)),
        ("libpq-dev", "", ("libpq5",)),
        ("libssl-dev", "bullseye", ("libssl1.1",)),
        ("libssl-dev", "bookworm", ("libssl3",)),
        ("libssl-dev", "trixie", ("libssl3t64",)),
        ("libssl-dev", "jammy", ("libssl3",)),
        ("libssl-dev", "", None),
        ("default-libmysqlclient-dev", "bookworm", ("libmariadb3",)),
        ("default-libmysqlclient-dev", "noble", ("libmysqlclient21",)),
        ("libgl1-mesa-dev", "bookworm", ("libegl1", "libgl1", "libgles1", "libgles2", "libopengl0")),
        ("zlib1g-dev", "bookworm", ()),
        ("libboost-dev", "bookworm", ()),
        ("libfrobnicate-dev", "bookworm", None),
        ("libpq-dev", "sid", None),
    ],
)
def test_what_a_program_needs_when_it_runs(package: str, release: str, libraries: tuple[str, ...] | None) -> None:
    assert runtime_packages(package, release) == libraries


def test_the_table_says_where_it_is_from() -> None:
    head = (
        (Path(dfix.rewriter.knowledge.__file__).parent / "packages" / "runtime.tsv")
        .read_text(encoding="utf-8")
        .split("\n")[:7]
    )
    assert "scripts/runtime_packages.py" in head[0]
    releases = ["bullseye", "bookworm", "trixie", "focal", "jammy", "noble"]
    assert [line.split()[1] for line in head[1:]] == releases
    assert all("UTC" in line for line in head[1:])
