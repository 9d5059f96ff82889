"""The command line of `dfix common-base` (typer)."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import typer

from dfix.rewriter.cli.flags import COMMON_BASE
from dfix.rewriter.cli.request import Request
from dfix.rewriter.cli.typer_command import add_command, operands

_HELP = """Show which slow steps several Dockerfiles could share in a base of their own.

Compares the stages that are built on the same image, also where the shared steps have to go above others, of which they
need nothing. Says what a base would save, and of equal RUNs that can't be shared, why. With --diff, prints what makes
the base, as `git apply` reads it. Nothing is built and nothing is written.

Exit status: 0 shown, 1 with --diff if there is something to share, 2 an error.

\b
Examples:
  dfix common-base .
  dfix common-base services/*/Dockerfile
  dfix common-base --output-format json .
  dfix common-base --diff . | git apply
"""


def read(words: list[str]) -> Request | int:
    """Parse a command line into a request, or return the exit status if it printed help or a mistake."""
    found: list[Request] = []
    try:
        app(found.append)(args=words, prog_name="dfix common-base")
    except SystemExit as end:
        if not found:
            return end.code if isinstance(end.code, int) else 2
    return found[0]


def app(take: Callable[[Request], None]) -> typer.Typer:
    """The typer app; it passes the request to `take`."""
    made = typer.Typer(
        pretty_exceptions_enable=False, add_completion=False, context_settings={"help_option_names": ["-h", "--help"]}
    )

    def read_request(fields: dict[str, Any]) -> None:
        take(Request(**fields))

    paths = operands(list[str], inspect.Parameter.empty, help="Dockerfiles or folders.")
    add_command(made, paths, COMMON_BASE, Request._field_defaults, read_request, _HELP)
    return made
