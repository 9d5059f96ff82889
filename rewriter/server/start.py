"""`dfix lsp`: the language server on standard input and output."""

from __future__ import annotations

import os
import sys

_USAGE = "usage: dfix lsp [--stdio]; an editor starts it and talks to it on standard input and output\n"
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
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs"):
            raise
        sys.stderr.write(_MISSING)
        return 2
    from dfix.rewriter.report.version import version

    # any other output on standard output would corrupt the messages
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(version() or "(development version)").start_io(sys.stdin.buffer, out)
    return 0
