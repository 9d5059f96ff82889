"""The Dockerfile and the folder of a build that watches one RUN of the original, and is thrown away."""

from __future__ import annotations

import json
import os
import secrets
import shutil

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model.stage import DEFAULT_SHELL
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.watching.moved_runs import MovedRun

TARGET = "dfix-watched"
"""The stage whose files are what was seen."""
CONTEXT = "dfix-watch"
"""The name of the build context with the scripts that watch."""
CANARY, QUIET = "/.dfix/read", "/.dfix/quiet"
"""A file that is always read, and one that never is: they tell whether reads are seen at all."""
_SCRIPTS = ("watch.sh", "as_user.sh")
_WATCH = ("/bin/sh", "/.dfix/watch.sh")
_AS_USER = ("/bin/sh", "/.dfix/as_user.sh")
_ROOT = (None, "root", "0", "root:root", "0:0", "root:0", "0:root")


class UnwatchableError(Exception):
    """A RUN that cannot be watched; the text says why."""


def dockerfile(source: Source, run: MovedRun) -> Source:
    """The author's lines up to the RUN, the RUN, and a stage with what was seen. Raises UnwatchableError.

    SHELL puts the scripts before the RUN's command, so that its text stays as it is.
    """
    step = run.step
    if step.user == "?":
        raise UnwatchableError("its USER is only known during the build")
    switch = step.user not in _ROOT
    before = (*_WATCH, *_AS_USER, str(step.user)) if switch else _WATCH
    lines = [
        source.text[: step.instruction.span.start].rstrip("\n"),
        *(["USER root"] if switch else []),
        f"COPY --from={CONTEXT} . /.dfix/",
        f"SHELL {json.dumps([*before, *(step.shell or DEFAULT_SHELL)])}",
        _watched(run, before),
        f"FROM scratch AS {TARGET}",
        f"COPY --from={step.stage.index} /.dfix/out /",
    ]
    return Source(source.path, "\n".join(lines) + "\n")


def _watched(run: MovedRun, before: tuple[str, ...]) -> str:
    """The RUN; in exec form, which SHELL does not reach, with the scripts before its words."""
    (instruction,) = parse(Source("", f"FROM scratch\n{run.instruction}\n")).instructions[1:]
    words = instruction.json
    if words is None:
        return run.instruction
    flags = "".join(f"{flag} " for flag in _flags(instruction.logical))
    return f"RUN {flags}{json.dumps([*before, *(word.text for word in words)])}"


def _flags(logical: str) -> list[str]:
    return [word for word in logical.partition("[")[0].split() if word.startswith("--")]


def fill(folder: str, run: MovedRun) -> None:
    """Put the scripts and the list of the files to watch into a new folder.

    A random file in it keeps the engine from taking the RUN from its cache.
    """
    os.mkdir(folder)
    for name in _SCRIPTS:
        shutil.copyfile(os.path.join(os.path.dirname(__file__), name), os.path.join(folder, name))
    _write(folder, "paths", "\0".join((CANARY, QUIET, *watchable(run))))
    _write(folder, "files", "\0".join(watchable(run)))
    _write(folder, "nonce", secrets.token_hex(16))


def watchable(run: MovedRun) -> list[str]:
    """The image paths that are watched: those whose names the programs print as they are."""
    return [path for path in run.files if not {"\n", "\\"}.intersection(path)]


def _write(folder: str, name: str, text: str) -> None:
    with open(os.path.join(folder, name), "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write(text)
