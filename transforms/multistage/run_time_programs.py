"""Programs that a container runs besides its own: those of HEALTHCHECK, and of the scripts that start it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Set

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.official_images import base_image
from dfix.rewriter.model.package_json_commands import package_commands
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.stage import Step
from dfix.rewriter.model.start_scripts import healthcheck_commands, interpreters, scripts_named, shell_commands
from dfix.transforms.multistage.runtime_stage import BuildStage, RuntimeStage

_PACKAGES = {"curl": "curl", "wget": "wget", "nc": "netcat-openbsd", "pgrep": "procps", "ps": "procps"}
"""Programs that a HEALTHCHECK or a script of package.json runs, and the packages that bring them."""
_OF_BUSYBOX = frozenset("wget unzip bzip2 xz patch ps pgrep pkill top free nc".split())
"""Programs of Alpine's busybox: https://pkgs.alpinelinux.org/contents?name=busybox"""


def needed_packages(build: BuildStage, runtime: RuntimeStage, kept: Set[str]) -> tuple[str, ...]:
    """The system packages of programs that HEALTHCHECK runs and the runtime stage lacks; it installs `kept` anyway.

    Raises LeaveAlone where it lacks a program whose package is unknown, a file of the build, or a script's interpreter.
    """
    packages: list[str] = []
    image = base_image(runtime.base_image)
    release = (image.release if image is not None else "") or build.base.release
    if runtime.base_image != build.base.reference and release in ("", "trixie"):
        # debian:trixie-slim has no adduser
        adds_users = any(command.program in ("adduser", "addgroup") for command in build.commands)
        packages += ["adduser"] if adds_users else []
    for step in build.stage.steps:
        if step.keyword == "HEALTHCHECK":
            for words in healthcheck_commands(step):
                packages += _packages_of(build, runtime, kept, step, words)
    packages += [
        package
        for words in package_commands(build.context, build.context_copies, [build.start.words], build.start.workdir)
        for package in _missing_package(build, runtime, kept, words[0], f"`{' '.join(build.start.words)}`")
    ]
    packages += [
        package
        for words in shell_commands(build.start.script)
        for package in _missing_package(build, runtime, kept, posixpath.basename(words[0]), f"`{build.start.script}`")
    ]
    _check_scripts(build, runtime, kept | set(packages))
    return tuple(dict.fromkeys(packages))


def _packages_of(
    build: BuildStage, runtime: RuntimeStage, kept: Set[str], step: Step, words: tuple[str, ...]
) -> Iterator[str]:
    """The package of a program that HEALTHCHECK runs, where the runtime stage lacks it."""
    program = words[0]
    missing = next((word for at, word in enumerate(words) if _is_lost(build, runtime, word, at == 0)), None)
    if missing is not None:
        raise LeaveAlone(
            "needs-programs",
            f"HEALTHCHECK on line {step.instruction.line} needs {missing}, which the runtime stage does not have",
        )
    yield from _missing_package(build, runtime, kept, program, "HEALTHCHECK")


def _missing_package(
    build: BuildStage, runtime: RuntimeStage, kept: Set[str], program: str, runs: str
) -> Iterator[str]:
    """The package of a program that `runs` (what a container runs) needs, where the runtime stage lacks it."""
    if program in kept or program not in _missing_programs(runtime):
        return
    if program in (build.start.program, build.start.words[0]):
        return
    package = _PACKAGES.get(program)
    if package is None:
        raise LeaveAlone("needs-programs", f"{runs} runs `{program}`, which {runtime.base_image} lacks")
    yield package


def _is_lost(build: BuildStage, runtime: RuntimeStage, word: str, is_program: bool) -> bool:
    """Whether a word is the path of a file that the build stage has and the runtime stage has not."""
    if word.startswith("-") or "://" in word or "$" in word:
        return False
    path = posixpath.normpath(posixpath.join(build.stage.workdir or "/", word))
    from_context = any(_ships(build, copy, path) for copy in build.context_copies)
    built = is_program and "/" in word and _is_built(build, path)
    return (from_context or built) and not _is_in_runtime_stage(build, runtime, path)


def _ships(build: BuildStage, copy: Copied, path: str) -> bool:
    origin = copy.brought.context_path_of(path)
    return origin is not None and build.context.ships(origin)


def _is_built(build: BuildStage, path: str) -> bool:
    """Whether a command of the build may have made a file: it names the path, or the file is among the sources."""
    if any(path in (command.image_path(word) for word in command.arguments) for command in build.commands):
        return True
    folders = (copy.destination for copy in build.context_copies if copy.brings_a_folder)
    return any(folder != "/" and within(path, folder) for folder in folders)


def _is_in_runtime_stage(build: BuildStage, runtime: RuntimeStage, path: str) -> bool:
    places = [*(copy.target for copy in runtime.copies), *runtime.may_read, *runtime.replaces]
    if any(within(path, place) for place in places):
        return True
    return any(
        _ships(build, copy, path) and not (runtime.sources_only and copy.step.index <= _last_build(build))
        for copy in build.context_copies
    )


def _last_build(build: BuildStage) -> int:
    """The index of the last RUN that builds."""
    return max((command.step.index for command in build.build_commands), default=-1)


def _check_scripts(build: BuildStage, runtime: RuntimeStage, packages: Set[str]) -> None:
    """Raise LeaveAlone where the runtime stage lacks the interpreter or a program of a script that runs."""
    if runtime.base_image == build.base.reference:
        return
    image = base_image(runtime.base_image)
    available = packages if image is None else interpreters(image, packages)  # None: scratch
    checks = (step for step in build.stage.steps if step.keyword == "HEALTHCHECK")
    started = [build.start.words, *(words for step in checks for words in healthcheck_commands(step))]
    started += package_commands(build.context, build.context_copies, started, build.start.workdir)
    for script in scripts_named(build.context, build.context_copies, started, build.start.workdir):
        if script.interpreter not in available:
            raise LeaveAlone(
                "needs-programs",
                f"{script.path} is a script for `{script.interpreter}`, which {runtime.base_image} lacks",
            )
        lacking = sorted(script.programs & _missing_programs(runtime) - packages)
        if lacking:
            raise LeaveAlone("needs-programs", f"{script.path} runs `{lacking[0]}`, which {runtime.base_image} lacks")


def _missing_programs(runtime: RuntimeStage) -> Set[str]:
    """The programs that the old base image has and the new one doesn't."""
    image = base_image(runtime.base_image)
    return runtime.missing_programs - _OF_BUSYBOX if image is not None and image.alpine else runtime.missing_programs
