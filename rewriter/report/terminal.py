"""Findings for people: framed with the changed lines, or one line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dfix.rewriter.pipeline.result import Applied, Refused, Result
from dfix.rewriter.report.change_groups import MOST_BETWEEN, change_groups
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.folding import Painted
from dfix.rewriter.report.hunks import Hunk, lines_of
from dfix.rewriter.report.output import Output, visible, visible_name
from dfix.rewriter.report.rows import Row, changed_parts, write_rows
from dfix.rewriter.report.worth import Worth, by_group
from dfix.rewriter.text.problem import Problem

PROMISES = {
    "same-image": "same image",
    "same-but-caches": "same image, except caches",
    "repairs": "the build fails or leaves out packages today",
    "changed-image": "changes the image",
}
_MOST_ROWS = 24
_MOST_GAINS = 4
"""Of one group of changes."""
_MOST_COLUMNS = 160
_COLUMNS_BEFORE = 60
"""Of a shortened line, at most so many columns are shown before the place where it differs."""
_CONTINUED = (Painted("  "),)


def framed(out: Output, result: Result, *, explain: bool, worth: Sequence[Worth] = ()) -> None:
    """Each change with what it is worth and the lines it changes; with `explain` also what was left alone.

    Everything is in the order of the lines.
    """
    path = visible_name(shown_name(result.before.path))
    lines = lines_of(result.before.text)
    left = sorted(result.refusals, key=lambda refusal: refusal.line) if explain else []
    groups = list(change_groups(result))
    for group, gained in zip(groups, by_group(groups, worth), strict=True):
        line = min((change.line for change in group.changes), default=0)
        while left and left[0].line < line:
            _left_alone(out, path, _same_line(left), lines)
        for change in group.changes:
            _change(out, path, change.line, change)
        for said in gained[:_MOST_GAINS]:
            out.write_folded([Painted(f"  = {visible(said)}", "green")], _CONTINUED)
        if group.hunks:
            _frame(out, result, group.hunks)
        out.write("\n")
    while left:
        _left_alone(out, path, _same_line(left), lines)
    _ignored(out, result)
    if explain:
        _notes(out, path, result)


def _same_line(left: list[Refused]) -> list[Refused]:
    """Take the refusals of the first line off the list."""
    line = left[0].line
    count = sum(refusal.line == line for refusal in left)
    found, left[:count] = left[:count], []
    return found


def _left_alone(out: Output, path: str, refusals: list[Refused], lines: list[str]) -> None:
    """The reasons for which an instruction was left alone, then its first line."""
    for refusal in refusals:
        _refusal(out, path, refusal)
        if refusal.hint:
            out.write_folded([Painted(f"  = {visible(refusal.hint)}", "cyan")], _CONTINUED)
    line = refusals[0].line
    if line <= len(lines):
        write_rows(out, [Row(f"{line} | ", " ", _shown(lines[line - 1]))])
    out.write("\n")


def _ignored(out: Output, result: Result) -> None:
    """The lines to add to the ignore file."""
    ignore = result.ignore_file
    if ignore is None:
        return
    out.write(f"{visible_name(shown_name(ignore.before.path))}{' (new)' if ignore.new else ''}\n", "bold")
    for line in filter(None, ignore.after.text[len(ignore.before.text) :].splitlines()):
        out.write(f"  + {visible(line)}\n", "green")
    out.write("\n")


def concise(out: Output, result: Result, *, explain: bool, written: bool = False) -> None:
    """`path:line: rule: reason` for each change; `written`: line numbers of the new file."""
    path = visible_name(shown_name(result.before.path))
    rows: list[Applied | Refused] = [*result.changes, *(result.refusals if explain else ())]
    for row in sorted(rows, key=lambda row: row.line_after if written else row.line):
        if isinstance(row, Applied):
            _change(out, path, row.line_after if written else row.line, row)
        else:
            _refusal(out, path, row, f". {visible(row.hint)}" if row.hint else "")
    if explain:
        _notes(out, path, result)


def problem_line(out: Output, problem: Problem) -> None:
    """Print `path:line: message. Hint`."""
    place = visible_name(shown_name(problem.path))
    out.write(f"{place}:{problem.line}:" if problem.line else f"{place}:", "bold red")
    out.write(f" {visible(problem.message)}" + (f". {visible(problem.hint)}\n" if problem.hint else "\n"))


def context_line(out: Output, result: Result) -> None:
    """Print `path: build context FOLDER (why)`."""
    used = result.context
    if used is None:
        said = "the build context was not needed"
    elif used.folder:
        said = f"build context {shown_name(used.folder) or '.'} ({used.why})"
    else:
        said = f"no build context ({used.why})"
    out.write(f"{visible_name(shown_name(result.before.path))}: {visible_name(said)}\n")


def warning_lines(out: Output, result: Result) -> None:
    """Print `path:line: warning: message` for each ignore comment that has no effect or lacks a reason."""
    for warning in sorted((*result.warnings, *result.unexplained)):
        out.write(f"{visible_name(shown_name(result.before.path))}:{warning.line}:", "bold")
        out.write(" warning:", "bold yellow")
        out.write(f" {visible(warning.message)}\n")


def warning_line(out: Output, path: str, message: str) -> None:
    """Print `path: warning: message`."""
    out.write(f"{visible_name(shown_name(path))}:", "bold")
    out.write(" warning:", "bold yellow")
    out.write(f" {message}\n")


def diff_lines(out: Output, diff: str) -> None:
    """Print a diff in git's format; with colour, differing words are highlighted."""
    if not out.colour:
        out.write(diff)
        return
    inside = False
    rows: list[Row] = []
    for line in diff.split("\n")[:-1]:
        inside = line.startswith("@@") or (inside and not line.startswith("diff "))
        if inside:
            rows.append(Row("", line[:1], visible(line[1:].removesuffix("\r"))))
            continue
        write_rows(out, rows)
        rows = []
        out.write(visible(line.rstrip("\t")) + "\n", "bold")
    write_rows(out, rows)


