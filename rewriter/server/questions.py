"""What the server asks a process that analyses documents, and what that answers: pickles, each after its length.

Before its answer, the process says that it has begun, by its process id. An empty message of the server means "stop,
nobody waits for this any more".
"""

from __future__ import annotations

import pickle
import socket
from collections.abc import Callable
from typing import Any

from dfix.rewriter.server.analysis import Analysis
from dfix.rewriter.server.contexts import Folder
from dfix.rewriter.server.documents import Document
from dfix.rewriter.server.preferences import Preferences
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem

HEADER = 8
"""Size in bytes of the length."""
EMPTY = bytes(HEADER)


class News(NamedTuple):
    """What has happened since the last question.

    `moved` and `edited` are files as in `watching.Events`; `cleared`: contexts may be elsewhere now; `closed` is the
    URI of a closed document; `watched` are the folders that the editor watches, None if they are the same as before.
    """

    moved: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    cleared: bool = False
    closed: str = ""
    watched: frozenset[str] | None = None


class Question(NamedTuple):
    """What to find out about one version of a document. `folder` is what paths in the preferences are relative to."""

    document: Document
    preferences: Preferences
    folder: str
    encoding: str
    ask: Callable[[Analysis], Any]
    news: tuple[News, ...] = ()


class Said(NamedTuple):
    """A message to show once for each subject; an empty text resets it. The trace goes to the log."""

    subject: str
    text: str
    trace: str = ""


class Failure(NamedTuple):
    """An exception that a question raised."""

    message: str
    trace: tuple[str, ...]


class Reply(NamedTuple):
    """An answer, or why there is none.

    `skipped`: the document takes too long or is too large; `stopped`: the server said so. `folder` is the build context
    that the answer depends on.
    """

    answer: Any = None
    skipped: Problem | None = None
    stopped: bool = False
    failure: Failure | None = None
    said: tuple[Said, ...] = ()
    folder: Folder | None = None


def packed(message: Question | Reply) -> bytes:
    """A message with its length."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return len(data).to_bytes(HEADER, "big") + data


def begun(pid: int) -> bytes:
    """What a process says when it begins with a question."""
    data = pid.to_bytes(HEADER, "big")
    return len(data).to_bytes(HEADER, "big") + data


def received(connection: socket.socket) -> Question | None:
    """The next question; None at the end. What says "stop" comes too late and is skipped."""
    length = 0
    while not length:
        header = _exactly(connection, HEADER)
        if not header:
            return None
        length = int.from_bytes(header, "big")
    data = _exactly(connection, length)
    found: Question | None = pickle.loads(data) if data else None
    return found


def _exactly(connection: socket.socket, count: int) -> bytes:
    """Read `count` bytes; empty if the server is gone."""
    parts: list[bytes] = []
    while count:
        part = connection.recv(min(count, 1 << 20))
        if not part:
            return b""
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
