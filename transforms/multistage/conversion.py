"""Decide whether and where to split a stage into a build stage and a runtime stage."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.container_commands import containers_of
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.model.official_images import base_image
from dfix.rewriter.model.paths import overlaps, within
from dfix.rewriter.model.stage import Stage, Step
from dfix.rewriter.model.stage_targets import file_that_targets
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.multistage.command_purpose import ClassifiedCommand, classified_commands
from dfix.transforms.multistage.entry_point import start_command
from dfix.transforms.multistage.language import languages_of, may_run_scripts
from dfix.transforms.multistage.run_time_programs import needed_packages
from dfix.transforms.multistage.runtime_stage import COPY_COMMANDS, BuildStage, RuntimeStage, moved_files
from dfix.transforms.multistage.runtime_steps import REPEATABLE, changed_paths, runtime_steps
from dfix.transforms.multistage.system_packages import PackageChoice, choose_packages


class Conversion(NamedTuple):
    """A stage that can be split, and how."""

    build: BuildStage
    runtime: RuntimeStage
    packages: PackageChoice
    """The author's system packages: which the runtime stage installs, and which it does without."""
    last_build_step: Step
    """The stage is cut after this step."""
    repeated_steps: tuple[Step, ...]
    """Steps of the build stage that the runtime stage repeats, in order, before its copies from the build stage."""
    after_copies: tuple[Step, ...]
    """RUNs that change the copied files, which the runtime stage repeats after the copies."""


def convert(model: Model, stage: Stage) -> Conversion | None:
    """How to split the stage; None where it builds nothing. Raises LeaveAlone where it must not be split."""
    languages = languages_of(stage)
    if not languages:
        return None
    language = languages[0]
    if len(languages) > 1:
        names = " and ".join(other.NAME for other in languages[:2])
        raise LeaveAlone("mixed", f"the stage builds with both {names}; dfix splits stages of one language only")
    base = base_image(stage.image)
    if base is None:
        raise LeaveAlone("base-image", f"dfix does not know what {stage.image} contains")
    if model.context is None:
        raise LeaveAlone("no-context", "the build context is unknown", "name its folder with --context")
    target = file_that_targets(model.context, stage.name) if stage.name else ""
    if target:
        raise LeaveAlone(
            "target-stage", f"{target} targets the stage `{stage.name}`, which would become the build stage"
        )
    commands = classified_commands(stage, language.is_build_command)
    copies = tuple(_context_copies(model.context, stage))
    scripts = may_run_scripts(language)
    default = language.DEFAULT_COMMAND
    if scripts and any(copy.brings_a_folder for copy in copies):
        default = tuple(base.table.get("command", default))
    start = start_command(stage, default, declared=containers_of(model, stage), scripts=scripts)
    build = BuildStage(model, stage, model.context, base, start, commands, copies)
    runtime = language.runtime_stage(build)
    if runtime is None:
        return None
    return _conversion(build, _without_removed(build, runtime))


def _context_copies(context: Context, stage: Stage) -> Iterator[Copied]:
    for step in stage.steps:
        if step.keyword not in ("COPY", "ADD") or step.onbuild or step.instruction.flag("from") is not None:
            continue
        copy = copied(step, context)
        if not isinstance(copy, Copied):
            line = step.instruction.line
            raise LeaveAlone("unclear-copy", f"dfix cannot follow the {step.keyword} on line {line}: {copy.reason}")
        yield copy


def _without_removed(build: BuildStage, runtime: RuntimeStage) -> RuntimeStage:
    """The runtime stage without the files that an `rm` of the build removes.

    Raises LeaveAlone where an image path is unknown, or the `rm` removes what the program needs.
    """
    paths = [*(path for copy in runtime.copies for path in copy), *runtime.may_read]
    unknown = next((path for path in paths if not path.startswith("/")), None)
    if unknown is not None:
        # a path below an unknown folder begins with "?/"
        shown = unknown.removeprefix("?/")
        raise LeaveAlone("unknown-folder", f"the image path of `{shown}` is unknown", "add a WORKDIR")
    operands = [
        (command, word)
        for command in build.commands
        if command.program == "rm"
        for word in command.arguments
        if not word.startswith("-")
    ]
    removed: list[str] = []
    for command, word in operands:
        path = command.image_path(word.rstrip("*").rstrip("/") or "/")
        if path is not None and set("*?[{").intersection(path):
            # a pattern removes only files below the folder before it
            folder = posixpath.dirname(re.split(r"[*?\[{]", path)[0]) or "/"
            path = None if any(overlaps(folder, place) for place in paths) else folder
        if path is None:
            raise LeaveAlone("removed", f"dfix cannot tell which files `{command.shortened}` removes")
        removed.append(path)
    needed = next((copy.source for copy in runtime.copies if any(within(copy.source, path) for path in removed)), None)
    if needed is not None:
        raise LeaveAlone("removed", f"an `rm` removes {needed}, which the program needs")
    left = tuple(place for place in runtime.may_read if not any(within(place, path) for path in removed))
    return runtime._replace(may_read=left)


