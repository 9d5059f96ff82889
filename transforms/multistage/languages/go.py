"""Go: ship one binary, and the files that it may read."""

from __future__ import annotations

import itertools
import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.source_evidence import Starts, calls, runs_programs, sources
from dfix.rewriter.model.start_scripts import FULL_IMAGE_PROGRAMS
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.data_files import data_files
from dfix.transforms.multistage.go_sources import MODULE, Sources, built_sources
from dfix.transforms.multistage.runtime_stage import (
    COPY_COMMANDS,
    BuildStage,
    RuntimeStage,
    StageCopy,
)

NAME = "Go"
PROGRAMS = frozenset(("go",))
DEFAULT_COMMAND = ()
_BUILD_SUBCOMMANDS = frozenset(
    ("build", "install", "mod", "get", "test", "vet", "env", "version", "fmt", "list", "clean", "work")
)
_FLAGS_WITH_VALUE = frozenset(
    "-o -C -p -asmflags -buildmode -buildvcs -compiler -gccgoflags -gcflags -installsuffix -ldflags -mod -modfile "
    "-overlay -pgo -pkgdir -tags -toolexec -covermode -coverpkg -coverprofile -run".split()
)
_REQUIRES = expression(r"^[ \t]*+(?:require\s++)?([\w-]++\.[\w./-]++)\s+v\d", re.MULTILINE)
_EMBED = expression(r"^//go:embed\s+(.+)$", re.MULTILINE)
_NEEDS_OTHER_FILES = expression(
    r'"os/exec"|"plugin"|syscall\.Exec\(|\.LoadLocation\(|"os/user"|\.(?:CreateTemp|MkdirTemp|TempDir)\('
)
"""Calls that fail in an image with nothing but the binary: they run programs, or read time zones, users or /tmp."""
_STARTS = Starts(
    expression(r"\bexec\.(?:Command|CommandContext|LookPath)\(|\bsyscall\.Exec\(|\bos\.StartProcess\("),
    expression(r"\bexec\.(?:Command\(|LookPath\(|CommandContext\(\s*[\w.()]+,)\s*\"([\w./-]+)\""),
    expression(r'os\.Args\[0\]|"/proc/self/exe"|os\.Executable\(\)'),
)
_NEEDS_GO = expression(
    r'"(?:go/(?:build|importer|doc/headscan)|golang\.org/x/tools/(?:go/(?:packages|buildutil|loader)|imports|gopls)[\w/]*)"'
    r"|\b(?:runtime|build\.Default)\.GOROOT\b"
)
"""What reads Go's own sources, or runs `go`, when the program runs."""
_SOURCES = (".go", ".mod", ".sum", ".work", ".s", ".c", ".h", ".cc", ".cpp", ".proto")
_MEGABYTES_MORE_THAN_DEBIAN = 740
"""Megabytes by which golang:1.22 is larger than debian:bookworm-slim (amd64, unpacked)."""
_MEGABYTES_MORE_THAN_ALPINE = 230


def is_build_command(command: Located) -> bool:
    """Whether a command runs Go's build tools, or moves what was built."""
    program = program_name(command.words[0])
    if program == "go":
        return len(command.words) > 1 and command.words[1].literal_or_text in _BUILD_SUBCOMMANDS
    return program in COPY_COMMANDS or program in ("strip", "upx", "gofmt")


def runtime_stage(build: BuildStage) -> RuntimeStage:
    """The binary that the container runs, on the smallest base image that it can run on."""
    build_command, target = _program(build)
    copy = StageCopy(target, target)
    if "/" not in build.start.words[0]:
        copy = StageCopy(target, posixpath.join("/usr/local/bin", posixpath.basename(target)))
    built = built_sources(build, build_command, _packages(build_command))
    embedded = _embedded(built)
    data_paths = data_files(build, lambda path: _is_source(path) or any(within(path, place) for place in embedded))
    is_static = _is_static(build, build_command)
    others = runs_programs(built, _STARTS, build.installed_packages)
    if others:
        raise LeaveAlone(
            "needs-programs", f"{others} may run a program that {build.base.reference} has and a smaller image lacks"
        )
    goroot = calls(built, _NEEDS_GO)
    if goroot:
        raise LeaveAlone("needs-programs", f"{goroot} may need Go itself, which a smaller image lacks")
    from_scratch = _from_scratch(build, built, copy, data_paths) if is_static else None
    if from_scratch is not None:
        return from_scratch
    if build.base.alpine:
        return _on_alpine(build, copy, data_paths)
    if build.base.release:
        return _on_debian(build, copy, data_paths, build.base.release)
    if not is_static:
        raise LeaveAlone(
            "unknown-release",
            f"{build.base.without_release}, whose C library the binary may be linked to",
            f"name the release ({build.base.name}:1.22-bookworm), or set CGO_ENABLED=0 if the program needs no cgo",
        )
    return _on_debian(build, copy, data_paths, "trixie")


def _program(build: BuildStage) -> tuple[ClassifiedCommand, str]:
    """The command that builds what the container runs, and the image path of the binary."""
    word = build.start.words[0]
    builds = [
        command
        for command in build.build_commands
        if command.program == "go" and command.arguments[:1] in (("build",), ("install",))
    ]
    for command in reversed(builds):
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
    reason = f"the container runs `{word}`, but dfix finds no `go build` that writes it"
    raise LeaveAlone("unknown-program", reason)


