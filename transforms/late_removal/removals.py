"""Which RUNs of a stage remove what an earlier one makes, and what is between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.neighbours.joining import may_join
from dfix.rewriter.neighbours.removal import may_undo, removed_packages, removes_packages, undoings
from dfix.rewriter.neighbours.run_summary import RunSummary, unreadable
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.late_removal.between import Moves, moves_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dfix.rewriter.model import Model, Stage, Step

_MOST_RUNS = 3
"""RUNs from the one that makes files to the one that removes them; what stands further apart is rarely one job."""
_MOST_STEPS = 12
"""Instructions from the one RUN to the other."""
_LEAST_SHARE = 3
"""At least one of so many packages has to be removed."""
_WORTH_IT = 100
"""MB for which it does not matter what else is installed again. The numbers are choices."""
_MOST_LINES = 40
"""A longer RUN is hard to read, and each edit of one of its lines would repeat all of it."""


class Joined(NamedTuple):
    """RUNs that become one, so that the layer only keeps what the last of them leaves."""

    runs: tuple[RunSummary, ...]
    moves: Moves
    removal: str
    """The removing command with why it comes too late, as a clause."""

    @property
    def told(self) -> str:
        """Why they become one, and what that costs."""
        if not self.moves.above:
            return self.removal
        copy = self.moves.above[0].instruction
        brought = f"what the {copy.keyword} on line {copy.line} brings"
        return f"{self.removal}; an edit of {brought} now repeats `{self.runs[0].title}`"


class StaysSeparate(NamedTuple):
    """A RUN that removes something too late, and why it stays separate."""

    step: Step
    reason: Reason


class _Late(NamedTuple):
    """RUNs of which the last removes what the first makes."""

    runs: tuple[RunSummary, ...]
    between: tuple[Step, ...]
    """The other instructions between them."""
    removal: str


def removals(model: Model, stage: Stage) -> Iterator[Joined | StaysSeparate]:
    """The RUNs of a stage that become one, and why other late removals stay. No RUN is in two of them."""
    known: dict[int, RunSummary] = {}
    taken = -1
    for step in stage.steps:
        late = _late(stage, step, known)
        if late is None or late.runs[0].step.index <= taken:
            continue
        answer = attempt(_joined, model, late)
        if isinstance(answer, Joined):
            taken = step.index
            yield answer
        else:
            yield StaysSeparate(step, answer)


def _late(stage: Stage, step: Step, known: dict[int, RunSummary]) -> _Late | None:
    """The RUNs that end with `step` and of which the first, the nearest one, makes what that removes."""
    last = _summary(step, known)
    if last is None or not may_undo(last):
        return None
    runs, between = [last], []
    for other in reversed(stage.steps[max(0, step.index - _MOST_STEPS) : step.index]):
        if other.keyword != "RUN" or other.onbuild:
            between.append(other)
            continue
        first = _summary(other, known)
        if first is None:
            return None
        runs.append(first)
        removal = _removal(runs)
        if removal:
            found = _Late(tuple(reversed(runs)), tuple(reversed(between)), removal)
            return None if _merges_anyway(found) else found
        if len(runs) == _MOST_RUNS:
            return None
    return None


def _summary(step: Step, known: dict[int, RunSummary]) -> RunSummary | None:
    if step.keyword != "RUN" or step.onbuild or unreadable(step) is not None:
        return None
    if step.index not in known:
        known[step.index] = RunSummary(step)
    return known[step.index]


def _removal(runs: Sequence[RunSummary]) -> str:
    """How the first of `runs`, the last one of the file, removes what the last makes; "" if no other one removes it."""
    last, first = runs[0], runs[-1]
    files = _removes_files(runs)
    if files and not any(undoing.what == "files" for other in runs[1:] for undoing in undoings(first, other)):
        return files
    packages = removes_packages(first, last)
    return packages if packages and not any(removes_packages(first, other) for other in runs[1:]) else ""


def _removes_files(runs: Sequence[RunSummary]) -> str:
    """How the first of `runs` removes a file of the last one. One of them has to name it: not only `rm -rf /tmp/*`."""
    texts = [run.step.source_text for run in runs[:-1]]
    for undoing in undoings(runs[-1], runs[0]):
        name = undoing.path.rpartition("/")[2]
        if undoing.what == "files" and undoing.frees and any(name in text for text in texts):
            return undoing.sentence
    return ""


def _merges_anyway(late: _Late) -> bool:
    """Whether merge-runs joins them: neighbours, of which the last is quick."""
    if late.between or late.runs[-1].slow:
        return False
    if len(late.runs) == 2 or removes_packages(late.runs[0], late.runs[-1]):
        return True
    middle = late.runs[1]
    return not middle.slow and not middle.quick


def _check_gain(late: _Late) -> None:
    """Raise LeaveAlone where most of the packages stay, so that installing them all again costs more than is saved."""
    found = removed_packages(late.runs[0], late.runs[-1])
    if 0 < found.removed * _LEAST_SHARE < found.installed and found.megabytes < _WORTH_IT:
        line = late.runs[0].step.instruction.line
        reason = f"only {found.removed} of the {found.installed} packages that line {line} installs are removed"
        raise LeaveAlone("re-runs", f"{reason}; in one RUN, an edit of a command would install all of them again")


def _joined(model: Model, late: _Late) -> Joined:
    """How the RUNs become one. Raises LeaveAlone where they may not."""
    for run in late.runs:
        if run.step.mounts:
            line = run.step.instruction.line
            raise LeaveAlone("mount", f"the RUN on line {line} has a mount, and what is in that is in no layer")
    _check_gain(late)
    moves = moves_of(model, late.runs, late.between)
    group = [late.runs[0]]
    for run in late.runs[1:]:
        may_join(group, run, saves=True, moved=moves.spans)
        group.append(run)
    lines = sum(run.step.instruction.end_line - run.step.instruction.line + 1 for run in late.runs)
    if lines > _MOST_LINES:
        raise LeaveAlone("too-long", f"the merged RUN would have more than {_MOST_LINES} lines")
    return Joined(late.runs, moves, late.removal)
