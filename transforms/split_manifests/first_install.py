"""The installs that run after the sources are copied: the split of one in each stage, and why others have none."""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.answers.change import Change, Refusal
from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.manifests.shared.inputs import ReplacedOutput
from dfix.rewriter.model import Model, Stage, Step
from dfix.rewriter.model.copied import Copied, Unclear
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.temporary_packages import removed_after
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.split_manifests.dependencies_first import INSTALLS_PROJECT, runs_again
from dfix.transforms.split_manifests.fetch_first import separate_download
from dfix.transforms.split_manifests.installs import InstallRun, install_run, make_run
from dfix.transforms.split_manifests.late_files import check_late_files, check_no_files
from dfix.transforms.split_manifests.other_stages import check_other_stages
from dfix.transforms.split_manifests.rule import NAME
from dfix.transforms.split_manifests.stage_copies import StageCopies, copies_from_context, names_a_folder
from dfix.transforms.split_manifests.strategies import (
    Split,
    check_files_before,
    download_first,
    download_instead,
    install_first,
    install_rewriting_lock,
    install_twice,
    install_without_output,
)
from dfix.transforms.split_manifests.unsplit import check_unsplit, may_bring_a_folder

_MOST_INSTALLS = 40
"""For each install, dfix follows all instructions before it."""
_TOO_MANY = (
    f"its stage has more than {_MOST_INSTALLS} installs that can't be split, so dfix leaves the others as they are"
)
_ONE_FILE_EACH = "give each project a stage of its own"


class _Before(NamedTuple):
    """What a stage does before the RUN that is looked at."""

    copies: list[Step]
    """COPY and ADD instructions from the build context."""
    brought: dict[Step, Copied | Unclear]
    """What those bring, as far as it was looked up."""
    mounted: set[str]
    """Managers whose install came before any copy, with its manifests in a bind mount: a split without COPY."""
    installed: set[str]
    """Managers whose install stayed where it is, after a copy."""

    def followed(self, model: Model, run: Step) -> StageCopies | None:
        """The copies before a RUN, looked up in the build context; None without a context."""
        if model.context is None:
            return None
        return StageCopies(model.context, model.stages, run, self.copies, self.brought)


def split_stages(model: Model) -> Iterator[Change | Refusal]:
    """For each stage, split an install that runs after the sources are copied; say of those before it why not."""
    refused = 0
    brought: dict[Step, Copied | Unclear] = {}
    for stage in model.stages:
        yield from _onbuild_installs(stage)
        before = _Before([], brought, set(), set())
        for step in stage.steps:
            if copies_from_context(step):
                before.copies.append(step)
            if step.keyword != "RUN" or step.onbuild:
                continue
            if not before.copies:
                _note_mounted(before, step)
                yield from _before_any_copy(model, before.followed(model, step), step)
                continue
            copies = before.followed(model, step)
            try:
                split = _split(model, before, copies, step)
                if split is None:
                    check_unsplit(model, copies, before.copies, step)
            except LeaveAlone as no:
                split = download_instead(model, copies, step)
                if split is None:
                    yield Refusal(NAME, step.instruction.span.start, *no.reason)
                    refused += 1
                    if refused == _MOST_INSTALLS:
                        yield Refusal(NAME, step.instruction.span.start, "too-many-installs", _TOO_MANY, _ONE_FILE_EACH)
                        return
                    continue
            if split is not None:
                settles = step.instruction.span.start
                yield Change(NAME, split.offset, split.edits, split.reason, split.contract, split.ignored, settles)
                break


def _before_any_copy(model: Model, copies: StageCopies | None, step: Step) -> Iterator[Refusal]:
    try:
        check_other_stages(model, step)
        if copies is not None:
            check_no_files(copies)
    except LeaveAlone as no:
        yield Refusal(NAME, step.instruction.span.start, *no.reason)


def _note_mounted(before: _Before, step: Step) -> None:
    """Remember the managers of a RUN with its manifests in a bind mount."""
    if any(mount.kind == "bind" for mount in step.mounts):
        run = install_run(step)
        before.mounted.update(install.manager for install in (run.installs if run is not None else ()))


def _split(model: Model, before: _Before, copies: StageCopies | None, step: Step) -> Split | None:
    """The split for one RUN. None where nothing would be gained."""
    if copies is None:
        _check_without_context(model, before, step)
        return None
    run = install_run(step) or make_run(step, lambda: copies.file_map)
    if run is None:
        return download_first(model, copies, step)
    managers = {install.manager for install in run.installs}
    if managers <= before.mounted:
        return None
    _keep_one_job(step, run)
    try:
        split = install_first(model, copies, run)
    except ReplacedOutput as no:
        return install_without_output(model, copies, run, no)
    except LeaveAlone as no:
        if no.reason.code == "lock-rewritten":
            if managers <= before.installed and runs_again(run):
                return None
            split = install_rewriting_lock(model, copies, run, no)
        elif no.reason.code != INSTALLS_PROJECT:
            check_late_files(copies, run, no.reason.code)
            raise
        elif managers <= before.installed:
            return None
        else:
            split = install_twice(model, copies, run)
            if split is None:
                raise
    if split is None:
        before.installed.update(managers)
        check_late_files(copies, run)
        check_files_before(copies, run)
    return split


def _keep_one_job(step: Step, run: InstallRun) -> None:
    """Raise LeaveAlone between an install of packages and their removal: the three are one job, for one RUN."""
    removal = removed_after(step)
    if removal is not None:
        removing = f"`{shown(removal.command)}` on line {removal.line}"
        packages = f"packages that line {removal.installed_on} installs for `{run.installs[0].shown}`"
        reason = f"{removing} removes {packages}; a split would keep the three apart"
        raise LeaveAlone("late-removal", reason, "install, use and remove them in one RUN, as merge-runs does")


def _onbuild_installs(stage: Stage) -> Iterator[Refusal]:
    """An install in ONBUILD after a copy: it runs in builds that begin with this image, each with its own context."""
    triggers = [step for step in stage.steps if step.onbuild]
    copy = next((step for step in triggers if step.keyword in ("COPY", "ADD") and names_a_folder(step)), None)
    for step in triggers:
        run = install_run(step) if step.keyword == "RUN" and copy is not None and step.index > copy.index else None
        if run is not None:
            reason = f"`{run.installs[0].shown}` runs in builds that begin with this image, whose files are unknown"
            hint = "write an `ONBUILD COPY` of the manifests before it, and copy the rest after it"
            yield Refusal(NAME, step.instruction.span.start, "onbuild", reason, hint)
            return


def _check_without_context(model: Model, before: _Before, step: Step) -> None:
    """Raises LeaveAlone where a build context might show a way to split."""
    run = install_run(step)
    if run is not None and {install.manager for install in run.installs} <= before.mounted:
        return
    if not any(map(may_bring_a_folder, before.copies)):
        return
    if run is None:
        download = separate_download(model, step)
        run = None if download is None else download.run
    if run is not None:
        reason = f"`{run.installs[0].shown}` reads files from the build context, which is unknown"
        raise LeaveAlone("no-context", reason, "name its folder with --context")
