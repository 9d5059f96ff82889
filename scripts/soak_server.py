"""Edit documents of a workspace in which every third folder is hostile, and measure how long the others wait.

    python scripts/soak_server.py --edits 10000

Each edit goes to a document at random and is followed by a request for it. The answers about hostile documents are not
waited for; a request is cancelled when the next one about its document is sent, as editors do. Times are those of the
client, from the request to its answer; memory is the proportional set size of the server and its processes.

On a busy machine a part of each time is not the server's: a request that it doesn't know, which needs no analysis, is
timed after every tenth answer. The load, and the CPU time that the server and its processes take, are told too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from bench_editor import family

FOLDERS = 30
_NODE = "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\nCMD node server.js\n"
_PYTHON = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
_APT = "FROM debian:12\n" + "RUN apt-get update && apt-get install -y curl\n" * 20
_FILES = {
    "package.json": '{"name": "app", "version": "1.0.0", "scripts": {"build": "node build.js"}}\n',
    "package-lock.json": '{"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {}}}\n',
    "requirements.txt": "requests==2.31.0\n",
    "server.js": "\n",
    ".dockerignore": "node_modules\n",
    ".git/HEAD": "",
}
_TICKS = os.sysconf("SC_CLK_TCK")
_UNKNOWN = "dfix/unknown"
_METHODS = ("textDocument/formatting", "textDocument/codeLens", "textDocument/hover")


def _fifo(name: str) -> Any:
    def make(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return make


def _link(name: str, target: str) -> Any:
    def make(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)

    return make


def _pattern(folder: Path) -> None:
    (folder / ("a" * 200)).touch()
    (folder / f"Dockerfile.{'a' * 200}").touch()
    for name in (".dockerignore", ".gitignore"):
        (folder / name).write_text("*a*a*a*a*a*b\n")
    (folder / "package.json").write_text('{"workspaces": ["*a*a*a*a*a*b"]}')


def _many_files(folder: Path) -> None:
    for number in range(20_000):
        (folder / f"file{number}").touch()


def _large(folder: Path) -> None:
    (folder / "requirements.txt").write_text("a==1\n" * 200_000)
    with open(folder / "package-lock.json", "r+b") as lock:
        lock.truncate(2_000_000_000)


HOSTILE: tuple[tuple[Any, str], ...] = (
    (_fifo(".dockerignore"), _NODE),
    (_fifo("compose.yaml"), _NODE),
    (_link(".gitignore", "/dev/zero"), _NODE),
    (_link(".dockerignore", "/proc/self/environ"), _NODE),
    (_pattern, _NODE.replace("COPY . .", "COPY *a*a*a*a*a*b /x/\nCOPY . .")),
    (_many_files, _NODE),
    (_large, _PYTHON),
    (lambda _folder: None, "FROM debian:12\n" + "RUN apt-get update && apt-get install -y curl\n" * 500),
    (lambda _folder: None, "FROM debian:12\n" + "COPY . .\nRUN npm ci\n" * 400),
    (lambda _folder: None, "FROM debian:12\nRUN " + "( " * 2000 + "true" + " )" * 2000 + "\n"),
)
"""What makes a folder hostile, and the Dockerfile in it."""


def documents(workspace: Path) -> Iterator[tuple[Path, str, bool]]:
    """Path, text and whether it is hostile of each Dockerfile; the folders are made."""
    for number in range(FOLDERS):
        folder = workspace / f"app{number}"
        for name, text in _FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        hostile = number % 3 == 2
        make, text = HOSTILE[number // 3 % len(HOSTILE)] if hostile else (None, (_NODE, _PYTHON, _APT)[number // 3 % 3])
        if make is not None:
            make(folder)
        yield folder / "Dockerfile", text, hostile


class Client:
    """Sends messages, and gives each answer to whoever waits for it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._number = 0

    def send(self, message: dict[str, Any]) -> None:
        """Send one message."""
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._in.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))

    def request(self, method: str, params: Any) -> tuple[int, asyncio.Future[Any]]:
        """Send a request; return its number and its answer."""
        self._number += 1
        self._answers[self._number] = asyncio.get_running_loop().create_future()
        self.send({"id": self._number, "method": method, "params": params})
        return self._number, self._answers[self._number]

    async def listen(self) -> None:
        """Take messages until the server ends, which it should not."""
        try:
            await self._take()
        except asyncio.IncompleteReadError:
            for waiting in self._answers.values():
                if not waiting.done():
                    waiting.set_exception(RuntimeError("the server has ended"))

    async def _take(self) -> None:
        while head := await self._out.readuntil(b"\r\n\r\n"):
            lines = dict(line.split(b": ") for line in head.strip().splitlines())
            message = json.loads(await self._out.readexactly(int(lines[b"Content-Length"])))
            waiting = self._answers.pop(message["id"], None) if "method" not in message else None
            if waiting is not None and not waiting.done():
                waiting.set_result(message)


