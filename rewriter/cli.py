"""The whole command line (typer): help, the rules' pages, and every flag that `rewriter.request` knows."""

from __future__ import annotations

from typing import Annotated

import typer

from rewriter.command import execute
from rewriter.request import CHOICES, COMMANDS, MODES, Request, split_names

_HELP = """Rewrite Dockerfiles so that they rebuild faster and ship smaller, and stay the same image.

Without a mode, what could be changed is shown and nothing is written. A folder is searched for Dockerfiles.

Exit status: 0 nothing to change (or written), 1 something would change, 2 an error.

Examples:

  dfix --diff .

  dfix --write Dockerfile

  dfix --explain --context . docker/Dockerfile

  dfix --stdin-filename Dockerfile - < Dockerfile
"""

app = typer.Typer(add_completion=True, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command(help=_HELP)
def rewrite(  # noqa: PLR0913  # a command line has as many parameters as flags
    paths: Annotated[list[str], typer.Argument(help="Dockerfiles, folders, or `-` with --stdin-filename.")],
    diff: Annotated[bool, typer.Option("--diff", help="Show the changes as a diff.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Print the names of files that would change.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Apply the changes.")] = False,
    stdin_filename: Annotated[
        str | None, typer.Option(help="Read stdin as this file, write the result to stdout.")
    ] = None,
    unsafe: Annotated[bool, typer.Option("--unsafe", help="Also apply changes that may change the image.")] = False,
    select: Annotated[list[str] | None, typer.Option(help="Rules to run, parted by commas.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Rules to leave out, parted by commas.")] = None,
    config: Annotated[str | None, typer.Option(help="Settings file to use.")] = None,
    isolated: Annotated[bool, typer.Option("--isolated", help="Use no settings file.")] = False,
    exclude: Annotated[list[str] | None, typer.Option(help="Paths that a search leaves out.")] = None,
    force_exclude: Annotated[bool, typer.Option("--force-exclude", help="Exclude files that are named, too.")] = False,
    context: Annotated[str | None, typer.Option(help="The build context folder.")] = None,
    output_format: Annotated[str, typer.Option(help="text, concise, json, github or sarif.")] = "text",
    color: Annotated[str, typer.Option(help="auto, always or never.")] = "auto",
    statistics: Annotated[bool, typer.Option("--statistics", help="Count changes and refusals.")] = False,
    show_settings: Annotated[bool, typer.Option("--show-settings", help="Print the settings in force.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show what was left alone, and why.")] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 even if something would change.")] = False,
    exit_non_zero_on_fix: Annotated[
        bool, typer.Option("--exit-non-zero-on-fix", help="With --write, exit 1 if a file was changed.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show tracebacks and more.")] = False,
    jobs: Annotated[int, typer.Option(help="Processes to use; 0 for one a core.")] = 0,
) -> None:
    """Read the flags into a request and carry it out."""
    modes = [mode for given, mode in zip((diff, check, write), MODES.values(), strict=True) if given]
    if len(modes) > 1:
        raise typer.BadParameter("--diff, --check and --write exclude each other")
    _check_choice("--output-format", output_format)
    _check_choice("--color", color)
    if "-" in paths and stdin_filename is None:
        raise typer.BadParameter("`-` needs --stdin-filename")
    request = Request(
        paths=tuple(paths),
        mode=modes[0] if modes else "findings",
        stdin_filename=stdin_filename,
        unsafe=unsafe,
        select=_names(select),
        ignore=_names(ignore),
        config=config,
        isolated=isolated,
        exclude=_names(exclude),
        force_exclude=force_exclude,
        context=context,
        output_format=output_format,
        color=color,
        statistics=statistics,
        show_settings=show_settings,
        explain=explain,
        exit_zero=exit_zero,
        exit_non_zero_on_fix=exit_non_zero_on_fix,
        quiet=quiet,
        verbose=verbose,
        jobs=jobs,
    )
    raise typer.Exit(execute(request))


def _names(values: list[str] | None) -> tuple[str, ...]:
    return tuple(name for value in values or () for name in split_names(value))


def _check_choice(flag: str, value: str) -> None:
    choices = CHOICES[flag][1]
    if value not in choices:
        raise typer.BadParameter(f"{flag} takes one of {', '.join(choices)}")


def invoke(words: list[str]) -> int:
    """Run a command line that `rewriter.request` does not read, and answer with the exit status."""
    if words and words[0] in COMMANDS:
        return _command(words[0], words[1:])
    if "--version" in words:
        from importlib.metadata import version

        typer.echo(f"dfix {version('dfix')}")
        return 0
    try:
        app(args=words, prog_name="dfix", standalone_mode=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 2
    return 0


def _command(name: str, words: list[str]) -> int:
    from rewriter.report import pages

    if name == "rules" and not words:
        typer.echo(pages.listing(), nl=False)
        return 0
    if name == "config" and not words:
        typer.echo(pages.settings(), nl=False)
        return 0
    if name == "rule" and len(words) == 1:
        page = pages.page(words[0])
        if page:
            typer.echo(page, nl=False)
            return 0
        typer.echo(f"unknown rule `{words[0]}`; `dfix rules` lists them", err=True)
        return 2
    typer.echo(f"usage: dfix rules | dfix rule NAME | dfix config (for a file of that name: dfix ./{name})", err=True)
    return 2
