"""Each folder of snapshots/ is a build context and what its Dockerfile becomes with every rule, byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from dfix.rewriter.pipeline.run import Options, run
from dfix.rewriter.text.source import Source

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

CASES = Path(__file__).parents[2] / "snapshots"
UNSAFE = ("D17", "D18")
"""Cases of stages that are parted."""
NAMES = sorted(path.name for path in CASES.iterdir())


class WholeFile(SingleFileSnapshotExtension):
    """`snapshots/CASE/after.Dockerfile`, compared as bytes (a text snapshot would hide CRLF turned to LF)."""

    _write_mode = WriteMode.BINARY
    file_extension = "Dockerfile"

    @classmethod
    def dirname(cls, *, test_location: Any) -> str:
        return str(CASES / test_location.snapshot_name.partition("[")[2].rstrip("]"))

    @classmethod
    def get_snapshot_name(cls, *, test_location: Any, index: Any = 0) -> str:
        return "after"


@pytest.mark.parametrize("name", NAMES)
def test_whole_file(name: str, snapshot: SnapshotAssertion) -> None:
    context = CASES / name / "context"
    path = context / "Dockerfile"
    before = Source.from_bytes(str(path), path.read_bytes())
    result = run(before, Options(context=str(context), unsafe=name.startswith(UNSAFE)))
    assert result.problem is None
    assert result.after.to_bytes() == snapshot(extension_class=WholeFile)
    ignored = CASES / name / "after.dockerignore"
    assert (result.ignore_file is not None) == ignored.exists()
    if result.ignore_file is not None:
        assert result.ignore_file.after.to_bytes() == ignored.read_bytes()


def test_there_are_cases() -> None:
    assert len(NAMES) >= 15
