"""Settings that steps before the copies put into the image, and that name files which the copies bring."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import islice

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import interprets, of_kind
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import Located, located, located_in
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.model.file_map.file_map import FileMap, ImageFile, steps_before
from dfix.rewriter.model.paths import within
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.kept_paths import kept_late
from dfix.transforms.split_manifests.mentioned_paths import Mention, late_source, mentioned_in
from dfix.transforms.split_manifests.move import Move
from dfix.transforms.split_manifests.settings_from_elsewhere import Elsewhere
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
    elsewhere = Elsewhere(copies, run.step, moved)
    for step in (*steps_before(run.step), run.step):
        for path, what, text in elsewhere.texts(step):
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

    def tells(self, mention: Mention) -> bool:
        """Whether a text that mentions a path says more than where the copies go."""
        return mention.path not in self.roots and self.comes(mention.path)


def _check_run(there: _Late, run: InstallRun, step: Step) -> None:
    if step.script.opaque:  # `cat <<EOF > /etc/pip.conf`
        for mention in mentioned_in_settings(step.source_text, None, (step.workdir, *install_folders(run.step))):
            if there.tells(mention):
                raise _refusal(run, f"the RUN on line {step.instruction.line}", mention)
    for command in located(step, conditions=True):
        kept = kept_late(command, step.script, step, run.step, there.comes, there.roots)
        if kept is not None:
            raise _refusal(run, f"`{shown(command)}` on line {step.instruction.line}", kept)
        _check_script(there, run, step, command)


def _check_script(there: _Late, run: InstallRun, step: Step, command: Located) -> None:
    """The same for a script of the context that a command runs."""
    for source in _run_by(there, step, command):
        text = there.copies.context.read(source) or ""
        script = parse(text, 0, text)
        if script.opaque or (text.startswith("#!") and "sh" not in text.partition("\n")[0]):
            kept = next((mention for mention in mentioned_in(text, command.folder) if there.tells(mention)), None)
        else:
            inner = located_in(script, command.folder, command.env, conditions=True)
            found = (kept_late(one, script, step, run.step, there.comes, there.roots) for one in inner)
            kept = next((mention for mention in found if mention is not None), None)
        if kept is not None:
            raise _refusal(run, f"{source}, which line {step.instruction.line} runs,", kept)


def _run_by(there: _Late, step: Step, command: Located) -> Iterator[str]:
    """The context path of the file that a command runs: its program, or what it gives to an interpreter."""
    operand = next((word for word in command.words[1:] if not word.text.startswith("-")), None)
    first = command.words[0] if command.words else None
    for word in (first, operand) if first is not None and _interprets(first) else (first,):
        path = named_by(command, word) if word is not None and "/" in word.text else None
        for copy in there.staying.copies if path is not None else ():
            source = copy.brought.context_path_of(path or "")
            yield from () if source is None else (source,)
        for mount in step.mounts:
            if path is not None and mount.kind == "bind" and mount.from_ is None and within(path, mount.target or "?"):
                start = posixpath.join("/", mount.source or ".", posixpath.relpath(path, mount.target or "/"))
                yield posixpath.normpath(start)[1:]


def _interprets(word: Word) -> bool:
    program = program_name(word)
    return interprets(program) or program in of_kind("shell") | of_kind("sources")


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
        path = step.destination
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
