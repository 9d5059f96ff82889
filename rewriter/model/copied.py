"""Which files of the build context a COPY or ADD puts where in the image."""

from __future__ import annotations

import posixpath

from dfix.rewriter.context.brought import Brought, brings
from dfix.rewriter.context.context_path import normal
from dfix.rewriter.context.folder import Context
from dfix.rewriter.model.paths import is_address
from dfix.rewriter.model.stage import Step
from dfix.rewriter.text.named_tuple import NamedTuple


class Copied(NamedTuple):
    """A COPY or ADD from the context."""

    step: Step
    brought: Brought
    destination: str
    """Absolute, or starting with `?/` for a folder below an unknown one; no slash at the end."""
    written_destination: str
    """`destination` as the author wrote it."""

    @property
    def brings_a_folder(self) -> bool:
        """Whether a source is a folder: editing any file in it changes the copy."""
        return any(entry.folder for entry in self.brought.entries)


class Unclear(NamedTuple):
    """A COPY or ADD of which dfix cannot tell what it brings."""

    step: Step
    reason: str
    """Why not, as a phrase that begins with "it" or "its"."""
    destination: str | None
    """Absolute; None if unknown."""


def copied(step: Step, context: Context) -> Copied | Unclear:
    """What a COPY or ADD without `--from` brings, or why that is unclear."""
    instruction = step.instruction
    words = [word.text for word in instruction.words]
    if len(words) < 2:
        return Unclear(step, "it names no source", None)
    expanded = [step.expand(word) for word in words]
    written_destination = words[-1]
    target = expanded[-1]
    if target is None or step.workdir is None:
        return Unclear(step, f"its destination {written_destination} is not known before the build", None)
    destination = posixpath.normpath(posixpath.join(step.workdir, target))
    if instruction.heredocs:
        return Unclear(step, "it contains a heredoc", destination)
    for name in ("parents", "exclude"):
        if instruction.flag(name) is not None:
            return Unclear(step, f"it uses --{name}", destination)
    sources: list[str] = []
    for raw, source in zip(words[:-1], expanded[:-1], strict=True):
        if source is None:
            return Unclear(step, f"its source {raw} is not known before the build", destination)
        if is_address(source):
            return Unclear(step, f"its source {raw} is not a file of the build context", destination)
        sources.append(source)
    brought = brings(context, sources, target, step.workdir, unpacks=step.keyword == "ADD")
    if not isinstance(brought, Brought):
        return Unclear(step, str(brought), destination)
    return Copied(step, brought, destination, written_destination)


def has_mode(copy: Copied, source: str, bits: int) -> bool:
    """Whether a copied file has these permissions in the context, and the COPY keeps them."""
    return copy.step.instruction.flag("chmod") is None and copy.brought.mode(source) & bits == bits


def missing_source(step: Step, context: Context) -> str:
    """The first plain source of a COPY or ADD that is not in the build context, for which the build fails.

    "" if there is none. What the ignore file leaves out counts as there.
    """
    if step.onbuild or step.keyword not in ("COPY", "ADD"):
        return ""
    if step.instruction.flag("from") is not None or step.instruction.heredocs or context.fault:
        return ""
    for source in step.sources:
        if source is None or is_address(source) or any(char in source for char in "*?[\\"):
            continue
        path = normal(source)
        if not context.exists(path):
            return path
    return ""
