"""The source files that a stage has: those that its copies bring, and those of the stages that it takes files from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dfix.rewriter.context.folder import Context
from dfix.rewriter.model.build import used_stages
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.model.source_evidence import sources
from dfix.rewriter.model.stage import Stage


def stages_behind(stage: Stage, stages: Sequence[Stage]) -> list[Stage]:
    """A stage, and every other one whose files it may have: it builds on them or copies from them, or those do."""
    found: list[Stage] = []
    pending = [stage]
    while pending:
        other = pending.pop(0)
        if other in found:
            continue
        found.append(other)
        pending += [] if other.parent is None else [other.parent]
        pending += [used for step in other.steps for used in used_stages(step, stages)]
    return found


def stage_sources(
    context: Context, stage: Stage, stages: Sequence[Stage], endings: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Path and text of the source files with these suffixes that a stage may have; of all, where a copy is unclear."""
    copies = _copies(context, stages_behind(stage, stages))
    for path, text in sources(context, endings):
        if copies is None or any(copy.brought.image_path_of(path) is not None for copy in copies):
            yield path, text


def _copies(context: Context, behind: Sequence[Stage]) -> list[Copied] | None:
    """What the stages copy from the build context; None where that is unclear, or a RUN mounts the context."""
    found = []
    for step in (step for stage in behind for step in stage.steps):
        if step.keyword == "RUN" and any(mount.kind == "bind" and not mount.from_ for mount in step.mounts):
            return None
        if step.keyword in ("COPY", "ADD") and step.instruction.flag("from") is None:
            copy = copied(step, context)
            if not isinstance(copy, Copied):
                return None
            found.append(copy)
    return found
