"""Whether a command and a step that adds files may swap places."""

from __future__ import annotations

from collections.abc import Callable

from dfix.rewriter.model.effects.effect_record import Effects


def conflict(
    command: Effects, changes: Callable[[str], bool], *, reads_differ: Callable[[str], bool] | None = None
) -> str:
    """Why a command may not swap places with a step that adds files to the image, as a phrase; "" if it may.

    `changes(path)` tells whether that step adds the path or something below it. `reads_differ(path)` tells whether a
    command that reads the path would see something else; by default, whenever `changes` says so. It differs from
    `changes` when a file is there in both orders.
    """
    if command.anything:
        return f"`{command.shown}` {command.anything}"
    for place in command.reads:
        if (reads_differ or changes)(place.path):
            return f"`{command.shown}` {place.verb} {place.shown}"
    for place in command.writes:
        if changes(place.path):
            return f"`{command.shown}` {place.verb} {place.shown}"
    return ""
