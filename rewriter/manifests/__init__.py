"""Which files of the context an install reads: one module for each ecosystem, with a function `inputs`."""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.inputs import Inputs, Install

__all__ = ["Inputs", "Install", "inputs"]


class _Reader(Protocol):
    def inputs(self, context: Context, install: Install) -> Inputs: ...


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads of the context; runs nothing. Raises LeaveAlone where that cannot be known."""
    reader = cast("_Reader", importlib.import_module(f"{__name__}.{install.reader}"))
    return reader.inputs(context, install)
