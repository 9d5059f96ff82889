"""docs/architecture.md against the calls of a real run."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple

import pytest

from dfix.rewriter.cli.main import run

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
MOST_STOPS = 25
FOLDERS = ("rewriter", "transforms")
_STOP = re.compile(r"\| \d+ \| `([\w/]+\.py)` \| `([\w.]+)` \| (.+) \|")


class Stop(NamedTuple):
    """One line of the walk: a function, and the question that it answers."""

    path: str
    function: str
    question: str

    @property
    def folder(self) -> str:
        parts = Path(self.path).parts
        return "/".join(parts[:2])


STOPS = [Stop(*match) for match in _STOP.findall(PAGE.read_text(encoding="utf-8"))]


class Calls:
    """Which functions of the project a run called first, and from where."""

    def __init__(self) -> None:
        self._known: dict[CodeType, tuple[str, str] | None] = {}
        self.order: list[tuple[str, str]] = []
        self.callers: dict[tuple[str, str], set[tuple[str, str]]] = {}

    def record(self, frame: FrameType, event: str, _: object) -> None:
        """What sys.setprofile calls."""
        called = self._function(frame.f_code) if event == "call" else None
        if called is None:
            return
        caller = frame.f_back
        while caller is not None and self._function(caller.f_code) is None:
            caller = caller.f_back
        if called not in self.callers:
            self.order.append(called)
        where = None if caller is None else self._function(caller.f_code)
        self.callers.setdefault(called, set()).update({where} if where is not None else ())

    def _function(self, code: CodeType) -> tuple[str, str] | None:
        """Path and name of a function of the project; None for others and for comprehensions."""
        if code not in self._known:
            path = Path(code.co_filename)
            own = not code.co_name.startswith("<") and path.is_absolute() and path.resolve().is_relative_to(ROOT)
            name = str(path.resolve().relative_to(ROOT)) if own else ""
            self._known[code] = (name, code.co_qualname) if name.startswith(FOLDERS) else None
        return self._known[code]


@pytest.fixture(scope="module")
def calls() -> Calls:
    found = Calls()
    sys.setprofile(found.record)
    try:
        assert run(["--diff", str(ROOT / "examples" / "node" / "Dockerfile")]) == 1
    finally:
        sys.setprofile(None)
    return found


def test_the_walk_is_short() -> None:
    assert 15 <= len(STOPS) <= MOST_STOPS


def test_each_stop_is_called_in_this_order(calls: Calls) -> None:
    order = [(stop.path, stop.function) for stop in STOPS]
    first = [calls.order.index(stop) if stop in calls.order else -1 for stop in order]
    assert -1 not in first, [stop for stop, at in zip(order, first, strict=True) if at < 0]
    assert first == sorted(first)


def test_each_stop_is_called_by_one_above_it(calls: Calls) -> None:
    """No function on the way is left out: each is called directly by one that the page has named already."""
    seen = {(STOPS[0].path, STOPS[0].function)}
    for stop in STOPS[1:]:
        here = (stop.path, stop.function)
        assert calls.callers[here] & seen, f"{stop.function} is called by {calls.callers[here]}"
        seen.add(here)


def test_no_folder_is_entered_twice_for_the_same_question() -> None:
    entered: list[tuple[str, str]] = []
    for stop in STOPS:
        entry = (stop.folder, stop.question)
        if not entered or entered[-1] != entry:
            assert entry not in entered, f"{stop.folder} is entered again for: {stop.question}"
            entered.append(entry)


def test_every_folder_has_a_paragraph() -> None:
    text = PAGE.read_text(encoding="utf-8")
    folders = [path.name for path in (ROOT / "rewriter").iterdir() if (path / "__init__.py").exists()]
    assert [name for name in folders if f"**`rewriter/{name}/`**" not in text] == []
    assert "**`transforms/`**" in text
