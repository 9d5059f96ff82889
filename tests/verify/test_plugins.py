"""Rules of plug-ins, proven by real builds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build_context import put
from tests.engine.fixture import Engine
from tests.sample_plugin.installed import dfix, environment, install

WORDS = ["verify", "--no-measure", "--network", "host", "--write", "Dockerfile"]
LOWER = "from busybox\nRUN mkdir /a\n"


@pytest.fixture
def busybox(engine: Engine) -> Engine:
    engine.bases("busybox")
    return engine


def test_its_change_is_proven_and_written(busybox: Engine, tmp_path: Path) -> None:
    site = install(tmp_path / "site")
    put(tmp_path / "app", {"Dockerfile": LOWER})
    done = dfix(tmp_path / "app", WORDS, {**busybox.environment, **environment(site)})
    assert (done.status, done.err) == (0, "1 Dockerfile: 1 proven; 1 written\n")
    assert "line 1: keyword-case, promised: same image" in done.out
    assert (tmp_path / "app" / "Dockerfile").read_text() == LOWER.replace("from", "FROM")


def test_a_broken_promise_is_found(busybox: Engine, tmp_path: Path) -> None:
    site = install(
        tmp_path / "site",
        (
            "Edit(span, instruction.keyword)",
            "Edit(span, instruction.keyword), Edit(model.tree.instructions[-1].span, 'RUN mkdir /b\\n')",
        ),
    )
    put(tmp_path / "app", {"Dockerfile": LOWER})
    done = dfix(tmp_path / "app", WORDS, {**busybox.environment, **environment(site)})
    assert done.status == 1
    assert (tmp_path / "app" / "Dockerfile").read_text() == LOWER


@pytest.mark.parametrize(
    "change",
    [("NAME = ", "import gone\nNAME = "), ("            yield Change", "            raise ValueError('odd')\n            yield Change")],
    ids=["loading", "running"],
)  # fmt: skip
def test_one_at_fault_is_told_of(tmp_path: Path, change: tuple[str, str]) -> None:
    """There is nothing to build without it."""
    site = install(tmp_path / "site", change)
    put(tmp_path / "app", {"Dockerfile": LOWER})
    done = dfix(tmp_path / "app", WORDS, environment(site))
    line, last = done.err.splitlines()
    assert line.startswith("dfix: plug-in `keyword-case` of acme-rules 1.0 ")
    assert (done.status, last) == (2, "1 Dockerfile: 1 unchanged")
    isolated = dfix(tmp_path / "app", [*WORDS, "--isolated"], environment(site))
    assert (isolated.status, isolated.err) == (0, "1 Dockerfile: 1 unchanged\n")
