"""`dfix lsp`: the language server on standard input and output."""

from __future__ import annotations

import os
import sys
import traceback

_INTERRUPTED = 130
_USAGE = "usage: dfix lsp [--stdio]; an editor starts it and talks to it on standard input and output\n"
_NO_FORK = "dfix: `dfix lsp` needs a system that can fork, such as Linux, macOS or WSL\n"
_MISSING = "dfix: `dfix lsp` needs pygls. pip install 'dfix[lsp]'\n"


def start(words: list[str]) -> int:
    """Serve one editor until it disconnects. Returns 2 for arguments other than `--stdio`, or if pygls is missing."""
    if words in (["--help"], ["-h"]):
        sys.stdout.write(_USAGE)
        return 0
    if [word for word in words if word != "--stdio"]:
        sys.stderr.write(_USAGE)
        return 2
    try:
        from dfix.rewriter.server.features import serve
        from dfix.rewriter.server.launcher import Launcher
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs"):
            raise
        sys.stderr.write(_MISSING)
        return 2
    if not hasattr(os, "fork"):
        sys.stderr.write(_NO_FORK)
        return 2
    from dfix.rewriter.pipeline.run import rule_names
    from dfix.rewriter.report.version import version
    from dfix.rewriter.server.analyses import load
    from dfix.rewriter.server.analyses import serve as answer_questions

    rule_names()  # imports all rules, also for the processes
    launcher = Launcher(load, answer_questions)
    # any other output on standard output would corrupt the messages
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    server = serve(version() or "(development version)", launcher)
    status = _INTERRUPTED
    try:
        status = server.serve(sys.stdin.buffer, out, launcher.control.fileno())
    except KeyboardInterrupt:
        pass
    except Exception:
        status = 1
        traceback.print_exc()
    finally:
        os._exit(status)  # threads still run, for which Python would wait
