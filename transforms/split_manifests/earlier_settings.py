"""Settings that steps before the copies put into the image, and that name files which the copies bring."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.effects.of_command import shown
from dfix.rewriter.model.file_map.file_map import FileMap, ImageFile, steps_before
from dfix.rewriter.model.paths import resolve
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.kept_paths import kept_late
from dfix.transforms.split_manifests.mentioned_paths import Mention, late_source
from dfix.transforms.split_manifests.move import Move
from dfix.transforms.split_manifests.settings_from_stages import texts_from_elsewhere
from dfix.transforms.split_manifests.settings_places import is_looked_at
from dfix.transforms.split_manifests.settings_text import install_folders, mentioned_in_settings
from dfix.transforms.split_manifests.stage_copies import StageCopies
from dfix.transforms.split_manifests.switches import check_switches_in

_MOST_FILES = 500
"""How many files of one COPY are read; the number is a choice."""


def check_earlier_settings(copies: StageCopies, move: Move, run: InstallRun) -> None:
    """Raises LeaveAlone where a step that stays before the install leaves the name of a file that comes after it."""
    first = min(copy.step.index for copy in move.copies)
    moved = {copy.step for copy in move.copies}
    there = _Late(copies, move)
    for step in (*steps_before(run.step), run.step):
        for path, what, text in texts_from_elsewhere(copies, step, run.step):
            _check_text(there, run, path, what, text)
        if step.keyword == "RUN":
            _check_switches(there, run, step.source_text, f"line {step.instruction.line}")
        if step.keyword == "RUN" and (step.stage is not run.step.stage or step.index < first):
            _check_run(there, run, step)
        elif step.keyword in ("COPY", "ADD") and step not in moved and step.instruction.flag("from") is None:
            _check_copy(there, run, step)


class _Late:
    """What the moved copies bring after the install, and no other step brings before it."""

    def __init__(self, copies: StageCopies, move: Move) -> None:
        self.copies = copies
        self.move = move
        self.staying = FileMap(copies.context, [layer for layer in copies.file_map.layers if layer not in move.copies])
        self.roots = frozenset(copy.destination for copy in move.copies)

    def comes(self, path: str) -> bool:
        """Whether a file or folder of the context comes late to an image path."""
        source = late_source(self.move.copies, self.move.copied_first(), path)
        there = self.staying.at(path)
        return source is not None and not (isinstance(there, ImageFile) and there.source == source)


def _check_run(there: _Late, run: InstallRun, step: Step) -> None:
    if step.script.opaque:  # `cat <<EOF > /etc/pip.conf`
        for mention in mentioned_in_settings(step.source_text, None, (step.workdir, *install_folders(run.step))):
            if mention.path not in there.roots and there.comes(mention.path):
                raise _refusal(run, f"the RUN on line {step.instruction.line}", mention)
    for command in located(step, conditions=True):
        kept = kept_late(command, step, run.step, there.comes, there.roots)
        if kept is not None:
            raise _refusal(run, f"`{shown(command)}` on line {step.instruction.line}", kept)


def _refusal(run: InstallRun, what: str, mention: Mention) -> LeaveAlone:
    reason = f"{what} names {mention.written}, which comes with the sources, and `{run.installs[0].shown}` may read it"
    return LeaveAlone("setting", reason)


def _check_copy(there: _Late, run: InstallRun, step: Step) -> None:
    """Raises LeaveAlone for a file that is copied to where programs look for settings, and that names a late file."""
    for path, source, text in _copied_texts(there.copies, run, step):
        what = source or f"the text that line {step.instruction.line} copies to {path}"
        _check_text(there, run, path, what, text)


def _check_switches(there: _Late, run: InstallRun, text: str, what: str) -> None:
    for install in run.installs:
        check_switches_in(there.copies, install, text, what)


def _check_text(there: _Late, run: InstallRun, path: str, what: str, text: str) -> None:
    _check_switches(there, run, text, what)
    for mention in mentioned_in_settings(text, path, install_folders(run.step)):
        if there.comes(mention.path):
            raise _refusal(run, what, mention)


def _copied_texts(copies: StageCopies, run: InstallRun, step: Step) -> Iterator[tuple[str, str, str]]:
    """The image path, context path and text of each file that a step copies to where programs look."""
    if step.instruction.heredocs:
        target = step.expand(step.instruction.words[-1].text) if step.instruction.words else None
        path = None if target is None else resolve(step.workdir, target)
        if path is not None and is_looked_at(path, run.step, named=1):
            text = step.instruction.text
            yield from ((path, "", text[doc.body.start : doc.body.end]) for doc in step.instruction.heredocs)
        return
    brought = copies.of(step)
    if not isinstance(brought, Copied):
        return
    for source in islice(brought.brought.paths(), _MOST_FILES):
        image_path = brought.brought.image_path_of(source)
        if image_path is not None and is_looked_at(image_path, run.step, named=1):
            yield image_path, source, copies.context.read(source) or ""
