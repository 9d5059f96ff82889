"""Reading what a watched RUN left behind: which files it read, wrote and removed."""

from __future__ import annotations

import os

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.read import Unreadable, beginning
from dfix.rewriter.verify.watching.throwaway import CANARY, QUIET

CHANGES_OWNER = "changes its owner"
"""How the sentence about a file begins of which the owner alone is another."""
NO_READS = "this engine can't show reads"
_LARGEST = 100_000_000
_SET_BACK = 100_000_000
"""watch.sh sets access times to 1971, in some time zone: before this second."""


class CannotWatchError(Exception):
    """The engine or the RUN shows nothing; the text says why, as a phrase."""


class SeenFiles(NamedTuple):
    """What a RUN did to the files that it was watched on."""

    read: frozenset[str]
    changed: dict[str, str]
    """Paths with another content, mode or owner after the RUN, and what is different, in words."""
    digests: dict[str, str]
    """The SHA-256 of the content after the RUN."""


class _State(NamedTuple):
    time: int
    mode: int
    owner: str


def seen_files(folder: str) -> SeenFiles:
    """Read what watch.sh left in a folder. Raises CannotWatchError, also for what is not there or not as expected."""
    try:
        return _seen(folder)
    except (OSError, ValueError) as error:
        raise CannotWatchError(NO_READS) from error


def _seen(folder: str) -> SeenFiles:
    unable = _text(folder, "unable").strip()
    if unable:
        raise CannotWatchError(unable)
    before, after = _states(folder, "before"), _states(folder, "after")
    set_back = all(state.time < _SET_BACK for state in before.values())
    if not set_back or not _moved(CANARY, before, after) or _moved(QUIET, before, after):
        raise CannotWatchError(NO_READS)
    status = _text(folder, "status").strip()
    if status != "0":
        raise CannotWatchError(f"the RUN fails with exit code {status} when it is watched")
    was, now = _digests(folder, "sums-before"), _digests(folder, "sums-after")
    if not was and len(before) > len((CANARY, QUIET)):
        raise CannotWatchError("it has no sha256sum, with which writes are seen")
    changed: dict[str, str] = {}
    for path, state in before.items():
        what = _change(state, after.get(path), was.get(path), now.get(path))
        if what:
            changed[path] = what
    return SeenFiles(frozenset(path for path in before if _moved(path, before, after)), changed, now)


def _moved(path: str, before: dict[str, _State], after: dict[str, _State]) -> bool:
    return path in before and path in after and before[path].time != after[path].time


def _change(state: _State, later: _State | None, was: str | None, now: str | None) -> str:
    if later is None:
        return "removes it"
    if state.mode != later.mode:
        return f"changes its mode from {state.mode & 0o7777:04o} to {later.mode & 0o7777:04o}"
    if state.owner != later.owner:
        return f"{CHANGES_OWNER} from {state.owner} to {later.owner}"
    return "writes it" if was != now else ""


def _states(folder: str, name: str) -> dict[str, _State]:
    found = {}
    for line in _text(folder, name).split("\n"):
        parts = line.split(" ", 3)
        if len(parts) == 4:
            time, mode, owner, path = parts
            found[path] = _State(int(time), int(mode, 16), owner)
    return found


def _digests(folder: str, name: str) -> dict[str, str]:
    lines = (line.partition("  ") for line in _text(folder, name).split("\n"))
    return {path: digest for digest, _, path in lines if path}


def _text(folder: str, name: str) -> str:
    data = beginning(os.path.join(folder, name), _LARGEST, (os.path.realpath(folder),))
    if isinstance(data, Unreadable):
        raise FileNotFoundError(data.message)
    return data.decode("utf-8", "surrogateescape")
