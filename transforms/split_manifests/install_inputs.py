"""Which files of the build context the installs of a RUN read."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.manifests.shared.inputs import MadeFromSources
from dfix.rewriter.manifests.shared.missing import MissingFile
from dfix.rewriter.model.file_map.file_map import ImageFile, not_followed
from dfix.rewriter.model.file_map.install_reads import ImageFolder, Needed, reads_of_install
from dfix.transforms.split_manifests.composer_version import check_composer
from dfix.transforms.split_manifests.global_plugins import check_global_plugins
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.other_manifest import check_usual_manifest
from dfix.transforms.split_manifests.settings_inputs import with_settings
from dfix.transforms.split_manifests.stage_copies import StageCopies, names_a_folder
from dfix.transforms.split_manifests.version_that_runs import check_version
from dfix.transforms.split_manifests.written_in_build import check_written


def inputs_of_run(copies: StageCopies, run: InstallRun) -> Needed | None:
    """What the installs of `run` read, all together.

    None when that is unknown, but no copy brings a folder either. Raises LeaveAlone when one does.
    """
    files: list[ImageFile] = []
    folders: list[ImageFolder] = []
    warnings: list[str] = []
    executables: list[ImageFile] = []
    made: list[MadeFromSources] = []
    any_of: list[tuple[ImageFile, ...]] = []
    afterwards = ""
    for install in run.installs:
        try:
            check_usual_manifest(run, install)
            read = reads_of_install(copies.file_map, install)
        except LeaveAlone as no:
            if isinstance(no, MissingFile) and (copies.unclear or copies.bring_a_folder):
                check_written(run, install, no.path)
            if _is_worth_telling(copies, no):
                raise
            return None
        files += [file for file in read.files if file not in files]
        folders += [folder for folder in read.folders if folder not in folders]
        warnings += read.warnings
        executables += read.executables
        made += read.made_from_sources
        any_of += read.any_of
        afterwards = afterwards or read.afterwards
        check_version(run, install, read)
        if read.blocks_plugins:
            check_composer(copies.stages, run, install, read)
        check_global_plugins(run, install)
    needed = Needed(
        tuple(files),
        tuple(folders),
        tuple(warnings),
        executables=tuple(executables),
        made_from_sources=tuple(made),
        any_of=tuple(any_of),
        afterwards=afterwards,
    )
    return with_settings(copies, run, needed)


def _is_worth_telling(copies: StageCopies, no: LeaveAlone) -> bool:
    """Whether a copy brings a folder, or may do so. An unclear copy is a better reason than a missing manifest."""
    unclear = next((copy for copy in copies.unclear if names_a_folder(copy.step)), None)
    if no.reason.code == "missing-file" and unclear is not None:
        raise LeaveAlone(*not_followed(unclear))
    return unclear is not None or copies.bring_a_folder
