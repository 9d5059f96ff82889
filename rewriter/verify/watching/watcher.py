"""Watching the RUNs that a rewrite moves: a file that is read or written and copied only later is a broken promise.

Today's images may agree all the same: the file may be neutral today, and an edit of it is lost tomorrow.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from dfix.rewriter.context.folder import Context
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.read import digest
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.compare import Difference
from dfix.rewriter.verify.engine import BuildError
from dfix.rewriter.verify.noise import is_irrelevant_read
from dfix.rewriter.verify.trial import Trial
from dfix.rewriter.verify.watching.moved_runs import MovedRun, moved_runs
from dfix.rewriter.verify.watching.seen_files import CHANGES_OWNER, NO_READS, CannotWatchError, SeenFiles, seen_files
from dfix.rewriter.verify.watching.throwaway import CONTEXT, TARGET, UnwatchableError, dockerfile, fill

MOST_WATCHED = 50_000
"""Watching a file copies it into the layer; with more files than this, it would take as long as an install."""
_MOST_SHOWN = 60


class Watched(NamedTuple):
    """What watching the RUNs that one rewrite moves has shown."""

    faults: tuple[Difference, ...] = ()
    unseen: str = ""
    """Why some RUN could not be watched, as a phrase; "" where all were."""


class Watcher:
    """Watches what rewrites of one Dockerfile move. `context` is that of the original."""

    def __init__(self, trial: Trial, original: Source, context: Context) -> None:
        self._trial, self._original, self._context = trial, original, context

    def watch(self, rewrite: Source, context_after: Context) -> Watched:
        """Watch each RUN that `rewrite` moves before a copy. Raises EngineError, OSError for a full disk."""
        faults: list[Difference] = []
        unseen = ""
        for run in moved_runs(self._original, rewrite, self._context, context_after):
            try:
                if len(run.files) > MOST_WATCHED:
                    raise UnwatchableError(f"more than {MOST_WATCHED} files are copied before it")
                faults += self._faults(run, self._seen(run))
            except (CannotWatchError, UnwatchableError) as error:
                unseen = unseen or str(error)
        return Watched(tuple(faults), unseen)

    def _seen(self, run: MovedRun) -> SeenFiles:
        text = dockerfile(self._original, run)
        with self._trial.folder("watch") as scripts, self._trial.folder("watched") as found:
            fill(scripts, run)
            try:
                self._trial.watch(text, TARGET, (CONTEXT, scripts), found)
                return seen_files(found)
            except BuildError as error:
                raise CannotWatchError(f"{NO_READS} ({error.message})") from error

    def _faults(self, run: MovedRun, seen: SeenFiles) -> Iterator[Difference]:
        command, line = _shown(run), run.step.instruction.line
        for image, path in sorted(run.files.items()):
            if image not in run.late:
                continue
            later = f"the rewrite copies {path} after that, on its line {run.late[image]}"
            change = seen.changed.get(image, "")
            same = change == "writes it" and (run.runs_again or seen.digests.get(image) == self._digest(path))
            given = change.startswith(CHANGES_OWNER) and image in run.owned
            if change and not same and not given:
                what = f"`{command}` on line {line} {change}, but {later}, which takes the change back"
                yield Difference(image, what, 0, "written")
            elif image in run.missing and image in seen.read and not is_irrelevant_read(image, command):
                what = f"`{command}` on line {line} reads it, but {later}: an edit of the file would have no effect"
                yield Difference(image, what, 0, "read")

    def _digest(self, path: str) -> str:
        """The digest of a file of the copied context; "" for a link to something that is not in it."""
        return digest(os.path.join(self._trial.context, path), (os.path.realpath(self._trial.context),))


def _shown(run: MovedRun) -> str:
    """The RUN's commands in one short line."""
    words = run.instruction.split()[1:]
    text = " ".join(word for word in words if word != "\\" and not word.startswith("--mount="))
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
