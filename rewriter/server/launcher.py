"""The processes in which documents are analysed, so that one that hangs can be ended.

A launcher process forks them. It is itself forked before the server has threads, and loads what an analysis needs, so
that a new process takes milliseconds. It ends with the server, and takes its processes with it.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import traceback
from collections.abc import Callable, Iterator
from typing import NoReturn

_COMMAND = struct.Struct("!cI")
_START, _LOWER, _END = b"+", b"v", b"-"
_LOWERED = 10
"""What is added to the niceness of a process that has to leave the processors to others."""
_LOADED = object()
Load = Callable[[], Iterator[None]]
Serve = Callable[[socket.socket], None]


class Launcher:
    """The server's side. `load` runs in the launcher: its first step at once, the others when there is nothing to do.

    `serve` runs in each process, until its connection is closed.
    """

    def __init__(self, load: Load, serve: Serve) -> None:
        self.control, theirs = socket.socketpair()
        self.process = os.fork()
        if not self.process:
            self.control.close()
            _launch(theirs, load, serve)
        theirs.close()
        self._last = 0

    def start(self) -> tuple[int, socket.socket]:
        """Start a process; return its number and the connection to it. Raises OSError if the launcher is gone."""
        self._last += 1
        mine, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.control, [_COMMAND.pack(_START, self._last)], [theirs.fileno()])
        return self._last, mine

    def lower(self, number: int) -> None:
        """Lower the priority of a process, for good. Raises OSError if the launcher is gone."""
        self.control.sendall(_COMMAND.pack(_LOWER, number))

    def end(self, number: int) -> None:
        """Kill a process, whatever it is doing. Raises OSError if the launcher is gone."""
        self.control.sendall(_COMMAND.pack(_END, number))


def _launch(control: socket.socket, load: Load, serve: Serve) -> NoReturn:
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the server, whose end is noticed
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1):  # or the editor would wait for this process when it reads to the end
            os.dup2(nothing, descriptor)
        steps = _tolerant(load)
        next(steps, None)
        _carry_out(control, serve, steps)
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(0)


def _tolerant(load: Load) -> Iterator[None]:
    """The steps of `load`, until one fails: what could not be loaded now may never be needed."""
    try:
        yield from load()
    except Exception:
        traceback.print_exc()


def _carry_out(control: socket.socket, serve: Serve, steps: Iterator[None]) -> None:
    """Start and kill processes until the server is gone, and collect those that have ended."""
    running: dict[int, int] = {}
    loading = True
    woken, wake = os.pipe()
    for descriptor in (woken, wake):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    while True:
        ready = select.select([control.fileno(), woken], [], [], 0 if loading else None)[0]
        if not ready:
            loading = next(steps, _LOADED) is not _LOADED
        if woken in ready:
            os.read(woken, 4096)
            running = {number: pid for number, pid in running.items() if not os.waitpid(pid, os.WNOHANG)[0]}
        if control.fileno() not in ready:
            continue
        data, descriptors, _, _ = socket.recv_fds(control, _COMMAND.size, 1)
        if len(data) < _COMMAND.size:
            for pid in running.values():
                os.kill(pid, signal.SIGKILL)
            return
        command, number = _COMMAND.unpack(data)
        if command == _START:
            pid = _fork(control, descriptors[0], serve)
            if pid:
                running[number] = pid
        elif number in running and command == _END:
            os.kill(running[number], signal.SIGKILL)
        elif number in running:
            os.setpriority(os.PRIO_PROCESS, running[number], os.getpriority(os.PRIO_PROCESS, 0) + _LOWERED)


def _fork(control: socket.socket, descriptor: int, serve: Serve) -> int:
    """Start a process that serves a connection; return its id, or 0 if the system has no room for one."""
    try:
        pid = os.fork()
    except OSError:
        pid = 0
        os.close(descriptor)  # the server sees that nobody answers
        return pid
    if pid:
        os.close(descriptor)
        return pid
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        control.close()
        serve(socket.socket(fileno=descriptor))
    except ConnectionError:
        pass  # the server doesn't want the answer any more, and ends this process
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(0)
