"""A progress bar with the engine's names of the current steps, only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.output import Output, visible, visible_name

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

_MOST = 90


class Progress:
    """A line for each file in progress and one for all; nothing if standard error is not a terminal."""

    def __init__(self, err: Output, total: int, *, quiet: bool) -> None:
        self._bar: Bar | None = None
        if not quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            console = Console(stderr=True, no_color=not err.colour)
            columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
            self._bar = Progress(*columns, BarColumn(20), console=console, transient=True)
            self._all = self._bar.add_task(f"{total} Dockerfiles", total=total)

    def __enter__(self) -> Progress:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def teller(self, path: str) -> Callable[[str], None]:
        """A function that shows what is being done with a file; call it with "" when the file is done."""
        bar = self._bar
        if bar is None:
            return lambda text: None
        name = visible_name(shown_name(path))
        task = bar.add_task(name, total=None, visible=False)

        def tell(text: str) -> None:
            bar.update(task, description=f"{name}: {visible(text)}"[:_MOST], visible=bool(text))

        return tell

    def advance(self) -> None:
        """Count one more finished file."""
        if self._bar is not None:
            self._bar.advance(self._all)
