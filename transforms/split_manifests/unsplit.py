"""Why an install or build after the copy of the sources is left as it is, where no obstacle was found."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from dfix.rewriter.answers.reason import LeaveAlone, attempt
from dfix.rewriter.model import Model, Step
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.file_map.file_map import ImageFile
from dfix.rewriter.model.file_map.install_reads import Needed
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.split_manifests.fetch_first import SeparateDownload, cache_mounts, separate_download
from dfix.transforms.split_manifests.fetching_commands import (
    FetchingCommand,
    early_fetch,
    fetching_command,
    install_in_recipe,
    install_in_text,
)
from dfix.transforms.split_manifests.indirect_installs import check_indirect
from dfix.transforms.split_manifests.install_inputs import inputs_of_run
from dfix.transforms.split_manifests.installs import InstallRun, install_run
from dfix.transforms.split_manifests.moved_copies import brings_more, has_settled_name
from dfix.transforms.split_manifests.stage_copies import StageCopies

_FILES = frozenset(
    "Gemfile Rakefile Makefile Procfile Pipfile Podfile Vagrantfile Dockerfile Jenkinsfile gradlew mvnw LICENSE README "
    "VERSION".split()
)
"""Names without an ending that are usually those of files."""
_VENDORED = frozenset(("node_modules", "vendor", ".git"))
_MOST_FILES = 5000
_MOST_MAKEFILES = 50
_LONGEST_SHOWN = 60


def may_bring_a_folder(step: Step) -> bool:
    """Whether a source of a COPY or ADD may be a folder, as far as its name tells: `.`, `src/`, `*`, `src`."""
    return any(_may_be_folder(word.text.rstrip("'\"")) for word in step.instruction.words[:-1])


def _may_be_folder(source: str) -> bool:
    name = source.rpartition("/")[2]
    if name in ("", ".", "..", "*"):
        return True
    return "." not in name.lstrip(".") and "*" not in name and name not in _FILES and "://" not in source


def check_unsplit(model: Model, copies: StageCopies | None, before: Sequence[Step], step: Step) -> None:
    """Raises LeaveAlone for a RUN that fetches dependencies after the copy of a folder; `before` are the copies.

    Call it for a RUN that was neither split nor refused. `copies` is None without a build context.
    """
    folders = [copy for copy in before if _brings_a_folder(copies, copy)]
    if not folders:
        _check_behind_files(copies, before, step)
        return
    command = fetching_command(step)
    if command is None:
        if copies is not None:
            _check_scripts(copies, step)
            _check_make(copies, step)
        check_indirect(step)
        return
    _check_script(command, step)
    if command.is_substituted:
        reason = f"`{command.shown}` has words that are known only during the build"
        raise LeaveAlone("variable", reason, "write them literally")
    if command.names_packages or command.updates_installed:
        hint = "move it before the COPY, if it needs none of the copied files"
        does = "itself names what it installs" if command.names_packages else "updates what is already installed"
        reason = f"`{command.shown}` {does}, so there is no manifest to copy first"
        raise LeaveAlone("names-packages", reason, hint)
    if command.unknown_goal:
        raise LeaveAlone("unknown-goal", f"dfix does not know what the goal `{command.unknown_goal}` reads and fetches")
    _check_earlier(command, step)
    _check_command(command, step)
    _check_copies(model, copies, folders, command, step)


def _check_behind_files(copies: StageCopies | None, before: Sequence[Step], step: Step) -> None:
    """Raises LeaveAlone for a command within a longer one, where single files of the sources are copied before."""
    copied = () if copies is None else filter(None, map(copies.of, before))
    files = (path for copy in copied if isinstance(copy, Copied) for path in copy.brought.paths())
    if any(not has_settled_name(path) and posixpath.basename(path) not in _FILES for path in files):
        command = fetching_command(step)
        if command is not None:
            _check_script(command, step)


def _check_script(command: FetchingCommand, step: Step) -> None:
    """Raises LeaveAlone for a command that is not one of the RUN's own."""
    shown = command.shown
    if command.located is None:
        if step.instruction.json is not None:
            hint = "write the RUN in shell form, if the image has a shell"
            raise LeaveAlone("exec-form", f"`{shown}` is in exec form; dfix splits RUNs in shell form only", hint)
        if not step.script.opaque:
            raise LeaveAlone("not-a-chain", f"`{shown}` is part of a longer command", "give it a RUN of its own")
        raise LeaveAlone("unread-script", f"dfix cannot read the script that runs `{shown}`: {step.script.opaque}")
    if command.located.depth and command.usage is not None and not command.names_packages:
        raise LeaveAlone("not-a-chain", f"`{shown}` is part of a longer command", "give it a RUN of its own")


def _check_command(command: FetchingCommand, step: Step) -> None:
    """Raises LeaveAlone for a command of which dfix does not know what it reads, or whose downloads are kept."""
    shown = command.shown
    if command.program is not None:
        hint = f"copy {command.program.manifests} first, and fetch the dependencies before the sources are copied"
        raise LeaveAlone(
            "unknown-manager", f"dfix does not know which files `{shown}` reads to fetch dependencies", hint
        )
    mount = next(cache_mounts(step), None)
    if mount is not None:
        kept = f"what is in {mount.target}" if mount.target is not None else "its downloads"
        raise LeaveAlone("kept-in-mount", f"`{shown}` has a cache mount, which keeps {kept} between builds")
    if command.updates:
        reason = f"`{shown}` may rewrite the lock file, and a later copy of the sources would bring back the old one"
        raise LeaveAlone("lock-rewritten", reason, "install what the lock file names, and commit updates of it")
    if command.interpreter:
        hint = "call the program by its own name"
        raise LeaveAlone("nothing-gained", f"dfix does not follow `{shown}`, which {command.interpreter} runs", hint)


