"""The three ways to split: the install first, its dependencies first, or a separate download first."""

from __future__ import annotations

from functools import partial

from dfix.rewriter.answers.change import Contract
from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.knowledge.load import load
from dfix.rewriter.layout.chain import after_part
from dfix.rewriter.manifests.shared.inputs import ReplacedOutput
from dfix.rewriter.model import Model, Step
from dfix.rewriter.model.commands import chain
from dfix.rewriter.model.file_map.install_reads import Needed
from dfix.rewriter.model.paths import overlaps
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit
from dfix.transforms.split_manifests.cache_removal import moved_removal, repeated_removal
from dfix.transforms.split_manifests.dependencies_first import (
    INSTALLS_PROJECT,
    command_afterwards,
    dependencies_first,
    runs_again,
    same_first,
)
from dfix.transforms.split_manifests.fetch_first import (
    SeparateDownload,
    check_lock_file,
    in_context_already,
    may_fail,
    separate_download,
)
from dfix.transforms.split_manifests.fetched_places import check_not_copied, places_with_files
from dfix.transforms.split_manifests.install_inputs import inputs_of_run
from dfix.transforms.split_manifests.installs import InstallRun, install_run
from dfix.transforms.split_manifests.locks import check_locks_stay
from dfix.transforms.split_manifests.mounted_results import check_mounted_results
from dfix.transforms.split_manifests.move import Move
from dfix.transforms.split_manifests.moved_copies import check_single_files, plan_move
from dfix.transforms.split_manifests.own_commands import check_clean_up, first_use_of_sources, setup_for_second_run
from dfix.transforms.split_manifests.placeholders import check_needs_none, with_placeholders
from dfix.transforms.split_manifests.program_modes import program_mode
from dfix.transforms.split_manifests.shipped_paths import check_made_files
from dfix.transforms.split_manifests.split_edits import RunSplit, edits, edits_above
from dfix.transforms.split_manifests.stage_copies import StageCopies


class Split(NamedTuple):
    """What a split writes."""

    offset: int
    """Where the first copy that moves is."""
    edits: tuple[Edit, ...]
    reason: str
    ignored: tuple[str, ...] = ()
    """Lines for the ignore file of the context, without which the image would be another one."""
    contract: Contract = "same-image"


def install_first(model: Model, copies: StageCopies, run: InstallRun) -> Split | None:
    """Manifests, the install, then the sources. A RUN that goes on to use the sources is split after the install.

    None when nothing would be gained. Raises LeaveAlone.
    """
    at = attempt(first_use_of_sources, run, copies.clear, partial(_read_by_first_install, copies, run))
    if isinstance(at, int):
        run = run._replace(installs=tuple(install for install in run.installs if install.located.part < at))
    read = inputs_of_run(copies, run)
    move = None if read is None else plan_move(copies, run, read)
    if move is None:
        return None
    if isinstance(at, Reason):
        if any(copy.brings_a_folder for copy in move.copies):
            raise LeaveAlone(*at)
        return None
    assert read is not None
    check_locks_stay(run, move, read)
    check_needs_none(move, read, run.installs[0].shown)
    check_made_files(model, run, read)
    run_split = _run_split(model, run, at)
    check_mounted_results(model, run, None if run_split is None else at, _yarn_settings(copies, read))
    written = edits(model, move, run, run_split)
    reason = f"`{run.installs[0].shown}` only reads {_listed(move.read)}, but re-runs when any file changes"
    return _split(move, written, reason)


def _yarn_settings(copies: StageCopies, read: Needed) -> str:
    paths = (file.source for file in read.files if file.source.endswith(".yarnrc.yml"))
    return "\n".join(copies.context.read(path) or "" for path in paths)


def check_files_before(copies: StageCopies, run: InstallRun) -> None:
    """Raises LeaveAlone for what keeps single files of the sources before an install; call it where nothing moves.

    Where a folder is copied as well, `check_unsplit` has a reason.
    """
    read = None if copies.bring_a_folder else inputs_of_run(copies, run)
    if read is not None and (read.files or read.folders):
        check_single_files(copies, run, read)
        first_use_of_sources(run, copies.clear, partial(_read_by_first_install, copies, run))


def _read_by_first_install(copies: StageCopies, run: InstallRun) -> frozenset[str]:
    """The context paths that the RUN's first install reads: however the split turns out, they are copied first."""
    read = attempt(inputs_of_run, copies, run._replace(installs=run.installs[:1]))
    return frozenset(file.source for file in read.files) if isinstance(read, Needed) else frozenset()


def install_rewriting_lock(model: Model, copies: StageCopies, run: InstallRun, no: LeaveAlone) -> Split | None:
    """As `install_first`, for an install that may rewrite its lock file.

    After `COPY package.json yarn.lock ./` and `COPY src ./src`, only the second copy moves. A copy that moves and
    brings the lock file would undo what the install wrote: then the install runs twice, or this raises `no`.
    """
    installs = tuple(install._replace(lock_stays=True) for install in run.installs)
    split = attempt(install_first, model, copies, run._replace(installs=installs))
    return _install_again(model, copies, run, no) if isinstance(split, Reason) else split


