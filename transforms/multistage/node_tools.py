"""Programs that a Node.js application runs with and that its folder lacks: Corepack's, and globally installed ones."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.language_facts import language_facts
from dfix.rewriter.knowledge.load import node_managers
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.development_dependencies import PACKAGE_OF
from dfix.transforms.multistage.runtime_stage import BuildStage

_GLOBAL = frozenset(("-g", "--global", "--location=global", "global"))
_VERBS = frozenset(("install", "i", "add", "global"))
_ONLY_BUILD = frozenset(
    "npm yarn pnpm bun corepack typescript ts-node @nestjs/cli @angular/cli gulp gulp-cli grunt grunt-cli rimraf vite "
    "webpack webpack-cli turbo nx lerna node-gyp bower".split()
)
"""Packages that a program does not need at run time, unless its commands name them."""
_OF_THE_IMAGES = frozenset(("npm", "yarn"))
"""Package managers of all images: https://github.com/nodejs/docker-node"""


def installs_globally(command: ClassifiedCommand) -> bool:
    """Whether a command installs packages for the whole image (`npm install -g pm2`)."""
    return (
        command.program in node_managers()
        and not _GLOBAL.isdisjoint(command.arguments)
        and not _VERBS.isdisjoint(command.arguments)
    )


def global_packages(command: ClassifiedCommand) -> Iterator[str]:
    """The names, without versions, of the packages that such a command installs."""
    for word in command.arguments:
        if not word.startswith("-") and word not in _VERBS:
            yield re.sub(r"(?<=.)@.*", "", word)


def needed_globally(build: BuildStage, manifest: Mapping[str, Any]) -> frozenset[str]:
    """The globally installed packages that a container needs.

    Raises LeaveAlone for one of which it is not known whether the program needs it, or its install compiles something.
    """
    named = {PACKAGE_OF.get(word, word) for word in _named(build, manifest)}
    easy = language_facts("node").global_programs
    needed: set[str] = set()
    for command in build.build_commands:
        for name in global_packages(command) if installs_globally(command) else ():
            if name in _OF_THE_IMAGES or (name in _ONLY_BUILD and name not in named):
                continue
            if name not in easy:
                raise LeaveAlone("unknown-command", f"`{command.shortened}` may install something the program needs")
            needed.add(name)
    return frozenset(needed)


def tool_runs(build: BuildStage, manifest: Mapping[str, Any], needed: frozenset[str]) -> tuple[str, ...]:
    """The RUNs that bring these packages, and Corepack's programs where a container runs one, to the runtime stage.

    Raises LeaveAlone where the runtime stage would run them as another user than root.
    """
    corepack = _corepack_program(build, manifest)
    commands = [
        command
        for command in build.build_commands
        if (installs_globally(command) and needed.intersection(global_packages(command)))
        or (command.program == "corepack" and corepack)
    ]
    if not commands:
        return ()
    first, last = commands[0].step, build.build_commands[-1].step
    user = next(
        (step.user for step in build.stage.steps[: last.index + 1] if step.user not in (None, "root", "0")), None
    )
    if user is not None or first.user not in (None, "root", "0"):
        raise LeaveAlone("user", f"`{commands[0].shortened}` and the start of the program need different users")
    lines = [" ".join(word.text for word in command.located.words) for command in commands]
    return (f"RUN {' && '.join(dict.fromkeys(lines))}\n",)


def fetch_run(build: BuildStage, manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """The RUN with which Corepack fetches the program that a container runs, as the build did when it installed."""
    program = _corepack_program(build, manifest)
    return (f"RUN {program} --version\n",) if program else ()


def _corepack_program(build: BuildStage, manifest: Mapping[str, Any]) -> str:
    """The program of Corepack that a container runs: "pnpm"; "" for none, or one that the image has itself."""
    if not any(command.program == "corepack" for command in build.build_commands):
        return ""
    named = set(_named(build, manifest))
    asked = str(manifest.get("packageManager") or "")
    if "pnpm" in named:
        return "pnpm"
    return "yarn" if "yarn" in named and re.match(r"yarn@(?!1\.)", asked) else ""


def _named(build: BuildStage, manifest: Mapping[str, Any]) -> Iterator[str]:
    """The words of what a container runs; where it runs a script of package.json, of all scripts."""
    yield from (posixpath.basename(word) for word in build.start.words)
    yield from re.findall(r"[\w@./-]+", build.start.script)
    if posixpath.basename(build.start.words[0]) in node_managers() | of_kind("shell"):
        yield from re.findall(r"[\w@/-]+", json.dumps(manifest.get("scripts") or {}))
