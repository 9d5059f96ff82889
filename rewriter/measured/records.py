"""Records of measured steps: a file for each Dockerfile, in a folder of the user's own that only its owner can read.

A record holds digests, seconds and bytes, and no text of the Dockerfile. A step is found by its stage and its whole
text, so an instruction that was edited since has no figures. A record that cannot be read or written doesn't exist:
nothing depends on it but what is shown.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any

from dfix.rewriter.model import Model, Step
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.read import Unreadable, loose_text

_VERSION = 1
_LARGEST = 1_000_000
_MOST_RECORDS = 1000
"""More than that, and the oldest go."""
_END = ".json"


class Took(NamedTuple):
    """What one step took in a build without cache."""

    seconds: float
    size: int | None
    """The bytes of its layer; None for a stage that doesn't ship."""


def keys(model: Model) -> Iterator[tuple[Step, str]]:
    """Every step with the key under which a record knows it."""
    seen: Counter[str] = Counter()
    for stage in model.stages:
        for step in stage.steps:
            text = f"{stage.name or stage.index}\n{step.source_text}"
            seen[text] += 1
            yield step, sha256(f"{seen[text]}\n{text}".encode("utf-8", "surrogateescape")).hexdigest()


def keep(path: str, took: Mapping[str, Took]) -> None:
    """Replace the record of a Dockerfile."""
    place = _place(path)
    if place is None or not took:
        return
    text = json.dumps({"version": _VERSION, "steps": took})
    with suppress(OSError):
        os.makedirs(os.path.dirname(place), 0o700, exist_ok=True)
        new = f"{place}.{os.getpid()}"
        with open(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(text)
        os.replace(new, place)
        _remove_oldest()


def kept(path: str) -> dict[str, Took]:
    """The record of a Dockerfile; empty if there is none."""
    place = _place(path)
    text = loose_text(place, _LARGEST, None) if place is not None else ""
    if isinstance(text, Unreadable):
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or found.get("version") != _VERSION or not isinstance(found.get("steps"), dict):
        return {}
    return {key: Took(*pair) for key, pair in found["steps"].items() if _is_pair(pair)}


def forget() -> int:
    """Remove all records and return how many there were."""
    removed = 0
    for path in _records():
        with suppress(OSError):
            os.unlink(path)
            removed += 1
    return removed


def _is_pair(found: Any) -> bool:
    if not isinstance(found, list) or len(found) != 2:
        return False
    seconds, size = found
    numbers = not isinstance(seconds, bool) and isinstance(seconds, int | float) and 0 <= seconds < float("inf")
    return numbers and (size is None or (isinstance(size, int) and not isinstance(size, bool) and size >= 0))


def _folder() -> str | None:
    """The folder of all records; None where the user has no home."""
    state = os.environ.get("XDG_STATE_HOME", "")
    home = state if os.path.isabs(state) else os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(home, "dfix", "measured") if os.path.isabs(home) else None


def _place(path: str) -> str | None:
    folder = _folder()
    name = sha256(os.fsencode(os.path.realpath(path))).hexdigest() + _END
    return os.path.join(folder, name) if folder is not None else None


def _records() -> list[str]:
    folder = _folder()
    try:
        names = sorted(os.listdir(folder)) if folder is not None else []
    except OSError:
        return []
    return [os.path.join(folder, name) for name in names if name.endswith(_END)] if folder is not None else []


def _remove_oldest() -> None:
    found = _records()
    if len(found) > _MOST_RECORDS:
        for path in sorted(found, key=os.path.getmtime)[:-_MOST_RECORDS]:
            os.unlink(path)