def install_without_output(model: Model, copies: StageCopies, run: InstallRun, no: ReplacedOutput) -> Split:
    """The install first, with the host's output (node_modules) left out of the build context by a line to ignore it.

    Raises `no` where something else needs that output, or the line would not help.
    """
    from dfix.transforms.split_manifests.ignored_outputs import lines_to_ignore

    lines = lines_to_ignore(model, copies, run, no.path)
    if not lines:
        raise no
    without = copies.in_context(copies.context.with_lines(lines))
    split = attempt(install_first, model, without, run)
    if not isinstance(split, Split):
        raise no
    left_out = f"a line in {copies.context.ignore_name} leaves out the host's {no.path}, which the install replaces"
    return split._replace(reason=f"{split.reason}; {left_out}", ignored=lines)


def install_twice(model: Model, copies: StageCopies, run: InstallRun) -> Split | None:
    """Dependencies, then the sources, then the author's own command, which installs the project."""
    ways = dependencies_first(model, run)
    if not ways:
        return None
    run, command = next((way for way in ways if not _installs_project(copies, way[0])), ways[0])
    return _again(model, copies, run, command, f"`{command}` installs just the dependencies", " for the dependencies")


def _install_again(model: Model, copies: StageCopies, run: InstallRun, no: LeaveAlone) -> Split | None:
    """The install, then the sources with the old lock file, then the same command, which rewrites that file again.

    Raises `no` where the second run would do more.
    """
    if not runs_again(run):
        raise no
    run, command = same_first(model, run)
    if isinstance(attempt(inputs_of_run, copies, run), Reason):
        raise no
    again = f"it runs again after the sources are copied, since it may rewrite the lock file{_why(no)}"
    return _again(model, copies, run, command, again)


def _why(no: LeaveAlone) -> str:
    """What follows the colon of a reason, in parentheses: " (it was written by Bundler 1.17.3)"."""
    _, colon, why = no.reason.text.partition(": ")
    return f" ({why})" if colon else ""


def _again(
    model: Model, copies: StageCopies, run: InstallRun, command: str, what: str, purpose: str = ""
) -> Split | None:
    """`command`, then the sources, then the author's RUN. `what` and `purpose` are for the reason."""
    read = inputs_of_run(copies, run)
    move = None if read is None else plan_move(copies, run, read)
    if move is None:
        return None
    assert read is not None
    there = move.copied_first() | {file.source for file in read.files}  # some come with a copy that stays
    first_use_of_sources(run, copies.clear, lambda: there)  # raises when something before the install needs them
    check_made_files(model, run, read)
    removal = repeated_removal(run)
    run_split = _run_split(model, run, run.installs[0].located.part, removal.commands)
    written = edits(model, move, run, run_split, command + removal.first)
    shown = run.installs[0].shown
    reason = f"`{shown}` only reads {_listed(move.read)}{purpose}, but re-runs when any file changes; {what}"
    if read.afterwards:
        last = command_afterwards(model, run, read.afterwards)
        part = run.installs[0].located.part
        written += (after_part(run.step.instruction, run.step.script, part, last),)
        reason += f"; `{last}` does what only the first run would do after the sources are copied"
    return _split(move, written, reason)


def _installs_project(copies: StageCopies, run: InstallRun) -> bool:
    """Whether an install still builds something from the sources: the members of a workspace, for example."""
    no = attempt(inputs_of_run, copies, run)
    return isinstance(no, Reason) and no.code == INSTALLS_PROJECT


def _run_split(model: Model, run: InstallRun, at: int, repeated: frozenset[int] = frozenset()) -> RunSplit | None:
    """How to split the RUN before element `at` of its chain. None where one of the parts would be empty.

    `repeated` are removals (ids of commands) that the first part gets as well.
    """
    elements = chain(run.step.script)
    if elements is None or not 0 < at < len(elements):
        check_clean_up(run, at, repeated)
        return None
    if run.step.instruction.heredocs:
        reason = f"`{run.installs[0].shown}` is in a heredoc together with other commands"
        raise LeaveAlone("not-a-chain", reason, "write the install as a RUN of its own")
    removal = moved_removal(run, elements, at)
    check_clean_up(run, at, removal.commands | repeated)
    return RunSplit(elements, at, setup_for_second_run(elements[:at], model.source.text), removal)


