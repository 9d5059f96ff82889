"""The interface to build engines; their own commands do the work."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import IO, Protocol

from dfix.rewriter.text.named_tuple import NamedTuple

LABEL = "dfix.verify"
"""The label of every image that dfix builds; its value names the run (`Workspace.label`), to find leftovers."""


class BuildOptions(NamedTuple):
    """Build options from the command line, passed on as they are; `timeout` is in seconds."""

    args: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    platform: str = ""
    target: str = ""
    network: str = ""
    timeout: float = 1800

    def words(self) -> list[str]:
        """The options as arguments of every engine's `build` command."""
        words = []
        for flag, value in (("--platform", self.platform), ("--target", self.target), ("--network", self.network)):
            words += [flag, value] if value else []
        for arg in self.args:
            words += ["--build-arg", arg]
        for secret in self.secrets:
            words += ["--secret", secret]
        return words


class Build(NamedTuple):
    """One build."""

    dockerfile: str
    """Outside of `context`, with its ignore file next to it (`NAME.dockerignore`)."""
    context: str
    image: str
    """The tag to give."""
    run: str
    """The value of LABEL."""
    log: str
    """The file for the engine's output."""
    cache: bool = True
    options: BuildOptions = BuildOptions()
    contexts: tuple[tuple[str, str], ...] = ()
    """Further named contexts, each with its folder (`COPY --from=NAME`)."""
    output: str = ""
    """A folder for the files of the last stage, instead of an image."""

    def context_words(self) -> list[str]:
        """The named contexts as arguments of every engine's `build` command."""
        return [word for name, folder in self.contexts for word in ("--build-context", f"{name}={folder}")]


class BuildStep(NamedTuple):
    """One instruction that the engine ran or took from its cache."""

    name: str
    cached: bool
    seconds: float | None = None
    """How long it took; None where the engine doesn't say."""


class Built(NamedTuple):
    """A finished build: its steps (without FROM and the engine's own) and its duration in seconds."""

    steps: tuple[BuildStep, ...]
    seconds: float


class FailedStep(NamedTuple):
    """Where a build failed."""

    version: str
    """Of the Dockerfile: before or after."""
    line: int
    """Of the instruction, in that version."""


class BuildError(Exception):
    """A failed build: one line of the engine's output; `log` is the file with all of it.

    `step` is the engine's name of the step that failed, as in `BuildStep`; "" where none did. `failed` says which
    instruction that is; None where that is not known.
    """

    def __init__(self, message: str, log: str, step: str = "", failed: FailedStep | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.log = log
        self.step = step
        self.failed = failed


class EngineError(Exception):
    """The engine cannot be used; the text says what is wrong and what to do."""


class Engine(Protocol):
    """A build engine."""

    @property
    def name(self) -> str:
        """As in `--engine` and in output: "docker", "docker:BUILDER", "podman", "buildah"."""

    @property
    def runs(self) -> str:
        """The command that can run the engine's images: "docker", "podman", or "" for none."""

    def build(self, build: Build, at_step: Callable[[str], None]) -> Built:
        """Build, calling `at_step` with the name of each step as it starts. Raises BuildError, EngineError."""

    def saved(self, image: str) -> AbstractContextManager[IO[bytes]]:
        """The image as `docker save` writes it (docker-archive), as a stream. Raises EngineError."""

    def layers(self, image: str) -> tuple[str, ...]:
        """The digests of an image's uncompressed layers, lowest first; cheaper than `saved`. Raises EngineError."""

    def remove(self, images: list[str]) -> None:
        """Remove images by tag; missing ones are ignored."""

    def strays(self) -> dict[str, str]:
        """All images with LABEL: id and the run that built it."""
