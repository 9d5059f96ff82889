from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from dfix.rewriter.verify.workspace import Workspace, clear, ended_runs, may_be_alive


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_run_may_be_alive_until_it_is_closed() -> None:
    space = Workspace()
    assert may_be_alive(space.label)
    assert list(ended_runs()) == []
    assert may_be_alive("elsewhere:" + space.folder + "-other"), "another machine's runs are not ours to judge"
    space.close()
    assert not may_be_alive(space.label)
    assert not os.path.exists(space.folder)


def test_what_a_killed_run_left_is_found_and_removed(tmp_path: Path) -> None:
    left = tmp_path / "dfix-verify-0a0b"
    (left / "context/locked").mkdir(parents=True)
    (left / "context/locked/file").write_text("")
    (left / "context/locked").chmod(0o500)
    (left / "lock").write_text("")
    going_on = Workspace()
    assert list(ended_runs()) == [str(left)]
    clear(str(left))
    assert not left.exists()
    assert may_be_alive(going_on.label)
    going_on.close()


def test_a_log_that_is_kept_outlives_the_run(tmp_path: Path) -> None:
    space = Workspace()
    Path(space.path("build.log")).write_text("said")
    kept = space.keep(space.path("build.log"), "build.log")
    space.close()
    assert Path(kept).read_text() == "said"
    assert list(ended_runs()) == []
