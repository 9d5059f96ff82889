"""Whether two steps commute: a conflict in words, or none."""

from __future__ import annotations

from collections.abc import Callable

from dfix.rewriter.model.effects.effect_record import Effects


def conflict(one: Effects, changes: Callable[[str], bool], *, reads_differ: Callable[[str], bool] | None = None) -> str:
    """Why a command may not change places with a step that puts files into the image, as a phrase; "" when it may.

    `changes(path)` tells whether that step makes a path, something below it or the folder itself; `reads_differ`
    whether a command that reads the path would see another file, where that is less (a file that is there in both
    orders).
    """
    if one.anything:
        return f"`{one.shown}` {one.anything}"
    for place in one.reads:
        if (reads_differ or changes)(place.path):
            return f"`{one.shown}` {place.verb} {place.shown}"
    for place in one.writes:
        if changes(place.path):
            return f"`{one.shown}` {place.verb} {place.shown}"
    return ""
