"""The command line of `dfix verify` (typer)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

from dfix.rewriter.cli.flags import PROVE
from dfix.rewriter.cli.request import Request
from dfix.rewriter.cli.typer_command import add_command, operands
from dfix.rewriter.cli.verify_request import VerifyRequest
from dfix.rewriter.verify.engine import BuildOptions

_HELP = """Prove rewrites with real builds of the Dockerfile before and after.

Builds both versions with a real engine, compares the configuration and the files of the two images, watches which files
a moved RUN reads, and measures how much faster the images rebuild. --write writes what is proven; a change that broke
its promise is named and left out. If a change produces a different image (--unsafe), dfix also runs both: the --smoke
command, or the image's own until it ends or its ports answer.

With --base, nothing is rewritten: what did the change since that commit do, and what of it the Dockerfile, what the
sources? Without PATH, every Dockerfile that differs, or whose build reads a file that differs, is built.

With --reproducible, nothing is rewritten either: each file is built twice as it is, with SOURCE_DATE_EPOCH if that is
set, and what differs is listed by instruction and kind.

Exit status: 0 proven, or the same twice; 1 a change broke its promise, or not the same twice; 2 nothing is shown: the
original did not build, both images fail when they run, or an error.

\b
Examples:
  dfix verify .
  dfix verify --set VERSION=3 --secret id=token,src=token.txt Dockerfile
  dfix verify --write services/
  dfix verify Dockerfile --against Dockerfile.new
  dfix verify --base origin/main
  SOURCE_DATE_EPOCH=$(git log -1 --pretty=%ct) dfix verify --reproducible .
  dfix verify --unsafe --smoke 'app --version' Dockerfile
  dfix verify --engine docker:remote --jobs 8 .
"""


def read(words: list[str]) -> VerifyRequest | int:
    """Parse a command line into a request, or return the exit status if it printed help or a mistake."""
    found: list[VerifyRequest] = []
    try:
        app(found.append)(args=words, prog_name="dfix verify")
    except SystemExit as end:
        if not found:
            return end.code if isinstance(end.code, int) else 2
    return found[0]


def app(take: Callable[[VerifyRequest], None]) -> typer.Typer:
    """The typer app; it passes the request to `take`."""
    made = typer.Typer(
        pretty_exceptions_enable=False, add_completion=False, context_settings={"help_option_names": ["-h", "--help"]}
    )

    def read_request(fields: dict[str, Any]) -> None:
        build = BuildOptions(**{name: fields.pop(name) for name in BuildOptions._fields})
        own = {name: fields.pop(name) for name in VerifyRequest._fields if name in fields}
        own["smoke"] = _words(own["smoke"])
        take(VerifyRequest(Request(**fields), build, **own))

    paths = operands(list[str] | None, None, help="Dockerfiles or folders.")
    defaults = {**Request._field_defaults, **BuildOptions._field_defaults, **VerifyRequest._field_defaults, "smoke": ""}
    add_command(made, paths, PROVE, defaults, read_request, _HELP)
    return made


def _words(command: str) -> tuple[str, ...]:
    import shlex

    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise typer.BadParameter(f"--smoke: {error}") from None
