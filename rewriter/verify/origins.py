"""Which instruction is behind each difference of two images: what wrote the path, by the layer that has it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.dockerfile.instruction import Instruction
from dfix.rewriter.model import Model
from dfix.rewriter.model import build as build_model
from dfix.rewriter.model.build import assignments
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.compare import Comparison, Difference, Origin
from dfix.rewriter.verify.image import Image
from dfix.rewriter.verify.step_times import shipped_stages, steps_of_layers

BASE_IMAGE = Origin(0, "")
_MOST_SHOWN = 60
_KEYWORDS = {
    "Cmd": "CMD", "Entrypoint": "ENTRYPOINT", "WorkingDir": "WORKDIR", "User": "USER", "ExposedPorts": "EXPOSE",
    "Volumes": "VOLUME", "Healthcheck": "HEALTHCHECK", "StopSignal": "STOPSIGNAL", "Shell": "SHELL",
    "OnBuild": "ONBUILD", "Env": "ENV", "Labels": "LABEL", "author": "MAINTAINER",
}  # fmt: skip


class BuiltFrom(NamedTuple):
    """An image and the Dockerfile that it was built from."""

    image: Image
    source: Source


def with_origins(found: Comparison, before: BuiltFrom, after: BuiltFrom, target: str) -> Comparison:
    """The comparison, each difference with the instructions behind it; `target` is the stage that was built."""
    if not found.differences:
        return found
    was, now = _Origins(before, target), _Origins(after, target)
    rows = tuple(row._replace(was=was.of(row), now=now.of(row)) for row in found.differences)
    return found._replace(differences=rows)


class _Origins:
    """What wrote the paths of one image."""

    def __init__(self, built: BuiltFrom, target: str) -> None:
        self._image = built.image
        model = build_model(parse(built.source))
        known = bool(model.stages) and not model.opaque
        self._steps = steps_of_layers(model, target, built.image) if known else {}
        self._instructions = tuple(_instructions(model, target)) if known else ()

    def of(self, difference: Difference) -> Origin | None:
        """The instruction behind one difference, in this image; None where none is or can be told."""
        if difference.kind == "config":
            return self._of_setting(difference.path.removeprefix("config "))
        if not self._steps or not difference.path.startswith("/"):
            return None
        path = difference.path[1:]
        at = self._writer(path) if path in self._image.entries else self._remover(path)
        if at is None:
            return None
        return shown(self._steps[at].instruction) if at in self._steps else BASE_IMAGE

    def _writer(self, path: str) -> int | None:
        """The highest layer that has a path."""
        layers = self._image.layers
        return next((at for at in range(len(layers) - 1, -1, -1) if any(path in one for one in layers[at].wrote)), None)

    def _remover(self, path: str) -> int | None:
        """The highest layer that removes a path, or a folder that it is in."""
        layers = self._image.layers
        gone = {path, *_above(path)}
        return next((at for at in range(len(layers) - 1, -1, -1) if not gone.isdisjoint(layers[at].removed)), None)

    def _of_setting(self, name: str) -> Origin | None:
        """The last instruction that sets a part of the configuration."""
        kind, _, key = name.partition(" ")
        for instruction in reversed(self._instructions):
            if instruction.keyword == _KEYWORDS.get(kind) and (not key or _sets(instruction, key)):
                return shown(instruction)
        return None


def shown(instruction: Instruction) -> Origin:
    """An instruction as the origin of a difference."""
    text = " ".join(instruction.logical.split())
    return Origin(instruction.line, text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…")


def _instructions(model: Model, target: str) -> Iterator[Instruction]:
    for stage in shipped_stages(model, target):
        yield from (step.instruction for step in stage.steps if not step.onbuild)


def _sets(instruction: Instruction, name: str) -> bool:
    return any(key.strip("\"'") == name for key, _ in assignments(instruction))


def _above(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path
