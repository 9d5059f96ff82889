"""Follow manifests that name other manifests: workspaces, modules, packages in folders."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from dfix.rewriter.answers.reason import LeaveAlone


def follow(first: str, most: int, plural: str, read: Callable[[str], list[str]]) -> None:
    """Call `read` with the path `first`, then with each path that a call returned: breadth first, each path once.

    Raises LeaveAlone after `most` paths; `plural` is what its message calls them ("packages").
    """
    seen: set[str] = set()
    pending = deque((first,))
    while pending:
        path = pending.popleft()
        if path in seen:
            continue
        if len(seen) >= most:
            raise LeaveAlone("too-many-files", f"{path} is one of more than {most} {plural}, more than dfix reads")
        seen.add(path)
        pending.extend(read(path))
