"""buildah and podman, which share their build code: commands, output and working containers are alike."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from dfix.rewriter.verify.build_log import mask_of, open_log
from dfix.rewriter.verify.engine import LABEL, Build, BuildError, Built, EngineError
from dfix.rewriter.verify.engines.plain import PlainRecord
from dfix.rewriter.verify.process import CommandStoppedError, Processes, TimeoutExpiredError

ANSWERS_WITHIN = 20.0
"""Seconds after which an engine that hasn't answered a short query counts as hanging."""


class Buildah:
    """Images are in the user's own storage; BUILDAH_ISOLATION, STORAGE_DRIVER and storage.conf apply as usual."""

    name = "buildah"
    runs = ""
    _verb: tuple[str, ...] = ("bud",)
    _remove_verb: tuple[str, ...] = ("rm",)

    def __init__(self, processes: Processes, folder: str) -> None:
        self._processes, self._folder = processes, folder
        self._ask("images", "--quiet")

    def build(self, build: Build, at_step: Callable[[str], None]) -> Built:
        """Build, calling `at_step` with the name of each step as it starts. Raises BuildError, EngineError."""
        before = self._containers()
        started = time.monotonic()
        with open_log(build.log) as log:
            record = PlainRecord(log, at_step, mask_of(build.options))
            try:
                status = self._processes.run(self._command(build), build.options.timeout, record.take)
            except TimeoutExpiredError:
                self._remove_containers(before, record)
                raise BuildError(
                    f"it took longer than {build.options.timeout:.0f} s and was stopped", build.log
                ) from None
            except CommandStoppedError:
                self._remove_containers(before, record)
                raise
            finally:
                record.close()
        if status:
            self._remove_containers(before, record)
            raise BuildError(record.error() or f"{self.name} exits {status}", build.log, record.failed())
        return Built(record.steps(), time.monotonic() - started)

    @contextmanager
    def saved(self, image: str) -> Iterator[IO[bytes]]:
        """The image as a docker-archive. Raises EngineError."""
        path = os.path.join(self._folder, image.replace("/", "-").replace(":", "-") + ".tar")
        try:
            self._ask("push", "--quiet", image, f"docker-archive:{path}", seconds=600)
            with open(path, "rb") as file:
                yield file
        except OSError as error:
            raise EngineError(f"the image cannot be read back ({error})") from error
        finally:
            with suppress(FileNotFoundError):
                os.remove(path)

    def layers(self, image: str) -> tuple[str, ...]:
        """The digests of an image's layers. Raises EngineError."""
        shown = "{{range .OCIv1.RootFS.DiffIDs}}{{.}} {{end}}"
        return tuple(self._ask("inspect", "--type", "image", "--format", shown, image).split())

    def remove(self, images: list[str]) -> None:
        """Remove images by tag or id; missing ones are ignored."""
        for image in images:
            self._processes.ask([self.name, "rmi", "--force", image], 60, stoppable=False)

    def strays(self) -> dict[str, str]:
        """All images with LABEL: id and the run that built it."""
        found = {}
        for image in self._ask("images", "--quiet", "--filter", f"label={LABEL}").split():
            shown = '{{index .OCIv1.Config.Labels "' + LABEL + '"}}'
            with suppress(EngineError):  # a concurrent run may have removed it in between
                found[image] = self._ask("inspect", "--type", "image", "--format", shown, image).strip()
        return found

    def _command(self, build: Build) -> list[str]:
        # a stopped build leaves its temporary folder behind, so put it into the run's folder
        command = ["env", f"TMPDIR={self._folder}"] if self._folder else []
        command += [self.name, *self._verb, "--layers", "--format", "docker", "--force-rm", "--file", build.dockerfile]
        made = ["--output", f"type=local,dest={build.output}"] if build.output else ["--tag", build.image]
        command += [*made, "--label", f"{LABEL}={build.run}", *build.context_words()]
        if os.path.exists(f"{build.dockerfile}.dockerignore"):
            command += ["--ignorefile", f"{build.dockerfile}.dockerignore"]
        if not build.cache:
            command.append("--no-cache")
        return [*command, *build.options.words(), build.context]

    def _containers(self) -> dict[str, tuple[str, str]]:
        """The working containers by id, each with its image's id and name."""
        listed = self._listed("containers", "--json")
        return {one["id"]: (str(one.get("imageid", "")), str(one.get("imagename", ""))) for one in listed}

    def _listed(self, *words: str) -> list[dict[str, Any]]:
        said = self._processes.ask([self.name, *words], ANSWERS_WITHIN, stoppable=False)[1]
        try:
            found: list[dict[str, Any]] = json.loads(said) or []
        except ValueError:
            return []
        return found

    def _remove_containers(self, before: dict[str, tuple[str, str]], record: PlainRecord) -> None:
        """Remove the working containers that a stopped build left behind: new ones with an image of this build."""
        for container, (image, name) in self._containers().items():
            ours = any(image.startswith(made) for made in record.images) or any(base in name for base in record.bases)
            if container not in before and ours:
                self._processes.ask([self.name, *self._remove_verb, container], 60, stoppable=False)

    def _ask(self, *words: str, seconds: float = ANSWERS_WITHIN) -> str:
        command = [self.name, *words]
        try:
            status, said = self._processes.ask(command, seconds)
        except TimeoutExpiredError:
            raise EngineError(f"{self.name} does not answer ({' '.join(command[:2])})") from None
        except OSError:
            raise EngineError(f"command not found: {self.name}") from None
        if status:
            lines = said.strip().splitlines()
            raise EngineError(lines[-1] if lines else f"{self.name} exits {status}")
        return said


class Podman(Buildah):
    """podman; it shares its images with buildah."""

    name = "podman"
    runs = "podman"
    _verb = ("build",)
    _remove_verb = ("rm", "--force")

    @contextmanager
    def saved(self, image: str) -> Iterator[IO[bytes]]:
        """The image as a docker-archive. Raises EngineError."""
        try:
            with self._processes.streamed(["podman", "save", "--quiet", "--format", "docker-archive", image]) as stream:
                yield stream
        except OSError as error:
            raise EngineError(f"the image cannot be read back ({error})") from error

    def layers(self, image: str) -> tuple[str, ...]:
        """The digests of an image's layers. Raises EngineError."""
        shown = "{{range .RootFS.Layers}}{{.}} {{end}}"
        return tuple(self._ask("image", "inspect", "--format", shown, image).split())

    def strays(self) -> dict[str, str]:
        """All images with LABEL: id and the run that built it."""
        shown = '{{.ID}} {{index .Labels "' + LABEL + '"}}'
        said = self._ask("images", "--all", "--filter", f"label={LABEL}", "--format", shown)
        return {words[0]: words[1] for line in said.splitlines() if len(words := line.split()) == 2}

    def _containers(self) -> dict[str, tuple[str, str]]:
        """The working containers: only these have the state `storage`."""
        listed = self._listed("ps", "--all", "--external", "--format", "json")
        working = [one for one in listed if one.get("State") == "storage" and one.get("Command") == ["buildah"]]
        return {one["Id"]: (str(one.get("ImageID", "")), str(one.get("Image", ""))) for one in working}