def download_first(model: Model, copies: StageCopies, step: Step) -> Split | None:
    """A RUN that only downloads, then the sources, then the author's build, which finds its packages in the cache."""
    download = attempt(separate_download, model, step)
    if download is None or not copies.bring_a_folder:
        return None
    if isinstance(download, Reason):
        raise LeaveAlone(*download)
    _check_brought(copies, download)
    run = download.run
    read = inputs_of_run(copies, run)
    if read is None:
        return None
    check_lock_file(download, (file.source for file in read.files))
    build = run.installs[0]
    places = places_with_files(copies, step, build.located, build.manager, read)
    check_not_copied(model, step.stage, places)
    move, above = _planned(model, copies, download, read)
    if move is None:
        return None
    shown = run.installs[0].shown
    from dfix.transforms.split_manifests.fetch_needs import why_it_may_fail, with_what_counts

    download = with_what_counts(copies, download, read)
    why = why_it_may_fail(copies, step, download, read, places)
    alone = may_fail(download)
    in_braces = f"{{ {alone}; }}"
    if why:
        download = download._replace(command=in_braces)
    if download.prefetch.then:
        download = download._replace(command=f"{download.command} && {download.prefetch.then}")
    run_split = None
    if download.splits_run:
        there = move.copied_first() | {file.source for file in read.files}
        first_use_of_sources(run, copies.clear, lambda: there)  # raises when a command before the build needs them
        run_split = _run_split(model, run, download.part)
    fetch = with_placeholders(download.command, move, read, run)
    mode = program_mode(run, download.part, read)
    if mode and run_split is not None:
        reason = f"`{mode.removesuffix(' && ')}` comes before `{shown}` in the same RUN, after another command"
        raise LeaveAlone("reads-first", reason, "commit the mode instead (`git update-index --chmod=+x`)")
    setup = setup_for_second_run((chain(step.script) or ())[: download.part], model.source.text)
    command = mode + fetch if run_split is not None else setup + mode + fetch
    if run_split is None and command == in_braces:  # no other command's failure is ignored
        command = alone
    reason = (
        f"`{shown}` fetches {download.prefetch.what} again when any file changes, but only reads {_listed(move.read)} "
        "for that"
    )
    if why:
        reason += f"; a failure of the download is ignored, since {why}"
    written = edits_above(model, move, run, command) if above else edits(model, move, run, run_split, command)
    if not step.stage.ships:
        return Split(_offset(move), written, reason)
    from dfix.transforms.split_manifests.shipped_fetch import check_shipped_fetch, kept_in_image

    check_shipped_fetch(step, download, move, fetch, places)
    return Split(_offset(move), written, reason + kept_in_image(download), contract="same-but-caches")


def download_instead(model: Model, copies: StageCopies | None, step: Step) -> Split | None:
    """A download before an install that has to stay after the sources: `pnpm fetch`; None where there is none."""
    run = None if copies is None else install_run(step)
    if copies is None or run is None or len(run.installs) != 1 or step.stage.ships:
        return None
    prefetch = load(run.installs[0].manager).prefetch
    split = attempt(download_first, model, copies, step) if prefetch is not None and prefetch.then else None
    return split if isinstance(split, Split) else None


def _planned(model: Model, copies: StageCopies, download: SeparateDownload, read: Needed) -> tuple[Move | None, bool]:
    """The move of the copies after the download; or the lines for a download above them, and True."""
    try:
        return plan_move(copies, download.run, read), False
    except LeaveAlone as no:
        from dfix.transforms.split_manifests.download_above import plan_above
        from dfix.transforms.split_manifests.shipped_fetch import check_steps_after

        move = plan_above(copies, download, read, no)
        if move is not None:
            check_steps_after(model, download.run.step, download, read)
        return move, True


def _check_brought(copies: StageCopies, download: SeparateDownload) -> None:
    """Raises LeaveAlone where the copies bring what would be fetched, or nothing to the folder of the build."""
    vendored = in_context_already(copies, download)
    if vendored:
        reason = f"{vendored} is in the build context, so `{download.run.installs[0].shown}` downloads nothing"
        raise LeaveAlone("nothing-to-fetch", reason)
    folder = download.run.installs[0].located.folder
    if (
        folder is not None
        and not copies.unclear
        and not any(overlaps(copy.destination, folder) for copy in copies.clear)
    ):
        reason = f"no COPY brings files to the folder in which `{download.run.installs[0].shown}` runs"
        raise LeaveAlone("unknown-folder", reason, "run it in the folder of the project, set by WORKDIR or `cd`")


def _split(move: Move, written: tuple[Edit, ...], reason: str) -> Split:
    return Split(_offset(move), written, "; ".join([reason, *move.warnings]))


def _offset(move: Move) -> int:
    return move.copies[0].step.instruction.span.start


def _listed(paths: tuple[str, ...]) -> str:
    """Names for a sentence: "go.mod and go.sum"; the first four of more than six."""
    if len(paths) == 1:
        return paths[0]
    if len(paths) > 6:
        return f"{', '.join(paths[:4])} and {len(paths) - 4} more"
    return f"{', '.join(paths[:-1])} and {paths[-1]}"
