"""Reading one Dockerfile from disk or standard input."""

from __future__ import annotations

import os
import stat

from dfix.rewriter.text.problem import Problem

MAX_BYTES = 5_000_000
"""A larger file is not a Dockerfile, and would take long to parse."""


def read(path: str) -> bytes | Problem:
    """The file's bytes, following links; a `Problem` if it is not a regular file, too large or not readable."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                return _no_file(path, found.st_mode)
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return Problem(path, 0, "no such file", "Check the path")
    except IsADirectoryError:
        return _no_file(path, stat.S_IFDIR)
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        return Problem(path, 0, f"cannot be read: {why(error)}", "Check its path and permissions")
    return too_large(path) if len(data) > MAX_BYTES else data


def too_large(path: str) -> Problem:
    """The problem reported for a file larger than `MAX_BYTES`."""
    return Problem(path, 0, f"larger than {MAX_BYTES // 1_000_000} MB, too large for a Dockerfile", "Exclude it")


def why(error: OSError | ValueError) -> str:
    """The system's error message without the error number and the path."""
    reason = getattr(error, "strerror", None) or str(error)
    return reason[:1].lower() + reason[1:]


def _no_file(path: str, mode: int) -> Problem:
    if stat.S_ISDIR(mode):
        return Problem(path, 0, "a folder, not a file", "Name the Dockerfile in it")
    return Problem(path, 0, "not a regular file", "Name one")
