"""Whether a COPY brings the ignore file of the build context into the image, where its text would be a difference."""

from __future__ import annotations

import os

from dfix.rewriter.context.context_path import normal
from dfix.rewriter.context.folder import Context
from dfix.rewriter.model.build import Model


def with_itself(model: Model, context: Context, lines: tuple[str, ...]) -> tuple[str, ...]:
    """`lines` for the ignore file, and one for the file itself where it is new and a COPY would bring it."""
    own = _own(context)
    if not own or context.exists(own) or context.ignore.ignored(own) or not _may_bring(model, own):
        return lines
    return (*lines, own)


def ships_itself(model: Model, context: Context) -> bool:
    """Whether the ignore file is there, and a COPY brings it: then an edit of it changes the image."""
    own = _own(context)
    return bool(own) and context.ships(own) and _may_bring(model, own)


def _own(context: Context) -> str:
    """The path of the ignore file in the context; "" where it is not in it."""
    path = os.path.relpath(os.path.realpath(context.ignore_path), context.root).replace(os.sep, "/")
    return "" if path.startswith("../") else path


def _may_bring(model: Model, path: str) -> bool:
    """Whether a COPY, ADD or mount of the context brings a path, or one that is not known before the build may."""
    for step in (step for stage in model.stages for step in stage.steps):
        if step.onbuild:
            continue
        if step.keyword in ("COPY", "ADD") and step.instruction.flag("from") is None:
            if any(_covers(step.expand(word.text), path) for word in step.instruction.words[:-1]):
                return True
        elif step.keyword == "RUN" and any(
            mount.kind == "bind" and not mount.from_ and _covers(mount.source or "", path) for mount in step.mounts
        ):
            return True
    return False


def _covers(source: str | None, path: str) -> bool:
    """Whether a source is a path or a folder above it; an unknown one and a pattern may be."""
    if source is None or {"*", "?", "["}.intersection(source):
        return True
    source = normal(source)
    return not source or path == source or path.startswith(f"{source}/")
