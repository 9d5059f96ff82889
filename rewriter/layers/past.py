"""The last commits of a repository, replayed for one Dockerfile."""

from __future__ import annotations

from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.layers.commits import GIT_FILE, history
from dfix.rewriter.layers.opened import Opened
from dfix.rewriter.layers.replay import Replayed, replay
from dfix.rewriter.measured.records import kept
from dfix.rewriter.model import build
from dfix.rewriter.model.reruns import Reruns
from dfix.rewriter.text.named_tuple import NamedTuple
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

    @property
    def gains(self) -> bool:
        """Whether a command would have run less often after dfix."""
        return any(c.before is not None and c.after is not None and c.after < c.before for c in self.commands)


def replay_past(found: Opened, after: Opened | None, most: int) -> Past:
    """Replay the last `most` commits; `after` is dfix's result, None where it is the same. Raises GitError."""
    commits, notes = history(found.context.root, found.source.path, most)
    if _sends_git(found):
        commits = tuple(commit._replace(paths=(*commit.paths, GIT_FILE)) for commit in commits)
        ignore = found.context.ignore_name
        notes = (f"the build sends .git, which every commit changes: exclude it in {ignore}", *notes)
    touching = sum(any(not found.context.ignore.ignored(path) for path in commit.paths) for commit in commits)
    rows = replay(found, after, commits, kept(found.source.path))
    return Past(len(commits), touching, after is not None, rows, notes)


def _sends_git(found: Opened) -> bool:
    """Whether a step reads the `.git` of the build context; that of a worktree is a file that stays the same."""
    return found.context.is_folder(".git") and bool(found.reruns.again((GIT_FILE,)))


def read_again(found: Opened, source: Source, context: Context | None = None) -> Opened:
    """Another text of the same Dockerfile, in the same context or in one with another ignore file."""
    folder = context or found.context
    model = build(parse(source), found.model.target, lambda: folder)
    return Opened(source, model, folder, Reruns(model, folder))
