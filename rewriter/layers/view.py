"""What `dfix layers` finds out about one Dockerfile."""

from __future__ import annotations

from typing import NamedTuple

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.layers.commits import GIT_FILE, history
from dfix.rewriter.layers.git import GitError
from dfix.rewriter.layers.layer import LayerRow, layers
from dfix.rewriter.layers.opened import Opened
from dfix.rewriter.layers.replay import Replayed, replay
from dfix.rewriter.layers.since import Since, since
from dfix.rewriter.model import Model, build
from dfix.rewriter.model.reruns import Reruns
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.source import Source


class Past(NamedTuple):
    """The last commits, replayed: a build for each."""

    builds: int
    touching: int
    """How many of them change a file that the build sends."""
    changed: bool
    """Whether dfix changes the Dockerfile."""
    commands: tuple[Replayed, ...]
    notes: tuple[str, ...]
    """What is worth knowing about the history, in sentences."""


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
    rows = tuple(layers(found.model, found.context, found.reruns))
    shown = View(path, None, found.context.root, len(found.context.below("")), rows)
    try:
        if commits:
            shown = shown._replace(past=_past(found, after, commits))
        if ref is not None:
            shown = shown._replace(since=since(found, ref))
    except GitError as error:
        return shown._replace(problem=Problem(path, 0, str(error), error.hint))
    return shown


def _past(found: Opened, after: Source | None, most: int) -> Past:
    commits, notes = history(found.context.root, found.source.path, most)
    if _sends_git(found):
        commits = tuple(commit._replace(paths=(*commit.paths, GIT_FILE)) for commit in commits)
        ignore = found.context.ignore_name
        notes = (f"the build sends .git, which every commit changes: exclude it in {ignore}", *notes)
    new = read_again(found, after) if after is not None else None
    touching = sum(any(not found.context.ignore.ignored(path) for path in commit.paths) for commit in commits)
    rows = replay((found.model, found.reruns), new, commits)
    return Past(len(commits), touching, after is not None, rows, notes)


def _sends_git(found: Opened) -> bool:
    """Whether a step reads the `.git` of the build context; that of a worktree is a file that stays the same."""
    return found.context.is_folder(".git") and bool(found.reruns.again((GIT_FILE,)))


def read_again(found: Opened, source: Source) -> tuple[Model, Reruns]:
    """Another text of the same Dockerfile, in the same context."""
    model = build(parse(source), found.model.target, lambda: found.context)
    return model, Reruns(model, found.context)
