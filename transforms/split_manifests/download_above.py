"""A separate download above the copies, where a step between the copies and the build keeps them in their place.

Nothing of the author's changes places: with `COPY . .` and `RUN chmod +x mvnw` before the build, the manifests and the
download come before the COPY. What the steps between do, the download must not need.
"""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import project_install, usage
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.file_map.install_reads import Needed
from dfix.rewriter.model.stage import METADATA
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.split_manifests.fetch_first import SeparateDownload, builds_project
from dfix.transforms.split_manifests.move import Move
from dfix.transforms.split_manifests.moved_copies import lines_above
from dfix.transforms.split_manifests.stage_copies import StageCopies, copies_from_context

_NEEDLESS = frozenset(("chmod", "chown", "chgrp", "mkdir", "ls", "pwd"))
"""What no download needs, apart from a `chmod` of its own program, which it repeats."""


def plan_above(copies: StageCopies, download: SeparateDownload, read: Needed, no: LeaveAlone) -> Move:
    """The COPY lines for a download that comes before the copies. Raises `no` where it may need a step between."""
    if download.splits_run or no.reason.code not in ("run-between", "in-between"):
        raise no
    move = lines_above(copies, download.run, read)
    if move is None:
        raise no
    step = download.run.step
    first = move.copies[0].step
    same = (first.user, first.workdir, first.shell) == (step.user, step.workdir, step.shell)
    if not same or dict(first.env) != dict(step.env):
        raise no
    for between in step.stage.steps[first.index + 1 : step.index]:
        if not _is_needless(between, download):
            raise no
    return move


def _is_needless(step: Step, download: SeparateDownload) -> bool:
    """Whether the download can do without a step between the copies and the build."""
    if step.onbuild or step.keyword in METADATA or copies_from_context(step):
        return True
    if step.keyword != "RUN" or step.script.opaque or step.mounts:
        return False
    return all(_does_nothing_for(command, download) for command in located(step, conditions=True))


def _does_nothing_for(command: Located, download: SeparateDownload) -> bool:
    if not command.words or command.command.redirects or command.depth:
        return False
    if command.words[0] == command.command.words[0] and program_name(command.words[0]) in _NEEDLESS:
        return True
    used = usage(command.words)
    if used is None or used.manager.name != download.run.installs[0].manager:
        return False
    arguments = {word.text for word in used.arguments}
    if arguments and arguments <= download.prefetch.without_fetch:  # `mvn clean`
        return True
    by_name = used.verb == "install" and used.operands and not project_install(command.words)
    return bool(by_name) and not builds_project(used)  # `cargo install diesel_cli`
