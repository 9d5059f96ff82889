"""`dfix verify --clean`: removing what killed runs left behind."""

from __future__ import annotations

import os
import re
import signal
from contextlib import suppress
from pathlib import Path

from dfix.rewriter.report.output import Output
from dfix.rewriter.text.read import Unreadable, loose_text
from dfix.rewriter.verify.engine import LABEL, EngineError
from dfix.rewriter.verify.engines.find_engine import NAMES, find
from dfix.rewriter.verify.process import Processes
from dfix.rewriter.verify.workspace import clear, ended_runs, may_be_alive

_LONGEST_COMMAND = 10_000_000


def remove_strays(engine: str, processes: Processes, out: Output) -> int:
    """Stop builds and remove folders and images of ended runs, of `engine` or every engine that answers. Returns 0.

    What belongs to a running run is kept.
    """
    builds = _end_builds()
    folders = list(ended_runs())
    for folder in folders:
        clear(folder)
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
    removed = f"{_count(images, 'image')} and {_count(len(folders), 'temporary folder')} removed"
    out.write((f"{_count(builds, 'build')} stopped, " if builds else "") + removed + "\n")
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


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
