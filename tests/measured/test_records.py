"""Records of measured steps: where they are, who can read them, and what makes one stale."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.measured import records
from dfix.rewriter.measured.records import Took, forget, keep, kept, keys
from dfix.rewriter.model import build
from dfix.rewriter.text.source import Source

TOOK = {"a" * 64: Took(1.5, 100), "b" * 64: Took(0, None)}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "dfix" / "measured"


def only(state: Path) -> Path:
    (found,) = state.iterdir()
    return found


def test_a_record_is_its_owners(state: Path) -> None:
    before = os.umask(0)
    try:
        keep("Dockerfile", TOOK)
    finally:
        os.umask(before)
    assert kept("Dockerfile") == TOOK
    assert stat.S_IMODE(only(state).stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700


def test_a_record_is_found_by_the_files_place(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "link").symlink_to("app")
    keep(str(tmp_path / "link" / "Dockerfile"), TOOK)
    monkeypatch.chdir(tmp_path / "app")
    assert kept("Dockerfile") == TOOK
    assert kept("Other") == {}


def test_the_last_measurement_counts(state: Path) -> None:
    keep("Dockerfile", TOOK)
    keep("Dockerfile", {"c": Took(3, None)})
    assert kept("Dockerfile") == {"c": Took(3, None)}
    keep("Dockerfile", {})
    assert kept("Dockerfile") == {"c": Took(3, None)}


def test_a_state_folder_that_is_not_absolute_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", "here")
    keep("Dockerfile", TOOK)
    assert not (tmp_path / "here").exists()
    assert only(tmp_path / "home/.local/state/dfix/measured").is_file()


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    keep("Dockerfile", TOOK)
    assert kept("Dockerfile") == {}
    assert forget() == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "[" * 100_000,
        '{"version": 2, "steps": {"a": [1, 2]}}',
        '{"version": 1, "steps": []}',
        '{"version": 1, "steps": {"a": 1}}',
        '{"version": 1, "steps": {"a": [1]}}',
        '{"version": 1, "steps": {"a": [-1, 2]}}',
        '{"version": 1, "steps": {"a": [true, 2]}}',
        '{"version": 1, "steps": {"a": [NaN, 2]}}',
        '{"version": 1, "steps": {"a": [Infinity, 2]}}',
        '{"version": 1, "steps": {"a": [1, "2"]}}',
        '{"version": 1, "steps": {"a": [1, -2]}}',
    ],
)
def test_a_record_that_is_none(state: Path, text: str) -> None:
    keep("Dockerfile", TOOK)
    only(state).write_text(text)
    assert kept("Dockerfile") == {}


def test_a_link_or_a_folder_in_its_place(state: Path) -> None:
    keep("Dockerfile", TOOK)
    place = only(state)
    place.unlink()
    place.mkdir()
    assert kept("Dockerfile") == {}
    keep("Dockerfile", TOOK)
    assert forget() == 0


def test_forgetting_removes_all_records(state: Path) -> None:
    keep("Dockerfile", TOOK)
    keep("Other", TOOK)
    assert forget() == 2
    assert (kept("Dockerfile"), kept("Other"), forget()) == ({}, {}, 0)


def test_the_oldest_records_go(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_MOST_RECORDS", 2)
    for number in range(3):
        keep(f"Dockerfile{number}", TOOK)
        os.utime(max(state.iterdir(), key=os.path.getmtime), (number, number))
    keep("Dockerfile3", TOOK)
    assert [bool(kept(f"Dockerfile{number}")) for number in range(4)] == [False, False, True, True]


def key(text: str, word: str, *, last: bool = False) -> str:
    found = [key for step, key in keys(build(parse(Source("Dockerfile", text)))) if word in step.instruction.value]
    return found[-1 if last else 0]


FILE = "FROM a\nRUN one\nRUN two \\\n  three\nRUN <<EOF\nfour\nEOF\n"


def test_a_step_is_known_by_its_whole_text() -> None:
    assert key(FILE, "one") == key("FROM b\nENV x=1\nRUN one\n", "one")
    assert key(FILE, "two") != key(FILE.replace("three", "3"), "two")
    assert key(FILE, "<<EOF") != key(FILE.replace("four", "4"), "<<EOF")
    assert key("FROM a AS x\nRUN one\n", "one") != key("FROM a AS y\nRUN one\n", "one")


def test_twins_have_keys_of_their_own() -> None:
    twins = "FROM a\nRUN one\nRUN two\nRUN one\n"
    assert key(twins, "one") != key(twins, "one", last=True)
