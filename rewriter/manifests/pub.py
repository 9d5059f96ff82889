"""What `dart pub get` and `flutter pub get` read: pubspec files of the project, its workspace and packages in folders.

Sources: dart.dev ("The pubspec file", "dart pub get", "Pub workspaces"), docs.flutter.dev. A lock file is left alone
that has each dependency in a version that fits.
"""

from __future__ import annotations

import posixpath
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context, inside
from dfix.rewriter.manifests.shared.follow import follow
from dfix.rewriter.manifests.shared.formats import listed, read_yaml, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import outside
from dfix.rewriter.manifests.shared.missing import in_the_way, missing
from dfix.rewriter.manifests.shared.reader import Reader
from dfix.rewriter.manifests.shared.semver_ranges import fits

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
            raise LeaveAlone("unknown-folder", f"`{self.install.shown}` works in another folder")
        first = posixpath.join(self.install.folder, _FILE)
        follow(first, MOST_PACKAGES, "packages", self._package)
        self._lock()
        self._outputs()
        return Inputs(tuple(self.files))

    def _package(self, path: str) -> list[str]:
        """Take in a pubspec.yaml; answers with those of packages in folders and of a workspace."""
        if not self.context.ships(path):
            raise missing(self.context, path)
        self.files.append(path)
        folder = posixpath.dirname(path)
        more = self._pubspec(folder, path)
        overrides = posixpath.join(folder, "pubspec_overrides.yaml")
        if folder == self.install.folder and self.context.ships(overrides):
            raise LeaveAlone("setting", f"{overrides} changes what {path} says")
        return [posixpath.join(other, _FILE) for other in more]

    def _pubspec(self, folder: str, path: str) -> list[str]:
        data = read_yaml(self.context, path)
        if data.get("resolution") == "workspace" and folder == self.install.folder:
            raise LeaveAlone("workspace", f"{path} is part of a workspace, whose other members are read too")
        written: list[Any] = list(listed(data.get("workspace")))
        for group in _GROUPS:
            for name, entry in table(data, group).items():
                place = entry.get("path") if isinstance(entry, dict) else None
                if place is not None:
                    written.append(place)
                elif folder == self.install.folder:
                    self._require(str(name), entry)
        found = []
        for place in written:
            target = inside(folder, str(place))
            if target is None or "*" in target:
                raise outside(f"{path} names {place}")
            found.append(target)
        return found

    def _require(self, name: str, entry: Any) -> None:
        """`http: ^1.0.0`, `{version: ^1.0.0, hosted: …}`; what comes from git or the SDK has no version to compare."""
        if isinstance(entry, dict):
            entry = entry.get("version", None if {"sdk", "git"} & entry.keys() else "any")
            if entry is None:
                return
        self.required[name] = str("any" if entry is None else entry)

    def _lock(self) -> None:
        path = posixpath.join(self.install.folder, "pubspec.lock")
        if not self.context.ships(path):
            return
        data = read_yaml(self.context, path)
        self.files.insert(1, path)
        if "--enforce-lockfile" in self.install.arguments:
            return
        packages = table(data, "packages")
        for name, requirement in self.required.items():
            if fits(str(table(packages, name).get("version", "")), requirement) is not True:
                reason = f"`{self.install.shown}` may rewrite {path}: it has no {name} that fits `{requirement}`"
                raise LeaveAlone("lock-rewritten", reason, "add `--enforce-lockfile`")

    def _outputs(self) -> None:
        in_the_way(self.context, self.install.folder, ".dart_tool")
        if self.install.manager != "flutter":
            return
        for name in _PLATFORMS:
            folder = posixpath.join(self.install.folder, name)
            if self.context.ships_any(folder):
                raise LeaveAlone("host-output", f"`{self.install.shown}` writes settings into {folder} of the project")


inputs = _Reader.inputs
