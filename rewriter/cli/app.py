"""The whole command line (typer): help, the rules' pages, and every flag of `dfix PATH…`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import typer

from dfix.rewriter.cli.flags import COMMANDS, REWRITE, VERIFY
from dfix.rewriter.cli.request import Request
from dfix.rewriter.cli.typer_command import add_command, operands, with_number

_HELP = """Rewrite Dockerfiles so that they rebuild faster and ship smaller, and stay the same image.

Without --diff, --check or --write, dfix shows what it could change and writes nothing. It searches folders for
Dockerfiles.

Exit status: 0 nothing to change (or written), 1 something would change, 2 an error.

\b
Examples:
  dfix --diff .
  dfix --write Dockerfile
  dfix --explain --context . docker/Dockerfile
  dfix --stdin-filename Dockerfile - < Dockerfile
  dfix --write --verify Dockerfile

\b
More: dfix verify, dfix layers, dfix rules, dfix rule NAME, dfix config.
The language server for editors: dfix lsp.
"""


def read(words: list[str]) -> Request | int:
    """Parse a command line into a request, or return the exit status if it printed help, the version or a mistake."""
    found: list[Request] = []
    try:
        app(found.append)(args=with_number(words), prog_name="dfix")
    except SystemExit as end:
        if not found:
            return end.code if isinstance(end.code, int) else 2
    return found[0]


def app(take: Callable[[Request], None], *, first: bool = False) -> typer.Typer:
    """The typer app; it passes the request to `take`. `first`: a shell is completing the first word."""
    settings = {"help_option_names": ["-h", "--help"], "obj": first}
    made = typer.Typer(pretty_exceptions_enable=False, context_settings=settings)
    paths = operands(
        list[str],
        inspect.Parameter.empty,
        help="Dockerfiles, folders to search, or `-` with --stdin-filename.",
        autocompletion=_commands,
    )

    def read_request(fields: dict[str, Any]) -> None:
        if fields.pop(
            VERIFY.field, False
        ):  # `--write --verify` never gets here: it runs `dfix verify`, see dfix.rewriter.cli.main
            raise typer.BadParameter("--verify needs --write. `dfix verify PATH` proves without writing")
        take(Request(**fields))

    add_command(made, paths, REWRITE, Request._field_defaults, read_request, _HELP)
    return made


def _commands(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Complete the first word with a command; the shell completes paths by itself."""
    return [item for item in COMMANDS.items() if context.obj and item[0].startswith(incomplete)]
