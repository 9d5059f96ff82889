"""What a `chown` of a context file changes besides its owner: it takes rights away, and ends hard links."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dfix.rewriter.context.folder import Context


def has_rights(context: Context, path: str) -> bool:
    """Whether a file has set-user-ID or set-group-ID bits, or capabilities: what a `chown` takes away."""
    if context.mode(path) & (stat.S_ISUID | stat.S_ISGID):
        return True
    try:
        return bool(os.getxattr(os.path.join(context.root, path), "security.capability", follow_symlinks=False))
    except (AttributeError, OSError):  # a system without such attributes, or a file without this one
        return False


def hard_linked(context: Context, path: str) -> tuple[int, int] | None:
    """The device and number of a file that has more than one name, alike for all of them; None for any other."""
    try:
        found = os.lstat(os.path.join(context.root, path))
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if found.st_nlink > 1 else None
