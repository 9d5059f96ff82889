""".NET: ship the folder that `dotnet publish` writes, on the runtime or ASP.NET Core image of the same version."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.source_evidence import Starts, runs_programs, sources
from dfix.rewriter.model.start_scripts import FULL_IMAGE_PROGRAMS
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.data_files import data_files
from dfix.transforms.multistage.runtime_stage import (
    COPY_COMMANDS,
    BuildStage,
    RuntimeStage,
    StageCopy,
)

NAME = ".NET"
PROGRAMS = frozenset(("dotnet",))
DEFAULT_COMMAND = ()
_BUILD_SUBCOMMANDS = frozenset(
    ("restore", "build", "publish", "test", "tool", "nuget", "clean", "workload", "dev-certs")
)
_WEB = expression(r"Sdk\s*=\s*\"Microsoft\.NET\.Sdk\.(?:Web|BlazorWebAssembly|Razor)\"|Microsoft\.AspNetCore\.App")
_STARTS = Starts(
    expression(r"\bProcess\.Start\(|\bnew\s+ProcessStartInfo\b"),
    expression(r"\b(?:Process\.Start|ProcessStartInfo)\(\s*\"([\w./-]+)\""),
    expression(r"Environment\.ProcessPath|Process\.GetCurrentProcess\(\)\.MainModule"),
)
_SOURCES = (
    ".cs",
    ".fs",
    ".vb",
    ".csproj",
    ".fsproj",
    ".vbproj",
    ".sln",
    ".slnx",
    ".razor",
    ".cshtml",
    ".resx",
    ".props",
    ".targets",
)
_LISTENS = frozenset(("ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "DOTNET_URLS"))
_MEGABYTES_SAVED = 630
"""Megabytes by which sdk:8.0 is larger than aspnet:8.0 (amd64, unpacked)."""


def is_build_command(command: Located) -> bool:
    """Whether a command restores, builds or publishes, or moves what was built."""
    program = program_name(command.words[0])
    if program == "dotnet":
        return len(command.words) > 1 and command.words[1].literal_or_text in _BUILD_SUBCOMMANDS
    return program in COPY_COMMANDS


def runtime_stage(build: BuildStage) -> RuntimeStage:
    """The published folder on the image that runs it."""
    if build.base.language != "dotnet":
        raise LeaveAlone("base-image", f"{build.base.reference} is not a .NET SDK image")
    if build.base.version not in build.base.table["versions"]:
        raise LeaveAlone(
            "base-image",
            f"dfix knows of no runtime image for {build.base.reference}",
            "name the version in the tag, for example sdk:8.0",
        )
    publishes = [
        command
        for command in build.build_commands
        if command.program == "dotnet" and command.arguments[:1] == ("publish",)
    ]
    if not publishes:
        raise LeaveAlone("unknown-program", "dfix finds no `dotnet publish` that writes what the container runs")
    folder = _output(publishes[-1])
    if folder is None:
        raise LeaveAlone(
            "unknown-program", f"dfix cannot tell where `{publishes[-1].shortened}` writes", "name a folder with -o"
        )
    words = build.start.words
    program = words[1] if build.start.program == "dotnet" and len(words) > 1 else words[0]
    if not build.start.image_path(program).startswith(f"{folder}/"):
        raise LeaveAlone(
            "unknown-program",
            f"the container runs `{program}`, which is not in {folder}, where `dotnet publish` writes",
        )
    web = any(_WEB.search(text) for _, text in sources(build.context, (".csproj", ".fsproj", ".vbproj")))
    others = runs_programs(build.sources(".cs", ".fs", ".vb"), _STARTS, build.installed_packages)
    if others:
        raise LeaveAlone(
            "needs-programs", f"{others} may run a program that the SDK image has and the runtime image lacks"
        )
    data_paths = () if build.start.workdir == folder else data_files(build, _is_source)
    tail = "".join(f"-{part}" for part in (*build.base.parts, build.base.release) if part)
    image = f"{build.base.name.rpartition('/')[0]}/{'aspnet' if web else 'runtime'}:{build.base.version}{tail}"
    return RuntimeStage(
        image,
        (StageCopy(folder, folder),),
        tuple(path for path in data_paths if not path.startswith(f"{folder}/")),
        sources_only=True,
        extra_lines=_environment(build, web),
        left_behind="the SDK, its downloads and the sources",
        megabytes_saved=_MEGABYTES_SAVED,
        missing_programs=FULL_IMAGE_PROGRAMS,
    )


def _environment(build: BuildStage, web: bool) -> tuple[str, ...]:
    """Lines that keep the port: the ASP.NET Core image sets one for programs to listen on, the SDK image doesn't."""
    given = {
        word.text.partition("=")[0]
        for step in build.stage.steps
        if step.keyword == "ENV"
        for word in step.instruction.words
    }
    if not web or _LISTENS & given or any("--urls" in word for word in build.start.words):
        return ()
    name = "ASPNETCORE_HTTP_PORTS" if float(build.base.version) >= 8 else "ASPNETCORE_URLS"
    return (f"ENV {name}=\n",)


def _output(command: ClassifiedCommand) -> str | None:
    arguments = command.arguments
    for name, value in zip(arguments, (*arguments[1:], ""), strict=True):
        head, sign, rest = name.partition("=")
        if head in ("-o", "--output") and not sign:
            return command.image_path(value)
        if head in ("-o", "--output"):
            return command.image_path(rest)
    return None


def _is_source(path: str) -> bool:
    return path.endswith(_SOURCES) or bool({"bin", "obj"}.intersection(path.split("/")[:-1]))
