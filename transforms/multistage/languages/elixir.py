"""Elixir: ship a release, which contains the Erlang that runs it, on the slim variant of the same image."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.source_evidence import sources
from dfix.rewriter.model.start_scripts import FULL_IMAGE_PROGRAMS
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.transforms.multistage.runtime_stage import (
    COPY_COMMANDS,
    BuildStage,
    RuntimeStage,
    StageCopy,
)

NAME = "Mix"
PROGRAMS = frozenset(("mix",))
DEFAULT_COMMAND = ()
_RELEASE = expression(r"^(.*/_build/[\w-]+/rel/[\w-]+)/bin/[\w-]+$")


def is_build_command(command: Located) -> bool:
    """Whether a command runs Mix, or moves what was built."""
    program = program_name(command.words[0])
    return program == "mix" or program in COPY_COMMANDS


def runtime_stage(build: BuildStage) -> RuntimeStage:
    """The release that the command starts."""
    if build.start.program in ("mix", "iex", "elixir"):
        raise LeaveAlone(
            "runs-build-tool",
            f"the container runs `{build.start.program}` itself, not a release",
            "build one with `mix release`",
        )
    if not any("release" in command.arguments for command in build.build_commands if command.program == "mix"):
        raise LeaveAlone("unknown-program", "dfix finds no `mix release` that writes what the container runs")
    match = _RELEASE.match(build.start.image_path(build.start.words[0]))
    if match is None:
        raise LeaveAlone(
            "unknown-program", f"the container runs `{build.start.words[0]}`, which is not in a release below _build"
        )
    if not build.base.smaller and not build.base.slim:
        raise LeaveAlone(
            "base-image",
            f"dfix knows of no slim variant of {build.base.reference} with the libraries that Erlang needs",
        )
    if any("include_erts: false" in text for _, text in sources(build.context, ("mix.exs",))):
        raise LeaveAlone("unknown-program", "the release does not contain Erlang (`include_erts: false` in mix.exs)")
    return RuntimeStage(
        build.base.smaller or build.base.reference,
        (StageCopy(match[1], match[1]),),
        sources_only=True,
        left_behind="dependencies, build outputs and the sources",
        megabytes_saved=build.base.saves if build.base.smaller else 0,
        missing_programs=FULL_IMAGE_PROGRAMS if build.base.smaller else frozenset(),
    )
