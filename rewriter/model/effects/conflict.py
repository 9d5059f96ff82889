"""Whether a command and a step that adds files may swap places."""

from __future__ import annotations

from collections.abc import Callable

from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.effects.effect_record import CURRENT_FOLDER, Effects, Place
from dfix.rewriter.shell.walk import program_name


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


def only_adds(command: Located) -> bool:
    """Whether the command leaves files and folders that are there as they are: `mkdir`, `touch`."""
    adding = of_kind("folder") - of_kind("owner") - of_kind("replaces")
    return bool(command.words) and program_name(command.words[0]) in adding


def is_named(command: Located, place: Place) -> bool:
    """Whether a word of the command names the place, or a redirect: not a folder of the program's own."""
    targets = (redirect.target.text for redirect in command.command.redirects if redirect.target is not None)
    words = (*command.words, *command.command.assigns)
    texts = [*(word.literal_or_text for word in words), *targets]
    if place.shown == CURRENT_FOLDER:
        return "." in texts or "./" in texts
    return any(place.shown in text for text in texts)