def _output(build: BuildStage, command: ClassifiedCommand) -> str | None:
    """The image path of the file that `go build` or `go install` writes; None where it is unknown."""
    operands = _packages(command)
    output = next((following for word, following in itertools.pairwise((*command.arguments, "")) if word == "-o"), "")
    output = next((word[3:] for word in command.arguments if word.startswith("-o=")), output)
    binary = _binary_name(build, command, operands)
    if command.arguments[0] == "install":
        return None if binary is None or "@" in " ".join(operands) else f"/go/bin/{binary}"
    if not output:
        return None if binary is None else command.image_path(binary)
    moves = any(word.partition("=")[0] == "-C" for word in command.arguments)
    path = None if moves and not output.startswith("/") else command.image_path(output)
    if path is None or not output.endswith("/"):
        return path
    return None if binary is None else posixpath.join(path, binary)


def _packages(command: ClassifiedCommand) -> list[str]:
    """The packages or files that a `go build` or `go install` names."""
    return [
        word
        for before, word in itertools.pairwise(command.arguments)
        if not word.startswith("-") and before not in _FLAGS_WITH_VALUE
    ]


def _binary_name(build: BuildStage, command: ClassifiedCommand, operands: list[str]) -> str | None:
    """The name that Go gives the binary of a package: of its folder, or of the module without its major (`/v2`)."""
    if len(operands) > 1 and not all(word.endswith(".go") for word in operands):
        return None
    first = operands[0] if operands else "."
    if first.endswith(".go"):
        return posixpath.basename(first).removesuffix(".go")
    if first.rstrip("/") not in (".", "") and "..." not in first:
        return posixpath.basename(first.rstrip("/"))
    folder = command.located.folder
    for copy in reversed(build.context_copies):
        origin = copy.brought.context_path_of(posixpath.join(folder or "", "go.mod"))
        text = build.context.read(origin) if origin else None
        module = MODULE.search(text) if text else None
        if module is not None:
            words = module[1].split("/")
            return words[-2] if len(words) > 1 and re.fullmatch(r"v\d+", words[-1]) else words[-1]
    return None


def _is_static(build: BuildStage, command: ClassifiedCommand) -> bool:
    """Whether a build command makes a binary that links no library."""
    for word in command.located.command.assigns:
        if word.text.strip("\"'") == "CGO_ENABLED=0":
            return True
    exported = any(
        "CGO_ENABLED=0" in other.arguments and other.program == "export"
        for other in build.commands
        if other.step is command.step
    )
    if exported or command.step.env.get("CGO_ENABLED") == "0":
        return True
    if "CGO_ENABLED=0" in [word.literal_or_text for word in command.located.command.words]:
        return True
    compilers = {"gcc", "g++", "build-base", "musl-dev", "clang", "alpine-sdk"}
    return build.base.alpine and not compilers & build.installed_packages


def _requires_modules(build: BuildStage) -> bool:
    """Whether the program uses modules whose sources are not in the build context."""
    if build.context.ships_any("vendor"):
        return False
    return any(
        _REQUIRES.search(text)
        for path, text in sources(build.context, ("go.mod",))
        if posixpath.basename(path) == "go.mod"
    )


def _from_scratch(
    build: BuildStage, built: Sources, copy: StageCopy, data_paths: tuple[str, ...]
) -> RuntimeStage | None:
    """The binary in an empty image, where the context has all of its code and that needs no other file."""
    steps = build.stage.steps
    if build.start.runs_in_shell or _requires_modules(build) or calls(built, _NEEDS_OTHER_FILES):
        return None
    if any(step.keyword in ("USER", "HEALTHCHECK", "SHELL") for step in steps):
        return None
    if any(command.purpose in ("packages", "user", "folder") for command in build.commands):
        return None
    certificates = "/etc/ssl/certs/ca-certificates.crt"
    return RuntimeStage(
        "scratch",
        (StageCopy(certificates, certificates), copy),
        data_paths,
        sources_only=True,
        left_behind="Go and the sources",
        megabytes_saved=_MEGABYTES_MORE_THAN_ALPINE + 8 if build.base.alpine else _MEGABYTES_MORE_THAN_DEBIAN + 75,
    )


def _on_debian(build: BuildStage, copy: StageCopy, data_paths: tuple[str, ...], release: str) -> RuntimeStage:
    return RuntimeStage(
        f"debian:{release}-slim",
        (copy,),
        data_paths,
        sources_only=True,
        extra_packages=("ca-certificates", "tzdata"),
        left_behind="Go and the sources",
        megabytes_saved=_MEGABYTES_MORE_THAN_DEBIAN,
        missing_programs=FULL_IMAGE_PROGRAMS,
    )


def _on_alpine(build: BuildStage, copy: StageCopy, data_paths: tuple[str, ...]) -> RuntimeStage:
    version = build.base.release.removeprefix("alpine")
    if not version:
        reason = (
            f"{build.base.reference} does not name its Alpine version, and another version may have other libraries"
        )
        raise LeaveAlone(
            "unknown-release", reason, f"name it in the tag, for example {build.base.name}:1.22-alpine3.20"
        )
    return RuntimeStage(
        f"alpine:{version}",
        (copy,),
        data_paths,
        sources_only=True,
        extra_packages=("ca-certificates",),
        left_behind="Go and the sources",
        megabytes_saved=_MEGABYTES_MORE_THAN_ALPINE,
        missing_programs=FULL_IMAGE_PROGRAMS,
    )


def _is_source(path: str) -> bool:
    return path.endswith(_SOURCES)


def _embedded(built: Sources) -> set[str]:
    """Context paths of files and folders inside the binary (`//go:embed`): for `assets/*.css` it is `assets`."""
    embedded: set[str] = set()
    for path, text in built:
        for match in _EMBED.finditer(text):
            for pattern in match[1].split():
                plain = pattern.removeprefix("all:").strip('"`')
                while set("*?[").intersection(plain):
                    plain = posixpath.dirname(plain)
                embedded.add(posixpath.join(posixpath.dirname(path), plain).rstrip("/"))
    return embedded - {""}
