"""What `dart pub get` and `flutter pub get` read: pubspec files of the project, its workspace and local packages.

Sources: dart.dev ("The pubspec file", "dart pub get", "Pub workspaces"), docs.flutter.dev. pub does not change a lock
file that has each dependency in a version that satisfies pubspec.yaml.
"""

from __future__ import annotations

import posixpath
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.follow import follow
from dfix.rewriter.manifests.shared.formats import listed, read_yaml, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import local_path
from dfix.rewriter.manifests.shared.missing import missing, refuse_host_output
from dfix.rewriter.manifests.shared.reader import Reader
from dfix.rewriter.manifests.shared.semver_ranges import fits, mismatch

MOST_PACKAGES = 500
_FILE = "pubspec.yaml"
_GROUPS = ("dependencies", "dev_dependencies", "dependency_overrides")
_PLATFORMS = ("android", "ios", "linux", "macos", "windows")


class _Reader(Reader):
    def __init__(self, context: Context, install: Install) -> None:
        super().__init__(context, install)
        self.required: dict[str, str] = {}

    def answer(self) -> Inputs:
        if any(word.startswith(("-C", "--directory")) for word in self.install.arguments):
            raise LeaveAlone("unknown-folder", f"`{self.install.shown}` names its folder by an option")
        first = posixpath.join(self.install.folder, _FILE)
        follow(first, MOST_PACKAGES, "packages", self._package)
        self._lock()
        self._outputs()
        return Inputs(tuple(self.files))

    def _package(self, path: str) -> list[str]:
        """Read a pubspec.yaml; returns those of `path:` dependencies and of workspace members."""
        if not self.context.ships(path):
            raise missing(self.context, path)
        self.files.append(path)
        folder = posixpath.dirname(path)
        packages = self._local_packages(folder, path)
        overrides = posixpath.join(folder, "pubspec_overrides.yaml")
        if folder == self.install.folder and self.context.ships(overrides):
            raise LeaveAlone("setting", f"{overrides} overrides {path}, and dfix does not follow it")
        return [posixpath.join(package, _FILE) for package in packages]

    def _local_packages(self, folder: str, path: str) -> list[str]:
        """The folders of `path:` dependencies and workspace members; the project's others are added to `required`."""
        data = read_yaml(self.context, path)
        if data.get("resolution") == "workspace" and folder == self.install.folder:
            raise LeaveAlone("workspace", f"{path} is part of a workspace, whose root and other members pub reads too")
        written: list[Any] = list(listed(data.get("workspace")))
        for group in _GROUPS:
            for name, entry in table(data, group).items():
                local = entry.get("path") if isinstance(entry, dict) else None
                if local is not None:
                    written.append(local)
                elif folder == self.install.folder:
                    self._require(str(name), entry)
        folders = []
        for written_path in map(str, written):
            package = local_path(folder, written_path, f"{path} names {written_path}")
            if "*" in package:
                raise LeaveAlone("workspace", f"{path} names {written_path}, a pattern that dfix does not follow")
            folders.append(package)
        return folders

    def _require(self, name: str, entry: Any) -> None:
        """Add `http: ^1.0.0` or `{version: ^1.0.0, hosted: …}`; git and SDK dependencies have no version to compare."""
        if isinstance(entry, dict):
            entry = entry.get("version", None if {"sdk", "git"} & entry.keys() else "any")
            if entry is None:
                return
        self.required[name] = str("any" if entry is None else entry)

    def _lock(self) -> None:
        """Add pubspec.lock. Raises LeaveAlone when `pub get` may rewrite it."""
        path = posixpath.join(self.install.folder, "pubspec.lock")
        if not self.context.ships(path):
            return
        data = read_yaml(self.context, path)
        self.files.insert(1, path)
        if "--enforce-lockfile" in self.install.arguments:
            return
        packages = table(data, "packages")
        for name, requirement in self.required.items():
            version = str(table(packages, name).get("version", ""))
            fit = fits(version, requirement)
            if fit is not True:
                reason = f"`{self.install.shown}` may rewrite {path}: {mismatch(name, version, requirement, fit)}"
                hint = f"run `{self.install.shown}`, commit {path}, and add `--enforce-lockfile`"
                raise LeaveAlone("lock-rewritten", reason, hint)

    def _outputs(self) -> None:
        """Raises LeaveAlone when the context ships what the command writes; Flutter also writes platform folders."""
        refuse_host_output(self.context, self.install.folder, ".dart_tool")
        if self.install.manager != "flutter":
            return
        for name in _PLATFORMS:
            folder = posixpath.join(self.install.folder, name)
            if self.context.ships_any(folder):
                reason = f"`{self.install.shown}` changes files in {folder}, which the build context ships"
                raise LeaveAlone("host-output", reason)


inputs = _Reader.inputs
