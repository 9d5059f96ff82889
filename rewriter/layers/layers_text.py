"""The layers of a Dockerfile for people: a line for each instruction, with a bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from dfix.rewriter.layers.history_text import shortened, write_past, write_since
from dfix.rewriter.layers.layer import LayerRow
from dfix.rewriter.layers.view import View
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.output import Output, visible, visible_name
from dfix.rewriter.report.sizes import counted, size
from dfix.rewriter.report.terminal import problem_line

_WIDTH = 20
"""Of the bar, in characters."""
_LONGEST = 48
"""Characters of an instruction that are shown."""
_MOST_NAMES = 3
_COLOURS = {"slow": "bold red", "light": "yellow", "quick": "green", "nothing": "green"}
_SHOWN_COSTS = {"slow": "slow", "light": "light", "quick": "quick", "nothing": "free"}
_PARTS = " ▏▎▍▌▋▊▉"


def write_view(out: Output, err: Output, view: View) -> None:
    """Print the layers, or to `err` why there are none."""
    if view.problem is not None:
        problem_line(err, view.problem)
    if not view.layers:
        return
    name = visible_name(shown_name(view.path))
    out.write(f"{name}: {counted(view.files, 'file')} in the build context {_folder(view)}\n", "bold")
    width = len(str(view.layers[-1].line))
    text_width = min(max(len(visible(layer.text)) for layer in view.layers), _LONGEST)
    for _, group in groupby(view.layers, attrgetter("stage")):
        first, *rest = group
        _stage(out, first, width)
        for layer in rest:
            _row(out, layer, view.files, width, text_width)
    out.write("\n")
    if view.past is not None:
        write_past(out, view.past)
    if view.since is not None:
        write_since(out, view.since)


def _folder(view: View) -> str:
    return visible_name(shown_name(view.context) or ".")


def _stage(out: Output, layer: LayerRow, width: int) -> None:
    ships = "ships" if layer.ships else "doesn't ship"
    out.write(f"{layer.line:>{width}} | {shortened(layer.text, _LONGEST)}", "bold")
    out.write(f"  ({ships})")
    out.write(f"  {_arguments(layer.arguments)}\n" if layer.arguments else "\n")


def _row(out: Output, layer: LayerRow, files: int, width: int, text_width: int) -> None:
    text = shortened(layer.text, _LONGEST)
    if not layer.step:
        out.write(f"{layer.line:>{width}} | {text}\n", "dim")
        return
    out.write(f"{layer.line:>{width}} | ")
    out.write(f"{text:<{text_width}}  ")
    style = _COLOURS[layer.cost]
    out.write(f"{_SHOWN_COSTS[layer.cost]:<5}  ", style)
    out.write(bar(layer.files, files), style)
    out.write(f"  {'; '.join(_causes(layer))}\n")


def _causes(layer: LayerRow) -> Iterator[str]:
    """What makes a step run again."""
    said = counted(layer.files, "file") if layer.files else "no file"
    others = [line for line in layer.lines if line != layer.line]
    if layer.reads:
        said += (
            f" ({size(layer.size)})" if layer.reads == layer.files else f", {layer.reads:,} here ({size(layer.size)})"
        )
    yield said + (f", {_lines(others)}" if others else "")
    if layer.arguments:
        yield _arguments(layer.arguments)
    if layer.took is not None:
        yield f"took {layer.took.seconds:.1f} s" + (f", {size(layer.took.size)}" if layer.took.size is not None else "")


def _lines(lines: Sequence[int]) -> str:
    """Where the files are read."""
    shown = ", ".join(map(str, lines[:_MOST_NAMES]))
    more = len(lines) - _MOST_NAMES
    return f"line{'' if len(lines) == 1 else 's'} {shown}" + (f" and {more} more" if more > 0 else "")


def _arguments(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    return visible(f"ARG {shown}")


def bar(part: int, whole: int) -> str:
    """A bar as long as the part is of the whole; anything above nothing shows."""
    eighths = max(round(part * _WIDTH * 8 / whole), 1) if part and whole else 0
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_PARTS[rest] if rest else "")).ljust(_WIDTH)
