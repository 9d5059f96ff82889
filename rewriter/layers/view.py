"""What `dfix layers` finds out about one Dockerfile."""

from __future__ import annotations

from dfix.rewriter.layers.layer import LayerRow, layers
from dfix.rewriter.layers.opened import Opened
from dfix.rewriter.layers.past import Past, read_again, replay_past
from dfix.rewriter.layers.since import Since, since
from dfix.rewriter.measured.records import kept
from dfix.rewriter.revisions.git import GitError
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.source import Source


class View(NamedTuple):
    """One Dockerfile; where `problem` is set, it says why something that was asked for is missing."""

    path: str
    problem: Problem | None = None
    context: str = ""
    files: int = 0
    """The number of files that the build sends."""
    layers: tuple[LayerRow, ...] = ()
    past: Past | None = None
    since: Since | None = None


def view(found: Opened, after: Source | None, commits: int, ref: str | None) -> View:
    """The layers of a Dockerfile; with the last `commits` replayed unless 0, and with what runs again since `ref`.

    `after` is what dfix makes of the Dockerfile; None where it is the same.
    """
    path = found.source.path
    rows = tuple(layers(found.model, found.context, found.reruns, kept(path)))
    shown = View(path, None, found.context.root, len(found.context.below("")), rows)
    try:
        if commits:
            shown = shown._replace(
                past=replay_past(found, read_again(found, after) if after is not None else None, commits)
            )
        if ref is not None:
            shown = shown._replace(since=since(found, ref))
    except GitError as error:
        return shown._replace(problem=Problem(path, 0, str(error), error.hint))
    return shown
