"""What a COPY of a folder brings, and a later RUN removes: only the ignore file can keep it out of the layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import Reason
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.neighbours.run_summary import unreadable
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.context.folder import Context
    from dfix.rewriter.model import Stage, Step


class RemovedSource(NamedTuple):
    """A RUN that removes a part of a copied folder, and what to do about it."""

    run: Step
    reason: Reason


def removed_sources(stage: Stage, context: Context) -> Iterator[RemovedSource]:
    """The RUNs of a stage that remove a part of a folder that an earlier COPY brings; each once."""
    folders: list[Copied] = []
    for step in stage.steps:
        if step.onbuild:
            continue
        if step.keyword == "COPY":
            copy = copied(step, context) if step.instruction.flag("from") is None else None
            folders += [copy] if isinstance(copy, Copied) and copy.brings_a_folder else []
        elif step.keyword == "RUN" and folders and unreadable(step) is None:
            found = next(_removed(step, folders, context), None)
            if found is not None:
                yield found


def _removed(run: Step, folders: list[Copied], context: Context) -> Iterator[RemovedSource]:
    for command in located(run):
        if command.depth or not command.words or program_name(command.words[0]) != "rm":
            continue
        for word in command.words[1:]:
            path = None if word.text.startswith("-") or word.value is None else named_by(command, word)
            for copy in folders if path is not None else ():
                source = _part(copy, path or "", context)
                if source:
                    line = copy.step.instruction.line
                    reason = f"`{shown(command)}` frees no space: the layer of the COPY on line {line} keeps {source}"
                    hint = f"list {source} in {context.ignore_name}, if nothing else needs it"
                    yield RemovedSource(run, Reason("late-removal", reason, hint))


def _part(copy: Copied, path: str, context: Context) -> str:
    """What a COPY brings to a path below its folder, as a context path; "" for nothing, or for all of the folder."""
    source = copy.brought.context_path_of(path) or copy.brought.context_folder_at(path) or ""
    if not source or any(source == entry.source for entry in copy.brought.entries):
        return ""
    return source if context.ships(source) or context.ships_any(source) else ""
