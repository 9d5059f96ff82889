"""The entry point of the `dfix` command."""

from __future__ import annotations

import gc
import os
import sys

FAILED = 2
ASKED = "_DFIX_COMPLETE"
"""The environment variable that a shell sets to ask for completions."""
INTERRUPTED = 130
"""The exit status that shells report for a command stopped by Ctrl-C."""


def main() -> None:
    """Run the command line and exit with its status."""
    # Modules and syntax trees live until the end: scanning them at the default threshold is 5 % of a run on one file.
    gc.set_threshold(50_000, 20, 20)
    sys.exit(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Run a command line and return its exit status. An unexpected error prints one line and returns 2."""
    _open_closed_streams()
    try:
        status = _carry_out(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:  # the reader has closed the pipe, as in `dfix . | head`
        status = FAILED
    except Exception as error:
        status = FAILED
        _tell(words, error)
    else:
        return status
    _give_up_output()
    return status


def _carry_out(words: list[str]) -> int:
    if ASKED in os.environ:
        from dfix.rewriter.cli.completion import complete

        return complete()
    from dfix.rewriter.cli.request import read_plain

    command = words[0] if words else ""
    if command in ("rules", "rule", "config"):
        from dfix.rewriter.report.output import outputs
        from dfix.rewriter.report.pages import answer

        return answer(words, *outputs("auto"))
    if command in ("lsp", "mcp"):
        return _serve(words)
    if command == "layers":
        from dfix.rewriter.cli.layers_app import read as read_layers
        from dfix.rewriter.cli.layers_command import execute as show_layers

        named = read_layers(words[1:])
        return named if isinstance(named, int) else show_layers(named)
    if command == "bases":
        from dfix.rewriter.cli.bases_app import read as read_bases
        from dfix.rewriter.cli.bases_command import execute as show_bases

        wanted = read_bases(words[1:])
        return wanted if isinstance(wanted, int) else show_bases(wanted)
    if command == "common-base":
        from dfix.rewriter.cli.shared_steps_app import read as read_common_base
        from dfix.rewriter.cli.shared_steps_command import execute as show_common_base

        sought = read_common_base(words[1:])
        return sought if isinstance(sought, int) else show_common_base(sought)
    if command == "comment":
        from dfix.rewriter.cli.comment_app import read as read_comment
        from dfix.rewriter.cli.comment_command import execute as comment

        kept = read_comment(words[1:])
        return kept if isinstance(kept, int) else comment(kept)
    if "--verify" in words:
        from dfix.rewriter.cli.verify_flag import with_verify

        words = with_verify(words)
    if words[:1] == ["verify"]:
        from dfix.rewriter.cli.verify_app import read as read_verify
        from dfix.rewriter.cli.verify_command import execute as verify

        asked = read_verify(words[1:])
        return asked if isinstance(asked, int) else verify(asked)
    request = read_plain(words)
    if request is None:
        from dfix.rewriter.cli.app import read

        found = read(words)
        if isinstance(found, int):
            return found
        request = found
    from dfix.rewriter.cli.command import execute

    return execute(request)


def _serve(words: list[str]) -> int:
    if words[0] == "mcp":
        from dfix.rewriter.agents.serving import start as serve_agents

        return serve_agents(words[1:])
    from dfix.rewriter.server.start import start

    return start(words[1:])


def _open_closed_streams() -> None:
    """Replace streams that the caller closed (`>&-`), or the next opened file would receive their output."""
    sys.stdin = sys.stdin or os.fdopen(os.open(os.devnull, os.O_RDONLY))
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def _tell(words: list[str], error: Exception) -> None:
    if "-v" in words or "--verbose" in words:
        import traceback

        traceback.print_exc()
    if (
        isinstance(error, OSError) and error.filename is None
    ):  # an error of the output stream: file errors are handled elsewhere
        sys.stderr.write(f"dfix: the output cannot be written: {error.strerror}\n")
        return
    from dfix.rewriter.report.output import visible

    said = visible(f"{type(error).__name__}: {error}".replace("\n", " "))
    sys.stderr.write(f"dfix: internal error ({said}). Run with -v for a traceback and please report it\n")


def _give_up_output() -> None:
    """Keep Python from flushing a broken stream at exit and complaining about it."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
