"""The engine that the other tests rest on, and its base images."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine import daemon
from tests.engine.bases import BASES
from tests.engine.fixture import Engine, start
from tests.engine.home import Home, NoEngineError

TOOLS = {
    "busybox": "echo ok",
    "debian": "apt-get --version",
    "python": "pip --version && python -c 'import ssl, sqlite3'",
    "node": "node --version | grep ^v18 && npm --version",
    "node-full": "node --version | grep ^v18 && gcc --version",
    "node22": "node --version | grep ^v22 && npm --version",
    "python-full": "python3 --version && gcc --version",
    "go": "go version && curl --version",
    "rust": "cargo --version && rustc --version",
    "ruby": "ruby --version && bundle --version",
    "jre": "java -version && ! command -v javac",
    "java": "mvn --version && javac --version",
    "nginx": "nginx -t",
    "php": "php --version && composer --version",
}


def built(engine: Engine, folder: Path, dockerfile: str) -> subprocess.CompletedProcess[str]:
    (folder / "Dockerfile").write_text(dockerfile)
    command = ["docker", "buildx", "build", "--progress=plain", "--network=host", str(folder)]
    return subprocess.run(command, env=engine.environment, capture_output=True, text=True, timeout=300, check=False)


def test_every_base_is_tried() -> None:
    assert sorted(TOOLS) == sorted(BASES)


@pytest.mark.parametrize("name", sorted(BASES))
def test_a_base_has_its_tools(engine: Engine, tmp_path: Path, name: str) -> None:
    engine.bases(name)
    done = built(engine, tmp_path, f"FROM {BASES[name].tags[0]}\nRUN {TOOLS[name]}\n")
    assert done.returncode == 0, done.stderr


def test_a_build_that_must_fail_fails(engine: Engine, tmp_path: Path) -> None:
    engine.bases("busybox")
    assert built(engine, tmp_path, "FROM busybox\nRUN false\n").returncode != 0
    assert "heredoc works" in built(engine, tmp_path, "FROM busybox\nRUN <<E\necho heredoc works\nE\n").stderr


def test_starting_again_and_twice_at_once_gives_the_same_engine(engine: Engine) -> None:
    if engine.private is None:
        pytest.skip("the user's own engine is in use")
    command = [sys.executable, "-m", "tests.engine", "start"]
    pids = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for _ in range(2)]
    said = [process.communicate(timeout=300)[0] for process in pids]
    assert said[0] == said[1]
    assert str(engine.private.socket) in said[0]
    assert start().environment["DOCKER_HOST"] == engine.environment["DOCKER_HOST"]


def test_where_there_is_no_engine_to_be_had_one_line_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(NoEngineError, match="no engine: it needs root and apt-get"):
        daemon.start(Home(tmp_path / "home"))