def _conversion(build: BuildStage, runtime: RuntimeStage) -> Conversion:
    """Where to cut, what to install, and which steps to repeat.

    The cut is after the last RUN that does more than create users or folders.
    """
    runs = [step for step in build.stage.steps if step.keyword == "RUN"]
    build_runs = [
        step
        for step in runs
        if any(command.purpose not in REPEATABLE for command in build.commands if command.step is step)
    ]
    while len(build_runs) > 1 and build_runs[-1] in runtime.runs_there:
        build_runs.pop()
    last_build_step = build_runs[-1]
    for step in runs:
        if step.index <= last_build_step.index:
            _check_run(build, runtime, step)
    release = _runtime_release(runtime.base_image, build)
    installing = [command for command in build.commands if command.step.index <= last_build_step.index]
    packages = choose_packages(installing, release, runtime.extra_packages)
    later = frozenset(build.installed_packages) - {*packages.kept, *packages.left_behind}
    tools = needed_packages(build, runtime, later.union(packages.kept))
    packages = packages._replace(kept=tuple(dict.fromkeys((*packages.kept, *tools))))
    if runtime.base_image == "scratch" and packages.kept:
        raise LeaveAlone("packages", f"an empty base image (scratch) cannot install {', '.join(packages.kept)}")
    steps = runtime_steps(build, runtime, last_build_step)
    manager = "apk" if runtime.base_image.startswith("alpine") or build.base.alpine else "apt"
    return Conversion(build, runtime, packages._replace(manager=manager), last_build_step, *steps)


def _check_run(build: BuildStage, runtime: RuntimeStage, step: Step) -> None:
    """Raise LeaveAlone where the runtime stage would lack something that a RUN of the build stage does."""
    commands = [command for command in build.commands if command.step is step]
    line = step.instruction.line
    for command in commands:
        if command.purpose == "other":
            raise LeaveAlone(
                "unknown-command", f"`{command.shortened}` on line {line} may create something the program needs"
            )
    if all(command.purpose in REPEATABLE for command in commands):
        return
    for command in commands:
        if command.purpose == "user":
            raise LeaveAlone(
                "shared-run", f"the RUN on line {line} both creates users and builds", "split it into two RUNs"
            )
        if command.purpose == "plain" and not _accounted_for(build, runtime, _redirect_targets(command)):
            raise LeaveAlone(
                "shared-run", f"`{command.shortened} > …` on line {line} may write a file the program needs"
            )
        if command.purpose == "folder" and not _accounted_for(build, runtime, changed_paths(command)):
            raise LeaveAlone(
                "shared-run",
                f"`{command.shortened}` on line {line} shares a RUN with the build",
                "split it into two RUNs",
            )
        targets = list(moved_files(command) or ("?",)) if command.program in COPY_COMMANDS else []
        if targets and not _accounted_for(build, runtime, targets):
            raise LeaveAlone(
                "unknown-command", f"`{command.shortened}` on line {line} may put a file where the program needs it"
            )


def _redirect_targets(command: ClassifiedCommand) -> list[str | None]:
    return [
        command.image_path(redirect.target.literal_or_text)
        for redirect in command.located.command.redirects
        if redirect.target is not None
        and redirect.op.startswith(">")
        and not redirect.target.literal_or_text.startswith("/dev/")
    ]


def _accounted_for(build: BuildStage, runtime: RuntimeStage, paths: list[str | None] | list[str]) -> bool:
    """Whether all paths are below what the runtime stage copies, or below what it can do without (the sources)."""
    places = [*(copy.source for copy in runtime.copies), *runtime.may_read, *runtime.replaces, "/tmp"]
    if runtime.sources_only:  # else the runtime stage copies the sources from the context, without the RUNs' changes
        places += [copy.destination for copy in build.context_copies if copy.brings_a_folder]
        places += [build.start.workdir]
    places = [place for place in places if place != "/"]
    return all(path is not None and any(within(path, place) for place in places) for path in paths)


def _runtime_release(reference: str, build: BuildStage) -> str:
    """The distribution's release in the runtime stage's base image ("bookworm")."""
    image = base_image(reference)
    return (image.release if image is not None else "") or build.base.release
