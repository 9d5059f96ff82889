"""Findings in a frame, one line each, and the closing summary."""

from __future__ import annotations

from collections.abc import Iterable

from rewriter.report.diff import shown_name
from rewriter.report.output import Output
from rewriter.result import Applied, Problem, Refused, Result
from rewriter.syntax import parse

PROMISES = {
    "same-image": "same image",
    "same-but-caches": "same image but for caches",
    "changed-image": "changes the image",
}
_MOST_LINES = 6


def framed(out: Output, result: Result, *, explain: bool, written: bool = False) -> None:
    """Each change, and with `explain` each refusal, with the instruction that it is about."""
    path = shown_name(result.before.path)
    for change in result.changes:
        line = change.line_after if written else change.line
        out.write(change.rule, "bold red" if not written else "bold green")
        out.write(f": {change.reason}\n")
        _frame(out, result, path, line, written=written)
        out.write(f"  = {'kept' if written else 'keeps'}: {PROMISES[change.contract]}\n\n", "cyan")
    if not explain:
        return
    for refusal in result.refusals:
        out.write(f"{refusal.rule} left this alone", "bold yellow")
        out.write(f": {refusal.reason}\n")
        _frame(out, result, path, refusal.line_after if written else refusal.line, written=written)
        if refusal.hint:
            out.write(f"  = help: {refusal.hint}\n", "cyan")
        out.write("\n")
    for note in result.notes:
        out.write(f"{path}:{note.line}: {note.message}\n\n")


def _frame(out: Output, result: Result, path: str, line: int, *, written: bool) -> None:
    source = result.after if written else result.before
    lines = source.text.split("\n")
    last = next((i.end_line for i in parse(source).instructions if i.line <= line <= i.end_line), line)
    width = len(str(last))
    out.write(f"{' ' * width}--> {path}:{line}\n", "blue")
    out.write(f"{' ' * width} |\n", "blue")
    for number in range(line, min(last, line + _MOST_LINES - 1) + 1):
        out.write(f"{number:>{width}} | ", "blue")
        out.write(lines[number - 1].rstrip("\r") + "\n")
    if last - line >= _MOST_LINES:
        out.write(f"{' ' * width} | …\n", "blue")
    out.write(f"{' ' * width} |\n", "blue")


def concise(out: Output, result: Result, *, explain: bool) -> None:
    """`path:line: rule reason`, a line each."""
    path = shown_name(result.before.path)
    rows: list[Applied | Refused] = [*result.changes, *(result.refusals if explain else ())]
    for row in sorted(rows, key=lambda row: row.line):
        kind = "" if isinstance(row, Applied) else "left alone: "
        out.write(f"{path}:{row.line}: {row.rule} {kind}{row.reason}\n")
    for note in result.notes if explain else ():
        out.write(f"{path}:{note.line}: {note.message}\n")


def problem_line(problem: Problem) -> str:
    """`path:line: what. what to do`."""
    place = f"{shown_name(problem.path)}:{problem.line}" if problem.line else shown_name(problem.path)
    hint = f"; {problem.hint}" if problem.hint else ""
    return f"{place}: {problem.message}{hint}\n"


class Tally:
    """Counts over all files of a run."""

    def __init__(self) -> None:
        self.files = self.changed = self.problems = self.refusals = 0
        self.changes: dict[str, int] = {}
        self.refused: dict[tuple[str, str], int] = {}

    def add(self, result: Result) -> None:
        """Count one file."""
        self.files += 1
        self.problems += result.problem is not None
        self.changed += result.changed
        self.refusals += len(result.refusals)
        for change in result.changes:
            self.changes[change.rule] = self.changes.get(change.rule, 0) + 1
        for refusal in result.refusals:
            key = (refusal.rule, refusal.code)
            self.refused[key] = self.refused.get(key, 0) + 1

    def summary(self, *, written: bool, explained: bool) -> str:
        """One line for the end of a run."""
        verb = "changed" if written else "would change"
        parts = [f"{_count(self.files, 'file')} checked", f"{self.changed} {verb}"]
        if self.problems:
            parts.append(f"{self.problems} could not be handled")
        if self.refusals:
            where = "place was" if self.refusals == 1 else "places were"
            parts.append(f"{self.refusals} {where} left alone" + ("" if explained else " (--explain says why)"))
        return ", ".join(parts) + "\n"

    def statistics(self) -> Iterable[str]:
        """A line for each rule and for each kind of refusal, most frequent first."""
        for rule, number in sorted(self.changes.items(), key=lambda item: (-item[1], item[0])):
            yield f"{number:>7}  {rule}\n"
        for (rule, code), number in sorted(self.refused.items(), key=lambda item: (-item[1], item[0])):
            yield f"{number:>7}  {rule} left alone: {code}\n"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
