"""Building a typer command from declared flags."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

import typer

from dfix.rewriter.cli.flags import HISTORY, LAST_COMMITS, Flag, split_names

_TYPES: dict[str, object] = {
    "switch": bool,
    "version": bool,
    "number": int | None,
    "seconds": float,
    "choice": str,
    "text": str | None,
    "pair": tuple[str, str] | None,
    "rules": list[str] | None,
    "patterns": list[str] | None,
    "texts": list[str] | None,
}


def add_command(
    app: typer.Typer,
    paths: inspect.Parameter,
    flags: tuple[Flag, ...],
    defaults: Mapping[str, object],
    take: Callable[[dict[str, Any]], None],
    text: str,
) -> None:
    """Add the only command to a typer app, with `text` as its help.

    `paths` is the parameter for the operands, `defaults` maps the request's fields to their defaults; `take` gets the
    fields that the command line sets.
    """
    parameters = [paths, *(_parameter(flag, defaults) for flag in flags)]

    def command(**values: Any) -> None:
        take({paths.name: tuple(values[paths.name] or ()), **_fields(flags, values)})

    # typer reads a function's signature, so give it one parameter per flag
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    app.command(help=_reflowed(text), no_args_is_help=True)(command)


def _reflowed(text: str) -> str:
    r"""A help in which each paragraph is one line, which typer wraps; those after `\b` keep their lines."""
    paragraphs = text.strip().split("\n\n")
    return "\n\n".join(part if part.startswith("\b") else part.replace("\n", " ") for part in paragraphs)


def with_number(words: list[str]) -> list[str]:
    """A command line in which `--history` has its number, which may be left out."""
    given: list[str] = []
    for at, word in enumerate(words):
        if word == "--":
            return [*given, *words[at:]]
        given.append(word)
        if word in HISTORY.names and not "".join(words[at + 1 : at + 2]).lstrip("-").isdecimal():
            given.append(str(LAST_COMMITS))
    return given


def operands(type_: object, default: object, *, metavar: str = "PATH", **told: Any) -> inspect.Parameter:
    """The parameter `paths`; `told` goes to typer."""
    return _keyword("paths", Annotated[type_, typer.Argument(metavar=metavar, **told)], default)


def _parameter(flag: Flag, defaults: Mapping[str, object]) -> inspect.Parameter:
    told: dict[str, Any] = {"help": flag.help, "metavar": flag.metavar, "rich_help_panel": flag.group or None}
    default: object = False
    if flag.kind == "version":
        told.update(is_eager=True, callback=_version)
    elif flag.kind in ("rules", "patterns", "texts"):
        default = None
    elif flag.kind != "switch":
        default = defaults[flag.field]
    if flag.kind in ("number", "seconds"):
        told["min"] = flag.least
    elif flag.kind == "choice":
        told["help"] = f"{flag.help} One of {', '.join(flag.choices)}."
        told["autocompletion"] = _choices(flag)
    elif flag.kind == "rules":
        told["autocompletion"] = _rule_names
    return _keyword(flag.parameter, Annotated[_TYPES[flag.kind], typer.Option(*flag.names, **told)], default)


def _keyword(name: str, annotation: object, default: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _fields(flags: tuple[Flag, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert typer's values into fields of a request. Raises typer.BadParameter."""
    fields: dict[str, Any] = {}
    for flag in flags:
        value = values[flag.parameter]
        if flag.kind == "switch":
            if value and flag.field in fields:
                *names, last = (other.names[0] for other in flags if other.field == flag.field)
                raise typer.BadParameter(f"{', '.join(names)} and {last} cannot be combined")
            if value:
                fields[flag.field] = flag.value
        elif flag.kind in ("rules", "patterns"):
            fields[flag.field] = tuple(name for one in value or () for name in split_names(one))
            if value and not fields[flag.field]:
                raise typer.BadParameter(f"{flag.names[0]} names nothing")
        elif flag.kind == "texts":
            fields[flag.field] = tuple(value or ())
        elif flag.kind != "version":
            if flag.choices and value not in flag.choices:
                raise typer.BadParameter(f"{flag.names[0]} takes one of {', '.join(flag.choices)}")
            fields[flag.field] = value
    return fields


def _choices(flag: Flag) -> Callable[[str], list[str]]:
    """A completer for the flag's choices."""
    return lambda incomplete: [value for value in flag.choices if value.startswith(incomplete)]


def _rule_names(incomplete: str) -> Iterator[tuple[str, str]]:
    """Complete a comma-separated list of rules, with the summary of each."""
    from dfix.rewriter.pipeline import run as pipeline

    before, comma, start = incomplete.rpartition(",")
    for info in pipeline.rules():
        if info.name.startswith(start) and info.name not in before.split(","):
            yield f"{before}{comma}{info.name}", info.summary


def _version(asked: bool) -> None:
    if asked:
        from dfix.rewriter.report.version import version

        typer.echo(f"dfix {version() or '(development version)'}")
        raise typer.Exit
