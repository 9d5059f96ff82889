"""The whole command line (typer): help, the rules' pages, and every flag that `rewriter.request` knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from rewriter.request import CHOICES, MODES, Request, split_names

_HELP = """Rewrite Dockerfiles so that they rebuild faster and ship smaller, and stay the same image.

Without a mode, what could be changed is shown and nothing is written. A folder is searched for Dockerfiles.

Exit status: 0 nothing to change (or written), 1 something would change, 2 an error.

Examples:

  dfix --diff .

  dfix --write Dockerfile

  dfix --explain --context . docker/Dockerfile

  dfix --stdin-filename Dockerfile - < Dockerfile

  dfix --write --verify Dockerfile

More: dfix verify, dfix rules, dfix rule NAME, dfix config, dfix lsp (the language server)
"""


def read(words: list[str]) -> Request | int:
    """The request that a command line makes, or the exit status when help, a version or a mistake was told instead."""
    found: list[Request] = []
    try:
        _app(found.append)(args=words, prog_name="dfix")
    except SystemExit as end:
        if not found:
            return end.code if isinstance(end.code, int) else 2
    return found[0]


def _app(take: Callable[[Request], None]) -> typer.Typer:
    help_flags = {"help_option_names": ["-h", "--help"]}
    app = typer.Typer(pretty_exceptions_enable=False, context_settings=help_flags)

    @app.command(help=_HELP, no_args_is_help=True)
    def rewrite(  # noqa: PLR0913  # a command line has as many parameters as flags
        paths: Annotated[
            list[str], typer.Argument(metavar="PATH", help="Dockerfiles, folders, or `-` with --stdin-filename.")
        ],
        diff: Annotated[bool, typer.Option("--diff", help="Show the changes as a diff.")] = False,
        check: Annotated[bool, typer.Option("--check", help="Print the names of files that would change.")] = False,
        write: Annotated[bool, typer.Option("--write", help="Apply the changes.")] = False,
        verify: Annotated[
            bool, typer.Option("--verify", help="With --write: write only what real builds prove (dfix verify --help).")
        ] = False,
        stdin_filename: Annotated[
            str | None, typer.Option(metavar="PATH", help="Read stdin as this file, write the result to stdout.")
        ] = None,
        unsafe: Annotated[bool, typer.Option("--unsafe", help="Also make changes that change the image.")] = False,
        select: Annotated[
            list[str] | None, typer.Option(metavar="RULES", help="Rules to run, parted by commas.")
        ] = None,
        ignore: Annotated[
            list[str] | None, typer.Option(metavar="RULES", help="Rules not to run, parted by commas.")
        ] = None,
        config: Annotated[str | None, typer.Option(metavar="PATH", help="The settings file to use.")] = None,
        isolated: Annotated[bool, typer.Option("--isolated", help="Use no settings file.")] = False,
        exclude: Annotated[
            list[str] | None, typer.Option(metavar="PATTERNS", help="What a search leaves out, parted by commas.")
        ] = None,
        force_exclude: Annotated[
            bool, typer.Option("--force-exclude", help="Leave out excluded files that are named, too.")
        ] = False,
        context: Annotated[str | None, typer.Option(metavar="FOLDER", help="The build context.")] = None,
        output_format: Annotated[
            str, typer.Option(metavar="FORMAT", help="text, concise, json, github or sarif.")
        ] = "text",
        color: Annotated[str, typer.Option(metavar="WHEN", help="auto, always or never.")] = "auto",
        statistics: Annotated[bool, typer.Option("--statistics", help="Count instead of showing.")] = False,
        show_settings: Annotated[bool, typer.Option("--show-settings", help="Print the settings in force.")] = False,
        explain: Annotated[bool, typer.Option("--explain", help="Show what was left alone, and why.")] = False,
        exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 even if something would change.")] = False,
        exit_non_zero_on_fix: Annotated[
            bool, typer.Option("--exit-non-zero-on-fix", help="With --write, exit 1 if a file was changed.")
        ] = False,
        quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary.")] = False,
        verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show settings files and tracebacks.")] = False,
        jobs: Annotated[int, typer.Option(min=0, metavar="NUMBER", help="Processes to use; 0: one a core.")] = 0,
        version: Annotated[bool, typer.Option("--version", is_eager=True, callback=_version, help="Show it.")] = False,
    ) -> None:
        if verify:  # with --write it is for `dfix verify`, see rewriter.main
            raise typer.BadParameter("--verify goes with --write. `dfix verify PATH` proves and writes nothing")
        modes = [mode for given, mode in zip((diff, check, write), MODES.values(), strict=True) if given]
        if len(modes) > 1:
            raise typer.BadParameter("--diff, --check and --write exclude each other")
        check_choice("--output-format", output_format)
        check_choice("--color", color)
        take(
            Request(
                paths=tuple(paths),
                mode=modes[0] if modes else "findings",
                stdin_filename=stdin_filename,
                unsafe=unsafe,
                select=names(select),
                ignore=names(ignore),
                config=config,
                isolated=isolated,
                exclude=names(exclude),
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
        )

    return app


def names(values: list[str] | None) -> tuple[str, ...]:
    """The names in the values of an option that takes several, parted by commas."""
    return tuple(name for value in values or () for name in split_names(value))


def check_choice(flag: str, value: str) -> None:
    """Raises typer.BadParameter for a value that the flag does not take."""
    choices = CHOICES[flag][1]
    if value not in choices:
        raise typer.BadParameter(f"{flag} takes one of {', '.join(choices)}")


def _version(asked: bool) -> None:
    if asked:
        from rewriter.version import version

        typer.echo(f"dfix {version()}")
        raise typer.Exit
