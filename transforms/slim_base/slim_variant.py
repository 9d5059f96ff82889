"""Whether a base image can be exchanged for its slim variant, and what that variant lacks."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge import project_install
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.official_images import BaseImage, base_image
from dfix.rewriter.model.source_evidence import ENDINGS, sources, starts_programs
from dfix.rewriter.model.stage import Stage
from dfix.rewriter.shell.walk import program_name

_OWN = frozenset("npm yarn node corepack python python3 pip pip3 ruby apt-get apt".split())
"""Programs that the slim variants have for their languages and for packages, besides those of every Debian."""


class Slim(NamedTuple):
    """The reference to write, and about how much smaller the image gets."""

    image: str
    megabytes: int


def slim(model: Model, stage: Stage) -> Slim | None:
    """The slim variant of a stage's base; None where there is none, or it is one."""
    base = base_image(stage.image)
    if base is None or not base.smaller or stage.parent is not None:
        return None
    if "$" in stage.instruction.words[0].text:
        raise LeaveAlone(
            "variable", f"{stage.image} comes from a build argument", "change it where the argument is set"
        )
    _commands(base, stage)
    if model.context is None:
        raise LeaveAlone("no-context", "the build context is not known", "name its folder with --context")
    _sources(base, model.context, stage)
    return Slim(base.smaller, base.saves)


def _commands(base: BaseImage, stage: Stage) -> None:
    """Raises LeaveAlone for a command that the slim variant may not be able to run."""
    installed = _installed(stage)
    for step in stage.steps:
        line = step.instruction.line
        if step.onbuild:
            raise LeaveAlone("onbuild", f"`ONBUILD {step.keyword}` runs in builds that begin with this image")
        if step.keyword == "HEALTHCHECK" and re.search(r"\b(?:curl|wget|nc|pgrep|ps|git)\b", step.instruction.value):
            raise LeaveAlone("needs-programs", f"HEALTHCHECK on line {line} runs a program that {base.smaller} lacks")
        if step.keyword != "RUN":
            continue
        if step.script.opaque:
            raise LeaveAlone("unread-script", f"the RUN on line {line} is not read: {step.script.opaque}")
        for command in located(step):
            if not command.words:
                continue
            program = program_name(command.words[0])
            if program not in of_kind("debian") | _OWN and program not in installed:
                raise LeaveAlone("needs-programs", f"`{program}` on line {line} may need what {base.smaller} lacks")


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


def _sources(base: BaseImage, context: Context, stage: Stage) -> None:
    """Raises LeaveAlone where the sources or an install of packages may need the full variant."""
    commands = [command for step in stage.steps if step.keyword == "RUN" for command in located(step)]
    if base.language in ("python", "ruby"):
        install = next((command for command in commands if _compiles(command)), None)
        if install is not None:
            shown = " ".join(word.text for word in install.words)
            raise LeaveAlone("compiles", f"`{shown}` may compile packages, for which {base.smaller} has no compiler")
    elif base.language == "node":
        _native(context, commands)
    place = starts_programs(context, base.language) if base.language in ENDINGS else ""
    if place:
        raise LeaveAlone("needs-programs", f"{place} may run programs that {base.smaller} lacks")


def _compiles(command: Located) -> bool:
    words = [word.literal_or_text for word in command.words]
    return any(program in words[:3] for program in ("pip", "pip3", "poetry", "uv", "pipenv", "bundle", "gem")) and (
        "install" in words or "sync" in words
    )


def _native(context: Context, commands: list[Located]) -> None:
    """A package whose install may compile something, by the lock file."""
    if not any(project_install(command.words) for command in commands if command.words):
        return
    locks = [lock for path, lock in sources(context, ("package-lock.json",)) if "node_modules" not in path]
    if not locks:
        raise LeaveAlone("compiles", "without a package-lock.json it is not known which packages are compiled")
    for lock in locks:
        try:
            packages = json.loads(lock).get("packages")
        except (ValueError, AttributeError):
            packages = None
        if not isinstance(packages, dict):
            raise LeaveAlone("compiles", "the package-lock.json does not tell which packages are compiled")
        for name, entry in packages.items():
            if isinstance(entry, dict) and entry.get("hasInstallScript") and name:
                raise LeaveAlone("compiles", f"{name.removeprefix('node_modules/')} runs a script when it is installed")
