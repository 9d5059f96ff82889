"""The mode that an install gives to the commands of packages in folders."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context

_MODE = 0o755


def check_mode(context: Context, path: str, manager: str) -> None:
    """Raises LeaveAlone unless a file has the mode that an install gives to commands."""
    if context.is_link(path):
        raise LeaveAlone("workspace", f"{manager} makes {path} executable, which is a link")
    if context.mode(path) != _MODE:
        reason = f"{manager} makes {path} executable, and the later COPY of the sources would undo that"
        raise LeaveAlone("workspace", reason, f"run `chmod 755 {path}` and commit that")
