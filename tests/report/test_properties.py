"""For any two texts: what a report says of the difference leads from the one to the other."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfix.rewriter.report.diff import unified
from dfix.rewriter.report.json import report
from dfix.rewriter.text.source import BOM, Source
from tests.report.results import result, whole

LINES = (
    b"FROM a",
    b"RUN b",
    b"RUN c \\",
    b"",
    b" ",
    b"# \xff",
    b"# \xe2\x80\xa8 \x0c \x85",
    b"a\rb",
    b"-- x",
    b"++ y",
    b"@@ -1 +1 @@",
    b"diff --git a b",
    b"\\ No newline at end of file",
)


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """Lines with mixed ends, the last with or without one."""
    lines = draw(st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from((b"\n", b"\r\n"))), max_size=8))
    text = b"".join(line + end for line, end in lines)
    return text.removesuffix(b"\n") if draw(st.booleans()) else text


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", "."], cwd=folder, check=True)
    return folder


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(before=texts(), after=texts(), bom=st.booleans(), name=st.sampled_from(("Dockerfile", "a b", 'é"x', "d/e f")))
def test_git_applies_the_diff(repository: Path, before: bytes, after: bytes, bom: bool, name: str) -> None:
    if bom:
        before, after = BOM + before, BOM + after
    path = repository / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(before)
    diff = unified(Source.from_bytes(name, before), Source.from_bytes(name, after))
    assert bool(diff) == (before != after)
    if diff:
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        command = ["git", "apply", "--whitespace=nowarn", "-"]
        data = diff.encode("utf-8", "surrogateescape")
        subprocess.run(command, cwd=repository, check=True, input=data, env=environment)
    assert path.read_bytes() == after


@settings(max_examples=300)
@given(before=texts(), after=texts())
def test_the_edits_of_json_lead_to_the_result(before: bytes, after: bytes) -> None:
    (file,) = json.loads(whole(report(written=False), [result(before, after)]))["files"]
    if b"\xff" in before + after or b"\x85" in before + after:  # both are no UTF-8 where they stand
        assert file["edits"] is None
        return
    lines = [line + "\n" for line in before.decode().split("\n")]
    lines[-1] = lines[-1][:-1]
    for edit in reversed(file["edits"]):
        lines[edit["line"] - 1 : edit["line"] - 1 + edit["lines"]] = [edit["text"]]
    assert "".join(lines) == after.decode()
