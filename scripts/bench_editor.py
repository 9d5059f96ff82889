"""Measure how long an editor waits for the language server, on real Dockerfiles and real build contexts.

    python scripts/bench_editor.py --count 500

For each file: the requests of an editor on opening it, and again after an edit, so that no answer is cached. Times are
measured by the client, from the request to its answer.
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
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from shared_data import Corpus, corpus

Clock = Callable[[], dict[int, float]]
"""The seconds so far of each process, or under 0 those of the machine."""

_LENGTH = b"Content-Length:"


class Wire:
    """A minimal client: requests to a server and their answers, nothing else."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        self._number = 0

    def tell(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    async def ask(self, method: str, params: Any) -> Any:
        """Send a request and wait for its answer; the server's own requests are refused meanwhile."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            message = await self._message()
            if message.get("id") == self._number and "method" not in message:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            if "id" in message:
                self._send({"id": message["id"], "result": None})

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._in.write(b"%s %d\r\n\r\n%s" % (_LENGTH, len(data), data))

    async def _message(self) -> dict[str, Any]:
        length = 0
        while line := (await self._out.readline()).strip():
            if line.startswith(_LENGTH):
                length = int(line.removeprefix(_LENGTH))
        found: dict[str, Any] = json.loads(await self._out.readexactly(length))
        return found


def documents(found: Corpus, folder: Path, count: int, seed: int) -> Iterator[tuple[Path, str]]:
    """Dockerfiles with build contexts, written to `folder`, and single ones that are not on disk."""
    found.unpack_contexts(folder)
    (folder / "lone" / ".git").mkdir(parents=True)  # the search for contexts and for other builds stops here
    chosen = random.Random(seed)
    inside = [folder / context / name for context, names in found.dockerfiles_of().items() for name in names]
    for path in chosen.sample(inside, min(count // 2, len(inside))):
        yield path, path.read_bytes().decode("utf-8", "replace")
    for number, name in enumerate(chosen.sample(sorted(found.dockerfiles), count - min(count // 2, len(inside)))):
        yield folder / "lone" / str(number) / "Dockerfile", found.dockerfiles[name].decode("utf-8", "replace")


async def measure(wire: Wire, path: Path, text: str, times: dict[str, list[float]], clock: Clock) -> None:
    """Ask everything about one document, as it is opened and after an edit; `times` are in milliseconds."""
    named = {"uri": path.as_uri()}
    wire.tell(
        "textDocument/didOpen", {"textDocument": {**named, "languageId": "dockerfile", "version": 1, "text": text}}
    )

    async def timed(name: str, method: str, **params: Any) -> Any:
        before = clock()
        answer = await wire.ask(method, {"textDocument": named, **params})
        spent = sum(seconds - before.get(one, 0.0) for one, seconds in clock().items())
        times.setdefault(name, []).append(spent * 1000)
        return answer

    options = {"options": {"tabSize": 4, "insertSpaces": True}}
    await timed("format, just opened", "textDocument/formatting", **options)
    lines = {one["range"]["start"]["line"] for one in (await timed("diagnostics", "textDocument/diagnostic"))["items"]}
    await timed("lenses", "textDocument/codeLens")
    for line in sorted(lines)[:3]:
        place = {"line": line, "character": 0}
        await timed("hover", "textDocument/hover", position=place)
        await timed(
            "light bulb", "textDocument/codeAction", range={"start": place, "end": place}, context={"diagnostics": []}
        )
    end = {"line": text.count("\n") + 1, "character": 0}
    edit = {"contentChanges": [{"range": {"start": end, "end": end}, "text": "\n# x\n"}]}
    wire.tell("textDocument/didChange", {"textDocument": {**named, "version": 2}, **edit})
    await timed("format, after an edit", "textDocument/formatting", **options)
    await timed("lenses, after an edit", "textDocument/codeLens")
    wire.tell("textDocument/didClose", {"textDocument": named})


def of_threads(pid: int, name: str) -> list[str]:
    """The file of this name of each thread of a process (proc(5)); of one that ends meanwhile, nothing."""
    texts = []
    with suppress(OSError):
        for thread in list(Path(f"/proc/{pid}/task").iterdir()):
            with suppress(OSError):
                texts.append((thread / name).read_text())
    return texts


def family(pid: int) -> list[int]:
    """A process and all that come from it."""
    children = [int(child) for text in of_threads(pid, "children") for child in text.split()]
    return [pid, *(each for child in children for each in family(child))]


def times_of_family(pid: int) -> dict[int, float]:
    """The CPU seconds of a process and of each of its children, however busy the machine is (proc(5), schedstat)."""
    return {one: sum(int(text.split()[0]) for text in of_threads(one, "schedstat")) / 1e9 for one in family(pid)}


def processor_time(pid: int) -> float:
    """The CPU seconds of a process and its children that run."""
    return sum(times_of_family(pid).values())


async def idle(pid: int) -> None:
    """Wait until a process and its children have nothing to do."""
    before, spent = -1.0, 0.0
    while spent > before:
        before = spent
        await asyncio.sleep(1)
        spent = processor_time(pid)


async def run(count: int, seed: int, *, processor: bool = False) -> dict[str, list[float]]:
    """The times in milliseconds of every kind of request; with `processor`, the server's CPU times."""
    found = corpus()
    if found is None:
        raise SystemExit("the corpus is missing; set DFIX_SHARED to the folder with it")
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-m", "dfix", "lsp")
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=1 << 24, env=os.environ)
        wire = Wire(process)
        clock: Clock = partial(times_of_family, process.pid) if processor else lambda: {0: time.perf_counter()}
        try:
            folders = [{"uri": Path(name).as_uri(), "name": "corpus"}]
            pulls: Any = {"textDocument": {"diagnostic": {}}}
            first = {"processId": None, "rootUri": None, "capabilities": pulls, "workspaceFolders": folders}
            await wire.ask("initialize", first)
            wire.tell("initialized", {})
            await idle(process.pid)  # an editor starts the server before the user types
            for path, text in documents(found, Path(name), count, seed):
                await measure(wire, path, text, times, clock)
        finally:
            process.kill()
            await process.wait()
    return times


def rows(times: dict[str, list[float]]) -> Iterator[str]:
    """One line for each kind of request: how many, median, 99 of 100, largest."""
    for name, found in (*times.items(), ("all", [one for each in times.values() for one in each])):
        most = sorted(found)[min(len(found) - 1, len(found) * 99 // 100)]
        yield f"{name:22} {len(found):6} {statistics.median(found):8.1f} {most:8.1f} {max(found):8.1f}\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=500, help="how many Dockerfiles")
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    times = asyncio.run(run(words.count, words.seed))
    sys.stdout.write(f"{'milliseconds':22} {'count':>6} {'median':>8} {'99 %':>8} {'most':>8}\n")
    sys.stdout.writelines(rows(times))


if __name__ == "__main__":
    main()
