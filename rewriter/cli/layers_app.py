"""The command line of `dfix layers` (typer)."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import typer

from dfix.rewriter.cli.flags import LAYERS
from dfix.rewriter.cli.layers_request import LayersRequest
from dfix.rewriter.cli.request import Request
from dfix.rewriter.cli.typer_command import add_command, operands, with_number

_HELP = """Show what each layer costs, what makes it run again, and whether it ships.

Lists the instructions of each Dockerfile with an estimate of the time that they take, the number of files of the build
context of which a change makes them run again, and the build arguments that do. Nothing is built and nothing is
written. Only --history and --since read the history of the repository, with git.

Exit status: 0 shown, 2 an error.

\b
Examples:
  dfix layers .
  dfix layers --history Dockerfile
  dfix layers --history 50 --context . docker/Dockerfile
  dfix layers --since origin/main .
  dfix layers --output-format json Dockerfile
"""


def read(words: list[str]) -> LayersRequest | int:
    """Parse a command line into a request, or return the exit status if it printed help or a mistake."""
    found: list[LayersRequest] = []
    try:
        app(found.append)(args=with_number(words), prog_name="dfix layers")
    except SystemExit as end:
        if not found:
            return end.code if isinstance(end.code, int) else 2
    return found[0]


def app(take: Callable[[LayersRequest], None]) -> typer.Typer:
    """The typer app; it passes the request to `take`."""
    made = typer.Typer(
        pretty_exceptions_enable=False, add_completion=False, context_settings={"help_option_names": ["-h", "--help"]}
    )

    def read_request(fields: dict[str, Any]) -> None:
        own = {name: fields.pop(name) for name in LayersRequest._fields if name in fields}
        take(LayersRequest(Request(**fields), **own))

    paths = operands(list[str], inspect.Parameter.empty, help="Dockerfiles or folders.")
    defaults = {**Request._field_defaults, **LayersRequest._field_defaults}
    add_command(made, paths, LAYERS, defaults, read_request, _HELP)
    return made