def _change(out: Output, path: str, line: int, change: Applied) -> None:
    said = f": {visible(change.reason)} ({PROMISES[change.contract]})"
    place = Painted(f"{path}:{line}:", "bold")
    out.write_folded([place, Painted(" "), Painted(change.rule, "bold yellow"), Painted(said)], _CONTINUED)


def _refusal(out: Output, path: str, refusal: Refused, hint: str = "") -> None:
    said = f" {refusal.rule} left this alone ({refusal.code}): {visible(refusal.reason)}{hint}"
    out.write_folded([Painted(f"{path}:{refusal.line}:", "bold"), Painted(said)], _CONTINUED)


def _notes(out: Output, path: str, result: Result) -> None:
    for note in result.notes:
        out.write(f"{path}:{note.line}:", "bold")
        out.write(f" the file is left alone: {visible(note.message)}\n")


def _frame(out: Output, result: Result, places: Sequence[Hunk]) -> None:
    """Print the changed lines, numbered as in the original file."""
    width = len(str(places[-1].line + len(places[-1].old)))
    _bar(out, width)
    rows = list(_rows(result, places))
    if len(rows) > _MOST_ROWS:
        rows[_MOST_ROWS:] = [Row("", " ", f"… {len(rows) - _MOST_ROWS} more lines (--diff shows them)")]
    rows = [Row(f"{label.rjust(width)} | ", mark, visible(text.rstrip())) for label, mark, text in rows]
    parts = changed_parts(rows)
    differ = [part[0].start if part else 0 for part in parts]
    write_rows(out, [row._replace(text=_cut(row.text, at)) for row, at in zip(rows, differ, strict=True)])
    _bar(out, width)


def _rows(result: Result, places: Sequence[Hunk]) -> Iterator[Row]:
    lines = lines_of(result.before.text)
    end = 0
    for hunk in places:
        between = hunk.line - 1 - end
        if end and between <= MOST_BETWEEN:
            for number in range(end + 1, hunk.line):
                yield Row(str(number), " ", lines[number - 1])
        elif end:
            yield Row("", " ", "…")
        for number, line in enumerate(hunk.old, hunk.line):
            yield Row(str(number), "-", line)
        for line in hunk.new:
            yield Row("", "+", line)
        end = hunk.line - 1 + len(hunk.old)


def _bar(out: Output, width: int) -> None:
    out.write(f"{' ' * width} |\n", "blue")


def _shown(line: str) -> str:
    """A line of a file, shortened and safe for a terminal."""
    return _cut(visible(line.rstrip()), 0)


def _cut(text: str, differs: int) -> str:
    """A line, shortened so that what is shown of it includes the place where it begins to differ."""
    if len(text) <= _MOST_COLUMNS:
        return text
    begin = differs - _COLUMNS_BEFORE if differs > _MOST_COLUMNS - _COLUMNS_BEFORE else 0
    cut = f"{'…' * (begin > 0)}{text[begin:]}"
    return cut if len(cut) <= _MOST_COLUMNS else cut[: _MOST_COLUMNS - 1] + "…"
