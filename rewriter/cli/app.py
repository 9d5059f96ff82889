"""The whole command line (typer): help, the rules' pages, and every flag that `dfix.rewriter.cli.request` knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

import typer

from dfix.rewriter.cli.request import CHOICES, MODES, Request, split_names

COMMANDS = {
    "verify": "Prove rewrites by real builds.",
    "rules": "List the rules.",
    "rule": "Explain a rule.",
    "config": "Explain the settings.",
    "lsp": "Serve an editor.",
}
"""What may stand in place of the first path, and what it does."""

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
        app(found.append)(args=words, prog_name="dfix")
    except SystemExit as end:
        if not found:
            return end.code if isinstance(end.code, int) else 2
    return found[0]


def app(take: Callable[[Request], None], *, first: bool = False) -> typer.Typer:
    """The command line, which hands what it asks for to `take`. `first`: a shell asks how its first word may go on."""
    settings = {"help_option_names": ["-h", "--help"], "obj": first}
    made = typer.Typer(pretty_exceptions_enable=False, context_settings=settings)

    @made.command(help=_HELP, no_args_is_help=True)
    def rewrite(  # noqa: PLR0913  # a command line has as many parameters as flags
        paths: Annotated[
            list[str],
            typer.Argument(
                metavar="PATH",
                help="Dockerfiles, folders, or `-` with --stdin-filename.",
                autocompletion=_commands,
            ),
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
            list[str] | None,
            typer.Option(metavar="RULES", help="Rules to run, parted by commas.", autocompletion=rule_names),
        ] = None,
        ignore: Annotated[
            list[str] | None,
            typer.Option(metavar="RULES", help="Rules not to run, parted by commas.", autocompletion=rule_names),
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
            str,
            typer.Option(
                metavar="FORMAT",
                help="text, concise, json, github, gitlab, sarif or rdjson.",
                autocompletion=choices("--output-format"),
            ),
        ] = "text",
        color: Annotated[
            str, typer.Option(metavar="WHEN", help="auto, always or never.", autocompletion=choices("--color"))
        ] = "auto",
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
        if verify:  # with --write it is for `dfix verify`, see dfix.rewriter.cli.main
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

    return made


def names(values: list[str] | None) -> tuple[str, ...]:
    """The names in the values of an option that takes several, parted by commas."""
    return tuple(name for value in values or () for name in split_names(value))


def check_choice(flag: str, value: str) -> None:
    """Raises typer.BadParameter for a value that the flag does not take."""
    choices = CHOICES[flag][1]
    if value not in choices:
        raise typer.BadParameter(f"{flag} takes one of {', '.join(choices)}")


def choices(flag: str) -> Callable[[str], list[str]]:
    """For a shell: how a value of the flag may go on."""
    return lambda incomplete: [value for value in CHOICES[flag][1] if value.startswith(incomplete)]


def rule_names(incomplete: str) -> Iterator[tuple[str, str]]:
    """For a shell: how a list of rules, parted by commas, may go on, and what each rule does."""
    from dfix.rewriter.pipeline import run as pipeline

    before, comma, start = incomplete.rpartition(",")
    for info in pipeline.rules():
        if info.name.startswith(start) and info.name not in before.split(","):
            yield f"{before}{comma}{info.name}", info.summary


def _commands(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """For a shell: the commands that may stand as the first word; for paths it uses its own list of files."""
    return [item for item in COMMANDS.items() if context.obj and item[0].startswith(incomplete)]


def _version(asked: bool) -> None:
    if asked:
        from dfix.rewriter.report.version import version

        typer.echo(f"dfix {version() or 'of a checkout'}")
        raise typer.Exit
