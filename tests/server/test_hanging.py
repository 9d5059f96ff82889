"""Documents whose analysis hangs, crashes or takes long: the others don't notice."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from dfix.rewriter.server.schedule import MOST_CLOSED
from tests.build_context import put
from tests.hostile.test_odd_files import make_odd
from tests.server.test_protocol import APP, NODE
from tests.server.wire import APT, WAIT, Message, Wire

RULE = (
    "import os, re, sys, time; from types import SimpleNamespace as N\n"
    "from dfix.rewriter.cli import main; from dfix.rewriter.pipeline import registry, run as pipeline\n"
    "from dfix.rewriter.server import analyses\n"
    "def propose(model):\n"
    "    text = model.source.text\n"
    "    if 'fifo' in text: open(sys.argv[1]).read()\n"
    "    if 'pattern' in text: re.match('(a*)*b', 'a' * 100)\n"
    "    if 'sleep' in text: time.sleep(1000)\n"
    "    if 'deaf' in text:\n"
    "        import signal; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); time.sleep(1000)\n"
    "    if 'busy' in text:\n"
    "        while True: pass\n"
    "    if 'waits' in text: time.sleep(3)\n"
    "    if 'crash' in text: os.kill(os.getpid(), 11)\n"
    "    if 'leave' in text: os._exit(0)\n"
    "    if 'long' in text: time.sleep(0.05)\n"
    "    yield from ()\n"
    "rules = (*registry.transforms(), N(NAME='x', CODES=(), ORDER=1, SUMMARY='', CONTRACT='same-image', EXAMPLES=(), __doc__='', propose=propose))\n"
    "pipeline.transforms = registry.transforms = lambda: rules\n"
    "analyses.LONGEST_SECONDS, analyses.PATIENCE = float(sys.argv[2]), float(sys.argv[3])\n"
    "sys.exit(main.run(['lsp']))\n"
)
LONGEST = 4.0
HANGING = ["fifo", "pattern", "sleep", "deaf", "busy"]
LATE = "takes too long to analyse, so it is skipped in the editor"


def wire_to(folder: Path, longest: float = 120.0, patience: float = 1.0) -> Wire:
    """A server whose rules do what an image's name says."""
    os.mkfifo(folder / "fifo")
    return Wire(folder, (sys.executable, "-c", RULE, str(folder / "fifo"), str(longest), str(patience)))


@pytest.mark.parametrize("kind", HANGING)
def test_another_document_does_not_wait(tmp_path: Path, kind: str) -> None:
    """The limit is hardly reached here: who waits for five that hang waits a long time."""
    with wire_to(tmp_path, 20.0) as wire:
        wire.begin()
        for number in range(5):
            wire.open(tmp_path / f"{number}.Dockerfile", f"FROM {kind}\n")
        for number in range(5):
            uri = wire.open(tmp_path / f"good{number}.Dockerfile")
            assert wire.formatted(uri)
            assert len(wire.pulled(uri)) == 2
        wire.tell("exit")
        assert wire.ended() == 1


@pytest.mark.parametrize("kind", HANGING)
def test_a_hanging_analysis_is_ended_and_said(tmp_path: Path, kind: str) -> None:
    with wire_to(tmp_path, LONGEST) as wire:
        wire.begin()
        uri = wire.open(tmp_path / "Dockerfile", f"FROM {kind}\n")
        assert wire.pulled(uri) == [f"{LATE}. `dfix --write` has no time limit"]
        start = time.monotonic()
        assert wire.formatted(uri) is None  # remembered: it doesn't hang once more
        assert time.monotonic() - start < LONGEST
        assert wire.messages() == [f"dfix: {tmp_path}/Dockerfile: {LATE}. `dfix --write` has no time limit"]
        assert wire.without_zombies()
        change = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": APT}]}
        wire.tell("textDocument/didChange", change)
        assert wire.formatted(uri)
        assert wire.server.stdin is not None
        wire.server.stdin.close()
        assert wire.ended() == 0


@pytest.mark.parametrize("kind", HANGING)
def test_the_server_ends_while_an_analysis_hangs(tmp_path: Path, kind: str) -> None:
    with wire_to(tmp_path, 20.0) as wire:
        wire.begin()
        uri = wire.open(tmp_path / "Dockerfile", f"FROM {kind}\n")
        wire.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}})
        assert wire.formatted(wire.open(tmp_path / "good.Dockerfile"))
        assert wire.ask("shutdown") is None
        wire.tell("exit")
        assert wire.ended() == 0


def test_an_analysis_that_gets_no_processor_is_not_late(tmp_path: Path) -> None:
    with wire_to(tmp_path, 1.0, patience=30.0) as wire:
        wire.begin()
        uri = wire.open(tmp_path / "Dockerfile", f"FROM waits\n{APT}")
        assert wire.formatted(uri)
        assert LATE not in "".join(wire.pulled(uri))


