"""Decide whether a base image can be replaced by its slim variant."""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge import project_install
from dfix.rewriter.knowledge.language_facts import language_facts
from dfix.rewriter.knowledge.load import node_managers
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.model.official_images import BaseImage, base_image
from dfix.rewriter.model.package_json_commands import package_commands
from dfix.rewriter.model.source_evidence import ENDINGS, uses_the_system
from dfix.rewriter.model.stage import Stage
from dfix.rewriter.model.stage_sources import stage_sources
from dfix.rewriter.model.start_scripts import FULL_IMAGE_PROGRAMS, healthcheck_commands, interpreters, scripts_named
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.slim_base.documentation import check_documentation, check_text
from dfix.transforms.slim_base.java_runtime import java_runtime
from dfix.transforms.slim_base.packages import check_brought_packages, check_locked_packages, check_package, may_compile

_IN_SLIM_IMAGES = frozenset("npm yarn node corepack python python3 pip pip3 ruby apt-get apt".split())
"""Programs of the slim variants, besides those of every Debian."""


class SlimVariant(NamedTuple):
    """A slim variant of a base image."""

    reference: str
    """What to write after FROM."""
    megabytes_saved: int
    """About how much smaller it is."""


def slim_variant(model: Model, stage: Stage) -> SlimVariant | None:
    """The slim variant or JRE that can replace a stage's base image; None where there is none, or it is one already.

    Raises LeaveAlone where the stage may need what the slim variant lacks.
    """
    base = base_image(stage.image)
    if base is None or stage.parent is not None:
        return None
    if not base.smaller:
        runtime = java_runtime(model, stage, base)
        return SlimVariant(runtime, int(base.table.get("jre-saves", 0))) if runtime else None
    if "$" in stage.instruction.words[0].text:
        raise LeaveAlone(
            "variable", f"{stage.image} comes from a build argument", "change it where the argument is set"
        )
    _check_commands(base, stage)
    check_documentation(base, stage, _installed_words(stage))
    if model.context is None:
        raise LeaveAlone("no-context", "the build context is unknown", "name its folder with --context")
    _check_installs(base, model.context, stage)
    _check_sources(base, model, model.context, stage)
    check_brought_packages(base, model, stage)
    _check_scripts(base, model.context, stage)
    return SlimVariant(base.smaller, base.saves)


def _check_commands(base: BaseImage, stage: Stage) -> None:
    """Raise LeaveAlone for a command that may not run in the slim variant."""
    installed = _installed_words(stage)
    for step in stage.steps:
        line = step.instruction.line
        if step.onbuild:
            raise LeaveAlone("onbuild", f"`ONBUILD {step.keyword}` runs in builds that use this image as their base")
        if step.keyword == "HEALTHCHECK":
            words = {posixpath.basename(word) for command in healthcheck_commands(step) for word in command}
            lacking = sorted(words & FULL_IMAGE_PROGRAMS - installed)
            if lacking:
                raise LeaveAlone(
                    "needs-programs", f"HEALTHCHECK on line {line} runs `{lacking[0]}`, which {base.smaller} lacks"
                )
        if step.keyword != "RUN":
            continue
        if step.script.opaque:
            raise LeaveAlone("unread-script", f"dfix cannot read the RUN on line {line}: {step.script.opaque}")
        for command in located(step):
            if not command.words:
                continue
            program = program_name(command.words[0])
            if program not in of_kind("debian") | _IN_SLIM_IMAGES and program not in installed:
                raise LeaveAlone("needs-programs", f"`{program}` on line {line} may need what {base.smaller} lacks")


def _installed_words(stage: Stage) -> set[str]:
    """The words of the stage's `apt-get install` commands: most packages are named like their program."""
    installed: set[str] = set()
    for step in stage.steps:
        if step.keyword == "RUN":
            for command in located(step):
                words = [word.literal_or_text for word in command.words]
                if "install" in words and words[0] in ("apt-get", "apt"):
                    installed |= set(words)
    return installed


def _check_installs(base: BaseImage, context: Context, stage: Stage) -> None:
    """Raise LeaveAlone where an install may compile, or brings a package that needs the full image."""
    commands = [command for step in stage.steps if step.keyword == "RUN" for command in located(step)]
    facts = language_facts(base.language)
    if facts.compiling_installers:
        install = next((command for command in commands if may_compile(command)), None)
        if install is not None:
            shown = " ".join(word.text for word in install.words)
            raise LeaveAlone("compiles", f"`{shown}` may compile packages, and {base.smaller} has no compiler")
    if facts.lock_with_install_scripts and any(project_install(command.words) for command in commands if command.words):
        check_locked_packages(base, context)
    for command in commands:
        words = [word.literal_or_text for word in command.words]
        if words and program_name(command.words[0]) in node_managers() and not project_install(command.words):
            for word in words[1:]:
                check_package(base, re.sub(r"(?<=.)@.*", "", word), installs_here=True)


def _check_sources(base: BaseImage, model: Model, context: Context, stage: Stage) -> None:
    """Raise LeaveAlone where the sources in the stage run other programs or load libraries."""
    if base.language not in ENDINGS:
        return
    place = uses_the_system(stage_sources(context, stage, model.stages, ENDINGS[base.language]), base.language)
    if place:
        raise LeaveAlone("needs-programs", f"{place} may use programs or libraries that {base.smaller} lacks")


def _check_scripts(base: BaseImage, context: Context, stage: Stage) -> None:
    """Raise LeaveAlone where the slim variant lacks the interpreter or a program of a script that the stage starts."""
    start: list[str] = []
    checks: list[tuple[str, ...]] = []
    copies = []
    for step in stage.steps:
        if step.keyword == "HEALTHCHECK":
            checks += healthcheck_commands(step)
        elif step.keyword in ("ENTRYPOINT", "CMD"):
            start += [word.text for word in step.instruction.json or ()] or step.instruction.value.split()
        elif step.keyword in ("COPY", "ADD") and step.instruction.flag("from") is None:
            copies.append(copied(step, context))
    slim = base_image(base.smaller)
    installed = _installed_words(stage)
    brought = [copy for copy in copies if isinstance(copy, Copied)]
    started = [start, *checks]
    of_package = list(package_commands(context, brought, started, stage.workdir or "/"))
    program = next((words[0] for words in of_package if words[0] in FULL_IMAGE_PROGRAMS - installed), None)
    if program is not None:
        reason = f"`{' '.join(start)}` runs `{program}` by package.json, which {base.smaller} lacks"
        raise LeaveAlone("needs-programs", reason)
    for script in scripts_named(context, brought, [*started, *of_package], stage.workdir or "/"):
        if slim is None or script.interpreter not in interpreters(slim, installed):
            raise LeaveAlone(
                "needs-programs", f"{script.path} is a script for `{script.interpreter}`, which {base.smaller} lacks"
            )
        check_text(base, script.path, script.text)
        lacking = sorted(script.programs & FULL_IMAGE_PROGRAMS - installed)
        if lacking:
            raise LeaveAlone("needs-programs", f"{script.path} runs `{lacking[0]}`, which {base.smaller} lacks")
