"""Shell completion by typer's protocol: the shell sets environment variables and reads the printed answer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Annotated

import typer
from typer.main import get_command

from dfix.rewriter.cli import app as cli
from dfix.rewriter.cli import comment_app as comment
from dfix.rewriter.cli import layers_app as layers
from dfix.rewriter.cli import shared_steps_app as common_base
from dfix.rewriter.cli import verify_app as verify
from dfix.rewriter.cli.flags import COMMANDS, SERVE
from dfix.rewriter.cli.typer_command import add_command, operands
from dfix.rewriter.pipeline import run as pipeline

_LINES = ("COMP_WORDS", "_TYPER_COMPLETE_ARGS")
"""Where the shell puts its command line: bash sends one word per line and the number of the word to complete; the other
shells send the text before the cursor."""


def complete() -> int:
    """Print the completions that the environment asks for and return the exit status. Runs no command."""
    get_command(cli.app(lambda _: None))  # registers the shells with typer
    _join_flags()
    try:
        _app(_words())(args=[], prog_name="dfix")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 2
    return 0


def _join_flags() -> None:
    """Bash splits `--flag=value` into three words: drop the `=`, unless it is the word to complete."""
    words = os.environ.get("COMP_WORDS", "").split("\n")
    number = int(os.environ.get("COMP_CWORD", "0"))
    signs = words[:number].count("=")
    if signs:
        before = [word for word in words[:number] if word != "="]
        os.environ.update(COMP_WORDS="\n".join(before + words[number:]), COMP_CWORD=str(number - signs))


def _words() -> list[str]:
    """The words before the one to complete."""
    if "COMP_WORDS" in os.environ:
        return os.environ["COMP_WORDS"].split("\n")[: int(os.environ["COMP_CWORD"])]
    line = os.environ.get("_TYPER_COMPLETE_ARGS", "")
    words = line.split()
    return words if line[-1:].isspace() else words[:-1]


def _app(words: list[str]) -> typer.Typer:
    """The typer app to complete. A sub-command has its own app, so its name is removed from the line first.

    Example: `dfix verify --en` becomes `dfix --en`, completed by the app of `dfix verify`.
    """
    command = words[1] if len(words) > 1 else ""
    if command not in COMMANDS:
        return cli.app(lambda _: None, first=len(words) == 1)
    for variable in _LINES:
        line = os.environ.get(variable, "")
        start = line.find(command, len(words[0]))
        os.environ[variable] = line[:start].rstrip() + line[start + len(command) :]
    os.environ["COMP_CWORD"] = str(len(words) - 1)
    if command == "verify":
        return verify.app(lambda _: None)
    if command == "layers":
        return layers.app(lambda _: None)
    if command == "common-base":
        return common_base.app(lambda _: None)
    if command == "comment":
        return comment.app(lambda _: None)
    if command == "mcp":
        return _served()
    return _rule() if command == "rule" else _nothing()


def _served() -> typer.Typer:
    app = typer.Typer(add_completion=False)
    add_command(app, operands(list[str] | None, None), SERVE, {"root": None}, lambda fields: None, "")
    return app


def _rule() -> typer.Typer:
    app = typer.Typer(add_completion=False)

    @app.command()
    def rule(name: Annotated[str, typer.Argument(autocompletion=_rules)]) -> None: ...

    return app


def _nothing() -> typer.Typer:
    app = typer.Typer(add_completion=False)

    @app.command()
    def nothing() -> None: ...

    return app


def _rules(incomplete: str) -> Iterator[tuple[str, str]]:
    for info in pipeline.rules():
        if info.name.startswith(incomplete):
            yield info.name, info.summary
