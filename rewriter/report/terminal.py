"""Findings for people: framed with the changed lines, or one line each."""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.pipeline.result import Applied, Refused, Result
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.hunks import Hunk, hunks, lines_of
from dfix.rewriter.report.output import Output, visible, visible_name
from dfix.rewriter.report.rows import Row, write_rows
from dfix.rewriter.text.problem import Problem

PROMISES = {
    "same-image": "same image",
    "same-but-caches": "same image, except caches",
    "repairs": "the build fails or leaves out packages today",
    "changed-image": "changes the image",
}
_MOST_ROWS = 24
_MOST_COLUMNS = 160
_MOST_BETWEEN = 3
"""Up to this many equal lines between two hunks are shown, in one frame."""


def framed(out: Output, result: Result, *, explain: bool) -> None:
    """Each change with the lines it changes; with `explain` also what was left alone."""
    path = visible_name(shown_name(result.before.path))
    for changes, places in _groups(result):
        for change in changes:
            _change(out, path, change.line, change)
        if places:
            _frame(out, result, places)
        out.write("\n")
    _ignored(out, result)
    if not explain:
        return
    lines = lines_of(result.before.text)
    for refusal in result.refusals:
        _refusal(out, path, refusal)
        out.write("\n")
        width = len(str(refusal.line))
        _bar(out, width)
        if refusal.line <= len(lines):
            write_rows(out, [Row(f"{refusal.line} | ", " ", _shown(lines[refusal.line - 1]))])
        _bar(out, width)
        if refusal.hint:
            out.write(f"{' ' * width} = {visible(refusal.hint)}\n", "cyan")
        out.write("\n")
    _notes(out, path, result)


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
            _refusal(out, path, row)
            out.write(f". {visible(row.hint)}\n" if row.hint else "\n")
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
    """Print `path:line: warning: message` for each comment that has no effect."""
    for warning in result.warnings:
        out.write(f"{visible_name(shown_name(result.before.path))}:{warning.line}:", "bold")
        out.write(" warning:", "bold yellow")
        out.write(f" {visible(warning.message)}\n")


def diff_lines(out: Output, diff: str) -> None:
    """Print a unified diff; with colour, differing words are highlighted."""
    if not out.colour:
        out.write(diff)
        return
    lines = diff.split("\n")[:-1]
    for line in lines[:2]:
        out.write(visible(line.rstrip("\t")) + "\n", "bold")
    write_rows(out, [Row("", line[:1], visible(line[1:].removesuffix("\r"))) for line in lines[2:]])


def _change(out: Output, path: str, line: int, change: Applied) -> None:
    out.write(f"{path}:{line}:", "bold")
    out.write(" ")
    out.write(change.rule, "bold yellow")
    out.write(f": {visible(change.reason)} ({PROMISES[change.contract]})\n")


def _refusal(out: Output, path: str, refusal: Refused) -> None:
    out.write(f"{path}:{refusal.line}:", "bold")
    out.write(f" {refusal.rule} left this alone ({refusal.code}): {visible(refusal.reason)}")


def _notes(out: Output, path: str, result: Result) -> None:
    for note in result.notes:
        out.write(f"{path}:{note.line}:", "bold")
        out.write(f" the file is left alone: {visible(note.message)}\n")


def _groups(result: Result) -> Iterator[tuple[list[Applied], list[Hunk]]]:
    """The changes, each with the hunks near it; a hunk without a change of its own belongs to the previous one."""
    blocks = _blocks(hunks(result))
    if not blocks:
        if result.changes:  # otherwise only the ignore file changes
            yield list(result.changes), []
        return
    ends = {instruction.line: instruction.end_line for instruction in parse(result.before).instructions}
    owned: list[list[Applied]] = [[] for _ in blocks]
    for change in result.changes:
        distances = [_distance(change.line, ends.get(change.line, change.line), block) for block in blocks]
        owned[distances.index(min(distances))].append(change)
    changes: list[Applied] = []
    places: list[Hunk] = []
    for own, block in zip(owned, blocks, strict=True):
        if own and changes:
            yield changes, places
            changes, places = [], []
        changes += own
        places += block
    yield changes, places


def _blocks(places: list[Hunk]) -> list[list[Hunk]]:
    """Group hunks that are close together."""
    blocks: list[list[Hunk]] = []
    end = -_MOST_BETWEEN - 1
    for hunk in places:
        if hunk.line - end > _MOST_BETWEEN:
            blocks.append([])
        blocks[-1].append(hunk)
        end = hunk.line + len(hunk.old)
    return blocks


def _distance(line: int, end: int, block: list[Hunk]) -> int:
    """The number of lines between the block and the instruction on lines `line` to `end`."""
    last = block[-1].line + max(len(block[-1].old) - 1, 0)
    return max(block[0].line - end, line - last, 0)


def _frame(out: Output, result: Result, places: list[Hunk]) -> None:
    """Print the changed lines, numbered as in the original file."""
    width = len(str(places[-1].line + len(places[-1].old)))
    _bar(out, width)
    rows = list(_rows(result, places))
    if len(rows) > _MOST_ROWS:
        rows[_MOST_ROWS:] = [Row("", " ", f"… {len(rows) - _MOST_ROWS} more lines (--diff shows them)")]
    write_rows(out, [Row(f"{label.rjust(width)} | ", mark, _shown(text)) for label, mark, text in rows])
    _bar(out, width)


def _rows(result: Result, places: list[Hunk]) -> Iterator[Row]:
    lines = lines_of(result.before.text)
    end = 0
    for hunk in places:
        between = hunk.line - 1 - end
        if end and between <= _MOST_BETWEEN:
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
    text = visible(line.rstrip())
    return text if len(text) <= _MOST_COLUMNS else text[: _MOST_COLUMNS - 1] + "…"
