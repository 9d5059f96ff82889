"""Counting over all files of a run: the summary line and `--statistics`."""

from __future__ import annotations

from rewriter.result import Problem, Result

UNSAFE = "unsafe"
"""The code of a refusal that `--unsafe` lifts."""


class Tally:
    """What was found so far."""

    def __init__(self) -> None:
        self.files = self.changed = self.changes = 0
        self.refusals = self.unsafe = self.notes = self.problems = 0
        self._by_rule: dict[tuple[str, str], int] = {}

    def add(self, item: Result | Problem) -> None:
        """Count one file."""
        self.files += 1
        problem = item if isinstance(item, Problem) else item.problem
        if problem is not None:
            self.problems += 1
        if isinstance(item, Problem):
            return
        self.changed += item.changed
        self.changes += len(item.changes)
        self.notes += len(item.notes)
        for change in item.changes:
            self._count(change.rule, "change")
        for refusal in item.refusals:
            if refusal.code == UNSAFE:
                self.unsafe += 1
            else:
                self.refusals += 1
            self._count(refusal.rule, refusal.code)

    def _count(self, rule: str, what: str) -> None:
        key = (rule, what)
        self._by_rule[key] = self._by_rule.get(key, 0) + 1

    def statistics(self) -> str:
        """Rows of count, rule, and `change` or a refusal's code; the most frequent first."""
        rows = sorted(((count, *key) for key, count in self._by_rule.items()), key=lambda row: (-row[0], *row[1:]))
        width = max((len(rule) for _, rule, _ in rows), default=0)
        return "".join(f"{count:6}  {rule:{width}}  {what}\n" for count, rule, what in rows)

    def summary(self, *, written: bool = False) -> str:
        """One or two sentences without line end."""
        if not self.files:
            return "no Dockerfiles found"
        if not self.changed:
            text = f"nothing to change in {_number(self.files, 'file')}"
        else:
            verb = "made in" if written else "possible in"
            text = f"{_number(self.changes, 'change')} {verb} {self.changed} of {_number(self.files, 'file')}"
        if self.unsafe:
            text += f", {self.unsafe} more with --unsafe"
        left = []
        if self.refusals:
            left.append(f"{_number(self.refusals, 'place')} left alone")
        if self.notes:
            left.append(f"{_number(self.notes, 'file')} left alone as a whole")
        if left:
            text += f"; {' and '.join(left)} (--explain says why)"
        if self.problems:
            text += f"; {_number(self.problems, 'file')} could not be handled"
        return text


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
