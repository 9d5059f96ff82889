"""Which engine is taken, with small programs that stand where the engines' commands would."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.verify.engine import EngineError
from dfix.rewriter.verify.engines import docker
from dfix.rewriter.verify.engines.find_engine import find
from dfix.rewriter.verify.process import Processes

DOCKER = """\
case "$*" in
--version) echo "Docker version 28" ;;
"buildx inspect") printf 'Name: default\\nDriver: docker\\n' ;;
"buildx inspect far") printf 'Name: far\\nDriver: remote\\n' ;;
version*) echo 28 ;;
*) echo "no such thing: $*" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which commands are looked for, apart from those that scripts need."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "sleep").symlink_to("/bin/sleep")
    return tmp_path


def put(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text("#!/bin/sh\n" + script)
    (folder / name).chmod(0o755)


def found(choice: str = "") -> str:
    return find(choice, Processes(), "").name


def test_the_first_that_answers(programs: Path) -> None:
    put(programs, "buildah", "exit 0\n")
    assert found() == "buildah"
    put(programs, "podman", "exit 0\n")
    assert found() == "podman"
    put(programs, "docker", DOCKER)
    assert found() == "docker"


def test_the_one_that_was_asked_for(programs: Path) -> None:
    for name in ("podman", "buildah"):
        put(programs, name, "exit 0\n")
    put(programs, "docker", DOCKER)
    assert [found(name) for name in ("docker", "docker:far", "podman", "buildah")] == [
        "docker",
        "docker:far",
        "podman",
        "buildah",
    ]
    with pytest.raises(EngineError, match="--engine takes docker, docker:BUILDER, podman or buildah, not `kaniko`"):
        found("kaniko")
    with pytest.raises(EngineError, match="no such thing: buildx inspect nowhere"):
        found("docker:nowhere")


def test_a_docker_command_of_podman_is_podman(programs: Path) -> None:
    put(programs, "docker", 'echo "podman version 4.3.1"\n')
    put(programs, "podman", "exit 0\n")
    assert found() == "podman"
    with pytest.raises(EngineError, match="the docker command is podman: use --engine podman"):
        found("docker")


def test_none_at_all(programs: Path) -> None:
    with pytest.raises(EngineError) as none:
        found()
    assert str(none.value) == (
        "no build engine found (docker: command not found: docker; podman: command not found: podman; "
        "buildah: command not found: buildah). Install Docker with buildx, podman or buildah, or start the daemon"
    )


def test_a_daemon_that_is_down_and_a_client_without_buildx(programs: Path) -> None:
    put(programs, "docker", "[ $1 = --version ] || { echo 'Cannot connect to the Docker daemon at X' >&2; exit 1; }\n")
    with pytest.raises(EngineError, match="Cannot connect to the Docker daemon at X"):
        found("docker")
    put(
        programs,
        "docker",
        "[ $1 = --version ] || { echo \"docker: 'buildx' is not a docker command.\" >&2; exit 1; }\n",
    )
    with pytest.raises(
        EngineError, match="docker has no buildx, which dfix verify needs: install the docker-buildx plugin"
    ):
        found("docker")


def test_a_daemon_that_does_not_answer(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker, "ANSWERS_WITHIN", 0.5)
    put(programs, "docker", "[ $1 = --version ] || sleep 100\n")
    with pytest.raises(EngineError, match=r"Docker does not answer \(docker buildx inspect takes longer than 0 s\)"):
        found("docker")
