"""Replaying commits: how often each slow command would have run again, before and after dfix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from dfix.rewriter.layers.commits import Commit
from dfix.rewriter.layers.opened import Opened
from dfix.rewriter.measured.records import Took, keys
from dfix.rewriter.model import Model, Step
from dfix.rewriter.model.reruns import Reruns
from dfix.rewriter.model.reruns.slow_commands import SlowCommand, is_made_of, same_commands, slow_commands
from dfix.rewriter.text.named_tuple import NamedTuple

_LITTLE = 0.9
"""A command that still runs in this part of its builds has gained little."""
_OFTEN = 0.5
"""A file is named as the reason if it changed in this part of the builds."""


class Replayed(NamedTuple):
    """One slow command over the commits."""

    command: str
    line: int
    """In the Dockerfile; in dfix's result for a command that dfix adds."""
    before: int | None
    """In how many builds it would have run; None for a command that dfix adds."""
    after: int | None
    """The same after dfix; None where dfix removes the command or makes another one of it."""
    installs: bool = False
    """Whether it fetches packages, or compiles them in a build that would fetch them."""
    most: str = ""
    """The file whose changes made it run most often after dfix."""
    most_times: int = 0
    """In how many builds that file had changed."""
    saved: float | None = None
    """The seconds that its runs would have taken less; None where no build has measured its step, or where that step
    runs several slow commands."""

    @property
    def gains_little(self) -> bool:
        """Whether an install runs nearly as often after dfix, since one file changes in most of the commits."""
        if not self.installs or not self.before or self.after is None:
            return False
        return self.after >= self.before * _LITTLE and self.most_times >= self.after * _OFTEN


def runs(reruns: Reruns, commits: Iterable[Commit]) -> Counter[Step]:
    """In how many of the builds, one for each commit, each step would have run again."""
    counts: Counter[Step] = Counter()
    for commit in commits:
        counts.update(reruns.again(commit.paths).keys())
    return counts


def replay(
    before: Opened, after: Opened | None, commits: Sequence[Commit], record: Mapping[str, Took] | None = None
) -> tuple[Replayed, ...]:
    """Each slow command with the number of builds in which it would have run; `after` is dfix's result, if it differs.

    A command keeps its words, or dfix adds options to them; where dfix runs one twice (first for the packages, then for
    the project itself) the first one counts, because it does the work. `record` is what steps took when measured.
    """
    old_counts = runs(before.reruns, commits)
    if after is None:
        return tuple(
            Replayed(c.shown, c.step.instruction.line, old_counts[c.step], old_counts[c.step], c.installs)
            for c in slow_commands(before.model)
        )
    new_counts = runs(after.reruns, commits)
    pairs = same_commands(before.model, after.model)
    old = [command for command, _ in pairs]
    kept_on = [same for _, same in pairs if same is not None]
    seconds = _seconds_alone(before.model, old, record or {})
    found = []
    for command, same in pairs:
        row = Replayed(command.shown, command.step.instruction.line, old_counts[command.step], None, command.installs)
        if same is not None:
            most, times = _most_changed(after.reruns, same.step, commits)
            row = row._replace(after=new_counts[same.step], most=most, most_times=times)
            if command.step in seconds:
                saved = seconds[command.step] * (old_counts[command.step] - new_counts[same.step])
                row = row._replace(saved=round(saved, 1))
        found.append(row)
    for other in slow_commands(after.model):
        if other not in kept_on and not any(is_made_of(command.words, other.words) for command in old):
            found.append(
                Replayed(other.shown, other.step.instruction.line, None, new_counts[other.step], other.installs)
            )
    return tuple(found)


def _seconds_alone(model: Model, commands: Sequence[SlowCommand], record: Mapping[str, Took]) -> dict[Step, float]:
    """The measured seconds of the steps that run one slow command only, which is then what takes the time."""
    slow = Counter(command.step for command in commands)
    return {step: record[key].seconds for step, key in keys(model) if key in record and slow[step] == 1}


def _most_changed(reruns: Reruns, step: Step, commits: Sequence[Commit]) -> tuple[str, int]:
    """The file that made a step run most often, and in how many builds."""
    counts: Counter[str] = Counter()
    for commit in commits:
        counts.update(path for path in set(commit.paths) if step in reruns.again((path,)))
    return max(counts.items(), key=lambda item: (item[1], item[0]), default=("", 0))
