"""Real Dockerfiles and histories, built with stand-ins: every image is busybox, every RUN writes something new.

So a Dockerfile keeps what decides about its cache (COPYs, stages, ignore file, settings), and needs no network.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from shared_data import reach_commits

from dfix.rewriter.dockerfile import Instruction, parse
from dfix.rewriter.model import build
from dfix.rewriter.model.reruns.again import static_path
from dfix.rewriter.text.source import Source
from tests.engine.rebuilds import Builds, Outcome

MOST_EDITS = 10
_OWNER = re.compile(r"--chown=\S+ *")
_DEPENDS = ("SHELL", "ONBUILD")


class NoStandInError(Exception):
    """The Dockerfile needs something that has no stand-in."""


class Change(NamedTuple):
    """A commit of the history: the files that it changed and that are still there."""

    name: str
    paths: tuple[str, ...]


def stand_in(text: str) -> str:
    """The Dockerfile with stand-ins. Raises NoStandInError."""
    tree = parse(Source("Dockerfile", text))
    model = build(tree)
    names = {stage.name for stage in model.stages if stage.name}
    taken = sorted({path for stage in model.stages for step in stage.steps for path in _taken(step.instruction, names)})
    lines = [" ".join(i.logical.split()) for i in tree.instructions if i.keyword == "ARG" and i.line < _first(text)]
    made = " ".join(taken)
    for stage in model.stages:
        parent = stage.parent.name or stage.parent.index if stage.parent is not None else "busybox"
        lines.append(f"FROM {parent}" + (f" AS {stage.name}" if stage.name else ""))
        if stage.parent is None:
            lines.append(f"RUN : {uuid4()}" + (f"; mkdir -p {made}" if made else ""))
        for step in stage.steps:
            lines += _line(step.instruction, step.instruction.line, made)
    return "\n".join(lines) + "\n"


def _first(text: str) -> int:
    return next(i.line for i in parse(Source("Dockerfile", text)).instructions if i.keyword == "FROM")


def _line(instruction: Instruction, number: int, made: str) -> Iterator[str]:
    text = " ".join(instruction.logical.split())
    if instruction.keyword in _DEPENDS or instruction.heredocs or ("://" in text and instruction.keyword == "ADD"):
        raise NoStandInError(text)
    if instruction.keyword == "RUN":
        flags = [
            f"--mount={f.value}" for f in instruction.flags if f.name == "mount" and "type=bind" in (f.value or "")
        ]
        folders = f"/ /*/ /*/*/ {made}"
        script = f"for d in {folders}; do cat /proc/sys/kernel/random/uuid > $d/.again; done 2> /dev/null; : {number}"
        yield " ".join(["RUN", *flags, script])
    elif instruction.keyword == "USER":
        yield "USER 0"
    elif instruction.keyword in ("COPY", "ADD"):
        for word in instruction.words[:-1] if instruction.flag("from") is not None else ():
            if any(mark in word.text for mark in "*?["):  # what a RUN of a stand-in writes has another name
                text = text.replace(word.text, static_path(word.text))
        yield _OWNER.sub("", text)
    elif instruction.keyword != "HEALTHCHECK":
        yield text


def _taken(instruction: Instruction, names: set[str]) -> Iterator[str]:
    """The paths that a COPY takes from another stage."""
    source = instruction.flag("from")
    if source is None or instruction.keyword != "COPY":
        return
    if (source.value or "").lower() not in names and not (source.value or "").isdecimal():
        raise NoStandInError(instruction.logical)
    for word in instruction.words[:-1]:
        path = static_path(word.text)
        if "$" in word.text or path == "/":
            raise NoStandInError(instruction.logical)
        yield path


def changes(history: Path, context: Path) -> Iterator[Change]:
    """The commits of a history file that change files which are still there."""
    for name, paths in reach_commits(history):
        kept = tuple(path for path in paths if (context / path).is_file() and not (context / path).is_symlink())
        if kept:
            yield Change(name, kept)


def outcomes_of(
    context: Path, dockerfile: str, history: Path, folder: Path, environment: Mapping[str, str]
) -> Iterator[Outcome]:
    """Ten commits of a context, each built. Raises NoStandInError; AssertionError if the first build fails."""
    place = folder / "context"
    shutil.copytree(context, place, symlinks=True)
    try:
        path = place / dockerfile
        path.write_text(stand_in(path.read_text(encoding="utf-8")), encoding="utf-8")
        builds = Builds(place, environment, dockerfile)
        try:
            builds.ran()
        except AssertionError as error:
            raise NoStandInError(str(error)) from None
        found = [change for change in changes(history, place) if dockerfile not in change.paths]
        for change in found[:: max(len(found) // MOST_EDITS, 1)][:MOST_EDITS]:
            for name in change.paths:
                with (place / name).open("a") as file:
                    file.write(f"{uuid4()}\n")
            builds.read_again()
            yield Outcome(change.name, builds.places(set(builds.reruns.again(change.paths))), builds.ran())
    finally:
        shutil.rmtree(place)
