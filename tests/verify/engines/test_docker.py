"""Builders that run elsewhere, with a program that stands in for docker: their images come as archives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dfix.rewriter.verify.engine import Build, BuildError, BuildOptions, EngineError
from dfix.rewriter.verify.engines.docker import Docker, archived_layers
from dfix.rewriter.verify.process import Processes
from dfix.rewriter.verify.saved import LayerCache, read_saved
from tests.verify.archives import file, oci, tar

LOW, HIGH = tar(file("a", b"1")), tar(file("b", b"2"))
PROGRAM = f"""#!{sys.executable}
import pathlib, sys
words = sys.argv[1:]
here = pathlib.Path(__file__).parent
with open(here / "asked", "a") as asked:
    print(*words, file=asked)
if words[:2] == ["buildx", "inspect"]:
    print("Name: far\\nDriver: remote")
elif words[:2] == ["buildx", "build"]:
    output = words[words.index("--output") + 1]
    (here / "image.tar").rename(output.partition("dest=")[2])
else:
    sys.exit("not for a remote builder: " + " ".join(words))
"""


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    """A builder that is not the daemon's own."""
    (tmp_path / "docker").write_text(PROGRAM)
    (tmp_path / "docker").chmod(0o755)
    (tmp_path / "image.tar").write_bytes(oci(LOW, HIGH))
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    return Docker(Processes(), str(tmp_path / "run"), "far")


def test_an_image_of_a_remote_builder(far: Docker, tmp_path: Path) -> None:
    options = BuildOptions(("A=1",), platform="linux/arm64")
    asked = Build("D", "C", "dfix:1", "here:/x", str(tmp_path / "log"), cache=False, options=options)
    far.build(asked, lambda step: None)
    line = (tmp_path / "asked").read_text().splitlines()[-1]
    dest = tmp_path / "run/dfix-1.tar"
    assert line == (
        "buildx build --progress rawjson --provenance=false --sbom=false --file D --label dfix.verify=here:/x "
        f"--builder far --output type=docker,name=dfix:1,dest={dest} --no-cache --platform linux/arm64 --build-arg A=1 C"
    )
    with far.saved("dfix:1") as stream:
        image = read_saved(stream, LayerCache())
    assert sorted(image.entries) == ["a", "b"]
    assert far.layers("dfix:1") == tuple(layer.digest for layer in image.layers)
    far.remove(["dfix:1", "dfix:none"])
    assert not dest.exists()
    with pytest.raises(EngineError, match="the image cannot be read back"):
        far.layers("dfix:1")


def test_a_remote_builder_sets_times_to_source_date_epoch(far: Docker, tmp_path: Path) -> None:
    options = BuildOptions(("SOURCE_DATE_EPOCH=1",))
    far.build(Build("D", "C", "dfix:1", "here:/x", str(tmp_path / "log"), options=options), lambda step: None)
    assert "name=dfix:1,rewrite-timestamp=true,dest=" in (tmp_path / "asked").read_text().splitlines()[-1]


def test_a_build_that_fails_without_a_word(far: Docker, tmp_path: Path) -> None:
    (tmp_path / "image.tar").unlink()
    with pytest.raises(BuildError, match="FileNotFoundError"):
        far.build(Build("D", "C", "dfix:1", "x", str(tmp_path / "log")), lambda step: None)


def test_an_archive_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"nothing")
    with pytest.raises(EngineError, match="cannot be read back"):
        archived_layers(str(tmp_path / "a.tar"))


def test_an_image_that_is_removed_while_strays_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(_: Docker, command: list[str]) -> str:
        if command[2] == "ls":
            return "aa\nbb\n"
        if command[-1] == "aa":
            raise EngineError("No such image: aa")
        return "here:/x\n"

    monkeypatch.setattr(Docker, "_ask", ask)
    assert Docker.__new__(Docker).strays() == {"bb": "here:/x"}


DYING = f"""#!{sys.executable}
import pathlib, sys
words = sys.argv[1:]
dead = pathlib.Path(__file__).parent / "dead"
if words[:2] == ["buildx", "build"]:
    dead.touch()
    sys.exit("ERROR: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF")
if dead.exists():
    sys.exit("Cannot connect to the Docker daemon at unix:///run/docker.sock. Is the docker daemon running?")
print("Name: default\\nDriver: docker" if words[0] == "buildx" else "26.1")
"""


def test_an_engine_that_dies_during_a_build_is_no_fault_of_the_dockerfile(tmp_path: Path) -> None:
    programs, temporary = tmp_path / "bin", tmp_path / "tmp"
    for folder in (programs, temporary):
        folder.mkdir()
    (programs / "docker").write_text(DYING)
    (programs / "docker").chmod(0o755)
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN mkdir /a\nRUN mkdir /b\n")
    report = tmp_path / "report.json"
    words = ["verify", "--isolated", "--engine=docker", "--report", str(report), str(tmp_path / "Dockerfile")]
    done = subprocess.run(
        [sys.executable, "-m", "dfix", *words],
        env={"PATH": str(programs), "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("dfix: the Docker daemon is gone (failed to receive status: ")
    assert done.stderr.count("\n") == 1
    document = json.loads(report.read_text())
    assert document["files"] == [] and document["error"].startswith("the Docker daemon is gone")
    assert not list(temporary.iterdir())
