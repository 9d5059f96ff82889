"""What `cargo fetch` reads: Cargo.toml of the package, its workspace and packages in folders, Cargo.lock, settings.

Sources: doc.rust-lang.org/cargo ("The manifest format", "Cargo targets", "Workspaces", "cargo fetch"). Cargo looks for
src/main.rs and src/lib.rs before it does anything, unless the manifest names the path of each target (seen with 1.65).
"""

from __future__ import annotations

import posixpath
from fnmatch import fnmatch
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone, attempt
from dfix.rewriter.context.folder import Context, above, inside
from dfix.rewriter.manifests.shared.follow import follow
from dfix.rewriter.manifests.shared.formats import listed, read_toml, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import local_path
from dfix.rewriter.manifests.shared.reader import Reader
from dfix.rewriter.manifests.shared.semver_ranges import fits

MOST_PACKAGES = 500
_CHEF = "cargo-chef builds dependencies apart from the sources; a cache mount keeps them: RUN --mount=type=cache"
_GROUPS = ("dependencies", "dev-dependencies", "build-dependencies")
_SETTINGS = (".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain")


class _Reader(Reader):
    def __init__(self, context: Context, install: Install) -> None:
        super().__init__(context, install)
        self.manifests: dict[str, dict[str, Any]] = {}
        self.required: list[tuple[str, str]] = []

    def answer(self) -> Inputs:
        path = self._named()
        follow(path, MOST_PACKAGES, "packages", self._package)
        settings = self._settings(posixpath.dirname(path))
        if not self.required:
            raise LeaveAlone("nothing-to-fetch", f"{path} needs no crate that would be fetched")
        self._targets()
        lock = posixpath.join(posixpath.dirname(path), "Cargo.lock")
        locks = (lock,) if self.context.ships(lock) else ()
        others = (other for other in self.manifests if other != path)
        if locks:
            self._lock(lock)
        return Inputs((path, *locks, *others, *settings))

    def _named(self) -> str:
        """The manifest; one that belongs to a workspace above shares its lock file, which is not followed."""
        words = iter(self.install.arguments)
        written = "Cargo.toml"
        for word in words:
            if word == "--manifest-path":
                written = next(words, written)
            elif word.startswith("--manifest-path="):
                written = word.partition("=")[2]
            elif word.startswith("--config"):
                raise LeaveAlone("option", f"`{self.install.shown}` has {word}, which changes what it reads")
        path = inside(self.install.folder, written)
        if path is None:
            raise LeaveAlone("unknown-folder", f"`{self.install.shown}` reads {written}, whose path is not known")
        for outer in (posixpath.join(folder, "Cargo.toml") for folder in above(posixpath.dirname(path))):
            data = attempt(read_toml, self.context, outer) if self.context.ships(outer) else {}
            if isinstance(data, dict) and "workspace" in data:
                raise LeaveAlone("workspace", f"{path} is part of the workspace in {outer}, which is read too")
        return path

    def _package(self, path: str) -> list[str]:
        """Take in a manifest; answers with those of packages in folders and of members."""
        data = read_toml(self.context, path)
        self.manifests[path] = data
        more = self._local(path, data)
        return [posixpath.join(folder, "Cargo.toml") for folder in more + self._members(path, data)]

    def _members(self, path: str, data: dict[str, Any]) -> list[str]:
        folder = posixpath.dirname(path)
        workspace = table(data, "workspace")
        excluded = [posixpath.join(folder, str(one)) for one in listed(workspace.get("exclude"))]
        found = []
        for pattern in listed(workspace.get("members")):
            parent = inside(folder, posixpath.dirname(str(pattern)))
            if parent is None:
                continue
            names = self.context.folders_in(parent) if "*" in str(pattern) else [posixpath.basename(str(pattern))]
            for name in names:
                member = posixpath.join(parent, name)
                if fnmatch(name, posixpath.basename(str(pattern))) and member not in excluded:
                    found.append(member)
        return [member for member in found if self.context.ships(posixpath.join(member, "Cargo.toml"))]

    def _local(self, path: str, data: dict[str, Any]) -> list[str]:
        """Folders of dependencies, and versions of the others."""
        tables = [data, table(data, "workspace"), *table(data, "target").values()]
        entries = [pair for one in tables for group in _GROUPS for pair in table(one, group).items()]
        entries += [pair for registry in table(data, "patch").values() for pair in table(registry).items()]
        found = []
        for name, entry in entries:
            written = entry.get("path") if isinstance(entry, dict) else None
            if isinstance(written, str):
                found.append(local_path(posixpath.dirname(path), written, f"{path}: {name} is at {written}"))
            elif isinstance(entry, str):
                self.required.append((name, entry))
            elif isinstance(entry, dict) and not entry.get("workspace"):
                self.required.append((str(entry.get("package", name)), str(entry.get("version", "any"))))
        return found

    def _targets(self) -> None:
        for path, data in self.manifests.items():
            if "package" not in data:
                continue
            targets = [one for kind in ("bin", "example", "test", "bench") for one in listed(data.get(kind))]
            targets += [data["lib"]] if "lib" in data else []
            if not targets or not all(isinstance(one, dict) and "path" in one for one in targets):
                reason = f"{path} does not name the path of its targets, so that Cargo needs their sources to fetch"
                raise LeaveAlone("reads-sources", reason, _CHEF)

    def _settings(self, folder: str) -> list[str]:
        places = (posixpath.join(place, name) for place in (folder, *above(folder)) for name in _SETTINGS)
        found = list(filter(self.context.ships, places))
        for path in found:
            if "directory" in (self.context.read(path) or "") and ".cargo/" in path:
                raise LeaveAlone("nothing-to-fetch", f"{path} takes crates from a folder, so that nothing is fetched")
        return found

    def _lock(self, lock: str) -> None:
        if {"--locked", "--frozen"} & {*self.install.arguments}:
            return
        data = read_toml(self.context, lock)
        locked: dict[str, list[str]] = {}
        for package in listed(data.get("package")):
            if isinstance(package, dict):
                locked.setdefault(str(package.get("name")), []).append(str(package.get("version")))
        for name, requirement in self.required:
            asked = f"^{requirement}" if requirement[:1].isdigit() else requirement
            if not any(fits(version, asked) for version in locked.get(name, ())):
                raise LeaveAlone("lock-rewritten", f"{lock} has no {name} that fits `{requirement}`", "add `--locked`")


inputs = _Reader.inputs
