"""Elixir: a release, which brings the Erlang that runs it, on the slim variant of the same image."""

from __future__ import annotations

import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.source_evidence import sources
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.runtime_stage import LACKS, MOVERS, Brought, Parts, Work

NAME = "Mix"
MAIN = frozenset(("mix",))
_RELEASE = re.compile(r"^(.*/_build/[\w-]+/rel/[\w-]+)/bin/[\w-]+$")


def builds(command: Located) -> bool:
    """Whether a command belongs to a build with Mix."""
    program = program_name(command.words[0])
    return program == "mix" or program in MOVERS


def parts(work: Work) -> Parts:
    """The release that the command starts."""
    if work.start.program in ("mix", "iex", "elixir"):
        raise LeaveAlone(
            "runs-build-tool",
            f"the command runs {work.start.program} itself, not a release",
            "build one with `mix release`",
        )
    if not any("release" in act.arguments for act in work.builds if act.program == "mix"):
        raise LeaveAlone("unknown-program", "no `mix release` writes what the container runs")
    match = _RELEASE.match(work.start.path(work.start.words[0]))
    if match is None:
        raise LeaveAlone(
            "unknown-program", f"the command runs {work.start.words[0]}, which is not in a release below _build"
        )
    if not work.base.smaller and not work.base.slim:
        raise LeaveAlone(
            "base-image",
            f"no slim variant of {work.base.reference} is known, which has the libraries that Erlang needs",
        )
    if any("include_erts: false" in text for _, text in sources(work.context, ("mix.exs",))):
        raise LeaveAlone("unknown-program", "the release does not bring Erlang (`include_erts: false` in mix.exs)")
    return Parts(
        work.base.smaller or work.base.reference,
        (Brought(match[1], match[1]),),
        sources_only=True,
        left="dependencies, their builds and the sources",
        megabytes=work.base.saves if work.base.smaller else 0,
        lacks=LACKS if work.base.smaller else frozenset(),
    )
