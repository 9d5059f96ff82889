"""A file's mode in the build context depends on the umask of the checkout; what is written must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from tests.build_context import put, rewritten

BEFORE = "FROM debian:12\nCOPY start.sh /\nRUN chmod {} /start.sh\n"


def result(folder: Path, mode: int, chmod: str) -> Result:
    put(folder, {"start.sh": ""})
    (folder / "start.sh").chmod(mode)
    options = Options(select=frozenset(("copy-ownership",)), context=str(folder))
    return rewritten(folder, {}, BEFORE.format(chmod), options)


@pytest.mark.parametrize("mode", [0o644, 0o664, 0o755, 0o775], ids=oct)
def test_umask_of_a_checkout(tmp_path: Path, mode: int) -> None:
    (tmp_path / ".git").mkdir()
    assert result(tmp_path, mode, "+x").after.text == "FROM debian:12\nCOPY --chmod=755 start.sh /\n"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o777, 0o4755], ids=oct)
def test_other_modes(tmp_path: Path, mode: int) -> None:
    (tmp_path / ".git").mkdir()
    found = result(tmp_path, mode, "a+x")
    assert not found.changes
    assert [refusal.code for refusal in found.refusals] == ["unclear-mode"]
    assert result(tmp_path, mode, "0511").after.text == "FROM debian:12\nCOPY --chmod=511 start.sh /\n"


def test_no_checkout(tmp_path: Path) -> None:
    assert [refusal.code for refusal in result(tmp_path, 0o664, "+x").refusals] == ["unclear-mode"]
