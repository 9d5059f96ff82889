"""What `cargo fetch` reads: Cargo.toml of the package, its workspace and packages in folders, Cargo.lock, settings.

Sources: doc.rust-lang.org/cargo ("The manifest format", "Cargo targets", "Workspaces", "cargo fetch"). Every Cargo
command looks for the sources of the targets, but reads none of them (cargo_targets.py).
"""

from __future__ import annotations

import posixpath
from fnmatch import fnmatch
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone, attempt
from dfix.rewriter.context.context_path import above, inside
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.cargo_targets import target_files
from dfix.rewriter.manifests.shared.follow import follow
from dfix.rewriter.manifests.shared.formats import listed, read_toml, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import local_path, manifest_path
from dfix.rewriter.manifests.shared.reader import Reader
from dfix.rewriter.manifests.shared.semver_ranges import fits, mismatch

MOST_PACKAGES = 500
_GROUPS = ("dependencies", "dev-dependencies", "build-dependencies")
_SETTINGS = (".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain")


class _Reader(Reader):
    def __init__(self, context: Context, install: Install) -> None:
        super().__init__(context, install)
        self.manifests: dict[str, dict[str, Any]] = {}
        self.required: list[tuple[str, str]] = []

    def answer(self) -> Inputs:
        path = self._manifest()
        follow(path, MOST_PACKAGES, "packages", self._package)
        settings = self._settings(posixpath.dirname(path))
        if not self.required:
            raise LeaveAlone("nothing-to-fetch", f"{path} lists no crate to download")
        lock = posixpath.join(posixpath.dirname(path), "Cargo.lock")
        locks = (lock,) if self.context.ships(lock) else ()
        others = (other for other in self.manifests if other != path)
        if locks:
            self._lock(lock)
        files = (path, *locks, *others, *settings)
        return Inputs(files, any_of=target_files(self.context, self.manifests))

    def _manifest(self) -> str:
        """The command's manifest. Raises LeaveAlone for one below a workspace root, whose lock file it shares."""
        words = iter(self.install.arguments)
        written = "Cargo.toml"
        for word in words:
            if word == "--manifest-path":
                written = next(words, written)
            elif word.startswith("--manifest-path="):
                written = word.partition("=")[2]
            elif word.startswith("--config"):
                raise LeaveAlone("option", f"`{self.install.shown}` has {word}, which changes what it reads")
        path = manifest_path(self.install, written)
        for outer in (posixpath.join(folder, "Cargo.toml") for folder in above(posixpath.dirname(path))):
            data = attempt(read_toml, self.context, outer) if self.context.ships(outer) else {}
            if isinstance(data, dict) and "workspace" in data:
                raise LeaveAlone("workspace", f"{path} is below the workspace root {outer}, which Cargo reads too")
        return path

    def _package(self, path: str) -> list[str]:
        """Read a manifest; returns the manifests of its `path` dependencies and workspace members."""
        data = read_toml(self.context, path)
        self.manifests[path] = data
        folders = self._dependencies(path, data) + self._members(path, data)
        return [posixpath.join(folder, "Cargo.toml") for folder in folders]

    def _members(self, path: str, data: dict[str, Any]) -> list[str]:
        folder = posixpath.dirname(path)
        workspace = table(data, "workspace")
        excluded = [posixpath.join(folder, str(path)) for path in listed(workspace.get("exclude"))]
        members = []
        for pattern in listed(workspace.get("members")):
            parent = inside(folder, posixpath.dirname(str(pattern)))
            if parent is None:
                continue
            names = self.context.folders_in(parent) if "*" in str(pattern) else [posixpath.basename(str(pattern))]
            for name in names:
                member = posixpath.join(parent, name)
                if fnmatch(name, posixpath.basename(str(pattern))) and member not in excluded:
                    members.append(member)
        return [member for member in members if self.context.ships(posixpath.join(member, "Cargo.toml"))]

    def _dependencies(self, path: str, data: dict[str, Any]) -> list[str]:
        """The folders of `path` dependencies; the others are added to `required`."""
        parents = [data, table(data, "workspace"), *table(data, "target").values()]
        entries = [pair for parent in parents for group in _GROUPS for pair in table(parent, group).items()]
        entries += [pair for registry in table(data, "patch").values() for pair in table(registry).items()]
        folders = []
        for name, entry in entries:
            written = entry.get("path") if isinstance(entry, dict) else None
            if isinstance(written, str):
                folders.append(local_path(posixpath.dirname(path), written, f"{path}: {name} is at {written}"))
            elif isinstance(entry, str):
                self.required.append((name, entry))
            elif isinstance(entry, dict) and not entry.get("workspace"):
                self.required.append((str(entry.get("package", name)), str(entry.get("version", "any"))))
        return folders

    def _settings(self, folder: str) -> list[str]:
        paths = (posixpath.join(parent, name) for parent in (folder, *above(folder)) for name in _SETTINGS)
        shipped = list(filter(self.context.ships, paths))
        for path in shipped:
            if "directory" in (self.context.read(path) or "") and ".cargo/" in path:
                reason = f"{path} mentions `directory`: crates seem to come from a folder, not from a registry"
                raise LeaveAlone("nothing-to-fetch", reason)
        return shipped

    def _lock(self, lock: str) -> None:
        """Raises LeaveAlone when Cargo.lock may lack a required crate: `cargo fetch` would then rewrite it."""
        if self.install.lock_stays or {"--locked", "--frozen"} & {*self.install.arguments}:
            return
        data = read_toml(self.context, lock)
        locked: dict[str, list[str]] = {}
        for package in listed(data.get("package")):
            if isinstance(package, dict):
                locked.setdefault(str(package.get("name")), []).append(str(package.get("version")))
        for name, requirement in self.required:
            required = f"^{requirement}" if requirement[:1].isdigit() else requirement  # "1.2" means "^1.2"
            versions = locked.get(name) or [""]
            answers = [fits(version, required) for version in versions]
            if True not in answers:
                difference = mismatch(name, versions[-1], requirement, answers[-1])
                hint = "run `cargo update --workspace`, commit Cargo.lock, and add `--locked`"
                raise LeaveAlone("lock-rewritten", f"`{self.install.shown}` may rewrite {lock}: {difference}", hint)


inputs = _Reader.inputs
