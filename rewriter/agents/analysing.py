"""Each answer is made in a process of its own, which is ended if it takes too long. No call reaches another."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

from dfix.rewriter.agents.replies import reply
from dfix.rewriter.agents.tools import BadArgumentError
from dfix.rewriter.pipeline.budget import OverBudgetError, limited
from dfix.rewriter.pipeline.job import rewrite
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.server.launcher import Launcher
from dfix.rewriter.text.json_text import json_value
from dfix.rewriter.text.source import Source

MOST_SECONDS = 20.0
"""Seconds of CPU time for one answer; 200,000 files in the build context take five."""
LONGEST_SECONDS = 120.0
"""Seconds on the clock after which a process is ended that doesn't answer: it may wait for a disk."""
_GAVE_UP = "dfix gave up on this call: it took too long, or its process died"
_PIECE = 1 << 16
_SAMPLE = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\nRUN if true; then mkdir -p /a/{b,c}; fi\n"
_ANALYSING = ("context", "knowledge", "layout", "manifests", "model", "pipeline", "shell")


class Analysts:
    """The server's side. It is to be made before there are threads, since it forks."""

    def __init__(self) -> None:
        self._launcher = Launcher(_load, _serve)
        self._lock = threading.Lock()

    def ask(self, tool: str, given: dict[str, Any], root: str) -> dict[str, Any]:
        """The answer of a tool. Raises BadArgumentError, also where there is no answer."""
        with self._lock:
            number, connection = self._launcher.start()
        try:
            with connection:
                connection.settimeout(LONGEST_SECONDS)
                connection.sendall(json.dumps([tool, given, root]).encode())
                connection.shutdown(socket.SHUT_WR)
                said = _all(connection)
        except OSError:  # also a timeout
            said = ""
        finally:
            with self._lock, suppress(OSError):
                self._launcher.end(number)
        if not said:
            raise BadArgumentError(_GAVE_UP)
        found: dict[str, Any] = json_value(said)
        if "error" in found:
            raise BadArgumentError(found["error"])
        return found


def _load() -> Iterator[None]:
    """Load what calls need, before processes are forked: what most need at once, the rest in small steps."""
    rewrite(Source("Dockerfile", _SAMPLE), Options(use_context=False))
    for name in ("difflib", "tomli", "yaml"):
        import_module(name)
    yield
    for package in (*(f"dfix.rewriter.{name}" for name in _ANALYSING), "dfix.transforms"):
        for module in walk_packages(import_module(package).__path__, f"{package}."):
            import_module(module.name)
            yield


def _serve(connection: socket.socket) -> None:
    """Answer one call."""
    _limit_cpu()
    tool, given, root = json_value(_all(connection))
    try:
        with limited(MOST_SECONDS):
            answer = reply(tool, given, root)
    except BadArgumentError as error:
        answer = {"error": " ".join(str(error).split())}
    except OverBudgetError:
        answer = {"error": _GAVE_UP}
    except Exception as error:
        answer = {"error": " ".join(f"internal error of dfix ({type(error).__name__}: {error})"[:400].split())}
    connection.sendall(json.dumps(answer).encode())


def _all(connection: socket.socket) -> str:
    """What the other side says until it ends."""
    return b"".join(iter(lambda: connection.recv(_PIECE), b"")).decode()


def _limit_cpu() -> None:
    """Have the system end this process where it is in no Python code that could notice the limit."""
    if sys.platform != "win32":
        import resource

        most = int(2 * MOST_SECONDS)
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))
