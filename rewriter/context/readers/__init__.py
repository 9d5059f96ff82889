"""Which files of the context an install reads: one module for each ecosystem."""

from __future__ import annotations

from rewriter.context.folder import Context
from rewriter.context.readers.answer import Blocked, Inputs, Install

__all__ = ["Blocked", "Inputs", "Install", "inputs"]


def inputs(context: Context, install: Install) -> Inputs | Blocked:
    """What the install reads of the context, or why that cannot be known. Never runs anything, never leaves it."""
    if install.manager == "pip":
        from rewriter.context.readers import pip

        return pip.inputs(context, install)
    from rewriter.context.readers import node

    return node.inputs(context, install)
