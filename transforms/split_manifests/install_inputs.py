"""Which files of the build context the installs of a RUN read."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.manifests import Inputs, Install, inputs
from dfix.rewriter.model import Stage
from dfix.rewriter.model.images import repository
from dfix.transforms.split_manifests.installs import InstallRun, ProjectInstall
from dfix.transforms.split_manifests.stage_copies import StageCopies, names_a_folder


def inputs_of_run(copies: StageCopies, run: InstallRun) -> Inputs | None:
    """What the installs of `run` read, all together.

    None when that is unknown, but no copy brings a folder either. Raises LeaveAlone when one does.
    """
    files: list[str] = []
    folders: list[str] = []
    warnings: list[str] = []
    for install in run.installs:
        try:
            read = inputs_of_install(copies, install)
        except LeaveAlone as no:
            if _is_worth_telling(copies, no):
                raise
            return None
        files += [path for path in read.files if path not in files]
        folders += [path for path in read.folders if path not in folders]
        warnings += read.warnings
        if read.newest_npm and not has_npm_7(run.step.stage):
            raise LeaveAlone(
                "lock-rewritten",
                f"npm before version 7 rewrites the lock file, and {run.step.stage.image} may have such an npm",
                "use `npm ci`",
            )
    return Inputs(tuple(files), tuple(folders), tuple(warnings))


def inputs_of_install(copies: StageCopies, install: ProjectInstall) -> Inputs:
    """What one install reads, as context paths.

    Several context folders may have content in the folder where the install runs. The first that gives an answer
    counts; when none does, the first one's reason is raised.
    """
    located = install.located
    if located.folder is None:
        raise LeaveAlone(
            "unknown-folder",
            f"dfix cannot tell in which folder `{install.shown}` runs",
            "name the folder literally, in WORKDIR or `cd`",
        )
    program = located.words[0].text
    folders: Sequence[str | None] = copies.context_folders(located.folder) or (None,)
    first_reason: LeaveAlone | None = None
    for folder in folders:
        try:
            arguments = _context_arguments(copies, install, folder)
            read = inputs(copies.context, Install(install.manager, arguments, folder or "", install.reader, program))
            return _with_program(copies, install, folder, read)
        except LeaveAlone as no:
            first_reason = first_reason or no
    assert first_reason is not None
    raise first_reason


def _is_worth_telling(copies: StageCopies, no: LeaveAlone) -> bool:
    """Whether a copy brings a folder, or may do so. An unclear copy is a better reason than a missing manifest."""
    unclear = next((copy for copy in copies.unclear if names_a_folder(copy.step)), None)
    if no.reason.code == "missing-file" and unclear is not None:
        raise not_followed(unclear.step.keyword, unclear.step.instruction.line, unclear.reason)
    return unclear is not None or copies.bring_a_folder


def not_followed(keyword: str, line: int, why: str) -> LeaveAlone:
    """The reason for a COPY or ADD that dfix cannot follow."""
    return LeaveAlone("unclear-copy", f"dfix cannot follow the {keyword} on line {line}: {why}")


def has_npm_7(stage: Stage) -> bool:
    """Whether the base image is an official Node.js image that comes with npm 7 or newer (Node.js 16 and later)."""
    name, tag = repository(stage.base.image)
    number = tag.partition("-")[0].partition(".")[0]
    if number.isdigit():
        return name == "node" and int(number) >= 16
    return name == "node" and number in ("", "latest", "current", "lts", "slim", "alpine", "bookworm", "trixie")


def _context_arguments(copies: StageCopies, install: ProjectInstall, folder: str | None) -> tuple[str, ...]:
    """The install's arguments for somebody who runs it in the context's `folder`."""
    words = install.located.words
    written = words[len(words) - len(install.arguments) :]
    texts = [*(word.literal_or_text for word in written), *install.added]
    arguments = tuple(_context_argument(copies, text, folder) for text in texts)
    if folder is None and arguments == (*install.arguments, *install.added):
        raise LeaveAlone("missing-file", f"no COPY before `{install.shown}` brings the files it reads")
    return arguments


def _context_argument(copies: StageCopies, text: str, folder: str | None) -> str:
    """An argument with its absolute image path relative to the context's `folder`: `--file=/app/a` gives `--file=a`."""
    option, sign, value = text.partition("=") if text.startswith("--") else ("", "", text)
    if not value.startswith("/"):
        return text
    image_path = posixpath.normpath(value)
    for copy in reversed(copies.clear):
        path = copy.brought.context_path_of(image_path)
        path = copy.brought.context_folder_at(image_path) if path is None else path
        if path is not None:
            return option + sign + posixpath.relpath(path or ".", folder or ".")
    return text


def _with_program(copies: StageCopies, install: ProjectInstall, folder: str | None, read: Inputs) -> Inputs:
    """Adds a Makefile that runs the install, or the program itself when it is copied too (`./mvnw`)."""
    program = install.located.words[0].text
    if install.makefile:
        return read._replace(files=(posixpath.join(folder or "", install.makefile), *read.files))
    if "/" not in program:
        return read
    path = copies.context_path(posixpath.normpath(posixpath.join(install.located.folder or "", program)))
    if path is not None:
        return read._replace(files=(path, *(file for file in read.files if file != path)))
    if program.startswith("/"):
        return read
    raise LeaveAlone("missing-file", f"no COPY brings {program} into the image")
