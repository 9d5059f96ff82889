"""The entry point of the `dfix` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its status."""
    status = run(sys.argv[1:])
    sys.stdout.flush()
    sys.exit(status)


def run(words: list[str]) -> int:
    """Carry out a command line. An error that nobody foresaw is one line and status 2, never a traceback."""
    from rewriter.request import read_plain

    try:
        request = read_plain(words)
        if request is None:
            from rewriter.cli import invoke

            return invoke(words)
        from rewriter.command import execute

        return execute(request)
    except BrokenPipeError:
        # the reader has gone (`dfix . | head`); what is still buffered has nowhere to go
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if "-v" in words or "--verbose" in words:
            raise
        sys.stderr.write(f"dfix failed: {type(error).__name__}: {error}; -v shows where, please report it\n")
        return 2


if __name__ == "__main__":
    main()
