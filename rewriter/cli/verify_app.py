"""The command line of `dfix verify` (typer)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from dfix.rewriter.cli.app import check_choice, choices, names, rule_names
from dfix.rewriter.cli.request import Request
from dfix.rewriter.cli.verify_request import VerifyRequest
from dfix.rewriter.verify.engine import BuildOptions

_HELP = """Prove rewrites by real builds: the file as it was and as it would be, held against each other.

Builds both with a real engine, compares configuration and files of the two images, and measures what was gained. With
--write, what is proven is written; a change that broke its promise is named and left out. Where a change makes
another image (--unsafe), both are run: --smoke says what, else their own command, until it ends or its ports answer.

Exit status: 0 proven, 1 a change broke its promise, 2 it could not be built before, or an error.

Examples:

  dfix verify .

  dfix verify --set VERSION=3 --secret id=token,src=token.txt Dockerfile

  dfix verify --write services/

  dfix verify Dockerfile --against Dockerfile.new

  dfix verify --unsafe --smoke 'app --version' Dockerfile

  dfix verify --engine docker:remote --jobs 8 .
"""
FORMATS = ("text", "json")


def read(words: list[str]) -> VerifyRequest | int:
    """The request that a command line makes, or the exit status when help or a mistake was told instead."""
    found: list[VerifyRequest] = []
    try:
        app(found.append)(args=words, prog_name="dfix verify")
    except SystemExit as end:
        if not found:
            return end.code if isinstance(end.code, int) else 2
    return found[0]


def app(take: Callable[[VerifyRequest], None]) -> typer.Typer:
    """The command line, which hands what it asks for to `take`."""
    made = typer.Typer(
        pretty_exceptions_enable=False, add_completion=False, context_settings={"help_option_names": ["-h", "--help"]}
    )

    @made.command(help=_HELP, no_args_is_help=True)
    def verify(  # noqa: PLR0913  # a command line has as many parameters as flags
        paths: Annotated[list[str] | None, typer.Argument(metavar="PATH", help="Dockerfiles or folders.")] = None,
        write: Annotated[bool, typer.Option("--write", help="Write what is proven.")] = False,
        against: Annotated[
            str, typer.Option(metavar="NEW", help="Compare PATH with this rewrite of it, whoever made it.")
        ] = "",
        engine: Annotated[
            str, typer.Option(metavar="NAME", help="docker, docker:BUILDER, podman or buildah; else the first found.")
        ] = "",
        build_args: Annotated[
            list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A build argument.")
        ] = None,
        secrets: Annotated[
            list[str] | None, typer.Option("--secret", metavar="SECRET", help="A secret, as docker build takes it.")
        ] = None,
        platform: Annotated[str, typer.Option(metavar="PLATFORM", help="As docker build takes it.")] = "",
        target: Annotated[str, typer.Option(metavar="STAGE", help="Build up to this stage.")] = "",
        network: Annotated[str, typer.Option(metavar="MODE", help="As docker build takes it.")] = "",
        timeout: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="Time limit of each build.")] = 1800,
        no_measure: Annotated[bool, typer.Option("--no-measure", help="Prove only; no rebuilds are measured.")] = False,
        smoke: Annotated[
            str, typer.Option(metavar="CMD", help="What to run in both images where a change makes another one.")
        ] = "",
        jobs: Annotated[int, typer.Option(min=1, metavar="NUMBER", help="Files to prove at the same time.")] = 1,
        clean: Annotated[bool, typer.Option("--clean", help="Remove what ended runs have left behind.")] = False,
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
            str, typer.Option(metavar="FORMAT", help="text or json.", autocompletion=_formats)
        ] = "text",
        color: Annotated[
            str, typer.Option(metavar="WHEN", help="auto, always or never.", autocompletion=choices("--color"))
        ] = "auto",
        quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary, no progress.")] = False,
        verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Every step, every path, tracebacks.")] = False,
    ) -> None:
        if output_format not in FORMATS:
            raise typer.BadParameter(f"--output-format takes one of {', '.join(FORMATS)}")
        check_choice("--color", color)
        files = Request(
            paths=tuple(paths or ()),
            mode="write" if write else "findings",
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
            quiet=quiet,
            verbose=verbose,
        )
        build = BuildOptions(tuple(build_args or ()), tuple(secrets or ()), platform, target, network, timeout)
        take(VerifyRequest(files, build, engine, against, not no_measure, jobs, clean, _words(smoke)))

    return made


def _formats(incomplete: str) -> list[str]:
    return [name for name in FORMATS if name.startswith(incomplete)]


def _words(command: str) -> tuple[str, ...]:
    import shlex

    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise typer.BadParameter(f"--smoke: {error}") from None
