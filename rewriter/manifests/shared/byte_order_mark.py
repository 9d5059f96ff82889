"""Byte order marks, which managers leave out of the files that they write anew."""

from __future__ import annotations

from dfix.rewriter.context.folder import LARGEST_READ, Context
from dfix.rewriter.text.read import Unreadable, exact_text


def has_mark(context: Context, path: str) -> bool:
    """Whether a file of the build context begins with a byte order mark, which `Context.read` leaves out."""
    if context.read(path) is None:
        return False
    text = exact_text(context.on_disk(path), LARGEST_READ, (context.root,))
    return not isinstance(text, Unreadable) and text.startswith("\ufeff")
