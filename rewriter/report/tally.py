"""Counts over all files of a run, for the summary line and `--statistics`."""

from __future__ import annotations

from dfix.rewriter.pipeline.result import Result

UNSAFE = "unsafe"
"""The code of a refusal that `--unsafe` turns into a change."""

_DONE = {"write": "made in", "add-ignore": "silenced by ignore comments in"}
"""What was done with changes, by the mode of the request; in others, they are possible."""


class Tally:
    """The counts so far."""

    def __init__(self) -> None:
        self.files = self.changed = self.changes = self.failing = 0
        self.refusals = self.unsafe = self.notes = self.problems = self.unexplained = 0
        self.findings = self.with_findings = 0
        """Findings of a baseline, and the files that have some."""
        self._by_rule: dict[tuple[str, str], int] = {}

    def add(self, result: Result) -> None:
        """Count one file."""
        self.files += 1
        self.problems += result.problem is not None
        self.changed += result.changed
        self.failing += result.changed and not result.only_warned
        self.changes += len(result.changes)
        self.notes += len(result.notes)
        self.unexplained += len(result.unexplained)
        self.findings += sum(finding.times for finding in result.findings)
        self.with_findings += bool(result.findings)
        for change in result.changes:
            self._count(change.rule, "change")
        for refusal in result.refusals:
            if refusal.code == UNSAFE:
                self.unsafe += 1
            else:
                self.refusals += 1
            self._count(refusal.rule, refusal.code)

    def _count(self, rule: str, what: str) -> None:
        key = (rule, what)
        self._by_rule[key] = self._by_rule.get(key, 0) + 1

    def statistics(self) -> str:
        """Rows of count, rule, and `change` or a refusal's code, most frequent first."""
        rows = sorted(((count, *key) for key, count in self._by_rule.items()), key=lambda row: (-row[0], *row[1:]))
        width = max((len(rule) for _, rule, _ in rows), default=0)
        return "".join(f"{count:6}  {rule:{width}}  {what}\n" for count, rule, what in rows)

    def summary(self, *, mode: str, explained: bool) -> str:
        """The summary line, without its line end; `mode` is that of the request."""
        if not self.files:
            return "no Dockerfiles found"
        sound = self.files - self.problems
        broken = f"{_number(self.problems, 'file')} could not be handled"
        if not sound:
            return broken
        if mode == "write-baseline":
            text = f"{_number(self.findings, 'finding')} in {self.with_findings} of {_number(sound, 'file')} recorded"
        elif not self.changed:
            text = f"nothing to change in {_number(sound, 'file')}"
        else:
            verb = _DONE.get(mode, "possible in")
            text = f"{_number(self.changes, 'change')} {verb} {self.changed} of {_number(sound, 'file')}"
        if self.unsafe:
            text += f", {self.unsafe} more with --unsafe"
        left = []
        if self.refusals:
            left.append(f"{_number(self.refusals, 'place')} left alone")
        if self.notes:
            left.append(f"{_number(self.notes, 'file')} left alone as a whole")
        if left:
            text += f"; {' and '.join(left)}" + ("" if explained else " (--explain says why)")
        if self.unexplained:
            text += f"; {_number(self.unexplained, 'ignore comment')} without a reason"
        if self.findings and mode != "write-baseline":
            text += f"; {_number(self.findings, 'finding')} left out by the baseline"
        if self.problems:
            text += f"; {broken}"
        return text


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
