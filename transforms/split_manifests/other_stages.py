"""Installs whose sources come with another stage of the Dockerfile: dfix moves copies within one stage only."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model import Model, Stage, Step
from dfix.rewriter.model.build import used_stages
from dfix.rewriter.model.paths import overlaps, resolve
from dfix.transforms.split_manifests.installs import install_run
from dfix.transforms.split_manifests.stage_copies import copies_from_context, names_a_folder


def check_other_stages(model: Model, step: Step) -> None:
    """Raises LeaveAlone for a RUN that installs from a folder of sources that another stage copies.

    Call it for a RUN before which its own stage copies nothing from the build context.
    """
    run = install_run(step)
    if run is None or any(mount.kind == "bind" for mount in step.mounts):
        return
    folder, shown = run.installs[0].located.folder, run.installs[0].shown
    for stage in list(step.stage.ancestry())[1:]:
        copy = _copies_sources(stage, folder)
        if copy is not None:
            reason = f"the stage before it copies the sources on line {copy.instruction.line}, before `{shown}`"
            raise LeaveAlone("other-stage", reason, "copy only the manifests there, and the sources after the install")
    for taken in step.stage.steps[: step.index]:
        if taken.keyword != "COPY" or taken.onbuild or folder is None:
            continue
        words = [taken.expand(word.text) for word in taken.instruction.words]
        target = None if not words or words[-1] is None else resolve(taken.workdir, words[-1])
        if target is None or not overlaps(target, folder):
            continue
        for stage in used_stages(taken, model.stages):
            for path in (resolve("/", word) for word in words[:-1] if word is not None):
                if any(_copies_sources(other, path) is not None for other in stage.ancestry()):
                    reason = f"`{shown}` reads sources that line {taken.instruction.line} copies from another stage"
                    hint = "copy the manifests from there before the install, and the rest after it"
                    raise LeaveAlone("other-stage", reason, hint)


def _copies_sources(stage: Stage, folder: str | None) -> Step | None:
    """The first step of a stage that copies a folder of the build context around, or into, an image folder."""
    for step in stage.steps:
        if copies_from_context(step) and names_a_folder(step):
            target = step.destination
            if target is not None and folder is not None and overlaps(target, folder):
                return step
    return None
