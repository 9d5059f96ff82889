"""Write the manual page, docs/dfix.1, from the declared flags and commands.

python scripts/man_page.py           # write it (part of `make docs`)
python scripts/man_page.py --check   # exit with 1 if it is not up to date
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from generated_page import ROOT, keep_up_to_date

from dfix.rewriter.cli.flags import BASES, COMMANDS, COMMENT, COMMON_BASE, LAYERS, PROVE, REWRITE, SERVE, Flag

PAGE = Path("docs/dfix.1")
_WORDS = (
    "[OPTION]… PATH…",
    "verify [OPTION]… PATH…",
    "layers [OPTION]… PATH…",
    "bases [OPTION]… PATH…",
    "common-base [OPTION]… PATH…",
    "comment [OPTION]… FILE",
    "rules",
    "rule NAME",
    "config",
    "lsp",
    "mcp [OPTION]…",
)
_OPERANDS = dict.fromkeys(("verify", "layers", "bases", "common-base"), "PATH…") | {
    "rule": "NAME",
    "comment": "FILE",
}
_EXAMPLES = (
    ("Show what could change in a folder, with the lines and the reasons", "dfix ."),
    ("Show also what was left alone, and why", "dfix --explain ."),
    ("Apply the changes", "dfix --write Dockerfile"),
    ("Apply only what real builds prove", "dfix --write --verify Dockerfile"),
    ("Look at a patch first", "dfix --diff . | git apply --stat"),
)
_FILES = (
    ("dfix.toml, .dfix.toml, pyproject.toml", "Settings; the file nearest to the Dockerfile counts (dfix config)."),
    ("~/.local/state/dfix/measured", "What the steps of a build took when dfix verify last ran it."),
)
_VARIABLES = (
    ("NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR, TERM", "Whether output is coloured when --color is auto."),
    ("PAGER", "Shows a long page of dfix rule on a terminal; less if unset, none if empty."),
    ("DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG", "Which engine dfix verify builds with, as for docker."),
    ("GITHUB_TOKEN, GH_TOKEN, GITLAB_TOKEN", "The token of dfix comment."),
)


def page() -> str:
    """The manual page, in the macros of man(7)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [
        '.\\" Written by scripts/man_page.py',
        f'.TH DFIX 1 "" "dfix {project["version"]}" "User Commands"',
        ".SH NAME",
        f"dfix \\- {_text(project['description'][:1].lower() + project['description'][1:])}",
        ".SH SYNOPSIS",
        *_synopsis(),
        ".SH DESCRIPTION",
        "dfix reads Dockerfiles together with their build contexts. Without \\-\\-diff, \\-\\-check or \\-\\-write, it",
        "shows what it could change and writes nothing. It searches folders for Dockerfiles.",
        ".SH COMMANDS",
        *_entries((f"{name} {_OPERANDS.get(name, '')}".rstrip(), told) for name, told in COMMANDS.items()),
        ".SH OPTIONS",
        *_options(REWRITE),
        ".SH OPTIONS OF DFIX VERIFY",
        *_options(PROVE),
        ".SH OPTIONS OF DFIX LAYERS",
        *_options(LAYERS),
        ".SH OPTIONS OF DFIX BASES",
        *_options(BASES),
        ".SH OPTIONS OF DFIX COMMON-BASE",
        *_options(COMMON_BASE),
        ".SH OPTIONS OF DFIX COMMENT",
        *_options(COMMENT),
        ".SH OPTIONS OF DFIX MCP",
        *_options(SERVE),
        ".SH EXIT STATUS",
        *_entries((("0", "Nothing to change, or written."), ("1", "Something would change."), ("2", "An error."))),
        ".SH ENVIRONMENT",
        *_entries(_VARIABLES),
        ".SH FILES",
        *_entries(_FILES),
        ".SH EXAMPLES",
        *(
            line
            for told, command in _EXAMPLES
            for line in (".PP", f"{_text(told)}:", ".PP", ".in +4", _text(command), ".in")
        ),
        ".SH SEE ALSO",
        ".BR docker (1),",
        ".BR git\\-apply (1)",
    ]
    return "\n".join(lines) + "\n"


def _examples() -> Iterator[str]:
    for told, command in _EXAMPLES:
        yield from (".PP", f"{_text(told)}:", ".PP", ".in +4", _text(command), ".in")


def _synopsis() -> Iterator[str]:
    for words in _WORDS:
        yield from (".B dfix", _text(words), ".br")


def _options(flags: Sequence[Flag]) -> Iterator[str]:
    for group, members in groupby(flags, lambda flag: flag.group):
        if group:
            yield f".SS {_text(group)}"
        yield from _entries((_named(flag), _told(flag)) for flag in members)


def _named(flag: Flag) -> str:
    return ", ".join(flag.names) + (f" {flag.metavar}" if flag.metavar else "")


def _told(flag: Flag) -> str:
    return f"{flag.help} One of {', '.join(flag.choices)}." if flag.choices else flag.help


def _entries(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, told in entries:
        yield from (".TP", f".B {_text(name)}", _text(told))


def _text(text: str) -> str:
    """A text in which roff sees no request and no hyphen of its own."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text[:1] in (".", "'") else text


if __name__ == "__main__":
    sys.exit(keep_up_to_date(PAGE, page(), __doc__ or ""))
