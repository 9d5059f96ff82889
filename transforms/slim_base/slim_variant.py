"""Whether a base image can be exchanged for its slim variant, and what that variant lacks."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge import project_install
from dfix.rewriter.manifests import Blocked
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.official_images import BaseImage, base_image
from dfix.rewriter.model.source_evidence import ENDINGS, sources, starts_programs
from dfix.rewriter.model.stage import Stage
from dfix.rewriter.shell.walk import program_name

_HARMLESS = frozenset(
    "cd set export true : echo printf test [ mkdir chmod chown chgrp touch ln rm cp mv cat sed grep useradd "
    "groupadd usermod npm yarn node corepack ls id date sleep apt-get apt env tr cut head tail sort uniq wc find "
    "xargs tee install dirname basename python python3 pip pip3 ruby update-ca-certificates adduser addgroup".split()
)
"""Programs that the slim variants of Debian's images have, with their languages' own."""
_MEGABYTES = {"node": 880, "python": 870, "ruby": 770, "debian": 40}


class Slim(NamedTuple):
    """The reference to write, and about how much smaller the image gets."""

    image: str
    megabytes: int


def slim(model: Model, stage: Stage) -> Slim | Blocked | None:
    """The slim variant of a stage's base; None where there is none, or it is one."""
    base = base_image(stage.image)
    if base is None or not base.smaller or stage.parent is not None:
        return None
    if "$" in stage.instruction.words[0].text:
        return Blocked("variable", f"{stage.image} comes from a build argument", "change it where the argument is set")
    found = _commands(base, stage)
    if found is not None:
        return found
    if model.context is None:
        return Blocked("no-context", "the build context is not known", "name its folder with --context")
    found = _sources(base, model.context, stage)
    return found or Slim(base.smaller, _MEGABYTES.get(base.name, 0))


def _commands(base: BaseImage, stage: Stage) -> Blocked | None:
    """A command that the slim variant may not be able to run."""
    installed = _installed(stage)
    for step in stage.steps:
        line = step.instruction.line
        if step.onbuild:
            return Blocked("onbuild", f"`ONBUILD {step.keyword}` runs in builds that begin with this image")
        if step.keyword == "HEALTHCHECK" and re.search(r"\b(?:curl|wget|nc|pgrep|ps|git)\b", step.instruction.value):
            return Blocked("healthcheck", f"HEALTHCHECK in line {line} runs a program that {base.smaller} lacks")
        if step.keyword != "RUN":
            continue
        if step.script.opaque:
            return Blocked("unread", f"the RUN in line {line} is not read: {step.script.opaque}")
        for command in located(step):
            if not command.words:
                continue
            program = program_name(command.words[0])
            if program not in _HARMLESS and program not in installed:
                return Blocked("program", f"`{program}` in line {line} may need what {base.smaller} lacks")
    return None


def _installed(stage: Stage) -> set[str]:
    """The names of system packages that the stage installs, which are mostly those of their programs."""
    found: set[str] = set()
    for step in stage.steps:
        if step.keyword == "RUN":
            for command in located(step):
                words = [word.literal_or_text for word in command.words]
                if "install" in words and words[0] in ("apt-get", "apt"):
                    found |= set(words)
    return found


def _sources(base: BaseImage, context: Context, stage: Stage) -> Blocked | None:
    """What the sources or an install of packages may need of the full variant."""
    commands = [command for step in stage.steps if step.keyword == "RUN" for command in located(step)]
    if base.language in ("python", "ruby"):
        install = next((command for command in commands if _compiles(command)), None)
        if install is not None:
            shown = " ".join(word.text for word in install.words)
            return Blocked("compiles", f"`{shown}` may compile packages, for which {base.smaller} has no compiler")
    elif base.language == "node":
        native = _native(context, commands)
        if native is not None:
            return native
    place = starts_programs(context, base.language) if base.language in ENDINGS else ""
    return Blocked("runs-programs", f"{place} may run programs that {base.smaller} lacks") if place else None


def _compiles(command: Located) -> bool:
    words = [word.literal_or_text for word in command.words]
    return any(program in words[:3] for program in ("pip", "pip3", "poetry", "uv", "pipenv", "bundle", "gem")) and (
        "install" in words or "sync" in words
    )


def _native(context: Context, commands: list[Located]) -> Blocked | None:
    """A package whose install may compile something, by the lock file."""
    if not any(project_install(command.words) for command in commands if command.words):
        return None
    locks = [lock for path, lock in sources(context, ("package-lock.json",)) if "node_modules" not in path]
    if not locks:
        return Blocked("compiles", "without a package-lock.json it is not known which packages are compiled")
    for lock in locks:
        try:
            packages = json.loads(lock).get("packages")
        except (ValueError, AttributeError):
            packages = None
        if not isinstance(packages, dict):
            return Blocked("compiles", "the package-lock.json does not tell which packages are compiled")
        for name, entry in packages.items():
            if isinstance(entry, dict) and entry.get("hasInstallScript") and name:
                return Blocked("compiles", f"{name.removeprefix('node_modules/')} runs a script when it is installed")
    return None
