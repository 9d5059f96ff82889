"""The messages of the protocol's base layer, read by a thread of their own, and what ends a server."""

from __future__ import annotations

import os
import re
import select
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

from dfix.rewriter.text.expression import expression

MOST_BYTES = 64_000_000
"""A header that announces a longer message counts as broken."""
LONGEST_LINE = 10_000_000
"""A line that is not a header is read in pieces of this size."""
LOOK_UP_SECONDS = 1.0
_LENGTH = expression(rb"content-length:[ \t]*(\d{1,12})[ \t]*\r?\n\Z", re.IGNORECASE)
"""At the end of a line, too: after a message without a usable header, the next header follows on the same line."""
_NAME = expression(rb"content-length:", re.IGNORECASE)
_MOST_WAITING = 100
_PATIENCE = 5.0


class Reading:
    """The thread that reads messages.

    `take` gets each message, None for a broken header, and must call `taken` when it has handled it; `ended` is called
    at the end of the input. Both are called by the thread.
    """

    def __init__(self, stream: BinaryIO, take: Callable[[bytes | None], None], ended: Callable[[], None]) -> None:
        self._stream, self._take, self._ended = stream, take, ended
        self._room = threading.Semaphore(_MOST_WAITING)
        threading.Thread(target=self._read, name="dfix-input", daemon=True).start()

    def taken(self) -> None:
        """Note that a message was handled."""
        self._room.release()

    def _read(self) -> None:
        while (message := self._message()) != b"":
            self._room.acquire()
            self._take(message)
        self._ended()
        time.sleep(_PATIENCE)  # the server may hang while it writes to an editor that doesn't read
        os._exit(1)

    def _message(self) -> bytes | None:
        """The next message; None for a broken header, empty at the end. Other lines are skipped."""
        length = 0
        while line := self._stream.readline(LONGEST_LINE):
            found = _LENGTH.search(line)
            if found:
                length = int(found[1])
                if not 0 < length <= MOST_BYTES:
                    return None
            elif _NAME.match(line):
                return None
            elif length and not line.strip():
                data = self._stream.read(length)
                return data if len(data) == length else b""
        return b""


def watch_editor(pid: int, gone: Callable[[], None]) -> None:
    """Call `gone`, in a thread, as soon as a process has ended."""
    threading.Thread(target=_wait_for, args=(pid, gone), name="dfix-editor", daemon=True).start()


def _wait_for(pid: int, gone: Callable[[], None]) -> None:
    try:
        ended = os.pidfd_open(pid)
    except (AttributeError, OSError):  # not this system, or no such process
        while _is_alive(pid):
            time.sleep(LOOK_UP_SECONDS)
    else:
        select.select([ended], [], [])
        os.close(ended)
    gone()
    time.sleep(_PATIENCE)
    os._exit(1)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
