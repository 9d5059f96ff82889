"""The file of a baseline: what is read from it, and what is written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dfix.rewriter.pipeline.options import RecordedChange
from dfix.rewriter.settings.baseline_file import LARGEST, BaselineFile
from dfix.rewriter.settings.settings_error import SettingsError

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs/schema/dfix-baseline-1.json").read_text("utf-8"))
ROW = {"path": "Dockerfile", "rule": "clean-up", "instruction": "0" * 32, "times": 2}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / ".git").mkdir(parents=True)
    return tmp_path / "root"


def found_in(root: Path, data: bytes, path: str = "Dockerfile") -> tuple[RecordedChange, ...]:
    (root / "b.json").write_bytes(data)
    return BaselineFile(str(root / "b.json"), (str(root),)).findings(str(root / path))


def text(*rows: Any, version: Any = 1, **more: Any) -> bytes:
    return json.dumps({"version": version, "findings": [*rows], **more}).encode()


@pytest.mark.parametrize(
    ("data", "times"),
    [
        (text(ROW), [2]),
        (text(), []),
        (b"\xef\xbb\xbf" + text(ROW), [2]),
        # a merge of two branches can leave both versions of a line
        (text(ROW, {**ROW, "times": 1}, ROW), [2]),
        (text({**ROW, "path": "a/Dockerfile"}), []),
        (text({**ROW, "path": "..a/..b"}), []),
    ],
)
def test_what_it_says(root: Path, data: bytes, times: list[int]) -> None:
    assert [finding.times for finding in found_in(root, data)] == times
    assert Draft202012Validator(SCHEMA).is_valid(json.loads(data.decode("utf-8-sig")))


@pytest.mark.parametrize(
    "found",
    [
        [],
        {},
        {"version": 1},
        {"findings": []},
        {"version": 2, "findings": []},
        {"version": "1", "findings": []},
        {"version": 1, "findings": {}},
        {"version": 1, "findings": [], "more": 1},
        {"version": 1, "findings": [1]},
        {"version": 1, "findings": [{**ROW, "line": 3}]},
        {"version": 1, "findings": [{key: value for key, value in ROW.items() if key != "rule"}]},
        *(
            {"version": 1, "findings": [ROW, {**ROW, **wrong}]}
            for wrong in (
                {"path": "/etc/passwd"},
                {"path": "../Dockerfile"},
                {"path": "a/../../Dockerfile"},
                {"path": "a/.."},
                {"path": ""},
                {"path": None},
                {"rule": ""},
                {"rule": ["clean-up"]},
                {"instruction": 1},
                {"times": 0},
                {"times": -1},
                {"times": "1"},
                {"times": 1.5},
                {"times": True},
                {"times": 100_001},
            )
        ),
    ],
)
def test_what_is_malformed(root: Path, found: Any) -> None:
    with pytest.raises(SettingsError):
        found_in(root, json.dumps(found).encode())
    assert not Draft202012Validator(SCHEMA).is_valid(found)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not valid JSON"),
        (b'{\n"version": 1,\n=======\n', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"version": 1' + b"0" * 5000 + b"}", "not valid JSON"),
        (b'{"version": "\xff"}', "not UTF-8"),
        (b" " * LARGEST + text(), "larger than 10 MB"),
    ],
)
def test_what_cannot_be_read(root: Path, data: bytes, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        found_in(root, data)
    assert error.value.problem.message == said


def test_the_line_of_a_fault(root: Path) -> None:
    with pytest.raises(SettingsError) as error:
        found_in(root, b'{\n"version": 1,\n=======\n')
    assert error.value.problem.line == 3


def linked(root: Path, target: Path) -> BaselineFile:
    target.write_bytes(text(ROW))
    (root / "b.json").symlink_to(target)
    return BaselineFile(str(root / "b.json"), (str(root),))


def test_a_link_inside_of_the_root(root: Path) -> None:
    baseline = linked(root, root / "inside.json")
    assert baseline.findings(str(root / "Dockerfile"))
    assert baseline.replace({str(root / "Dockerfile"): ()}) is None
    assert json.loads((root / "inside.json").read_bytes())["findings"] == []
    assert (root / "b.json").is_symlink()


def test_a_link_to_outside_is_neither_read_nor_written_through(root: Path) -> None:
    baseline = linked(root, root.parent / "outside.json")
    with pytest.raises(SettingsError, match="a link to a file outside of"):
        baseline.findings(str(root / "Dockerfile"))
    with pytest.raises(SettingsError, match="a link to a file outside of"):
        baseline.replace({})
    assert (root.parent / "outside.json").read_bytes() == text(ROW)


def test_a_broken_link_is_not_written_through(root: Path) -> None:
    (root / "b.json").symlink_to(root / "absent.json")
    with pytest.raises(SettingsError):
        BaselineFile(str(root / "b.json"), None).replace({})
    assert not (root / "absent.json").exists()


def test_it_is_read_once(root: Path) -> None:
    (root / "b.json").write_bytes(text(ROW))
    baseline = BaselineFile(str(root / "b.json"), None)
    assert baseline.findings(str(root / "Dockerfile"))
    (root / "b.json").unlink()
    assert baseline.findings(str(root / "Dockerfile"))


def test_writing_is_the_same_whatever_the_order(root: Path) -> None:
    one, two = RecordedChange("clean-up", "1" * 32, 1), RecordedChange("merge-runs", "0" * 32, 3)
    names = ["b/Dockerfile", "a/é\udcff"]
    texts = []
    for order in (names, names[::-1]):
        (root / "b.json").unlink(missing_ok=True)
        baseline = BaselineFile(str(root / "b.json"), None)
        assert baseline.replace({str(root / name): (one, two) for name in order}) is None
        texts.append((root / "b.json").read_bytes())
    assert texts[0] == texts[1]
    assert texts[0].count(b"\n") == 9
    assert Draft202012Validator(SCHEMA).is_valid(json.loads(texts[0]))
    again = BaselineFile(str(root / "b.json"), None)
    assert all(again.findings(str(root / name)) == (one, two) for name in names)


def test_what_is_the_same_is_not_written(root: Path) -> None:
    path = root / "b.json"
    assert BaselineFile(str(path), None).replace({}) is None
    before = path.stat()
    assert BaselineFile(str(path), None).replace({}) is None
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_read_only_folder_and_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = root / "b.json"
    path.write_bytes(text(ROW))
    (root / "Dockerfile").touch()
    monkeypatch.setattr(os, "access", lambda *_: False)
    problem = BaselineFile(str(path), None).replace({str(root / "Dockerfile"): ()})
    assert problem is not None
    assert problem.message == "read-only"
    assert path.read_bytes() == text(ROW)


def test_outside_of_a_repository_paths_are_relative_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    baseline = BaselineFile(str(tmp_path / "b.json"), None)
    assert baseline.replace({str(tmp_path / "a" / "Dockerfile"): (RecordedChange("clean-up", "0" * 32, 1),)}) is None
    assert json.loads((tmp_path / "b.json").read_bytes())["findings"][0]["path"] == "a/Dockerfile"
