"""What a command line asks for; plain command lines are parsed here, without loading typer.

Editors and hooks start the command on each save, and importing typer takes longer than everything else together. So a
command line of nothing but paths and the flags below is parsed here; anything else goes to `dfix.rewriter.cli.app`.
"""

from __future__ import annotations

import os

from dfix.rewriter.cli.flags import COMMANDS, REWRITE, Flag, split_names
from dfix.rewriter.text.named_tuple import NamedTuple


class Request(NamedTuple):
    """The arguments of `dfix PATH…`."""

    paths: tuple[str, ...] = ()
    mode: str = "findings"
    """findings, diff, check, write, add-ignore or write-baseline."""
    reason: str | None = None
    """What --add-ignore writes into its comments."""
    stdin_filename: str | None = None
    """The path of the text on standard input; set, dfix is a filter."""
    unsafe: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    config: str | None = None
    hadolint_config: str | None = None
    """The .hadolint.yaml whose ignored checks are left out."""
    baseline: str | None = None
    """The file of findings that are left out, or that `write-baseline` writes."""
    isolated: bool = False
    exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    context: str | None = None
    output_format: str = "text"
    color: str = "auto"
    statistics: bool = False
    show_settings: bool = False
    explain: bool = False
    exit_zero: bool = False
    exit_non_zero_on_fix: bool = False
    quiet: bool = False
    verbose: bool = False
    jobs: int = 0
    history: int | None = None
    """How many of the last commits to replay; None: none, and git is not started."""


_PLAIN = {
    name: flag
    for flag in REWRITE
    if flag.field in Request._fields and flag.kind in ("switch", "text", "choice", "rules", "patterns")
    for name in flag.names
}
"""The flags that are parsed here, by name."""


def read_plain(words: list[str]) -> Request | None:
    """Parse a command line of known flags and paths; None for any other."""
    if not words or words[0] in COMMANDS:
        return None
    fields: dict[str, object] = {}
    paths: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "-" or not word.startswith("-"):
            paths.append(word)
            continue
        name, sign, value = word.partition("=")
        flag = _PLAIN.get(name)
        if flag is None:
            return None
        if flag.kind == "switch":
            if sign or (flag.field == "mode" and "mode" in fields):
                return None
            fields[flag.field] = flag.value
            continue
        if not sign:
            value = words[at] if at < len(words) else ""
            at += 1
        if not value or value.startswith("-") or (flag.choices and value not in flag.choices):
            return None
        if flag.kind in ("rules", "patterns") and not split_names(value):
            return None
        _take(fields, flag, value)
    if not paths:
        return None
    return Request(paths=tuple(paths), **fields)  # type: ignore[arg-type]  # the flags name fields of Request


def _take(fields: dict[str, object], flag: Flag, value: str) -> None:
    if flag.kind in ("rules", "patterns"):
        before = fields.get(flag.field, ())
        fields[flag.field] = (*(before if isinstance(before, tuple) else ()), *split_names(value))
    else:
        fields[flag.field] = value


def fault(request: Request) -> str:
    """Why the flags of a request cannot be combined, as a sentence, or ""."""
    piped = request.stdin_filename is not None
    if "-" in request.paths and not piped:
        return "`-` needs --stdin-filename PATH. The folder of PATH is used to find the build context"
    if piped and (wrong := _fault_of_stdin(request)):
        return wrong
    if request.baseline == "":
        return "--baseline has no path. Name the file"
    if request.mode == "write-baseline" and request.statistics:
        return "--write-baseline prints no findings. Leave out --statistics"
    if request.reason is not None and (wrong := _fault_of_reason(request)):
        return wrong
    if request.mode in ("diff", "check", "add-ignore", "write-baseline") and request.output_format != "text":
        return f"--{request.mode} has its own format. Leave out --output-format"
    if request.statistics and (request.mode == "diff" or request.output_format not in ("text", "concise")):
        return "--statistics replaces the findings. Leave out --diff and --output-format"
    if request.history is not None and (wrong := _fault_of_history(request)):
        return wrong
    if request.config is not None and request.isolated:
        return "--config and --isolated cannot be combined. Leave one out"
    if request.context is not None and not os.path.isdir(request.context):
        return f"--context: no such folder: {request.context}. Name the folder that the build sends"
    return ""


def _fault_of_stdin(request: Request) -> str:
    if request.paths != ("-",):
        return "--stdin-filename only works with `-`. Leave out the other paths"
    if request.mode == "write":
        return "--write has no file to write to with `-`. Leave it out: the result goes to standard output"
    if request.mode in ("add-ignore", "write-baseline"):
        return f"--{request.mode} has no file to write to with `-`. Name the file"
    return ""


def _fault_of_history(request: Request) -> str:
    if request.stdin_filename is not None or request.show_settings:
        return "--history is about what dfix changes in files. Leave out `-` and --show-settings"
    if request.mode in ("add-ignore", "write-baseline"):
        return f"--history is about what dfix changes in files, and --{request.mode} changes nothing. Leave one out"
    if request.statistics or request.output_format not in ("text", "concise", "html"):
        return "--history prints sentences. Leave out --statistics, and ask `dfix layers` for JSON"
    return ""


def _fault_of_reason(request: Request) -> str:
    if request.mode != "add-ignore":
        return "--reason is for the comments that --add-ignore writes. Add --add-ignore, or leave it out"
    if not (request.reason or "").strip() or not (request.reason or "").isprintable():
        return "--reason is not one line of text. Say why the findings are ignored"
    return ""