def memory(pid: int) -> float:
    """Megabytes of a process and all that come from it, pages that they share counted once."""
    used = 0
    for one in family(pid):
        with suppress(OSError):  # a process that ends just now
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            used += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return used / 1000


def cpu_time(pid: int) -> float:
    """The CPU seconds of a process, of all that come from it, and of those of them that have ended."""
    ticks = 0
    for one in family(pid):
        with suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime: proc(5)
    return ticks / _TICKS


class Seen(NamedTuple):
    """How many edits there were, and what was measured.

    That is milliseconds of the answers about documents that are not hostile, and of those that need no analysis, and
    megabytes after each tenth of the edits.
    """

    edits: int
    times: list[float]
    bare: list[float]
    used: list[float]
    cpu_seconds: float


def _parameters(uri: str, method: str) -> dict[str, Any]:
    own: dict[str, Any] = {"options": {"tabSize": 4, "insertSpaces": True}} if method.endswith("formatting") else {}
    if method.endswith("hover"):
        own = {"position": {"line": 3, "character": 0}}
    return {"textDocument": {"uri": uri}, **own}


async def edit(
    client: Client, pid: int, found: list[tuple[Path, str, bool]], edits: int, chosen: random.Random, end: float
) -> Seen:
    """Edit until all is done or the time is over."""
    opened = [(path.as_uri(), text, hostile) for path, text, hostile in found]
    for uri, text, _ in opened:
        document = {"uri": uri, "languageId": "dockerfile", "version": 0, "text": text}
        client.send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
    times: list[float] = []
    bare: list[float] = []
    used: list[float] = []
    pending: dict[str, int] = {}
    number = 0
    for number in range(1, edits + 1):
        uri, text, hostile = chosen.choice(opened)
        change = {"textDocument": {"uri": uri, "version": number}, "contentChanges": [{"text": f"{text}# {number}\n"}]}
        client.send({"method": "textDocument/didChange", "params": change})
        if hostile and uri in pending:
            client.send({"method": "$/cancelRequest", "params": {"id": pending[uri]}})
        start = time.perf_counter()
        method = chosen.choice(_METHODS)
        pending[uri], answer = client.request(method, _parameters(uri, method))
        if not hostile:
            await answer
            times.append((time.perf_counter() - start) * 1000)
        if not hostile and len(times) % 10 == 0:
            start = time.perf_counter()
            await client.request(_UNKNOWN, {})[1]
            bare.append((time.perf_counter() - start) * 1000)
        if number % max(1, edits // 10) == 0:
            used.append(memory(pid))
        if time.perf_counter() > end:
            break
    return Seen(number, times, bare, used, cpu_time(pid))


async def soak(edits: int, seed: int, end: float) -> Seen:
    """Run a server and edit."""
    pipe = asyncio.subprocess.PIPE
    with tempfile.TemporaryDirectory() as name:
        command = (sys.executable, "-m", "dfix", "lsp")
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=1 << 26)
        client = Client(process)
        listening = asyncio.ensure_future(client.listen())
        try:
            folders = [{"uri": Path(name).as_uri(), "name": "soak"}]
            _, answer = client.request("initialize", {"capabilities": {}, "workspaceFolders": folders})
            await answer
            client.send({"method": "initialized", "params": {}})
            chosen = random.Random(seed)
            return await edit(client, process.pid, [*documents(Path(name))], edits, chosen, end)
        finally:
            listening.cancel()
            process.kill()
            await process.wait()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=60, help="end after so long, though edits are left")
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    start = time.perf_counter()
    end = start + 60 * words.minutes
    seen = asyncio.run(soak(words.edits, words.seed, end))
    seconds = time.perf_counter() - start
    sys.stdout.write(
        f"{seen.edits} edits in {seconds:.0f} s, {1000 * seen.cpu_seconds / seen.edits:.1f} ms of CPU time each, "
        f"load {' '.join(f'{one:.1f}' for one in os.getloadavg())}\n"
        f"{len(seen.times)} answers about other documents: {_told(seen.times)}\n"
        f"{len(seen.bare)} answers that need no analysis: {_told(seen.bare)}\n"
        f"memory in MB after each tenth of the edits: {' '.join(f'{one:.0f}' for one in seen.used)}\n"
    )


def _told(times: list[float]) -> str:
    times = sorted(times)
    return f"p50 {statistics.median(times):.1f} ms, p99 {times[len(times) * 99 // 100]:.1f} ms, most {times[-1]:.1f} ms"


if __name__ == "__main__":
    main()
