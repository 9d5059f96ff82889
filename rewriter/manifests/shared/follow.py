"""Manifests that lead to others: workspaces, modules, packages in folders."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from dfix.rewriter.answers.reason import LeaveAlone


def follow(first: str, most: int, what: str, take: Callable[[str], list[str]]) -> None:
    """Give `take` the path `first` and every path that a taken one answers with, each once and in order.

    Raises LeaveAlone when there are more than `most` of them, which are called `what`.
    """
    seen: set[str] = set()
    pending = deque((first,))
    while pending:
        path = pending.popleft()
        if path in seen:
            continue
        if len(seen) >= most:
            raise LeaveAlone("too-many-files", f"{path} is one of more than {most} {what}")
        seen.add(path)
        pending.extend(take(path))
