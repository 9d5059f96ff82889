"""The settings files that an install finds by itself, and the files that these and its variables name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.install_table import SettingsFile, reads, settings_files
from dfix.rewriter.manifests.shared.settings_values import settings_values
from dfix.rewriter.model.file_map.file_map import ImageFile
from dfix.rewriter.model.file_map.install_reads import ImageFolder, Needed, ProjectInstall
from dfix.rewriter.model.paths import resolve, within
from dfix.transforms.split_manifests.chosen_versions import chosen_versions
from dfix.transforms.split_manifests.given_paths import given_paths, path_parts
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.stage_copies import StageCopies
from dfix.transforms.split_manifests.switches import check_given_switches, check_switch


def with_settings(copies: StageCopies, run: InstallRun, read: Needed) -> Needed:
    """`read`, with the settings files around the installs, and the plain files that settings, words and variables name.

    Raises LeaveAlone for a setting that may make the install read something else.
    """
    collected = _Collected(copies, read)
    for install in run.installs:
        collected.settings(install)
        collected.versions(run, install)
        check_given_switches(copies, run, install)
        collected.given(run, install)
    return read._replace(files=tuple(collected.files), folders=tuple(collected.folders))


class _Collected:
    """The inputs of a RUN, as they are found."""

    def __init__(self, copies: StageCopies, read: Needed) -> None:
        self.copies = copies
        self.files = list(read.files)
        self.folders = list(read.folders)

    def settings(self, install: ProjectInstall) -> None:
        """Add the settings files of the install's folder, of those above it, and what they name."""
        image_folder = install.located.folder
        if image_folder is None:
            return
        kinds = settings_files(install.manager)
        for kind in kinds:
            for folder in _folders(image_folder, kind):
                for name in kind.names:
                    file = self._at(posixpath.join(folder, name))
                    if file is not None:
                        self._settings_file(kind, file, install)
        for file in list(self.files):  # those in a folder that an option names
            kind_of = next((kind for kind in kinds if posixpath.basename(file.path) in kind.names), None)
            if kind_of is not None:
                self._settings_file(kind_of, file, install)

    def _settings_file(self, kind: SettingsFile, file: ImageFile, install: ProjectInstall) -> None:
        if kind.format == "opaque":
            raise LeaveAlone("hook-script", f"{file.source} is code that the install runs, and it may read any file")
        values = list(settings_values(self.copies.context, file.source, kind.format, kind.section))
        if not values and kind.section:
            return
        self._add(file)
        for key, value in values:
            check_switch(self.copies, install, key, value, f"{file.source} sets {self._as_written(file, key)}")
            for part in path_parts(value):
                path = resolve(posixpath.dirname(file.path), part)
                if path is not None and not self._has(path):
                    self._named_in_settings(file, key, value, path)

    def _named_in_settings(self, file: ImageFile, key: str, value: str, path: str) -> None:
        named, folder = self._at(path), self._folder(path)
        if named is None and folder is None:
            return
        what = reads("setting", posixpath.basename(file.path), key)
        if what == "nothing" and "file:" in value:  # that is a path, whatever the key
            what = None
        if what == "file" and named is not None:
            self._add(named)
        elif what == "folder" and folder is not None and folder.source:
            self.folders.append(folder)
        elif what not in ("nothing", "followed"):
            reason = f"{file.source} sets {key} to {value[:60]}, and dfix can't tell what the install reads there"
            raise LeaveAlone("setting", reason)

    def _as_written(self, file: ImageFile, key: str) -> str:
        """The last part of a key, which `settings_values` has in lower case, as the author wrote it."""
        name = key.removesuffix(".*").rpartition(".")[2]
        found = re.search(re.escape(name), self.copies.context.read(file.source) or "", re.IGNORECASE)
        return name if found is None else found[0]

    def versions(self, run: InstallRun, install: ProjectInstall) -> None:
        """Add the files by which a version manager chooses the runtime."""
        for file in chosen_versions(self.copies, run, install):
            self._add(file)

    def given(self, run: InstallRun, install: ProjectInstall) -> None:
        """Add the files that a variable or an option names, where the install reads only those."""
        for given in given_paths(run.step, install):
            if given.reads not in ("file", "folder") or given.path is None:
                continue
            file = self._at(given.path)
            if file is not None:
                self._add(file)
                continue
            folder = self._folder(given.path)
            if given.reads == "folder" and folder is not None and folder.source and not self._has(folder.path):
                self.folders.append(folder)

    def _at(self, path: str) -> ImageFile | None:
        there = self.copies.file_map.at(path)
        return there if isinstance(there, ImageFile) else None

    def _folder(self, path: str) -> ImageFolder | None:
        """The folder of the context at an image path, if it has files."""
        for copy in reversed(self.copies.clear):
            source = copy.brought.context_folder_at(path)
            if source is not None and self.copies.context.ships_any(source):
                return ImageFolder(path, source, copy)
        return None

    def _has(self, path: str) -> bool:
        return any(file.path == path for file in self.files) or any(within(path, f.path) for f in self.folders)

    def _add(self, file: ImageFile) -> None:
        if not self._has(file.path):
            self.files.append(file)


def _folders(image_folder: str, kind: SettingsFile) -> Iterator[str]:
    yield image_folder
    while kind.above and image_folder not in ("/", "?", ""):
        image_folder = posixpath.dirname(image_folder)
        yield image_folder
