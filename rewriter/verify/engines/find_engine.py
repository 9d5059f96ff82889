"""Finding the requested engine, or the first one that answers."""

from __future__ import annotations

from dfix.rewriter.verify.engine import Engine, EngineError
from dfix.rewriter.verify.engines.buildah import Buildah, Podman
from dfix.rewriter.verify.engines.docker import Docker
from dfix.rewriter.verify.process import Processes, TimeoutExpiredError

NAMES = ("docker", "podman", "buildah")
_ADVICE = "Install Docker with buildx, podman or buildah, or start the daemon"


def find(choice: str, processes: Processes, folder: str) -> Engine:
    """The engine named `choice`, or the first of NAMES that answers. `folder` is for archives.

    Raises EngineError: what was tried, why it failed, what to do.
    """
    if choice:
        return _open(choice, processes, folder)
    reasons = []
    for name in NAMES:
        try:
            return _open(name, processes, folder)
        except EngineError as error:
            reasons.append(f"{name}: {error}")
    raise EngineError(f"no build engine found ({'; '.join(reasons)}). {_ADVICE}")


def _open(choice: str, processes: Processes, folder: str) -> Engine:
    name, _, builder = choice.partition(":")
    if name == "docker" and not _is_podman(processes):
        return Docker(processes, folder, builder)
    if choice == "docker":
        raise EngineError("the docker command is podman: use --engine podman")
    if choice == "podman":
        return Podman(processes, folder)
    if choice == "buildah":
        return Buildah(processes, folder)
    raise EngineError(f"--engine takes docker, docker:BUILDER, podman or buildah, not `{choice}`")


def _is_podman(processes: Processes) -> bool:
    try:
        return "podman" in processes.ask(["docker", "--version"], 20)[1].lower()
    except (OSError, TimeoutExpiredError):
        return False
