"""The mode of a program that the project brings: a build may make it executable after the copy (`chmod +x mvnw`)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.effects.added_mode import MODES_OF_PROGRAMS, given_mode
from dfix.rewriter.model.file_map.file_map import ImageFile
from dfix.rewriter.model.file_map.install_reads import Needed
from dfix.rewriter.model.paths import resolve
from dfix.rewriter.text.expression import expression
from dfix.transforms.split_manifests.installs import InstallRun

_MODE_OF_PROGRAM = 0o111
_MAY_CHANGE_MODES = expression(r"chmod|\binstall\s+-|\.sh\b|\bgit\b|\bpython|\bperl|\bmake\b")


def program_mode(run: InstallRun, part: int, read: Needed) -> str:
    """The `chmod` that a separate download repeats for its own program, `chmod +x mvnw && `; "" where it needs none.

    `part` is the index of the build in the RUN's `&&` chain. Raises LeaveAlone where the program may not be executable
    otherwise.
    """
    install = run.installs[0]
    folder, program = install.located.folder, install.located.words[0].text
    path = resolve(folder, program) if "/" in program else None
    file = next((file for file in read.files if file.path == path), None)
    if file is None or folder is None:
        return ""
    mode = next((mode for made, mode in _made_executable(run.step, part) if made == path), "")
    if mode:
        return f"chmod {mode} {posixpath.relpath(file.path, folder)} && "
    if not _is_executable(file, run, part):
        reason = f"{file.source} is not executable, and dfix can't tell what makes it so before `{install.shown}`"
        hint = f"commit the mode (`git update-index --chmod=+x {file.source}`)"
        raise LeaveAlone("reads-first", reason, hint)
    return ""


def _is_executable(file: ImageFile, run: InstallRun, part: int) -> bool:
    """Whether a program is executable as it is copied, or today's build fails: nothing that may change modes runs."""
    if (
        file.copy.step.instruction.flag("chmod") is not None
        or file.copy.brought.mode_of(file.source) & _MODE_OF_PROGRAM
    ):
        return True
    between = run.step.stage.steps[file.copy.step.index + 1 : run.step.index]
    texts = [other.source_text for other in between if other.keyword == "RUN"]
    texts += [" ".join(word.text for word in command.words) for command in run.commands if command.part < part]
    return not any(_MAY_CHANGE_MODES.search(text) for text in texts)


def _made_executable(step: Step, part: int) -> Iterator[tuple[str, str]]:
    """The image paths that a `chmod` of the stage, up to an element of the RUN, makes executable, with their modes."""
    for other in step.stage.steps[: step.index + 1]:
        if other.keyword != "RUN" or other.onbuild:
            continue
        for command in located(other):
            if other is not step or command.part < part:
                yield from _made_by(command)


def _made_by(command: Located) -> Iterator[tuple[str, str]]:
    given = given_mode(command)
    if given is not None and given.mode in MODES_OF_PROGRAMS and not command.depth:
        yield from ((path, given.mode) for path in given.paths if path is not None)


def is_plain_chmod(command: Located) -> bool:
    """Whether a command only makes named files executable."""
    return any(True for _ in _made_by(command))
