"""Programs that a container runs besides its own: those of HEALTHCHECK, and of the scripts that start it."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Set

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.official_images import base_image
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.stage import Step
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import commands, invoked
from dfix.transforms.multistage.runtime_stage import BuildStage, RuntimeStage

_PACKAGES = {"curl": "curl", "wget": "wget", "nc": "netcat-openbsd", "pgrep": "procps", "ps": "procps"}
"""Programs that a HEALTHCHECK runs, and the packages that bring them."""
_INTERPRETERS = {
    "node": ("node", "nodejs", "npm", "npx", "yarn", "yarnpkg", "corepack"),
    "python": ("python", "python3", "pip", "pip3"),
    "ruby": ("ruby", "bundle", "bundler", "rake", "gem", "irb", "erb"),
    "php": ("php",),
}
"""Programs of a language's images, the slim ones too: https://github.com/docker-library/official-images"""
_OF_DEBIAN = frozenset(("bash", "dash", "perl"))
"""Interpreters of every Debian, which Alpine lacks: the packages marked Essential, https://packages.debian.org"""
_OF_BUSYBOX = frozenset("wget unzip bzip2 xz patch ps pgrep pkill top free nc".split())
"""Programs of Alpine's busybox: https://pkgs.alpinelinux.org/contents?name=busybox"""
_PROGRAM_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_BEFORE_PROGRAM = frozenset("if then elif else while until do exec sudo time command env xargs".split())
"""Words of a shell script after which a program may follow."""


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
            for words in _healthcheck_commands(step):
                packages += _packages_of(build, runtime, kept, step, words)
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
    if program in kept or program not in _missing_programs(runtime):
        return
    if program in (build.start.program, build.start.words[0]):
        return
    package = _PACKAGES.get(program)
    if package is None:
        raise LeaveAlone("needs-programs", f"HEALTHCHECK runs `{program}`, which {runtime.base_image} lacks")
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
    available = _interpreters(runtime, packages)
    for name, text in _scripts(build):
        interpreter = _interpreter(text)
        if re.sub(r"(?<=python[23])\.\d+$", "", interpreter) not in available:
            raise LeaveAlone(
                "needs-programs", f"{name} is a script for `{interpreter}`, which {runtime.base_image} lacks"
            )
        lacking = sorted(_programs(text) & _missing_programs(runtime) - packages) if interpreter.endswith("sh") else []
        if lacking:
            raise LeaveAlone("needs-programs", f"{name} runs `{lacking[0]}`, which {runtime.base_image} lacks")


def _missing_programs(runtime: RuntimeStage) -> Set[str]:
    """The programs that the old base image has and the new one doesn't."""
    image = base_image(runtime.base_image)
    return runtime.missing_programs - _OF_BUSYBOX if image is not None and image.alpine else runtime.missing_programs


def _interpreter(text: str) -> str:
    """The interpreter that the first line of a script names: "python3" for `#!/usr/bin/env -S python3 -u`."""
    program, *arguments = text.partition("\n")[0].removeprefix("#!").split() or [""]
    if posixpath.basename(program) != "env":
        return posixpath.basename(program)
    words = [word for word in arguments if not word.startswith("-") and "=" not in word]
    return posixpath.basename(words[0]) if words else "env"


def _programs(text: str) -> set[str]:
    """The programs that a shell script calls; also some words that are not called."""
    found: set[str] = set()
    for line in text.splitlines():
        for part in re.split(r"[|;&(){}`!]", "" if line.lstrip().startswith("#") else line):
            words = [word for word in part.split() if word not in _BEFORE_PROGRAM and not re.match(r"\w+=|-", word)]
            found |= {posixpath.basename(word.strip("\"'")) for word in words[:1]}
    return found


def _interpreters(runtime: RuntimeStage, packages: Set[str]) -> Set[str]:
    """The interpreters that the runtime stage certainly has."""
    image = base_image(runtime.base_image)
    if image is None:  # scratch
        return packages
    shells = {"sh", "ash"} if image.alpine else {"sh", *_OF_DEBIAN}
    aliases = {"node"} if "nodejs" in packages else set()
    return {*packages, *shells, *aliases, *_INTERPRETERS.get(image.language, ())}


def _scripts(build: BuildStage) -> Iterator[tuple[str, str]]:
    """Context path and text of the scripts (`#!`) that the start command and HEALTHCHECK name."""
    words = list(build.start.words)
    for step in build.stage.steps:
        if step.keyword == "HEALTHCHECK":
            words += [word for command in _healthcheck_commands(step) for word in command]
    seen: set[str] = set()
    for word in words:
        paths = [build.start.image_path(word)]
        paths += [] if "/" in word else [posixpath.join(folder, word) for folder in _PROGRAM_FOLDERS]
        for path in paths:
            for copy in build.context_copies:
                origin = copy.brought.context_path_of(path)
                text = build.context.read(origin) if origin and origin not in seen else None
                if origin and text is not None and text.startswith("#!"):
                    seen.add(origin)
                    yield origin, text


def _healthcheck_commands(step: Step) -> Iterator[tuple[str, ...]]:
    """The words of each command of a HEALTHCHECK; none for `HEALTHCHECK NONE`."""
    _, sign, command = step.instruction.value.partition("CMD")
    if not sign:
        return
    try:
        words = tuple(str(word) for word in json.loads(command))
    except ValueError:
        words = ()
    if words and not (posixpath.basename(words[0]) in of_kind("shell") and words[1:2] == ("-c",) and len(words) > 2):
        yield words
        return
    script = parse(words[2] if words else command, 0, words[2] if words else command)
    for node in () if script.opaque else commands(script):
        found = tuple(word.literal_or_text for word in invoked(node))
        if found:
            yield found