def _check_scripts(copies: StageCopies, step: Step) -> None:
    """Raises LeaveAlone for a script of the context that installs."""
    for command in located(step):
        for word in command.words[:2]:
            path = posixpath.normpath(posixpath.join(command.folder or "?", word.literal_or_text))
            file = copies.file_map.at(path)
            text = copies.context.read(file.source) if isinstance(file, ImageFile) else None
            found = "" if text is None else install_in_text(text)
            if found and isinstance(file, ImageFile):
                hint = f"run `{found}` in the Dockerfile, in a RUN of its own"
                raise LeaveAlone(
                    "wrapper-script", f"the script {file.source} runs `{found}`, and may do anything else", hint
                )


def _check_make(copies: StageCopies, step: Step) -> None:
    """Raises LeaveAlone for a `make` whose targets dfix does not follow, where a Makefile of the context installs."""
    make = next((c for c in located(step) if c.words and program_name(c.words[0]) in ("make", "gmake")), None)
    if make is None:
        return
    context = copies.context
    named = [path for path in context.some_without(_VENDORED, _MOST_FILES) if _is_makefile(posixpath.basename(path))]
    for path in named[:_MOST_MAKEFILES]:
        found = install_in_recipe(context.read(path) or "")
        if found:
            shown = " ".join(word.text for word in make.words)[:_LONGEST_SHOWN]
            reason = f"dfix does not follow `{shown}`, and {path} runs `{found}`"
            raise LeaveAlone("makefile", reason, f"run `{found}` in a RUN of its own")


def _is_makefile(name: str) -> bool:
    return name in ("Makefile", "makefile", "GNUmakefile") or name.endswith(".mk")


def _brings_a_folder(copies: StageCopies | None, step: Step) -> bool:
    if copies is None:
        return may_bring_a_folder(step)
    copy = copies.of(step)
    return copy.brings_a_folder if isinstance(copy, Copied) else may_bring_a_folder(step)


def _check_earlier(command: FetchingCommand, step: Step) -> None:
    """Raises LeaveAlone where an earlier RUN of the stage fetches with the same manager."""
    for other in step.stage.steps[: step.index]:
        if other.keyword != "RUN" or other.onbuild:
            continue
        earlier = fetching_command(other) or early_fetch(other)
        if earlier is None or earlier.names_packages or earlier.unknown_goal or _manager(earlier) != _manager(command):
            continue
        prefetch = None if earlier.usage is None else earlier.usage.manager.prefetch
        what = prefetch.what if prefetch is not None and prefetch.what.endswith("itself") else "dependencies"
        reason = f"line {other.instruction.line} already fetches {what}, with `{earlier.shown}`"
        raise LeaveAlone("fetched-before", reason)


def _manager(command: FetchingCommand) -> str:
    if command.usage is not None:
        return command.usage.manager.name
    return command.program.name if command.program is not None else ""


def _check_copies(
    model: Model, copies: StageCopies | None, folders: Sequence[Step], command: FetchingCommand, step: Step
) -> None:
    """Raises LeaveAlone with what the copied folders have to do with the install."""
    shown = command.shown
    used = command.usage
    assert used is not None
    if copies is None:
        reason = f"`{shown}` reads files from the build context, which is unknown"
        raise LeaveAlone("no-context", reason, "name its folder with --context")
    if not used.manager.projects and used.manager.prefetch is None:
        raise LeaveAlone("unknown-manager", f"dfix does not know which files `{shown}` reads to fetch dependencies")
    run = install_run(step) or _run_of_download(model, step)
    read = None if run is None else attempt(inputs_of_run, copies, run)
    if not isinstance(read, Needed):
        if step.workdir is None and command.located is not None and command.located.folder is None:
            hint = "name the folder literally, in WORKDIR or `cd`"
            raise LeaveAlone("unknown-folder", f"dfix cannot tell in which folder `{shown}` runs", hint)
        reason = f"dfix knows no way to run `{shown}` before the sources are copied"
        raise LeaveAlone("nothing-gained", reason)
    if not read.files and not read.folders:
        reason = f"dfix cannot tell which manifests `{shown}` reads"
        raise LeaveAlone("nothing-gained", reason, "run it in the folder of the project, and name no other folders")
    others = [copy for copy in map(copies.of, folders) if isinstance(copy, Copied) and brings_more(copy, read)]
    if not others:
        _check_installed_projects(copies, folders, command, read)
        raise LeaveAlone("already-split", f"the copies before `{shown}` bring only what it reads")
    line = others[-1].step.instruction.line
    reason = f"the COPY on line {line} brings files to another folder than that of `{shown}`"
    raise LeaveAlone("other-folder", reason, "move that COPY below the install, if the install does not need the files")


def _check_installed_projects(
    copies: StageCopies, folders: Sequence[Step], command: FetchingCommand, read: Needed
) -> None:
    """Raises LeaveAlone for a copied folder that the install reads as a whole, since it installs the project in it."""
    manifests = () if command.usage is None else command.usage.manager.manifests
    for folder in read.folders:
        manifest = next((name for name in manifests if copies.context.ships(posixpath.join(folder.source, name))), "")
        if manifest and folder.copy.step in folders:
            reason = f"`{command.shown}` installs the project in {folder.source}, so it reads all of its sources"
            hint = f"install what its {manifest} requires in a RUN of its own, before the sources are copied"
            raise LeaveAlone("installs-project", reason, hint)


def _run_of_download(model: Model, step: Step) -> InstallRun | None:
    download = attempt(separate_download, model, step)
    return download.run if isinstance(download, SeparateDownload) else None
