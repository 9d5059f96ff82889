"""What would have run again, and what runs again, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dfix.rewriter.layers.layer import one_line
from dfix.rewriter.layers.past import Past
from dfix.rewriter.layers.replay import Replayed
from dfix.rewriter.layers.since import Again, Since
from dfix.rewriter.report.output import Output, bounded, visible, visible_name
from dfix.rewriter.report.sizes import counted

_LONGEST = 70
_MOST_FILES = 3
_MOST_STEPS = 20


def write_past(out: Output, past: Past, name: str = "") -> None:
    """How often each slow command would have run again in the last builds; `name` is the file's, where it is needed."""
    begin = f"{visible_name(name)}: " if name else ""
    for sentence, style in past_sentences(past):
        out.write(f"{begin}{sentence}\n", style)
        begin = ""
    out.write("\n")


def past_sentences(past: Past) -> Iterator[tuple[str, str]]:
    """How often each slow command would have run again, in sentences, and the style of each."""
    idle = past.builds - past.touching
    said = f"{counted(past.builds, 'build')}, one for each of the last commits"
    if not past.builds:
        yield "git knows no commit after the first one, so nothing would have run again", "bold"
    else:
        yield f"{said}; {counted(idle, 'commit')} without a file of the build context", "bold"
    for note in past.notes:
        yield f"note: {visible(note)}", ""
    if past.builds:
        yield from _commands(past)


def _commands(past: Past) -> Iterator[tuple[str, str]]:
    for command in past.commands:
        place = f"line {command.line}: " if command.before is not None else "new: "
        yield f"{place}{_ran(command, past)}", ""
        if command.gains_little:
            most = visible_name(command.most)
            yield f"  Little is gained there: {most} changed in {command.most_times} of these builds", "yellow"
    if not past.commands:
        yield "No slow command", ""
    elif not past.changed:
        yield "dfix changes nothing in this file", ""
    elif not past.gains:
        yield "What dfix changes saves none of these runs", "yellow"


def _ran(command: Replayed, past: Past) -> str:
    shown = f"`{shortened(command.command, _LONGEST)}`"
    if command.before is None:
        return (
            f"{shown}, which dfix adds, would have run in {command.after} of the last {counted(past.builds, 'build')}"
        )
    said = f"{shown} would have run in {command.before} of the last {counted(past.builds, 'build')}"
    if not past.changed:
        return said
    if command.after is None:
        return f"{said}; dfix rewrites it"
    return f"{said}; after dfix in {command.after}" + (
        f", which saves {duration(command.saved)}" if command.saved and command.saved > 0 else ""
    )


def write_since(out: Output, since: Since) -> None:
    """The first instruction that re-runs, why, and what follows."""
    changed = f"{counted(len(since.paths), 'file')} of the build context"
    also = " and the Dockerfile's instructions" if since.dockerfile else ""
    out.write(f"Changed since {visible(since.ref)}: {changed}{also}\n", "bold")
    if not since.steps:
        out.write("Nothing re-runs\n\n")
        return
    for at, again in enumerate(since.steps[:_MOST_STEPS]):
        text = shortened(one_line(again.step.instruction), _LONGEST)
        out.write(f"line {again.line}: `{text}` ", "" if at else "bold")
        out.write(f"{'also re-runs' if at else 're-runs first'}, {''.join(_because(again))}\n")
    if len(since.steps) > _MOST_STEPS:
        out.write(f"and {counted(len(since.steps) - _MOST_STEPS, 'more instruction')}\n")
    out.write("\n")


def _because(again: Again) -> Iterator[str]:
    cause = again.cause
    other = cause.other.instruction.line if cause.other is not None else 0
    if cause.kind == "files":
        yield f"because {_names(again.paths)} changed"
    elif cause.kind == "text":
        yield "because it, or a setting above it, was edited"
    elif cause.kind == "stage" and other:
        yield f"because it takes files that line {other} writes"
    elif cause.kind == "stage":
        yield "because the stage that it takes files from has another base image"
    elif cause.kind == "base":
        yield f"because its stage is built on line {other}" if other else "because its base image was edited"
    else:
        yield f"because it comes after line {other}"
    if not cause.certain:
        yield ", unless those are the same as before" if cause.kind == "stage" else ", unless that stays cached"


def _names(paths: Sequence[str]) -> str:
    shown = [visible_name(path) for path in paths[:_MOST_FILES]]
    more = len(paths) - len(shown)
    return ", ".join(shown) + (f" and {counted(more, 'more file')}" if more > 0 else "")


def duration(seconds: float) -> str:
    """A time with its unit: `12 s`, `32 min`, `1.5 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def shortened(text: str, most: int) -> str:
    """A text that is safe for a terminal, with `…` where it is cut."""
    return bounded(visible(text), most)
