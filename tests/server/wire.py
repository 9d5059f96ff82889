"""A server on a pipe, to which a test may write anything, and the processes that belong to it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from bench_editor import family  # the folder of scripts is no package

from tests.built import ROOT

WAIT = 120.0
COMMAND = (sys.executable, "-m", "dfix", "lsp")
APT = "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\n"
FORMAT = {"options": {"tabSize": 4, "insertSpaces": True}}
Message = dict[str, Any]


class Wire:
    """The server runs until the block is left."""

    def __init__(self, folder: Path, command: Sequence[str] = COMMAND) -> None:
        pipe = subprocess.PIPE
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.server = subprocess.Popen(command, cwd=folder, env=env, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        self.folder = folder
        self.got: list[Message] = []
        self._data = b""
        self._number = 0

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.server.kill()
        self.server.wait()
        for stream in (self.server.stdin, self.server.stdout):
            assert stream is not None
            with suppress(OSError):
                stream.close()

    def write(self, data: bytes) -> None:
        assert self.server.stdin is not None
        self.server.stdin.write(data)
        self.server.stdin.flush()

    def send(self, message: Any) -> None:
        data = json.dumps(message).encode()
        self.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))

    def tell(self, method: str, params: Any = None) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: Any = None) -> int:
        self._number += 1
        self.send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        return self._number

    def answer(self, number: int) -> Message:
        return self.until(lambda message: message.get("id") == number and "method" not in message)

    def ask(self, method: str, params: Any = None) -> Any:
        """The result of a request that succeeds."""
        return self.answer(self.request(method, params))["result"]

    def code(self, method: str, params: Any = None) -> int:
        """The code of the error that answers a request."""
        found: int = self.answer(self.request(method, params))["error"]["code"]
        return found

    def begin(self, process: int | None = None) -> None:
        folders = [{"uri": self.folder.as_uri(), "name": "x"}]
        first: Message = {"processId": process, "rootUri": None, "capabilities": {}, "workspaceFolders": folders}
        self.ask("initialize", first)
        self.tell("initialized", {})

    def open(self, path: Path, text: str = APT) -> str:
        uri = path.as_uri()
        document = {"uri": uri, "languageId": "dockerfile", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        return uri

    def close(self, uri: str) -> None:
        self.tell("textDocument/didClose", {"textDocument": {"uri": uri}})

    def formatted(self, uri: str) -> Any:
        return self.ask("textDocument/formatting", {"textDocument": {"uri": uri}, **FORMAT})

    def pulled(self, uri: str) -> list[str]:
        found = self.ask("textDocument/diagnostic", {"textDocument": {"uri": uri}})
        return [one["message"] for one in found["items"]]

    def until(self, wanted: Callable[[Message], bool]) -> Message:
        """The next message of that kind; those before it stay in `got`."""
        end = time.monotonic() + WAIT
        while True:
            message = self._next(end)
            self.got.append(message)
            if wanted(message):
                return message

    def messages(self) -> list[str]:
        return [message["params"]["message"] for message in self.got if message.get("method") == "window/showMessage"]

    def ended(self) -> int:
        """Wait until the server ends by itself, and answer with its status. None of its processes may be left."""
        processes = family(self.server.pid)
        status = self.server.wait(WAIT)
        end = time.monotonic() + WAIT
        while left := [pid for pid in processes if Path(f"/proc/{pid}").exists()]:
            assert time.monotonic() < end, left
            time.sleep(0.01)
        return status

    def without_zombies(self) -> bool:
        """Wait until none of its processes has ended without being collected."""
        end = time.monotonic() + WAIT
        while any(map(_is_zombie, self.processes())):
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def processes(self) -> list[int]:
        """The processes that the server has started: the launcher, and then those that analyse."""
        return family(self.server.pid)[1:]

    def _next(self, end: float) -> Message:
        while True:
            head, found, rest = self._data.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0]) if found else 0
            if found and len(rest) >= length:
                self._data = rest[length:]
                message: Message = json.loads(rest[:length])
                return message
            assert self.server.stdout is not None
            ready = select.select([self.server.stdout], [], [], max(0.0, end - time.monotonic()))[0]
            assert ready, "the server says nothing"
            part = os.read(self.server.stdout.fileno(), 1 << 16)
            assert part, "the server is gone"
            self._data += part


def _is_zombie(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False
