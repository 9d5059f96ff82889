"""Where the COPY lines of the manifests go when slow RUNs come between the copy of the sources and the install."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.effects import command_cost
from dfix.rewriter.model.official_images import base_image
from dfix.rewriter.model.paths import overlaps
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.move import Move
from dfix.transforms.split_manifests.obstacles import check_steps
from dfix.transforms.split_manifests.stage_copies import StageCopies


def place_of_lines(copies: StageCopies, move: Move, run: InstallRun) -> Step | None:
    """The step before which the lines go, so that an edit of a manifest repeats no slow RUN that needs none.

    That is the one after the last slow RUN: there the lines also are where `order-layers` has moved that RUN above the
    copy. None where the lines have to be in the place of the first copy that moves, or nothing slow comes between.
    """
    steps = run.step.stage.steps[move.copies[0].step.index + 1 : run.step.index + 1]
    slow = (step for step in reversed(steps[:-1]) if step.keyword == "RUN" and not step.onbuild and _is_slow(step))
    last = next(slow, None)
    if last is None or not move.lines:
        return None
    place = next(step for step in steps if step.index > last.index)
    before = [step for step in steps if step.index < place.index]
    if not all(_exists_without(line.copy, before, place) for line in move.lines):
        return None
    try:
        check_steps(copies, move._replace(lines=()), before)  # nothing is copied before them
    except LeaveAlone:
        return None
    return place


def _is_slow(step: Step) -> bool:
    return bool(step.script.opaque) or any(command_cost(command).level == "slow" for command in located(step))


def _exists_without(copy: Copied, before: list[Step], place: Step) -> bool:
    """Whether the copy's destination is there before it, and is the same folder where the lines go.

    A WORKDIR after the copy may also make the destination, where no RUN comes before it and both make it for root.
    """
    exists = copy.destination in ("/", copy.step.workdir)
    for step in before:
        if step.keyword == "WORKDIR":
            target = step.expand(step.instruction.value)
            if target is None or not target.startswith("/"):
                return False
            if target.rstrip("/") == copy.destination.rstrip("/"):
                exists = exists or _is_made_for_root(copy, step)
            elif overlaps(target, copy.destination):
                return False
        elif step.keyword == "RUN" and not exists:
            return False
    return exists and (copy.written_destination.startswith("/") or place.workdir == copy.step.workdir)


def _is_made_for_root(copy: Copied, workdir: Step) -> bool:
    """Whether a COPY and a WORKDIR make a missing folder alike: for root, with the mode 0755.

    BuildKit's WORKDIR makes it for the user in force (https://github.com/moby/buildkit, dispatchWorkdir, 2026-11-29).
    """
    if any(flag.name in ("chown", "chmod", "link") for flag in copy.step.instruction.flags):
        return False
    # the official images with tables run as root
    of_root = workdir.user in ("root", "0") or base_image(workdir.stage.base.image) is not None
    return of_root and workdir.user in (None, "root", "0")
