"""Go: one binary, and the files that it may read."""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.source_evidence import calls, data, runs_programs, sources
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.command_purpose import Act
from dfix.transforms.multistage.runtime_stage import LACKS, MOVERS, Brought, Parts, Work

NAME = "Go"
MAIN = frozenset(("go",))
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


def builds(command: Located) -> bool:
    """Whether a command belongs to a build with Go."""
    program = program_name(command.words[0])
    if program == "go":
        return len(command.words) > 1 and command.words[1].literal_or_text in _BUILDS
    return program in MOVERS or program in ("strip", "upx", "gofmt")


def parts(work: Work) -> Parts:
    """The binary that the command runs, on the smallest base that it can run on."""
    program, target = _program(work)
    brought = Brought(target, target)
    if not work.start.words[0].startswith("/") and "/" not in work.start.words[0]:
        brought = Brought(target, posixpath.join("/usr/local/bin", posixpath.basename(target)))
    embedded = _embedded(work)
    beside = data(work.copies, lambda path: _is_source(path) or any(within(path, place) for place in embedded))
    static = _static(work, program)
    others = runs_programs(work.context, (".go",), _STARTS, _STARTS_NAMED, work.installed)
    if others:
        raise LeaveAlone("needs-programs", f"{others} may run a program that Go's image has and a smaller one lacks")
    alone = _alone(work, brought, beside) if static else None
    if alone is not None:
        return alone
    if work.base.alpine:
        return _on_alpine(work, brought, beside)
    if work.base.release:
        return _on_debian(work, brought, beside, work.base.release)
    if not static:
        raise LeaveAlone(
            "unknown-release",
            f"{work.base.reference} does not tell its release, and the binary may be linked to its C library",
            f"name the release ({work.base.name}:1.22-bookworm), or set CGO_ENABLED=0 where the program needs no cgo",
        )
    return _on_debian(work, brought, beside, "trixie")


def _program(work: Work) -> tuple[Act, str]:
    """The command that builds what the container runs, and the path of the binary."""
    word = work.start.words[0]
    names = [act for act in work.builds if act.program == "go" and act.arguments[:1] in (("build",), ("install",))]
    for act in reversed(names):
        output = _output(work, act)
        if output is None:
            continue
        if "/" in word:
            wanted = work.start.path(word)
            if work.origin(wanted) == output:
                return act, wanted
        elif posixpath.basename(output) == word and (output.startswith(("/go/bin/", "/usr/local/bin/", "/usr/bin/"))):
            return act, output
        else:
            for folder in ("/usr/local/bin", "/usr/bin", "/bin"):
                if work.origin(posixpath.join(folder, word)) == output:
                    return act, posixpath.join(folder, word)
    reason = f"the command runs {word}, which no `go build` of the file is seen to write"
    raise LeaveAlone("unknown-program", reason)


def _output(work: Work, act: Act) -> str | None:
    """The file that `go build` or `go install` writes; None where that is not known."""
    arguments = list(act.arguments[1:])
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
    binary = _name(work, act, operands)
    if act.arguments[0] == "install":
        return None if binary is None or "@" in " ".join(operands) else f"/go/bin/{binary}"
    if not output:
        return None if binary is None else act.path(binary)
    path = act.path(output)
    if path is None or not output.endswith("/"):
        return path
    return None if binary is None else posixpath.join(path, binary)


def _name(work: Work, act: Act, operands: list[str]) -> str | None:
    if len(operands) > 1 and not all(word.endswith(".go") for word in operands):
        return None
    first = operands[0] if operands else "."
    if first.endswith(".go"):
        return posixpath.basename(first).removesuffix(".go")
    if first.rstrip("/") not in (".", "") and "..." not in first:
        return posixpath.basename(first.rstrip("/"))
    folder = act.located.folder
    for copy in reversed(work.copies):
        origin = copy.brought.context_path_of(posixpath.join(folder or "", "go.mod"))
        text = work.context.read(origin) if origin else None
        found = _MODULE.search(text) if text else None
        if found is not None:
            words = found[1].split("/")
            return words[-2] if len(words) > 1 and re.fullmatch(r"v\d+", words[-1]) else words[-1]
    return None


def _static(work: Work, act: Act) -> bool:
    """Whether the binary of a build command is linked to nothing."""
    for word in act.located.command.assigns:
        if word.text.strip("\"'") == "CGO_ENABLED=0":
            return True
    said_before = any(
        "CGO_ENABLED=0" in other.arguments and other.program == "export"
        for other in work.acts
        if other.step is act.step
    )
    if said_before or act.step.env.get("CGO_ENABLED") == "0":
        return True
    if "CGO_ENABLED=0" in [word.literal_or_text for word in act.located.command.words]:
        return True
    compilers = {"gcc", "g++", "build-base", "musl-dev", "clang", "alpine-sdk"}
    return work.base.alpine and not compilers & work.installed


def _requirements(work: Work) -> bool:
    """Whether the program uses code whose sources are not at hand."""
    if work.context.ships_any("vendor"):
        return False
    return any(
        _REQUIRES.search(text)
        for path, text in sources(work.context, ("go.mod",))
        if posixpath.basename(path) == "go.mod"
    )


def _alone(work: Work, brought: Brought, beside: tuple[str, ...]) -> Parts | None:
    """The binary in an image of its own, where all of its code is at hand and needs nothing else."""
    steps = work.stage.steps
    if work.start.shell or _requirements(work) or calls(work.context, (".go",), _OUTSIDE):
        return None
    if any(step.keyword in ("USER", "HEALTHCHECK", "SHELL") for step in steps):
        return None
    if any(act.kind in ("packages", "user", "folder") for act in work.acts):
        return None
    certificates = "/etc/ssl/certs/ca-certificates.crt"
    return Parts(
        "scratch",
        (Brought(certificates, certificates), brought),
        beside,
        sources_only=True,
        left="Go and the sources",
        megabytes=_LARGER_THAN_ALPINE + 8 if work.base.alpine else _LARGER_THAN_DEBIAN + 75,
    )


def _on_debian(work: Work, brought: Brought, beside: tuple[str, ...], release: str) -> Parts:
    return Parts(
        f"debian:{release}-slim",
        (brought,),
        beside,
        sources_only=True,
        packages=("ca-certificates", "tzdata"),
        left="Go and the sources",
        megabytes=_LARGER_THAN_DEBIAN,
        lacks=LACKS,
    )


def _on_alpine(work: Work, brought: Brought, beside: tuple[str, ...]) -> Parts:
    version = work.base.release.removeprefix("alpine")
    if not version:
        reason = f"{work.base.reference} does not tell its version of Alpine, and another one may have other libraries"
        raise LeaveAlone("unknown-release", reason, f"name it: {work.base.name}:1.22-alpine3.20")
    return Parts(
        f"alpine:{version}",
        (brought,),
        beside,
        sources_only=True,
        packages=("ca-certificates",),
        left="Go and the sources",
        megabytes=_LARGER_THAN_ALPINE,
        lacks=LACKS,
    )


def _is_source(path: str) -> bool:
    return path.endswith(_SOURCES)


def _embedded(work: Work) -> set[str]:
    """Context files and folders that are part of the binary (`//go:embed`); a pattern stands for its folder."""
    found: set[str] = set()
    for path, text in sources(work.context, (".go",)):
        for match in _EMBED.finditer(text):
            for pattern in match[1].split():
                plain = pattern.removeprefix("all:").strip('"`')
                while set("*?[").intersection(plain):
                    plain = posixpath.dirname(plain)
                found.add(posixpath.join(posixpath.dirname(path), plain).rstrip("/"))
    return found - {""}
