"""podman and buildah, each with the real command and storage of the test's own."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from dfix.rewriter.verify.engine import Build, BuildError, BuildOptions, EngineError
from dfix.rewriter.verify.engines.buildah import Buildah, Podman
from dfix.rewriter.verify.process import CommandStoppedError, Processes
from dfix.rewriter.verify.saved import LayerCache, read_saved
from tests.verify.engines.conftest import BASE

Make = Callable[[Processes, str], Buildah]


@pytest.fixture(params=[Buildah, Podman], ids=["buildah", "podman"])
def make(request: pytest.FixtureRequest) -> Make:
    made: Make = request.param
    return made


def build(folder: Path, text: str, *, cache: bool = True, timeout: float = 60, args: tuple[str, ...] = ()) -> Build:
    (folder / "context").mkdir(exist_ok=True)
    (folder / "context/a").write_text("1")
    (folder / "context/b").write_text("2")
    (folder / "D").write_text(f"FROM {BASE}\n{text}")
    (folder / "D.dockerignore").write_text("b\n")
    log = str(folder / "log")
    return Build(
        str(folder / "D"),
        str(folder / "context"),
        "dfix-t:1",
        "here:/x",
        log,
        cache,
        BuildOptions(args, timeout=timeout),
    )


def working_containers() -> list[str]:
    done = subprocess.run(["buildah", "containers", "--quiet"], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_build_read_back_and_remove(make: Make, storage: Path) -> None:
    engine = make(Processes(), str(storage))
    told: list[str] = []
    asked = build(storage, "ARG V\nRUN mkdir /d$V\nCOPY . /src/\nUSER 7\n", args=("V=5",))
    built = engine.build(asked, told.append)
    assert [step.cached for step in built.steps] == [False] * 4
    assert any("RUN mkdir" in text for text in told)
    again = engine.build(asked, told.append)
    assert [step.cached for step in again.steps] == [True] * 4
    afresh = engine.build(asked._replace(cache=False), told.append)
    assert not any(step.cached for step in afresh.steps)
    with engine.saved("dfix-t:1") as stream:
        image = read_saved(stream, LayerCache())
    assert {"d5", "src/a", "bin/busybox"} <= set(image.entries)
    assert "src/b" not in image.entries, "the ignore file beside the Dockerfile is in force"
    assert image.config["config"]["User"] == "7"
    assert engine.layers("dfix-t:1") == tuple(layer.digest for layer in image.layers)
    assert set(engine.strays().values()) == {"here:/x"}
    engine.remove(["dfix-t:1", "dfix-t:none", *engine.strays()])
    assert engine.strays() == {}
    assert working_containers() == []


def test_a_build_that_fails_says_what_and_leaves_nothing(make: Make, storage: Path) -> None:
    engine = make(Processes(), str(storage))
    command = "RUN echo oops; sleep 1; exit 3"  # buildah 1.28 may lose what a program says just before it ends
    with pytest.raises(BuildError) as failed:
        engine.build(build(storage, f"{command}\n"), lambda step: None)
    assert failed.value.message == f"`{command}`: exit status 3, last said: oops"
    assert "oops" in (storage / "log").read_text()
    assert working_containers() == []


def test_a_build_that_hangs_is_ended_and_leaves_nothing(make: Make, storage: Path) -> None:
    engine = make(Processes(), str(storage))
    subprocess.run(["buildah", "from", "--name", "of-somebody-else", BASE], check=True, capture_output=True)
    with pytest.raises(BuildError, match="it took longer than 3 s and was stopped"):
        engine.build(build(storage, "RUN mkdir /a\nRUN sleep 1000\n", timeout=3), lambda step: None)
    left = subprocess.run(["buildah", "containers"], capture_output=True, text=True, check=True).stdout
    assert len(working_containers()) == 1, left
    assert "of-somebody-else" in left


def test_temporary_folders_are_made_in_the_run_s_own(make: Make, storage: Path) -> None:
    own = storage / "own"
    own.mkdir()
    before = set(Path("/var/tmp").iterdir())
    with pytest.raises(BuildError):
        make(Processes(), str(own)).build(build(storage, "RUN sleep 1000\n", timeout=3), lambda step: None)
    assert {path.name for path in set(Path("/var/tmp").iterdir()) - before if "buildah" in path.name} == set()


def test_a_run_that_is_stopped_leaves_nothing(make: Make, storage: Path) -> None:
    processes = Processes()
    engine = make(processes, str(storage))
    timer = threading.Timer(3, processes.stop)
    timer.start()
    with pytest.raises(CommandStoppedError):
        engine.build(build(storage, "RUN mkdir /a\nRUN sleep 1000\n"), lambda step: None)
    assert working_containers() == []


def test_an_image_that_is_not_there(make: Make, storage: Path) -> None:
    engine = make(Processes(), str(storage))
    with pytest.raises(EngineError), engine.saved("dfix-t:none") as stream:
        stream.read()


@pytest.mark.parametrize("name", ["buildah", "podman"])
def test_verify_with_it(storage: Path, name: str) -> None:
    path = storage / "app/Dockerfile"
    path.parent.mkdir()
    path.write_text(f"FROM {BASE}\nRUN mkdir /a\nRUN mkdir /b\nCOPY . /src\n")
    (path.parent / "a.py").write_text("")
    command = [sys.executable, "-m", "dfix", "verify", "--isolated", "--engine", name, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "1 Dockerfile: 1 proven\n")
    assert f"{path}: proven, the same image\n" in done.stdout
    assert "rebuild, a.py edited" in done.stdout
    (path.parent / "new").write_text(f"FROM {BASE}\nRUN mkdir /a && mkdir -m 700 /b\nCOPY . /src\n")
    command = [sys.executable, "-m", "dfix", "verify", "--engine", name, str(path), "--no-measure"]
    done = subprocess.run(
        [*command, "--against", str(path.parent / "new")], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 1
    assert "/b mode 0700, was 0755" in done.stdout
    assert working_containers() == []