@pytest.mark.parametrize("kind", ["crash", "leave"])
def test_a_crash_is_said(tmp_path: Path, kind: str) -> None:
    with wire_to(tmp_path) as wire:
        wire.begin()
        uri = wire.open(tmp_path / "Dockerfile", f"FROM {kind}\n")
        assert wire.pulled(uri) == ["the analysis of this file crashed. Please report it together with the file"]
        assert wire.formatted(wire.open(tmp_path / "good.Dockerfile"))
        assert wire.without_zombies()


def test_an_edit_stops_what_hangs_only_when_it_has_to(tmp_path: Path) -> None:
    with wire_to(tmp_path, LONGEST) as wire:
        wire.begin()
        uri = wire.open(tmp_path / "Dockerfile", "FROM sleep\n")
        number = wire.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
        change = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": "FROM debian:12\n"}]}
        wire.tell("textDocument/didChange", change)
        assert wire.answer(number)["result"]["items"] == []


def published(message: Message) -> bool:
    return message.get("method") == "textDocument/publishDiagnostics"


def test_who_waits_goes_first(tmp_path: Path) -> None:
    """3,000 documents at once, of which each takes at least 50 ms: two minutes and a half."""
    with wire_to(tmp_path) as wire:
        wire.begin()
        for number in range(3000):
            wire.open(tmp_path / str(number) / "Dockerfile", f"FROM long\nRUN echo {number}\n")
        for number in range(3):
            uri = wire.open(tmp_path / f"good{number}" / "Dockerfile")
            wire.got.clear()
            assert wire.formatted(uri)
            assert len([message for message in wire.got if published(message)]) < 300
        end = time.monotonic() + WAIT
        while len(wire.processes()) > 5:  # some may just be ending
            assert time.monotonic() < end
            time.sleep(0.01)


def test_memory_of_closed_documents_is_given_back(tmp_path: Path) -> None:
    with wire_to(tmp_path) as wire:
        wire.begin()
        uris = [wire.open(tmp_path / str(number) / "Dockerfile") for number in range(20)]
        for uri in uris:
            assert wire.formatted(uri)
        assert len(wire.processes()) > 1
        for uri in uris:
            wire.close(uri)
        end = time.monotonic() + WAIT
        while len(wire.processes()) > 1:  # the launcher stays
            assert time.monotonic() < end
            time.sleep(0.05)
        assert wire.formatted(wire.open(tmp_path / "Dockerfile"))


def test_a_process_does_not_live_forever(tmp_path: Path) -> None:
    with wire_to(tmp_path) as wire:
        wire.begin()
        assert wire.formatted(wire.open(tmp_path / "Dockerfile"))
        first = set(wire.processes()[1:])
        for number in range(3 * MOST_CLOSED):
            uri = wire.open(tmp_path / str(number) / "Dockerfile")
            assert wire.formatted(uri)
            wire.close(uri)
        assert first - set(wire.processes())


ODD = ["pipe", "to-pipe", "to-zero", "to-environment", "socket", "loop", "sparse", "to-root"]
NAMES = [".dockerignore", "compose.yaml", "package.json", "dfix.toml", ".gitignore"]


def test_hostile_folders(tmp_path: Path) -> None:
    put(tmp_path, {"good/.git/HEAD": "", "secret": "x"})
    put(tmp_path / "good", APP)
    with Wire(tmp_path) as wire:
        wire.begin()
        uris = []
        for number, (name, kind) in enumerate((name, kind) for name in NAMES for kind in ODD):
            folder = tmp_path / str(number)
            put(folder, {**APP, ".git/HEAD": ""})
            make_odd(folder / name, kind, tmp_path / "secret")
            uris.append(wire.open(folder / "Dockerfile", NODE))
        folder = tmp_path / "names"
        put(folder, {".git/HEAD": "", "a" * 200: "", ".dockerignore": "*a*a*a*a*b\n", "Dockerfile." + "a" * 200: ""})
        put(folder, {".gitignore": "*a*a*a*a*b\n"})
        uris.append(wire.open(folder / "Dockerfile", "FROM debian:12\nCOPY *a*a*a*a*b /x/\n" + NODE))
        good = wire.open(tmp_path / "good" / "Dockerfile", NODE)
        assert wire.formatted(good)
        for uri in uris:
            wire.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
            wire.formatted(uri)
            assert wire.formatted(good)
        assert wire.without_zombies()
        assert wire.ask("shutdown") is None
        wire.tell("exit")
        assert wire.ended() == 0


def test_a_thousand_lines_are_answered_or_it_is_said_why_not(tmp_path: Path) -> None:
    text = "FROM debian:12\n" + "RUN apt-get update && apt-get install -y curl\n" * 500
    with Wire(tmp_path) as wire:
        wire.begin()
        uri = wire.open(tmp_path / "Dockerfile", text)
        assert wire.formatted(uri) or wire.messages()
        assert wire.pulled(uri)
