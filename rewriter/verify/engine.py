"""What dfix asks of a build engine. The engines' own commands do the work; nothing here builds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import IO, NamedTuple, Protocol

LABEL = "dfix.verify"
"""On every image that dfix builds; its value is the run's (`Workspace.label`), so that strays can be removed."""


class BuildOptions(NamedTuple):
    """What the command line passes on to every build, as it was given. `timeout` is in seconds."""

    args: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    platform: str = ""
    target: str = ""
    network: str = ""
    timeout: float = 1800

    def words(self) -> list[str]:
        """The options as every engine's `build` command takes them."""
        words = []
        for flag, value in (("--platform", self.platform), ("--target", self.target), ("--network", self.network)):
            words += [flag, value] if value else []
        for arg in self.args:
            words += ["--build-arg", arg]
        for secret in self.secrets:
            words += ["--secret", secret]
        return words


class Build(NamedTuple):
    """One build: `dockerfile` lies outside of `context`, with its ignore file beside it (`NAME.dockerignore`).

    `image` is the tag to give, `run` the value of LABEL, `log` the file that takes what the engine says.
    """

    dockerfile: str
    context: str
    image: str
    run: str
    log: str
    cache: bool = True
    options: BuildOptions = BuildOptions()


class Step(NamedTuple):
    """One instruction as the engine ran it, or took it from its cache."""

    name: str
    cached: bool


class Built(NamedTuple):
    """A finished build: its steps (without FROM and the engine's own) and how long it took in seconds."""

    steps: tuple[Step, ...]
    seconds: float


class BuildError(Exception):
    """A build that failed: one line of what the engine said. `log` is the file with all of it."""

    def __init__(self, message: str, log: str) -> None:
        super().__init__(message)
        self.message = message
        self.log = log


class EngineError(Exception):
    """The engine itself cannot be used: what is wrong and what to do, as a sentence."""


class Engine(Protocol):
    """An engine as verify uses it."""

    @property
    def name(self) -> str:
        """As `--engine` takes it and people read it: "docker", "docker:BUILDER", "podman", "buildah"."""

    @property
    def runs(self) -> str:
        """The command that runs the images it builds: "docker", "podman", or "" where none does."""

    def build(self, build: Build, at_step: Callable[[str], None]) -> Built:
        """Build, telling the name of each step as it starts. Raises BuildError, EngineError."""

    def saved(self, image: str) -> AbstractContextManager[IO[bytes]]:
        """The image as `docker save` writes it (docker-archive), as a stream. Raises EngineError."""

    def layers(self, image: str) -> tuple[str, ...]:
        """The digests of an image's layers, unpacked, the lowest first: cheaper than `saved`. Raises EngineError."""

    def remove(self, images: list[str]) -> None:
        """Remove images by tag; one that is not there is no fault."""

    def strays(self) -> dict[str, str]:
        """Every image with LABEL: its id and the run that made it."""
