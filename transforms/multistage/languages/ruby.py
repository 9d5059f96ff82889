"""Ruby: the installed gems and the application, without the compilers that they took."""

from __future__ import annotations

import itertools
import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.source_evidence import sources, starts_programs
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.runtime_stage import (
    BUILD_IMAGE_PROGRAMS,
    COPY_COMMANDS,
    BuildStage,
    RuntimeStage,
    StageCopy,
)
from dfix.transforms.multistage.system_packages import linked_libraries, ships_build_packages

NAME = "Bundler"
PROGRAMS = frozenset(("bundle", "bundler"))
DEFAULT_COMMAND = ()
_GEMS = "/usr/local/bundle"
"""GEM_HOME of the official images: https://github.com/docker-library/docs/tree/master/ruby"""
_LINKS = {
    "pg": "libpq-dev",
    "mysql2": "default-libmysqlclient-dev",
    "sqlite3": "libsqlite3-dev",
    "curb": "libcurl4-openssl-dev",
    "ffi": "libffi-dev",
    "charlock_holmes": "libicu-dev",
    "psych": "libyaml-dev",
}
_NEEDS_MORE = frozenset("rmagick mini_magick git rugged execjs wkhtmltopdf-binary ruby-vips".split())
_LOCKED = re.compile(r"^    ([\w.-]+) \(", re.MULTILINE)


def is_build_command(command: Located) -> bool:
    """Whether a command belongs to an installation of gems."""
    program = program_name(command.words[0])
    return program in PROGRAMS or program in COPY_COMMANDS or program in ("gem", "rake", "bootsnap")


def runtime_stage(build: BuildStage) -> RuntimeStage | None:
    """The folder of the gems on the same Ruby."""
    if build.base.language != "ruby":
        raise LeaveAlone("base-image", f"where {build.base.reference} keeps its gems is not known")
    more = _needs_more(build)
    image = build.base.smaller if build.base.smaller and not more else build.base.reference
    if image == build.base.reference and not ships_build_packages(build):
        if more and build.base.smaller:
            raise LeaveAlone("needs-programs", f"{build.base.reference} stays: {more}")
        return None
    libraries = linked_libraries(build, _named(build), _LINKS) if image != build.base.reference else ()
    gems = _folder(build)
    settings = _settings(build)
    brought = [StageCopy(gems, gems), *settings]
    covered = [gems]
    if any(
        command.arguments[:1] not in (("install",), ("config",), ("update",), ())
        for command in build.build_commands
        if command.program != "gem"
    ):
        folder = build.start.workdir
        if folder == "/" or folder.startswith("?"):
            raise LeaveAlone("unknown-folder", "the folder of the application is not known, or the root of the image")
        brought.append(StageCopy(folder, folder))
        covered.append(folder)
    return RuntimeStage(
        image,
        tuple(brought),
        replaces=tuple(covered),
        extra_packages=libraries,
        left_behind=f"the compilers of {build.base.reference}" if image != build.base.reference else "",
        megabytes_saved=build.base.saves if image != build.base.reference else 0,
        missing_programs=BUILD_IMAGE_PROGRAMS if image != build.base.reference else frozenset(),
    )


def _folder(build: BuildStage) -> str:
    """Where the gems are installed."""
    for command in build.build_commands:
        words = command.arguments
        if command.program in PROGRAMS and (
            words[:1] == ("config",) or any(word.startswith("--path") for word in words)
        ):
            names = [word for word in words if word not in ("config", "set", "--local", "--global")]
            path = next((b for a, b in itertools.pairwise(names) if a in ("path", "--path")), None)
            path = path or next((word.partition("=")[2] for word in words if word.startswith("--path=")), None)
            if path is not None:
                place = command.image_path(path)
                if not place:
                    raise LeaveAlone("install-place", f"where `{command.shortened}` puts the gems is not known")
                return place
            if names[:1] == ["deployment"] or "--deployment" in words:
                return posixpath.join(command.located.folder or "?", "vendor/bundle")
    for name in ("BUNDLE_PATH", "GEM_HOME", "BUNDLE_DEPLOYMENT"):
        if any(name in step.instruction.value for step in build.stage.steps if step.keyword in ("ENV", "ARG")):
            value = build.stage.env.get(name)
            if name == "BUNDLE_DEPLOYMENT" or value is None:
                raise LeaveAlone("install-place", f"where the gems are put is not known: {name} is set")
            return value
    return _GEMS


def _settings(build: BuildStage) -> tuple[StageCopy, ...]:
    """Bundler's settings where they lie in the user's home: `bundle exec` has to know which groups were left out."""
    for command in build.build_commands:
        if command.program not in PROGRAMS or command.arguments[:1] != ("config",):
            continue
        if "--global" in command.arguments:
            if command.step.user not in (None, "root", "0"):
                raise LeaveAlone("install-place", f"where `{command.shortened}` keeps its setting is not known")
            return (StageCopy("/root/.bundle", "/root/.bundle"),)
        if "set" not in command.arguments and "--local" not in command.arguments:
            raise LeaveAlone(
                "install-place",
                f"where `{command.shortened}` keeps its setting depends on Bundler's version",
                "add --local",
            )
    return ()


def _named(build: BuildStage) -> set[str]:
    found: set[str] = set()
    for path, text in sources(build.context, ("Gemfile", "Gemfile.lock")):
        found |= (
            set(_LOCKED.findall(text))
            if path.endswith(".lock")
            else set(re.findall(r"^\s*gem ['\"]([\w.-]+)", text, re.MULTILINE))
        )
    return found


def _needs_more(build: BuildStage) -> str:
    place = starts_programs(build.context, "ruby")
    if place:
        return f"{place} may run other programs"
    names = sorted(_NEEDS_MORE & _named(build))
    return f"{names[0]} needs programs or libraries of the full image" if names else ""
