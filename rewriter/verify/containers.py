"""Running an image with docker or podman (same arguments), until it ends or answers on its ports."""

from __future__ import annotations

import itertools
import json
import socket
import time
from contextlib import suppress
from typing import Any

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.verify.build_log import mask_of
from dfix.rewriter.verify.engine import LABEL, BuildOptions, EngineError
from dfix.rewriter.verify.process import Processes, TimeoutExpiredError

MOST_OUTPUT = 200_000
"""The number of bytes of output that are compared."""
_ANSWERS_WITHIN = 20.0
_TICK = 0.3
_GET = b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"


class Ran(NamedTuple):
    """How a container ended."""

    status: int | None
    """The exit status; None if it was still running at the time limit."""
    output: str
    answers: tuple[tuple[int, str], ...] = ()
    """By exposed port: the first line and the content of an HTTP answer, or "" for a connection without HTTP."""
    healthy: bool = False
    """Whether the image's HEALTHCHECK passed."""


class Containers:
    """Runs containers with `program` (docker or podman), the run's `label`, and `build`'s network.

    What they say is masked like the output of the builds.
    """

    def __init__(self, program: str, processes: Processes, label: str, build: BuildOptions) -> None:
        self._program, self._processes, self._label, self._network = program, processes, label, build.network
        self._mask = mask_of(build)
        self._numbers = itertools.count()

    def run(self, image: str, words: tuple[str, ...], limit: float) -> Ran:
        """Run a command in the image and wait at most `limit` seconds for its end. Raises EngineError."""
        name = self._name()
        entry = ["--entrypoint", words[0], image, *words[1:]]
        pieces: list[bytes] = []
        try:
            status = self._processes.run([*self._command("run", "--rm", name), *entry], limit, pieces.append)
        except TimeoutExpiredError:
            return Ran(None, self._mask(_text(pieces)))
        except OSError as error:
            raise EngineError(f"command not found: {self._program}") from error
        finally:
            self._remove(name)
        return Ran(status, self._mask(_text(pieces)))

    def serve(self, image: str, ports: tuple[int, ...], *, checked: bool, limit: float) -> Ran:
        """Run the image's own command until it ends, its ports answer and its health check passes, or `limit` is over.

        Raises EngineError.
        """
        name = self._name()
        options = ["--health-interval=1s"] if checked else []
        own = self._network not in ("host", "none")
        # only for this machine: the image's program is not known, and others may reach the network
        publish = [f"--publish=127.0.0.1::{port}" for port in ports] if own else []
        try:
            status, said = self._ask([*self._command("run", "--detach", name), *options, *publish, image])
            if status:
                return Ran(status, self._mask(said))
            return self._served(name, ports, checked, time.monotonic() + limit)
        finally:
            self._remove(name)

    def _served(self, name: str, ports: tuple[int, ...], checked: bool, end: float) -> Ran:
        answers: dict[int, str] = {}
        while True:
            state = self._state(name)
            healthy = (state.get("Health") or state.get("Healthcheck") or {}).get("Status") == "healthy"
            for port in ports:
                if port not in answers:
                    answer = _answer(*self._address(name, port))
                    if answer is not None:
                        answers[port] = self._mask(answer)
            running = bool(state.get("Running"))
            done = bool(ports or checked) and len(answers) == len(ports) and (healthy or not checked)
            if done or not running or time.monotonic() > end:
                status = None if running else int(state.get("ExitCode") or 0)
                return Ran(status, self._logs(name), tuple(sorted(answers.items())), healthy)
            time.sleep(_TICK)

    def _command(self, verb: str, how: str, name: str) -> list[str]:
        network = ["--network", self._network] if self._network else []
        return [self._program, verb, how, "--name", name, "--label", f"{LABEL}={self._label}", *network]

    def _address(self, name: str, port: int) -> tuple[str, int]:
        if self._network == "host":
            return "127.0.0.1", port
        status, said = self._ask([self._program, "port", name, f"{port}/tcp"])
        host, _, found = said.strip().split("\n")[0].rpartition(":")
        if status or not found.isdigit():
            return "127.0.0.1", 0
        return ("127.0.0.1" if host in ("0.0.0.0", "", "[::]") else host), int(found)

    def _state(self, name: str) -> dict[str, Any]:
        status, said = self._ask([self._program, "container", "inspect", "--format", "{{json .State}}", name])
        try:
            found = json.loads(said) if not status else {}
        except ValueError:
            found = {}
        return found if isinstance(found, dict) else {}

    def _logs(self, name: str) -> str:
        return self._mask(self._ask([self._program, "logs", name])[1][:MOST_OUTPUT])

    def _ask(self, command: list[str]) -> tuple[int, str]:
        try:
            return self._processes.ask(command, _ANSWERS_WITHIN)
        except TimeoutExpiredError:
            limit = f"{' '.join(command[:2])} takes longer than {_ANSWERS_WITHIN:.0f} s"
            raise EngineError(f"{self._program} does not answer ({limit})") from None
        except OSError:
            raise EngineError(f"command not found: {self._program}") from None

    def _remove(self, name: str) -> None:
        with suppress(OSError, TimeoutExpiredError):
            self._processes.ask([self._program, "rm", "--force", "--volumes", name], 30, stoppable=False)

    def _name(self) -> str:
        return f"dfix-verify-{time.time_ns()}-{next(self._numbers)}"


def _text(pieces: list[bytes]) -> str:
    return b"".join(pieces)[:MOST_OUTPUT].decode("utf-8", "replace")


def _answer(host: str, port: int) -> str | None:
    """A port's answer to HTTP; "" for a connection without an HTTP answer, None if nothing listens."""
    received = b""
    try:
        with socket.create_connection((host, port), 2) as connection:
            connection.settimeout(3)
            connection.sendall(_GET)
            while len(received) < MOST_OUTPUT and (piece := connection.recv(65536)):
                received += piece
    except OSError:
        if not received:
            return None
    if not received.startswith(b"HTTP/"):
        return "" if received else None
    head, _, content = received.partition(b"\r\n\r\n")
    return (head.partition(b"\r\n")[0] + b"\n" + content).decode("utf-8", "replace")
