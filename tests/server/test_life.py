"""How a server begins and ends, and what it answers to messages that it can't handle."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.server.wire import FORMAT, Wire

NOT_INITIALIZED, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS, NO_JSON = -32002, -32600, -32601, -32602, -32700
HOVER = {"textDocument": {"uri": "file:///x/Dockerfile"}, "position": {"line": 0, "character": 0}}


@pytest.mark.parametrize("method", ["textDocument/formatting", "textDocument/hover", "shutdown", "x/y"])
def test_nothing_is_answered_before_initialize(tmp_path: Path, method: str) -> None:
    with Wire(tmp_path) as wire:
        assert wire.code(method, HOVER) == NOT_INITIALIZED
        wire.begin()
        assert wire.formatted(wire.open(tmp_path / "Dockerfile"))


def test_a_notification_before_initialize_is_dropped(tmp_path: Path) -> None:
    with Wire(tmp_path) as wire:
        uri = wire.open(tmp_path / "Dockerfile")
        wire.begin()
        assert wire.formatted(uri) is None


def test_initialize_counts_once(tmp_path: Path) -> None:
    with Wire(tmp_path) as wire:
        assert wire.code("initialize", {}) == INVALID_PARAMS
        wire.begin()
        assert wire.code("initialize", {"capabilities": {}}) == INVALID_REQUEST


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("textDocument/hover", {}),
        ("textDocument/hover", None),
        ("textDocument/hover", []),
        ("textDocument/hover", {**HOVER, "position": {"line": "x", "character": 0}}),
        ("textDocument/hover", {**HOVER, "position": {"line": -1, "character": 0}}),
        ("textDocument/formatting", {"textDocument": 1, **FORMAT}),
        ("textDocument/codeAction", HOVER),
        ("textDocument/diagnostic", "x"),
    ],
)
def test_wrong_parameters(tmp_path: Path, method: str, params: Any) -> None:
    with Wire(tmp_path) as wire:
        wire.begin()
        assert wire.code(method, params) == INVALID_PARAMS
        assert wire.messages() == []
        assert wire.formatted(wire.open(tmp_path / "Dockerfile"))


def test_an_unknown_request_is_an_error_for_the_editor_alone(tmp_path: Path) -> None:
    with Wire(tmp_path) as wire:
        wire.begin()
        assert wire.code("textDocument/rename", HOVER) == NO_METHOD
        wire.tell("$/unknown", {})
        wire.tell("textDocument/didChange", {"textDocument": 1})
        assert wire.formatted(wire.open(tmp_path / "Dockerfile"))
        assert wire.messages() == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", NO_JSON),
        (b"\xff\xfe", NO_JSON),
        (b"[" * 100_000, NO_JSON),
        (b"[]", INVALID_REQUEST),
        (b"7", INVALID_REQUEST),
        (b'{"id": 1, "method": "x"}', INVALID_REQUEST),
    ],
)
def test_what_is_no_message(tmp_path: Path, body: bytes, code: int) -> None:
    with Wire(tmp_path) as wire:
        wire.begin()
        wire.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        assert wire.until(lambda message: "error" in message)["error"]["code"] == code
        assert wire.got[-1]["id"] is None
        assert wire.formatted(wire.open(tmp_path / "Dockerfile"))


@pytest.mark.parametrize(
    "wrong",
    [
        b"Content-Length: abc\r\n\r\n{}",
        b"Content-Length: -2\r\n\r\n{}",
        b"Content-Length: 0\r\n\r\n",
        b"Content-Length:\r\n\r\n{}",
        b"Content-Length: 99999999999\r\n\r\n{}",
        b"Content-Lenght: 2\r\n\r\n{}",
        b"\r\n\r\n{}",
        b"{}",
        b"\0" * 100_000,
        b"x\r\n" * 1000,
    ],
)
def test_a_broken_header_loses_one_message(tmp_path: Path, wrong: bytes) -> None:
    with Wire(tmp_path) as wire:
        wire.begin()
        wire.write(wrong)
        assert wire.formatted(wire.open(tmp_path / "Dockerfile"))


def test_headers_as_others_write_them(tmp_path: Path) -> None:
    with Wire(tmp_path) as wire:
        wire.begin()
        body = b'{"jsonrpc": "2.0", "id": "a", "method": "x/y"}'
        head = b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:%d\r\n\r\n" % len(body)
        wire.write(head + body)
        assert wire.until(lambda message: message.get("id") == "a")["error"]["code"] == NO_METHOD


def test_after_shutdown_only_exit_counts(tmp_path: Path) -> None:
    with Wire(tmp_path) as wire:
        wire.begin()
        assert wire.ask("shutdown") is None
        assert wire.code("textDocument/hover", HOVER) == INVALID_REQUEST
        wire.tell("exit")
        assert wire.ended() == 0


def test_exit_without_shutdown(tmp_path: Path) -> None:
    with Wire(tmp_path) as wire:
        wire.begin()
        wire.tell("exit")
        assert wire.ended() == 1


def test_exit_at_once(tmp_path: Path) -> None:
    with Wire(tmp_path) as wire:
        wire.tell("exit")
        assert wire.ended() == 1


@pytest.mark.parametrize("last", [b"", b"Content-Length: 100\r\n\r\n{", b"Content-Len"])
def test_the_end_of_the_input(tmp_path: Path, last: bytes) -> None:
    with Wire(tmp_path) as wire:
        wire.begin()
        wire.write(last)
        assert wire.server.stdin is not None
        wire.server.stdin.close()
        assert wire.ended() == 0


def test_an_editor_that_does_not_listen(tmp_path: Path) -> None:
    with Wire(tmp_path) as wire:
        wire.begin()
        assert wire.server.stdout is not None
        wire.server.stdout.close()
        wire.open(tmp_path / "Dockerfile")
        assert wire.ended() == 1


@pytest.mark.parametrize("collected", [True, False])
def test_an_editor_that_dies_though_its_pipes_stay_open(tmp_path: Path, *, collected: bool) -> None:
    with subprocess.Popen(["sleep", "1000"]) as editor, Wire(tmp_path) as wire:
        wire.begin(editor.pid)
        assert wire.formatted(wire.open(tmp_path / "Dockerfile"))
        editor.kill()
        if collected:
            editor.wait()
        assert wire.ended() == 1


def test_an_editor_that_is_dead_already(tmp_path: Path) -> None:
    editor = subprocess.Popen(["true"])
    editor.wait()
    with Wire(tmp_path) as wire:
        with suppress(BrokenPipeError):  # the server may have ended before it is told that it is initialized
            wire.begin(editor.pid)
        assert wire.ended() == 1


def test_an_editor_that_lives(tmp_path: Path) -> None:
    with Wire(tmp_path) as wire:
        wire.begin(os.getpid())
        assert wire.formatted(wire.open(tmp_path / "Dockerfile"))
        assert wire.server.poll() is None


def test_the_launcher_ends_with_the_server_and_the_server_with_it(tmp_path: Path) -> None:
    for victim in (0, 1):
        with Wire(tmp_path) as wire:
            wire.begin()
            assert wire.formatted(wire.open(tmp_path / "Dockerfile"))
            os.kill([wire.server.pid, *wire.processes()][victim], signal.SIGKILL)
            assert wire.ended() in (-signal.SIGKILL, 1)
