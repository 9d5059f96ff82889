"""What the COPY and ADD instructions of a stage have put where, from the build context."""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from dfix.rewriter.context.brought import Brought, brings
from dfix.rewriter.context.folder import Context
from dfix.rewriter.model.stage import Step


class Copied(NamedTuple):
    """A COPY or ADD from the context. `destination` is absolute (or starts with `?/`) and has no last slash.

    `written` is the destination as the author wrote it.
    """

    step: Step
    brought: Brought
    destination: str
    written: str

    @property
    def brings_a_folder(self) -> bool:
        """Whether a source is a folder: such a copy changes with every edit in it."""
        return any(entry.folder for entry in self.brought.entries)


class Unclear(NamedTuple):
    """Why it can't be said what a COPY brings; `destination` is None when not even that is known."""

    step: Step
    reason: str
    destination: str | None


def copied(step: Step, context: Context) -> Copied | Unclear:
    """What a COPY or ADD step without `--from` brings."""
    instruction = step.instruction
    words = [word.text for word in instruction.words]
    if len(words) < 2:
        return Unclear(step, "it names no source", None)
    expanded = [step.expand(word) for word in words]
    written = words[-1]
    target = expanded[-1]
    if target is None or step.workdir is None:
        return Unclear(step, f"its destination {written} is not known before the build", None)
    destination = posixpath.normpath(posixpath.join(step.workdir, target))
    if instruction.heredocs:
        return Unclear(step, "it holds a heredoc", destination)
    for name in ("parents", "exclude"):
        if instruction.flag(name) is not None:
            return Unclear(step, f"it uses --{name}", destination)
    sources: list[str] = []
    for raw, source in zip(words[:-1], expanded[:-1], strict=True):
        if source is None:
            return Unclear(step, f"its source {raw} is not known before the build", destination)
        if "://" in source or source.startswith("git@"):
            return Unclear(step, f"its source {raw} is no file of the context", destination)
        sources.append(source)
    brought = brings(context, sources, target, step.workdir, unpacks=step.keyword == "ADD")
    if not isinstance(brought, Brought):
        return Unclear(step, f"its source {brought}", destination)
    return Copied(step, brought, destination, written)
