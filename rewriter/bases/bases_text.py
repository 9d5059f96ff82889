"""The bases of a tree for people: a line for each, and where it is used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dfix.rewriter.bases.image_row import BaseRow
from dfix.rewriter.bases.image_use import BaseUse
from dfix.rewriter.bases.old_data import OldData
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.folding import Painted
from dfix.rewriter.report.output import Output, bounded, visible, visible_name
from dfix.rewriter.report.sizes import counted

_WIDEST = 48
"""Columns of the images; a longer one moves the rest of its line."""
_MOST_PLACES = 3
_MOST_TAGS = 5
_MOST_ARGUMENTS = 10
_LONGEST_VALUE = 100
"""Characters of a stage's name, and of a build argument with its default."""
_NONE = "-"
_HEADS = ("BASE", "FILES", "END OF LIFE", "NOTES")


def write_bases(out: Output, rows: Sequence[BaseRow], today: str, *, every_place: bool) -> None:
    """Print the table."""
    if not rows:
        return
    width = min(max(len(_name(row)) for row in rows), _WIDEST)
    head, files, end, notes = _HEADS
    out.write(f"{head:<{width}}  {files}  {end}  {notes}\n", "bold")
    for row in rows:
        last_day = min((ending.last_day for ending in row.endings), default=_NONE)
        ended = bool(row.ended(today))
        said = "; ".join(_notes(row, today))
        parts = [
            Painted(f"{_name(row):<{width}}  {row.files:>{len(files)}}  "),
            Painted(f"{last_day:<{len(end)}}", "bold red" if ended else ""),
            Painted(f"  {visible(said)}"),
        ]
        out.write_line(parts)
        shown = row.uses if every_place else row.uses[:_MOST_PLACES]
        for use in shown:
            out.write(f"  {_place(use)}\n", "dim")
        if len(shown) < len(row.uses):
            out.write(f"  and {len(row.uses) - len(shown)} more (-v lists them)\n", "dim")


def write_summary(out: Output, rows: Sequence[BaseRow], files: int, today: str) -> None:
    """Print how many bases there are, and how many of each kind that needs a look."""
    counts = {
        "past their end of life": sum(bool(row.ended(today)) for row in rows),
        "deprecated": sum(row.deprecated is not None for row in rows),
        "without a version": sum(bool(row.unpinned) for row in rows),
        "with a digest": sum(bool(row.digest) for row in rows),
        "not known before the build": sum(row.kind == "unknown" for row in rows),
    }
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    out.write(f"{counted(len(rows), 'base')} in {counted(files, 'file')}{f': {told}' if told else ''}\n", "bold")


def write_old_data(err: Output, old: OldData | None) -> None:
    """Say that the dates may be out of date."""
    if old is None:
        return
    names = old.products[0] if len(old.products) == 1 else f"{', '.join(old.products[:-1])} and {old.products[-1]}"
    err.write(
        f"dfix: the end-of-life dates of {names} are {old.days} days old, so newer releases and dates are missing. "
        "Upgrade dfix\n"
    )


def _name(row: BaseRow) -> str:
    return bounded(visible(row.shown))


def _place(use: BaseUse) -> str:
    place = f"{visible_name(shown_name(use.path))}:{use.line}"
    by = use.instruction if use.instruction != "FROM" else ""
    told = [
        f"stage {bounded(use.stage, _LONGEST_VALUE)}",
        *([f"{by} --from" if by != "RUN" else "RUN --mount"] if by else []),
    ]
    arguments = [bounded(f"{name}={value}", _LONGEST_VALUE) for name, value in use.arguments[:_MOST_ARGUMENTS]]
    if len(arguments) < len(use.arguments):
        arguments.append(f"and {len(use.arguments) - len(arguments)} more")
    means = f"; {', '.join(arguments)}" if arguments else ""
    return visible(f"{place} ({', '.join(told)}{means})")


def _notes(row: BaseRow, today: str) -> Iterator[str]:
    """What is to say about a base, most urgent first."""
    for ending in row.ended(today):
        when = f"by {ending.last_day}" if ending.earlier else f"on {ending.last_day}"
        yield f"{ending.product} {ending.release} reached its end of life {when}"
    if row.deprecated is not None:
        since = f" since {row.deprecated.since}" if row.deprecated.since else ""
        instead = " or ".join(row.deprecated.instead)
        yield f"the image is deprecated{since}" + (f", use {instead}" if instead else "")
    if row.unpinned:
        yield (
            "no tag: each build takes the newest image"
            if row.unpinned == "no-tag"
            else "latest: each build takes the newest image"
        )
    if row.other_tags:
        shown = ", ".join(row.other_tags[:_MOST_TAGS])
        yield f"also used: {shown}" + (" and others" if len(row.other_tags) > _MOST_TAGS else "")
    if row.kind == "unknown":
        yield f"not known: {bounded(row.uses[0].why)}"
