"""Which files of the build context an install reads: each ecosystem has a module with a function `inputs`."""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.inputs import Inputs, Install

__all__ = ["Inputs", "Install", "inputs"]


class _Reader(Protocol):
    def inputs(self, context: Context, install: Install) -> Inputs: ...


def inputs(context: Context, install: Install) -> Inputs:
    """The files and folders of the build context that the install reads, from the module that `install.reader` names.

    Runs nothing. Raises LeaveAlone when the answer depends on something that dfix does not follow.
    """
    reader = cast("_Reader", importlib.import_module(f"{__name__}.{install.reader}"))
    return reader.inputs(context, install)
