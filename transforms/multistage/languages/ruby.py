"""Ruby: ship the installed gems and the application, without compilers."""

from __future__ import annotations

import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.language_facts import language_facts
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.source_evidence import sources
from dfix.rewriter.model.start_scripts import FULL_IMAGE_PROGRAMS
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.transforms.multistage.bundler_settings import PROGRAMS, bundler_files, subcommand
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.full_image import runtime_image
from dfix.transforms.multistage.runtime_stage import (
    COPY_COMMANDS,
    BuildStage,
    RuntimeStage,
    StageCopy,
)
from dfix.transforms.multistage.system_packages import linked_libraries

NAME = "Bundler"
DEFAULT_COMMAND = ()
_LOCKED_GEM = expression(r"^    ([\w.-]+) \(", re.MULTILINE)


def is_build_command(command: Located) -> bool:
    """Whether a command installs gems, runs the build's tasks, or moves files."""
    program = program_name(command.words[0])
    return program in PROGRAMS or program in COPY_COMMANDS or program in ("gem", "rake", "bootsnap")


def runtime_stage(build: BuildStage) -> RuntimeStage | None:
    """The gems' folder, and the application's where a task builds in it, on the same Ruby."""
    if build.base.language != "ruby":
        raise LeaveAlone("base-image", f"dfix does not know where {build.base.reference} keeps its gems")
    gems = _gems(build)
    image = runtime_image(build, "ruby", gems)
    if image is None:
        return None
    libraries = linked_libraries(build, gems, language_facts("ruby")) if image != build.base.reference else ()
    files = bundler_files(build)
    copies = [StageCopy(files.gem_folder, files.gem_folder), *files.others]
    replaces = [files.gem_folder]
    if any(_writes_in_application(command) for command in build.build_commands):
        folder = build.start.workdir
        if folder == "/" or folder.startswith("?"):
            raise LeaveAlone("unknown-folder", "the application's folder in the image is unknown, or the root folder")
        copies = [copy for copy in copies if not within(copy.target, folder)] + [StageCopy(folder, folder)]
        replaces.append(folder)
    return RuntimeStage(
        image,
        tuple(copies),
        replaces=tuple(replaces),
        extra_packages=libraries,
        left_behind=f"the compilers of {build.base.reference}" if image != build.base.reference else "",
        megabytes_saved=build.base.saves if image != build.base.reference else 0,
        missing_programs=FULL_IMAGE_PROGRAMS if image != build.base.reference else frozenset(),
        may_lack_libraries=image != build.base.reference,
    )


def _writes_in_application(command: ClassifiedCommand) -> bool:
    """Whether a command may write into the application's folder (`rake assets:precompile`, `--binstubs`)."""
    if command.program not in PROGRAMS:
        return command.program != "gem"
    binstubs = any(word.startswith("--binstubs") for word in command.arguments)
    return binstubs or subcommand(command) not in ("install", "update", "config")


def _gems(build: BuildStage) -> set[str]:
    """The gems that Gemfiles and their lock files name."""
    gems: set[str] = set()
    for path, text in sources(build.context, ("Gemfile", "Gemfile.lock")):
        gems |= (
            set(_LOCKED_GEM.findall(text))
            if path.endswith(".lock")
            else set(re.findall(r"^[^\S\n]*gem ['\"]([\w.-]+)", text, re.MULTILINE))
        )
    return gems
