"""The one place that opens files of a project, or others that dfix did not make.

A file is only read if it is a regular file that is not too large: a named pipe would block the reader, a device has no
end. Links may only lead to files inside of the folders that the caller names.
"""

from __future__ import annotations

import os
import stat
from typing import Literal

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.root import is_inside, leads_out, real

MAX_BYTES = 100_000
"""A larger file is not a Dockerfile: the largest that is known has 55 kB."""
_LARGEST_SETTINGS = 1_000_000
_FLAGS = sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"))
_CHUNK = 1 << 20

_SETTINGS_HINTS = {
    "folder": "Name the file in it",
    "irregular": "Replace it with a regular file",
    "outside": "Name that file with --config",
}

Within = tuple[str, ...] | None
"""Real paths of the folders that a link may lead into; None: anywhere, for a file that the user named."""


class Unreadable(NamedTuple):
    """Why a file was not read, as a phrase, and what to do about it."""

    message: str
    hint: str
    kind: Literal["absent", "folder", "larger", "irregular", "outside", "failed"] = "failed"


def content(path: str, limit: int, within: Within) -> bytes | Unreadable:
    """All bytes of a regular file that has at most `limit` of them."""
    data = beginning(path, limit + 1, within)
    if isinstance(data, bytes) and len(data) > limit:
        size = f"{limit // 1_000_000} MB" if limit >= 1_000_000 else f"{limit // 1_000} kB"
        return Unreadable(f"larger than {size}", "Make it smaller", "larger")
    return data


def beginning(path: str, most: int, within: Within) -> bytes | Unreadable:
    """The first bytes of a regular file, at most `most`."""
    try:
        descriptor = _descriptor(path, within)
        if isinstance(descriptor, Unreadable):
            return descriptor
        with open(descriptor, "rb") as file:
            return file.read(most)
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        return _failed(path, error)


def exact_text(path: str, limit: int, within: Within) -> str | Unreadable:
    r"""The text of a regular file; bytes that are not UTF-8 are kept (surrogateescape), and so are `\r\n`."""
    data = content(path, limit, within)
    return data.decode("utf-8", "surrogateescape") if isinstance(data, bytes) else data


def loose_text(path: str, limit: int, within: Within) -> str | Unreadable:
    r"""The text of a regular file with `\n` as the end of each line, and U+FFFD for what is not UTF-8."""
    data = content(path, limit, within)
    if isinstance(data, Unreadable):
        return data
    return data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def digest(path: str, within: Within) -> str:
    """The SHA-256 of a regular file of any size, as hexadecimal digits; "" if it cannot be read."""
    import hashlib

    try:
        descriptor = _descriptor(path, within)
        if isinstance(descriptor, Unreadable):
            return ""
        with open(descriptor, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""


def read(path: str, within: Within, *, is_settings: bool = False) -> bytes | Problem:
    """The bytes of a Dockerfile, or of a settings file; a `Problem` if it cannot be read."""
    data = content(path, _LARGEST_SETTINGS if is_settings else MAX_BYTES, within)
    if isinstance(data, bytes):
        return data
    if is_settings:
        return Problem(path, 0, data.message, _SETTINGS_HINTS.get(data.kind, data.hint))
    return too_large(path) if data.kind == "larger" else Problem(path, 0, data.message, data.hint)


def too_large(path: str) -> Problem:
    """The problem reported for a Dockerfile larger than `MAX_BYTES`."""
    return Problem(path, 0, f"larger than {MAX_BYTES // 1_000} kB, which dfix does not rewrite", "Exclude it")


def why(error: OSError | ValueError) -> str:
    """The system's error message without the error number and the path."""
    reason = getattr(error, "strerror", None) or str(error)
    return reason[:1].lower() + reason[1:]


def _descriptor(path: str, within: Within) -> int | Unreadable:
    """The opened file. It is looked at before it is opened, because opening a device or a pipe can have an effect."""
    if within is not None and leads_out(path, within):
        return _leads_out(path, within)
    wrong = _not_a_file(os.stat(path).st_mode)
    if wrong is not None:
        return wrong
    descriptor = os.open(path, os.O_RDONLY | _FLAGS)
    wrong = _not_a_file(os.fstat(descriptor).st_mode)  # it may have been replaced since
    if wrong is not None:
        os.close(descriptor)
        return wrong
    return descriptor


def _not_a_file(mode: int) -> Unreadable | None:
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISDIR(mode):
        return Unreadable("a folder, not a file", "Name the Dockerfile in it", "folder")
    return Unreadable("not a regular file", "Name one", "irregular")


def _leads_out(path: str, within: tuple[str, ...]) -> Unreadable:
    if not os.path.lexists(path):
        return _failed(path, FileNotFoundError())
    if any(is_inside(real(path), folder) for folder in within):
        message, hint = "in a folder of version control, which dfix does not read", "Name another file"
    else:
        message, hint = f"a link to a file outside of {within[0]}, which dfix does not follow", "Name that file itself"
    return Unreadable(message, hint, "outside")


def _failed(path: str, error: OSError | ValueError) -> Unreadable:
    if isinstance(error, FileNotFoundError):
        if os.path.islink(path):
            return Unreadable("a link to a file that does not exist", "Restore the file or remove the link")
        return Unreadable("no such file", "Check the path", "absent")
    if isinstance(error, IsADirectoryError):
        return Unreadable("a folder, not a file", "Name the Dockerfile in it", "folder")
    return Unreadable(f"cannot be read: {why(error)}", "Check its path and permissions")
