"""`dfix verify --clean`: removing what killed runs left behind."""

from __future__ import annotations

import os
import re
import signal
from contextlib import suppress
from pathlib import Path

from dfix.rewriter.measured.records import forget
from dfix.rewriter.report.output import Output
from dfix.rewriter.text.read import Unreadable, loose_text
from dfix.rewriter.verify.engine import LABEL, EngineError
from dfix.rewriter.verify.engines.find_engine import NAMES, find
from dfix.rewriter.verify.process import Processes
from dfix.rewriter.verify.workspace import clear, ended_runs, kept_logs, may_be_alive

_LONGEST_COMMAND = 10_000_000


def remove_strays(engine: str, processes: Processes, out: Output) -> int:
    """Stop builds of ended runs, remove their folders and images, all kept build logs and measured steps. Returns 0.

    `engine` is the one with the images, "" every engine that answers. What belongs to a running run stays.
    """
    builds = _end_builds()
    folders = list(ended_runs())
    for folder in folders:
        clear(folder)
    logs = [path for path in kept_logs() if _removed(path)]
    records = forget()
    images = 0
    for name in (engine,) if engine else NAMES:
        try:
            found = find(name, processes, "")
            strays = [image for image, run in found.strays().items() if not may_be_alive(run)]
        except EngineError:
            if engine:
                raise
            continue
        found.remove(strays)
        images += len(strays)
    folder_count, log_count = _count(len(folders), "temporary folder"), _count(len(logs), "build log")
    removed = f"{_count(images, 'image')}, {folder_count} and {log_count} removed"
    stopped = f"{_count(builds, 'build')} stopped, " if builds else ""
    measured = f"{_count(records, 'record')} of measured steps, " if records else ""
    out.write(f"{stopped}{measured}{removed}\n")
    return 0


def _end_builds() -> int:
    """Stop engine commands that outlived their run because it was killed; return how many."""
    ended = 0
    named = re.compile(rf"\0{re.escape(LABEL)}=(?P<run>[^\0]+)\0")
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = loose_text(str(folder / "cmdline"), _LONGEST_COMMAND, None)
            match = None if isinstance(words, Unreadable) else named.search(words)
            if match and not may_be_alive(match["run"]):
                os.kill(int(folder.name), signal.SIGTERM)
                ended += 1
    return ended


def _removed(path: str) -> bool:
    try:
        os.unlink(path)
    except OSError:
        return False
    return True


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
