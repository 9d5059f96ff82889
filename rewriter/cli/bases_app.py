"""The command line of `dfix bases` (typer)."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import typer

from dfix.rewriter.cli.bases_request import BasesRequest
from dfix.rewriter.cli.flags import BASES
from dfix.rewriter.cli.request import Request
from dfix.rewriter.cli.typer_command import add_command, operands

_HELP = """List the images that Dockerfiles build on.

Every base of a tree of Dockerfiles, with its tag and digest: how many files use it, in which stage, when its release
reaches its end of life, and whether it has no version, is deprecated or is used under several tags. Build arguments
count with their defaults. Nothing is built, and no registry is asked.

With --pin, skopeo or docker buildx asks the registries which digest each tag has, with your own credentials, and a diff
adds the digests. With --update, a diff has newer tags that follow the author's own scheme (as many numbers, the same
rest: 3.11.4-slim becomes 3.11.9-slim) and the digests of today where there are digests. --write writes the files.

Exit status: 0 shown, written or nothing to change, 1 the diff is not empty, 2 an error.

\b
Examples:
  dfix bases .
  dfix bases -v services/api/Dockerfile
  dfix bases --output-format json .
  dfix bases --pin --write .
  dfix bases --update --level minor .
"""


def read(words: list[str]) -> BasesRequest | int:
    """Parse a command line into a request, or return the exit status if it printed help or a mistake."""
    found: list[BasesRequest] = []
    try:
        app(found.append)(args=words, prog_name="dfix bases")
    except SystemExit as end:
        if not found:
            return end.code if isinstance(end.code, int) else 2
    return found[0]


def app(take: Callable[[BasesRequest], None]) -> typer.Typer:
    """The typer app; it passes the request to `take`."""
    made = typer.Typer(
        pretty_exceptions_enable=False, add_completion=False, context_settings={"help_option_names": ["-h", "--help"]}
    )

    def read_request(fields: dict[str, Any]) -> None:
        own = {name: fields.pop(name) for name in BasesRequest._fields if name in fields}
        take(BasesRequest(Request(**fields), **own))

    paths = operands(list[str], inspect.Parameter.empty, help="Dockerfiles or folders.")
    defaults = {**Request._field_defaults, **BasesRequest._field_defaults}
    add_command(made, paths, BASES, defaults, read_request, _HELP)
    return made
