"""Complete the lists of manifests of a Dockerfile, and remove the lines of what is no longer there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from itertools import islice

from dfix.rewriter.answers.change import Change, Refusal
from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model import Model, Step
from dfix.rewriter.model.copied import copied
from dfix.transforms.sync_manifests.copy_edits import added_lines, removed_lines
from dfix.transforms.sync_manifests.failing_reads import files_that_are_missing
from dfix.transforms.sync_manifests.forgotten_members import forgotten_members, sentence
from dfix.transforms.sync_manifests.gone_members import Gone, check_gone, gone_members
from dfix.transforms.sync_manifests.manifest_list import (
    ManifestList,
    check_absent,
    manifest_list,
    may_install_from_list,
)
from dfix.transforms.sync_manifests.rule import CONTRACT, NAME

_MOST_LISTS = 40
"""For each install, dfix follows all instructions before it; the number is a choice."""


def repairs(model: Model) -> Iterator[Change | Refusal]:
    """What each list of manifests lacks, and the lines whose member is gone."""
    steps = (step for stage in model.stages for step in stage.steps if step.keyword == "RUN" and not step.onbuild)
    runs = [step for step in steps if may_install_from_list(step)]
    if not runs or model.context is None:
        return
    look_up = cache(partial(copied, context=model.context))
    found = (one for step in runs if (one := manifest_list(model.context, step, look_up)) is not None)
    lists = list(islice(found, _MOST_LISTS))
    gone = {id(manifests): gone_members(manifests) for manifests in lists}
    every = {one.step for lines in gone.values() for one in lines}
    removed: set[Step] = set()
    for manifests in lists:
        lines = [one for one in gone[id(manifests)] if one.step not in removed]
        removed.update(one.step for one in lines)
        try:
            yield from _added(model, manifests)
            yield from _removed(model, manifests, lines, every)
        except LeaveAlone as no:
            yield Refusal(NAME, manifests.step.instruction.span.start, *no.reason)


def _added(model: Model, manifests: ManifestList) -> Iterator[Change]:
    """The lines that the list lacks. Raises LeaveAlone."""
    missing = files_that_are_missing(manifests)
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        reason = f"`{manifests.shown}` fails without {missing[0].source}{more}, which no COPY brings before it"
    else:
        missing, needed = forgotten_members(model, manifests)
        if not missing:
            return
        reason = sentence(manifests, needed)
    check_absent(manifests, missing)
    yield Change(NAME, _offset(manifests), added_lines(model, manifests, missing), reason, CONTRACT)


def _removed(model: Model, manifests: ManifestList, gone: list[Gone], every: set[Step]) -> Iterator[Change]:
    """Without the lines of members that are gone. Raises LeaveAlone."""
    if not gone:
        return
    check_gone(model, manifests, gone, every)
    more = f" and {len(gone) - 1} more of this list are" if len(gone) > 1 else " is"
    reason = f"the build fails, because {gone[0].source}{more} not in the build context any more"
    yield Change(NAME, gone[0].step.instruction.span.start, removed_lines(model, gone), reason, CONTRACT)


def _offset(manifests: ManifestList) -> int:
    """Where a list is reported: at its first line."""
    return manifests.first.step.instruction.span.start
