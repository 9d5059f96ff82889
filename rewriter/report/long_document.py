"""JSON documents with one long list, written file by file, so that no results are kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from dfix.rewriter.pipeline.result import Result

_HERE = "\0"


class LongDocument:
    """Indented JSON in pieces: what `add` returns for each file, then `end`."""

    def __init__(self, frame: Callable[[list[str]], object], items: Callable[[Result], Iterable[Any]]) -> None:
        """`frame` puts the document around its list, and is asked again at the end; `items` is what a file adds."""
        self._frame, self._items = frame, items
        self._before, self._indent = self._opening()
        self._separator = ""

    def add(self, result: Result) -> str:
        """The text for one file."""
        parts = [self._before]
        self._before = ""
        for item in self._items(result):
            parts += self._separator, self._indent, json.dumps(item, indent=2).replace("\n", self._indent)
            self._separator = ","
        return "".join(parts)

    def end(self) -> str:
        """What comes after the last file."""
        after = json.dumps(self._frame([_HERE]), indent=2).partition(json.dumps(_HERE))[2]
        return self._before + (after if self._separator else after.lstrip()) + "\n"

    def _opening(self) -> tuple[str, str]:
        """What comes before the first item, and the line break and indentation of each."""
        before = json.dumps(self._frame([_HERE]), indent=2).partition(json.dumps(_HERE))[0]
        shown = before.rstrip()
        return shown, before[len(shown) :]
