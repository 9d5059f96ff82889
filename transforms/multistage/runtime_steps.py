"""What the stage that runs repeats of the steps of the one that builds, and in which order."""

from __future__ import annotations

from typing import NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.paths import overlaps, within
from dfix.rewriter.model.stage import Step
from dfix.transforms.multistage.command_purpose import Act
from dfix.transforms.multistage.runtime_stage import Parts, Work

TRIVIAL = frozenset(("user", "folder", "plain"))
"""RUNs of nothing else belong to the stage that runs as well."""
_THERE = frozenset(
    "/ /bin /etc /home /lib /media /mnt /opt /root /run /sbin /srv /tmp /usr /usr/bin /usr/lib /usr/local "
    "/usr/local/bin /usr/share /var /var/lib /var/log /var/run".split()
)
"""Folders of every distribution's image."""


class Repeated(NamedTuple):
    """`again` are steps in their order, `behind` RUNs that change what the second stage brings, behind its copies."""

    again: tuple[Step, ...]
    behind: tuple[Step, ...]


def repeated(work: Work, parts: Parts, cut: Step) -> Repeated:
    """The steps up to the cut that the second stage repeats.

    A RUN that changes folders stands where it stood when they are there by then, made by WORKDIR or mkdir; else behind
    the copies that bring them. What lies in a folder that is brought keeps its owners and modes.
    """
    again, behind = [], []
    places = [*(one.target for one in parts.brought), *parts.beside, *parts.covered]
    there = set(_THERE)
    for step in work.stage.steps[: cut.index + 1]:
        if step.keyword == "RUN":
            mine = [act for act in work.acts if act.step is step]
            if not all(act.kind in TRIVIAL for act in mine):
                continue
            touched = [path for act in mine if act.program in of_kind("owner") for path in changed(act)]
            brought = [path for path in touched if path is not None and any(overlaps(path, place) for place in places)]
            made = {path for act in mine if act.program == "mkdir" for path in changed(act) if path is not None}
            if all(path in there | made for path in brought) and not _reads(mine, places):
                there |= made
                again.append(step)
            elif any(act.kind == "user" for act in mine):
                line = step.instruction.line
                raise LeaveAlone(
                    "shared-run",
                    f"line {line} makes users and changes files that the build brings",
                    "split it into two RUNs",
                )
            elif not all(act.program in of_kind("owner") and set(changed(act)) <= set(places) for act in mine):
                behind.append(step)
        elif step.keyword in ("COPY", "ADD"):
            if _repeats(work, parts, step):
                again.append(step)
                there |= {copy.destination for copy in work.copies if copy.step is step and copy.brings_a_folder}
        else:
            if step.keyword == "WORKDIR" and step.index + 1 < len(work.stage.steps):
                there.add(work.stage.steps[step.index + 1].workdir or "")
            again.append(step)
    return Repeated(tuple(again), tuple(behind))


def changed(act: Act) -> list[str | None]:
    """The paths that `mkdir`, `chmod`, `chown`, `touch` or `ln` name; None for one that is not known."""
    operands = [word for word in act.arguments if not word.startswith("-")]
    if act.program in of_kind("owner"):
        operands = operands[1:]
    return [act.path(word) for word in operands]


def _reads(mine: list[Act], places: list[str]) -> bool:
    """Whether `ln` or `touch` names something that is brought."""
    paths = [path for act in mine if act.program in ("ln", "touch") for path in changed(act)]
    return any(path is not None and overlaps(path, place) for path in paths for place in places)


def _later(work: Work, copy: Copied, path: str) -> bool:
    """Whether a later COPY puts the same file to the same place."""
    lands = copy.brought.image_path_of(path)
    return any(
        other.step.index > copy.step.index
        and other.brought.image_path_of(path) == lands
        and _flags(other) == _flags(copy)
        for other in work.copies
    )


def _flags(copy: Copied) -> list[tuple[str, str | None]]:
    return [(flag.name, flag.value) for flag in copy.step.instruction.flags]


def _repeats(work: Work, parts: Parts, step: Step) -> bool:
    """Whether what a COPY brings is still missing from the second stage."""
    origin = step.instruction.flag("from")
    if origin is not None:
        return not (origin.value or "").partition(":")[0].endswith(("composer", "uv", "bun"))
    if parts.sources_only:
        return False
    copy = next(item for item in work.copies if item.step is step)
    if all(_later(work, copy, path) for path in copy.brought.paths()):
        return False
    return not any(within(copy.destination, place) for place in parts.covered)
