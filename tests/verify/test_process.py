from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from dfix.rewriter.verify import process
from dfix.rewriter.verify.process import CommandStoppedError, Processes, TimeoutExpiredError


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE", 0.5)


def is_there(marker: str) -> bool:
    """Whether a process with that word in its command line runs."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                return True
        except OSError:
            continue
    return False


def test_output_and_status_of_a_command() -> None:
    pieces: list[bytes] = []
    assert Processes().run(["sh", "-c", "echo out; echo err >&2; exit 3"], 10, pieces.append) == 3
    assert b"".join(pieces) == b"out\nerr\n"
    assert Processes().ask(["sh", "-c", "printf 'a\\377'"], 10) == (0, "a\ufffd")


def test_there_is_no_such_program() -> None:
    with pytest.raises(OSError, match="no-such-program"):
        Processes().ask(["no-such-program"], 10)


def ends(argument: str, began: float) -> None:
    """Wait until the `sleep` with this argument, of a thousand seconds, is gone, and see that it was ended before."""
    while is_there(argument):  # a signal is sent at once and takes effect a moment later
        time.sleep(0.01)
    assert time.monotonic() - began < 900


@pytest.mark.parametrize(
    "script", ["sleep 1000.{m}", "trap '' TERM; sleep 1000.{m}", "sleep 1000.{m} & wait", "sleep 1000.{m} & exit"]
)
def test_the_time_limit_ends_the_whole_group(script: str) -> None:
    number = str(time.monotonic_ns())
    began = time.monotonic()
    with pytest.raises(TimeoutExpiredError):
        Processes().ask(["sh", "-c", script.format(m=number)], 0.5)
    ends(f"1000.{number}", began)


def test_stop_ends_what_runs_and_lets_nothing_start() -> None:
    processes = Processes()
    number = str(time.monotonic_ns())
    threading.Timer(0.3, processes.stop).start()
    began = time.monotonic()
    with pytest.raises(CommandStoppedError):
        processes.ask(["sleep", f"1000.{number}"], 2000)
    ends(f"1000.{number}", began)
    with pytest.raises(CommandStoppedError):
        processes.ask(["true"], 60)
    assert processes.ask(["echo", "cleaned"], 60, stoppable=False) == (0, "cleaned\n")


def test_a_stream_is_read_as_it_comes() -> None:
    with Processes().streamed(["printf", "abc"]) as stream:
        assert stream.read(2) == b"ab"
    with Processes().streamed(["head", "-c", "1000000", "/dev/zero"]) as stream:
        assert stream.read(1) == b"\0"


def test_a_stream_of_a_command_that_fails() -> None:
    with (
        pytest.raises(OSError, match="no such image"),
        Processes().streamed(["sh", "-c", "echo no such image >&2; exit 1"]) as stream,
    ):
        stream.read()
    with pytest.raises(OSError, match="false exits 1"), Processes().streamed(["false"]) as stream:
        stream.read()


def test_a_stream_that_is_left_ends_its_command() -> None:
    number = str(time.monotonic_ns())
    with pytest.raises(ValueError, match="mine"), Processes().streamed(["sleep", f"100.{number}"]):
        raise ValueError("mine")
    assert not is_there(f"100.{number}")
