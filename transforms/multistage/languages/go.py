"""Go: one binary, and the files that it may read."""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.source_evidence import calls, data, runs_programs, sources
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.runtime_stage import (
    BUILD_IMAGE_PROGRAMS,
    COPY_COMMANDS,
    BuildStage,
    RuntimeStage,
    StageCopy,
)

NAME = "Go"
PROGRAMS = frozenset(("go",))
DEFAULT_COMMAND = ()
_BUILDS = frozenset(("build", "install", "mod", "get", "test", "vet", "env", "version", "fmt", "list", "clean", "work"))
_VALUED = frozenset(
    "-o -C -p -asmflags -buildmode -buildvcs -compiler -gccgoflags -gcflags -installsuffix -ldflags -mod -modfile "
    "-overlay -pgo -pkgdir -tags -toolexec -covermode -coverpkg -coverprofile -run".split()
)
_MODULE = re.compile(r"^\s*module\s+\"?([^\s\"]+)", re.MULTILINE)
_REQUIRES = re.compile(r"^\s*(?:require\s+)?([\w.-]+\.[\w./-]+)\s+v\d", re.MULTILINE)
_EMBED = re.compile(r"^//go:embed\s+(.+)$", re.MULTILINE)
_OUTSIDE = re.compile(
    r'"os/exec"|"plugin"|syscall\.Exec\(|\.LoadLocation\(|"os/user"|\.(?:CreateTemp|MkdirTemp|TempDir)\('
)
"""What needs more than the binary itself in an otherwise empty image."""
_STARTS = re.compile(r"\bexec\.(?:Command|CommandContext|LookPath)\(|\bsyscall\.Exec\(|\bos\.StartProcess\(")
_STARTS_NAMED = re.compile(r"\bexec\.(?:Command\(|LookPath\(|CommandContext\(\s*[\w.()]+,)\s*\"([\w./-]+)\"")
_SOURCES = (".go", ".mod", ".sum", ".work", ".s", ".c", ".h", ".cc", ".cpp", ".proto")
_LARGER_THAN_DEBIAN = 740
"""Megabytes by which golang:1.22 is larger than debian:bookworm-slim (amd64, unpacked)."""
_LARGER_THAN_ALPINE = 230


def is_build_command(command: Located) -> bool:
    """Whether a command belongs to a build with Go."""
    program = program_name(command.words[0])
    if program == "go":
        return len(command.words) > 1 and command.words[1].literal_or_text in _BUILDS
    return program in COPY_COMMANDS or program in ("strip", "upx", "gofmt")


def runtime_stage(build: BuildStage) -> RuntimeStage:
    """The binary that the command runs, on the smallest base that it can run on."""
    program, target = _program(build)
    brought = StageCopy(target, target)
    if not build.start.words[0].startswith("/") and "/" not in build.start.words[0]:
        brought = StageCopy(target, posixpath.join("/usr/local/bin", posixpath.basename(target)))
    embedded = _embedded(build)
    beside = data(build.context_copies, lambda path: _is_source(path) or any(within(path, place) for place in embedded))
    static = _static(build, program)
    others = runs_programs(build.context, (".go",), _STARTS, _STARTS_NAMED, build.installed_packages)
    if others:
        raise LeaveAlone("needs-programs", f"{others} may run a program that Go's image has and a smaller one lacks")
    alone = _alone(build, brought, beside) if static else None
    if alone is not None:
        return alone
    if build.base.alpine:
        return _on_alpine(build, brought, beside)
    if build.base.release:
        return _on_debian(build, brought, beside, build.base.release)
    if not static:
        raise LeaveAlone(
            "unknown-release",
            f"{build.base.reference} does not tell its release, and the binary may be linked to its C library",
            f"name the release ({build.base.name}:1.22-bookworm), or set CGO_ENABLED=0 where the program needs no cgo",
        )
    return _on_debian(build, brought, beside, "trixie")


def _program(build: BuildStage) -> tuple[ClassifiedCommand, str]:
    """The command that builds what the container runs, and the path of the binary."""
    word = build.start.words[0]
    names = [
        command
        for command in build.build_commands
        if command.program == "go" and command.arguments[:1] in (("build",), ("install",))
    ]
    for command in reversed(names):
        output = _output(build, command)
        if output is None:
            continue
        if "/" in word:
            wanted = build.start.image_path(word)
            if build.built_at(wanted) == output:
                return command, wanted
        elif posixpath.basename(output) == word and (output.startswith(("/go/bin/", "/usr/local/bin/", "/usr/bin/"))):
            return command, output
        else:
            for folder in ("/usr/local/bin", "/usr/bin", "/bin"):
                if build.built_at(posixpath.join(folder, word)) == output:
                    return command, posixpath.join(folder, word)
    reason = f"the command runs {word}, which no `go build` of the file is seen to write"
    raise LeaveAlone("unknown-program", reason)


