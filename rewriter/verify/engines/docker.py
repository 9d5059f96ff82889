"""Docker with BuildKit, through `docker buildx`: the daemon's own builder or any other that buildx knows."""

from __future__ import annotations

import json
import os
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from dfix.rewriter.verify.build_log import mask_of, open_log
from dfix.rewriter.verify.engine import LABEL, Build, BuildError, Built, EngineError
from dfix.rewriter.verify.engines.record import Record
from dfix.rewriter.verify.epoch import EPOCH
from dfix.rewriter.verify.process import Processes, TimeoutExpiredError

ANSWERS_WITHIN = 20.0
"""Seconds after which an engine that hasn't answered a short query counts as hanging."""
_GONE = ("cannot connect to the docker daemon", "error during connect", "failed to connect to the docker api")


def archived_layers(path: str) -> tuple[str, ...]:
    """The digests of the layers of an image in an archive. Raises EngineError."""
    try:
        with tarfile.open(path) as tar:
            manifest = json.load(_member(tar, "manifest.json"))
            config = json.load(_member(tar, manifest[0]["Config"]))
    except (tarfile.TarError, OSError, ValueError, LookupError) as error:
        raise EngineError(f"the image cannot be read back ({error})") from error
    return tuple(config["rootfs"].get("diff_ids") or ())


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    found = tar.extractfile(name)
    if found is None:
        raise LookupError(name)
    return found


class Docker:
    """Docker. `builder` is one of `docker buildx ls`, or "" for the current one.

    The daemon keeps what its own builder builds. Other builders may run elsewhere, so their images are saved as
    archives in `folder`.
    """

    def __init__(self, processes: Processes, folder: str, builder: str = "") -> None:
        self._processes, self._folder, self._builder = processes, folder, builder
        self._archives = self._check()

    @property
    def name(self) -> str:
        """The name: "docker" or "docker:BUILDER"."""
        return f"docker:{self._builder}" if self._builder else "docker"

    @property
    def runs(self) -> str:
        """The command "docker", or "" for another builder, whose images the daemon doesn't have."""
        return "" if self._archives else "docker"

    def build(self, build: Build, at_step: Callable[[str], None]) -> Built:
        """Build, calling `at_step` with the name of each step as it starts. Raises BuildError, EngineError."""
        started = time.monotonic()
        with open_log(build.log) as log:
            record = Record(log, at_step, mask_of(build.options))
            try:
                status = self._processes.run(self._command(build), build.options.timeout, record.take)
            except TimeoutExpiredError:
                raise BuildError(
                    f"it took longer than {build.options.timeout:.0f} s and was stopped", build.log
                ) from None
            finally:
                record.close()
        if status:
            said = record.error() or f"docker exits {status}"
            if any(mark in said.lower() for mark in _GONE) or not self._answers():
                raise EngineError(f"the Docker daemon is gone ({said})")
            raise BuildError(said, build.log, record.failed())
        return Built(record.steps(), time.monotonic() - started)

    @contextmanager
    def saved(self, image: str) -> Iterator[IO[bytes]]:
        """The image as `docker save` writes it. Raises EngineError."""
        try:
            if self._archives:
                with open(self._archive(image), "rb") as file:
                    yield file
                return
            with self._processes.streamed(["docker", "save", image]) as stream:
                yield stream
        except OSError as error:
            raise EngineError(f"the image cannot be read back ({error})") from error

    def layers(self, image: str) -> tuple[str, ...]:
        """The digests of an image's layers. Raises EngineError."""
        if self._archives:
            return archived_layers(self._archive(image))
        shown = "{{range .RootFS.Layers}}{{.}} {{end}}"
        return tuple(self._ask(["docker", "image", "inspect", "--format", shown, image]).split())

    def remove(self, images: list[str]) -> None:
        """Remove images by tag or id; missing ones are ignored."""
        for image in images if self._archives else ():
            if os.path.exists(self._archive(image)):
                os.remove(self._archive(image))
        if images and not self._archives:
            self._processes.ask(["docker", "image", "rm", "--force", *images], 60 + 10 * len(images), stoppable=False)

    def strays(self) -> dict[str, str]:
        """All images with LABEL: id and the run that built it."""
        shown = "{{.ID}}"
        ids = self._ask(["docker", "image", "ls", "--all", "--quiet", "--filter", f"label={LABEL}", "--format", shown])
        found = {}
        for image in dict.fromkeys(ids.split()):
            run = '{{index .Config.Labels "' + LABEL + '"}}'
            with suppress(EngineError):  # a concurrent run may have removed it in between
                found[image] = self._ask(["docker", "image", "inspect", "--format", run, image]).strip()
        return found

    def _command(self, build: Build) -> list[str]:
        command = ["docker", "buildx", "build", "--progress", "rawjson", "--provenance=false", "--sbom=false"]
        command += ["--file", build.dockerfile, "--label", f"{LABEL}={build.run}"]
        if self._builder:
            command += ["--builder", self._builder]
        if build.output:
            command += ["--output", f"type=local,dest={build.output}"]
        elif self._archives:
            at_epoch = any(arg.startswith(f"{EPOCH}=") for arg in build.options.args)
            times = ",rewrite-timestamp=true" if at_epoch else ""  # ignored before BuildKit 0.13
            command += ["--output", f"type=docker,name={build.image}{times},dest={self._archive(build.image)}"]
        else:
            command += ["--load", "--tag", build.image]
        command += build.context_words()
        if not build.cache:
            command.append("--no-cache")
        return [*command, *build.options.words(), build.context]

    def _archive(self, image: str) -> str:
        return os.path.join(self._folder, image.replace(":", "-").replace("/", "-") + ".tar")

    def _check(self) -> bool:
        """Whether the builder is not the daemon's own. Raises EngineError if it cannot be used."""
        command = ["docker", "buildx", "inspect", *([self._builder] if self._builder else [])]
        said = self._ask(command)
        fields = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
        driver = fields.get("Driver", "").strip()
        if driver == "docker":
            self._ask(["docker", "version", "--format", "{{.Server.Version}}"])
        return driver != "docker"

    def _answers(self) -> bool:
        """Whether the daemon is there: one that ends during a build fails it in many ways, and no step is to blame."""
        try:
            self._check()
        except EngineError:
            return False
        return True

    def _ask(self, command: list[str]) -> str:
        try:
            status, said = self._processes.ask(command, ANSWERS_WITHIN)
        except TimeoutExpiredError:
            limit = f"{' '.join(command[:3])} takes longer than {ANSWERS_WITHIN:.0f} s"
            raise EngineError(f"Docker does not answer ({limit})") from None
        except OSError:
            raise EngineError("command not found: docker") from None
        if status:
            line = said.strip().splitlines()[-1] if said.strip() else f"{' '.join(command[:3])} exits {status}"
            if "is not a docker command" in said or "unknown command" in said:
                line = "docker has no buildx, which dfix verify needs: install the docker-buildx plugin"
            raise EngineError(line)
        return said
