"""Messages about plug-ins whose rules were left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dfix.rewriter.pipeline.registry import plugin_faults
from dfix.rewriter.report.output import Output, visible

if TYPE_CHECKING:
    from dfix.rewriter.pipeline.installed_plugins import Plugin
    from dfix.rewriter.pipeline.plugins import PluginFault


class PluginLines:
    """Writes one line for each faulty plug-in; with `traces`, also the traceback."""

    def __init__(self, err: Output, *, traces: bool) -> None:
        self._err, self._traces = err, traces
        self._told: set[Plugin] = set()

    @property
    def faulty(self) -> bool:
        """Whether any plug-in's rule has been left out so far."""
        return bool(self._told)

    def loading(self) -> None:
        """Report the plug-ins that could not be loaded."""
        self.add(plugin_faults())

    def add(self, faults: Iterable[PluginFault]) -> None:
        """Report the plug-ins that failed on a file."""
        for fault in faults:
            if fault.plugin in self._told:
                continue
            self._told.add(fault.plugin)
            self._err.write(f"dfix: {visible(str(fault))}\n")
            if self._traces:
                self._err.write(fault.trace)
