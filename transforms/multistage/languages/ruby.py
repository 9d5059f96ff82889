"""Ruby: ship the installed gems and the application, without compilers."""

from __future__ import annotations

import itertools
import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.language_facts import language_facts
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.source_evidence import sources
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.full_image import runtime_image
from dfix.transforms.multistage.runtime_stage import (
    BUILD_IMAGE_PROGRAMS,
    COPY_COMMANDS,
    BuildStage,
    RuntimeStage,
    StageCopy,
)
from dfix.transforms.multistage.system_packages import linked_libraries

NAME = "Bundler"
PROGRAMS = frozenset(("bundle", "bundler"))
DEFAULT_COMMAND = ()
_DEFAULT_GEM_FOLDER = "/usr/local/bundle"
"""GEM_HOME of the official images: https://github.com/docker-library/docs/tree/master/ruby"""
_LOCKED_GEM = re.compile(r"^    ([\w.-]+) \(", re.MULTILINE)


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
    libraries = (
        linked_libraries(build, gems, language_facts("ruby").dev_packages) if image != build.base.reference else ()
    )
    gem_folder = _gem_folder(build)
    settings = _bundler_settings(build)
    copies = [StageCopy(gem_folder, gem_folder), *settings]
    replaces = [gem_folder]
    if any(
        command.arguments[:1] not in (("install",), ("config",), ("update",), ())
        for command in build.build_commands
        if command.program != "gem"
    ):
        folder = build.start.workdir
        if folder == "/" or folder.startswith("?"):
            raise LeaveAlone("unknown-folder", "the application's folder in the image is unknown, or the root folder")
        copies.append(StageCopy(folder, folder))
        replaces.append(folder)
    return RuntimeStage(
        image,
        tuple(copies),
        replaces=tuple(replaces),
        extra_packages=libraries,
        left_behind=f"the compilers of {build.base.reference}" if image != build.base.reference else "",
        megabytes_saved=build.base.saves if image != build.base.reference else 0,
        missing_programs=BUILD_IMAGE_PROGRAMS if image != build.base.reference else frozenset(),
    )


def _gem_folder(build: BuildStage) -> str:
    """The image folder into which the gems are installed."""
    for command in build.build_commands:
        words = command.arguments
        if command.program in PROGRAMS and (
            words[:1] == ("config",) or any(word.startswith("--path") for word in words)
        ):
            names = [word for word in words if word not in ("config", "set", "--local", "--global")]
            path = next((b for a, b in itertools.pairwise(names) if a in ("path", "--path")), None)
            path = path or next((word.partition("=")[2] for word in words if word.startswith("--path=")), None)
            if path is not None:
                folder = command.image_path(path)
                if not folder:
                    raise LeaveAlone("install-place", f"dfix cannot tell where `{command.shortened}` puts the gems")
                return folder
            if names[:1] == ["deployment"] or "--deployment" in words:
                return posixpath.join(command.located.folder or "?", "vendor/bundle")
    for name in ("BUNDLE_PATH", "GEM_HOME", "BUNDLE_DEPLOYMENT"):
        if any(name in step.instruction.value for step in build.stage.steps if step.keyword in ("ENV", "ARG")):
            value = build.stage.env.get(name)
            if name == "BUNDLE_DEPLOYMENT" or value is None:
                raise LeaveAlone("install-place", f"{name} is set, so dfix cannot tell where the gems are")
            return value
    return _DEFAULT_GEM_FOLDER


def _bundler_settings(build: BuildStage) -> tuple[StageCopy, ...]:
    """The copy of Bundler's settings from the user's home: `bundle exec` must know which groups were left out."""
    for command in build.build_commands:
        if command.program not in PROGRAMS or command.arguments[:1] != ("config",):
            continue
        if "--global" in command.arguments:
            if command.step.user not in (None, "root", "0"):
                raise LeaveAlone("install-place", f"dfix cannot tell where `{command.shortened}` stores its setting")
            return (StageCopy("/root/.bundle", "/root/.bundle"),)
        if "set" not in command.arguments and "--local" not in command.arguments:
            raise LeaveAlone(
                "install-place",
                f"where `{command.shortened}` stores its setting depends on Bundler's version",
                "add --local",
            )
    return ()


def _gems(build: BuildStage) -> set[str]:
    """The gems that Gemfiles and their lock files name."""
    gems: set[str] = set()
    for path, text in sources(build.context, ("Gemfile", "Gemfile.lock")):
        gems |= (
            set(_LOCKED_GEM.findall(text))
            if path.endswith(".lock")
            else set(re.findall(r"^\s*gem ['\"]([\w.-]+)", text, re.MULTILINE))
        )
    return gems