def _output(build: BuildStage, command: ClassifiedCommand) -> str | None:
    """The file that `go build` or `go install` writes; None where that is not known."""
    arguments = list(command.arguments[1:])
    operands: list[str] = []
    output = ""
    while arguments:
        word = arguments.pop(0)
        name, sign, value = word.partition("=")
        if name == "-o":
            output = value if sign else (arguments.pop(0) if arguments else "")
        elif word.startswith("-"):
            if word in _VALUED and arguments:
                arguments.pop(0)
        else:
            operands.append(word)
    binary = _name(build, command, operands)
    if command.arguments[0] == "install":
        return None if binary is None or "@" in " ".join(operands) else f"/go/bin/{binary}"
    if not output:
        return None if binary is None else command.image_path(binary)
    path = command.image_path(output)
    if path is None or not output.endswith("/"):
        return path
    return None if binary is None else posixpath.join(path, binary)


def _name(build: BuildStage, command: ClassifiedCommand, operands: list[str]) -> str | None:
    if len(operands) > 1 and not all(word.endswith(".go") for word in operands):
        return None
    first = operands[0] if operands else "."
    if first.endswith(".go"):
        return posixpath.basename(first).removesuffix(".go")
    if first.rstrip("/") not in (".", "") and "..." not in first:
        return posixpath.basename(first.rstrip("/"))
    folder = command.located.folder
    for copy in reversed(build.context_copies):
        origin = copy.brought.origin(posixpath.join(folder or "", "go.mod"))
        text = build.context.read(origin) if origin else None
        found = _MODULE.search(text) if text else None
        if found is not None:
            words = found[1].split("/")
            return words[-2] if len(words) > 1 and re.fullmatch(r"v\d+", words[-1]) else words[-1]
    return None


def _static(build: BuildStage, command: ClassifiedCommand) -> bool:
    """Whether the binary of a build command is linked to nothing."""
    for word in command.located.command.assigns:
        if word.text.strip("\"'") == "CGO_ENABLED=0":
            return True
    said_before = any(
        "CGO_ENABLED=0" in other.arguments and other.program == "export"
        for other in build.commands
        if other.step is command.step
    )
    if said_before or command.step.env.get("CGO_ENABLED") == "0":
        return True
    if "CGO_ENABLED=0" in [word.literal_or_text for word in command.located.command.words]:
        return True
    compilers = {"gcc", "g++", "build-base", "musl-dev", "clang", "alpine-sdk"}
    return build.base.alpine and not compilers & build.installed_packages


def _requirements(build: BuildStage) -> bool:
    """Whether the program uses code whose sources are not at hand."""
    if build.context.ships_any("vendor"):
        return False
    return any(
        _REQUIRES.search(text)
        for path, text in sources(build.context, ("go.mod",))
        if posixpath.basename(path) == "go.mod"
    )


def _alone(build: BuildStage, brought: StageCopy, beside: tuple[str, ...]) -> RuntimeStage | None:
    """The binary in an image of its own, where all of its code is at hand and needs nothing else."""
    steps = build.stage.steps
    if build.start.runs_in_shell or _requirements(build) or calls(build.context, (".go",), _OUTSIDE):
        return None
    if any(step.keyword in ("USER", "HEALTHCHECK", "SHELL") for step in steps):
        return None
    if any(command.purpose in ("packages", "user", "folder") for command in build.commands):
        return None
    certificates = "/etc/ssl/certs/ca-certificates.crt"
    return RuntimeStage(
        "scratch",
        (StageCopy(certificates, certificates), brought),
        beside,
        sources_only=True,
        left_behind="Go and the sources",
        megabytes_saved=_LARGER_THAN_ALPINE + 8 if build.base.alpine else _LARGER_THAN_DEBIAN + 75,
    )


def _on_debian(build: BuildStage, brought: StageCopy, beside: tuple[str, ...], release: str) -> RuntimeStage:
    return RuntimeStage(
        f"debian:{release}-slim",
        (brought,),
        beside,
        sources_only=True,
        extra_packages=("ca-certificates", "tzdata"),
        left_behind="Go and the sources",
        megabytes_saved=_LARGER_THAN_DEBIAN,
        missing_programs=BUILD_IMAGE_PROGRAMS,
    )


def _on_alpine(build: BuildStage, brought: StageCopy, beside: tuple[str, ...]) -> RuntimeStage:
    version = build.base.release.removeprefix("alpine")
    if not version:
        reason = f"{build.base.reference} does not tell its version of Alpine, and another one may have other libraries"
        raise LeaveAlone("unknown-release", reason, f"name it: {build.base.name}:1.22-alpine3.20")
    return RuntimeStage(
        f"alpine:{version}",
        (brought,),
        beside,
        sources_only=True,
        extra_packages=("ca-certificates",),
        left_behind="Go and the sources",
        megabytes_saved=_LARGER_THAN_ALPINE,
        missing_programs=BUILD_IMAGE_PROGRAMS,
    )


def _is_source(path: str) -> bool:
    return path.endswith(_SOURCES)


def _embedded(build: BuildStage) -> set[str]:
    """Context files and folders that are part of the binary (`//go:embed`); a pattern stands for its folder."""
    found: set[str] = set()
    for path, text in sources(build.context, (".go",)):
        for match in _EMBED.finditer(text):
            for pattern in match[1].split():
                plain = pattern.removeprefix("all:").strip('"`')
                while set("*?[").intersection(plain):
                    plain = posixpath.dirname(plain)
                found.add(posixpath.join(posixpath.dirname(path), plain).rstrip("/"))
    return found - {""}
