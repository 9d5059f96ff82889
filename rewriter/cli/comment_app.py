"""The command line of `dfix comment` (typer)."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import typer

from dfix.rewriter.cli.comment_request import CommentRequest
from dfix.rewriter.cli.flags import COMMENT
from dfix.rewriter.cli.typer_command import add_command, operands

_HELP = """Keep one comment of a pull request up to date with what dfix verify found.

FILE is what `dfix verify --report FILE.md` wrote. The comment is found again by its first line and its author, and
edited; there is never a second one. The pull request is that of the CI job, or --pull-request.

GitHub: the token in GITHUB_TOKEN or GH_TOKEN, the repository in GITHUB_REPOSITORY, the API in GITHUB_API_URL. GitLab:
GITLAB_TOKEN, CI_PROJECT_ID, CI_API_V4_URL. The token goes to that API alone, by https.

Exit status: 0 the comment is up to date, or the token may not write (that of a fork's pull request is read-only), 2 an
error.

\b
Examples:
  dfix verify --base origin/main --report verify.md
  dfix comment verify.md
  dfix comment --pull-request 12 verify.md
"""


def read(words: list[str]) -> CommentRequest | int:
    """Parse a command line into a request, or return the exit status if it printed help or a mistake."""
    found: list[CommentRequest] = []
    try:
        app(found.append)(args=words, prog_name="dfix comment")
    except SystemExit as end:
        if not found:
            return end.code if isinstance(end.code, int) else 2
    return found[0]


def app(take: Callable[[CommentRequest], None]) -> typer.Typer:
    """The typer app; it passes the request to `take`."""
    made = typer.Typer(
        pretty_exceptions_enable=False, add_completion=False, context_settings={"help_option_names": ["-h", "--help"]}
    )

    def read_request(fields: dict[str, Any]) -> None:
        take(CommentRequest(**fields))

    paths = operands(list[str], inspect.Parameter.empty, help="What dfix verify wrote.", metavar="FILE")
    add_command(made, paths, COMMENT, CommentRequest._field_defaults, read_request, _HELP)
    return made
