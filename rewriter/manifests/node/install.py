"""What `npm ci`, `yarn install`, `pnpm install` and `bun install` read of a project.

Sources: docs.npmjs.com (package.json, scripts, npmrc), classic.yarnpkg.com, yarnpkg.com, pnpm.io, bun.sh.
"""

from __future__ import annotations

import posixpath
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context, inside
from dfix.rewriter.manifests.node.hooks import Hooks
from dfix.rewriter.manifests.node.lock_files import CLEAN_INSTALLS, keeps_lock
from dfix.rewriter.manifests.node.package_json import Manifest, local_dependencies, read_manifest
from dfix.rewriter.manifests.node.prisma import schema
from dfix.rewriter.manifests.node.workspaces import members, outer_workspace
from dfix.rewriter.manifests.shared.formats import read_yaml
from dfix.rewriter.manifests.shared.inputs import Inputs, Install, ReplacedOutput
from dfix.rewriter.manifests.shared.reader import Reader

_LOCKS = {
    "npm": ("npm-shrinkwrap.json", "package-lock.json", "yarn.lock"),
    "yarn": ("yarn.lock",),
    "pnpm": ("pnpm-lock.yaml",),
    "bun": ("bun.lock", "bun.lockb", "package-lock.json", "yarn.lock"),
}
_SETTINGS = {
    "npm": (".npmrc",),
    "yarn": (".npmrc", ".yarnrc", ".yarnrc.yml"),
    "pnpm": (".npmrc", "pnpm-workspace.yaml", ".pnpmfile.cjs"),
    "bun": (".npmrc", "bunfig.toml"),
}
_FOLDER_OPTIONS = frozenset(("--prefix", "-C", "--cwd", "--dir"))
_YARN_FOLDERS = (".yarn/releases", ".yarn/plugins", ".yarn/patches", ".yarn/cache", ".yarn/versions")
_YARN_OUTPUTS = (".pnp.cjs", ".pnp.js", ".pnp.loader.mjs", ".yarn/install-state.gz", ".yarn/build-state.yml")
_PATCH_FOLDERS = ("patches",)
_READS_THE_PROJECT = {
    "msw": "copies its worker into the project",
    "nuxt": "may prepare the project's types",
}
"""Published packages whose own install hook looks at the project around them."""


class _Reader(Reader):
    def __init__(self, context: Context, install: Install) -> None:
        super().__init__(context, install)
        self.warnings: list[str] = []
        self.folder = install.folder
        self.flags = set(install.arguments)

    def answer(self) -> Inputs:
        arguments = self.install.arguments
        for index, argument in enumerate(arguments):
            name, sign, value = argument.partition("=")
            if name in _FOLDER_OPTIONS:
                target = value if sign else arguments[index + 1] if index + 1 < len(arguments) else ""
                folder = inside(self.folder, target)
                if folder is None:
                    raise LeaveAlone("unknown-folder", f"`{self.install.shown}` runs in a folder that is not known")
                self.folder = folder
        return self._project()

    def _project(self) -> Inputs:
        path = posixpath.join(self.folder, "package.json")
        root = read_manifest(self.context, path)
        outer = outer_workspace(self.context, self.folder)
        if outer:
            raise LeaveAlone("workspace", f"{path} is part of the workspace in {outer}, which the install reads too")
        self._add(path)
        locks = self._locks()
        self._settings()
        manifests = members(self.context, self.install.manager, root)
        everything = [root, *manifests]
        self._dependencies(everything)
        self._patches(root)
        self._hooks(everything)
        self._outputs(everything)
        keeps_lock(self.context, self.install, root, manifests, locks)
        rewrites = (
            self.install.manager == "npm" and bool(locks) and not self.flags & {"ci", "clean-install", "--no-save"}
        )
        return Inputs(tuple(self.files), tuple(self.folders), tuple(self.warnings), newest_npm=rewrites)

    def _add(self, path: str) -> None:
        if path not in self.files and self.context.ships(path):
            self.files.append(path)

    def _add_folder(self, folder: str) -> None:
        if folder not in self.folders and self.context.ships_any(folder):
            self.folders.append(folder)

    def _in(self, name: str) -> str:
        return posixpath.join(self.folder, name)

    def _locks(self) -> list[str]:
        """The first lock file that the manager would take; npm falls back to yarn.lock, bun to both."""
        for name in _LOCKS[self.install.manager]:
            path = self._in(name)
            if self.context.ships(path):
                self._add(path)
                return [path]
        return []

    def _settings(self) -> None:
        for name in _SETTINGS[self.install.manager]:
            path = self._in(name)
            if not self.context.ships(path):
                continue
            self._add(path)
            text = self.context.read(path) or ""
            if name == ".npmrc":
                self._npmrc(path, text)
            elif name == ".pnpmfile.cjs":
                raise LeaveAlone("hook-script", f"{path} is code that the install runs")
        if self.install.manager == "yarn":
            for folder in _YARN_FOLDERS:
                self._add_folder(self._in(folder))

    def _npmrc(self, path: str, text: str) -> None:
        for line in text.splitlines():
            key, _, value = (part.strip() for part in line.partition("="))
            if key.startswith((";", "#")):
                continue
            if key == "ignore-scripts" and value == "true":
                self.flags.add("--ignore-scripts")
            elif key.endswith(("_authToken", "_password", "_auth")) and "${" not in value:
                self.warnings.append(f"{path} contains an access token; the image contained it before as well")
            elif key in ("prefix", "cafile", "globalconfig", "userconfig") and not value.startswith("/"):
                raise LeaveAlone("setting", f"{path} sets {key}, a place that dfix does not follow")

    def _dependencies(self, manifests: list[Manifest]) -> None:
        """Take in every manifest and what its local dependencies name, theirs included."""
        seen = {manifest.folder for manifest in manifests}
        pending = list(manifests)
        while pending:
            manifest = pending.pop(0)
            self._add(manifest.path)
            self._published(manifest)
            for target in local_dependencies(self.context, manifest):
                if self.context.ships(target):
                    self._add(target)
                elif target not in seen:
                    seen.add(target)
                    pending.append(self._local_project(target))
        self.files = [path for path in self.files if not any(path.startswith(f"{folder}/") for folder in self.folders)]

    def _published(self, manifest: Manifest) -> None:
        """A published package whose own hook looks at the project."""
        for name in manifest.every_dependency():
            why = _READS_THE_PROJECT.get(name)
            if why and "--ignore-scripts" not in self.flags and (name != "msw" or "msw" in manifest.data):
                raise LeaveAlone("plugin", f"{manifest.path}: {name} {why} while it is installed")
        if "@prisma/client" in manifest.every_dependency() and "--ignore-scripts" not in self.flags:
            self._prisma(manifest)

    def _prisma(self, manifest: Manifest) -> None:
        """@prisma/client generates itself from the project's schema while it is installed."""
        if manifest.folder != self.folder:
            reason = f"{manifest.path}: @prisma/client generates its client while it is installed in a workspace"
            raise LeaveAlone("plugin", reason)
        found = schema(self.context, manifest)
        for path in found.files:
            self._add(path)
        for folder in found.folders:
            self._add_folder(folder)

    def _local_project(self, folder: str) -> Manifest:
        self._add_folder(folder)
        inner = read_manifest(self.context, posixpath.join(folder, "package.json"))
        self._hooks([inner])
        self._outputs([inner])
        return inner

    def _patches(self, root: Manifest) -> None:
        """Files named by pnpm's and bun's patchedDependencies."""
        declared: list[Any] = [root.data.get("patchedDependencies"), (root.table("pnpm")).get("patchedDependencies")]
        if self.install.manager == "pnpm":
            workspace = read_yaml(self.context, self._in("pnpm-workspace.yaml"))
            declared.append(workspace.get("patchedDependencies"))
        for table in declared:
            for value in table.values() if isinstance(table, dict) else ():
                path = posixpath.normpath(posixpath.join(self.folder, str(value)))
                if not self.context.ships(path):
                    raise LeaveAlone(
                        "missing-file", f"{root.path} names the patch {value}, which the context does not ship"
                    )
                folder = posixpath.dirname(path)
                if folder and posixpath.basename(folder) in _PATCH_FOLDERS:
                    self._add_folder(folder)
                else:
                    self._add(path)

    def _hooks(self, manifests: list[Manifest]) -> None:
        if "--ignore-scripts" in self.flags:
            return
        for manifest in manifests:
            hooks = Hooks(self.context, manifest)
            hooks.follow()
            for path in hooks.files:
                self._add(path)
            for folder in hooks.folders:
                self._add_folder(folder)

    def _replaces_modules(self, manifest: Manifest) -> bool:
        """`npm ci` removes node_modules before it installs, so that those of the host are in no image."""
        return self.install.manager == "npm" and manifest.folder == self.folder and bool(self.flags & CLEAN_INSTALLS)

    def _outputs(self, manifests: list[Manifest]) -> None:
        for manifest in manifests:
            path = posixpath.join(manifest.folder, "node_modules")
            if self.context.ships_any(path):
                line = f"{'**/' if manifest.folder else ''}node_modules"
                reason = f"the build context ships {path}, which the later COPY would put over what was installed"
                hint = f"add `{line}` to {self.context.ignore_name}"
                if self._replaces_modules(manifest):
                    raise ReplacedOutput("host-output", reason, hint, path)
                raise LeaveAlone("host-output", reason, hint)
        if self.install.manager == "yarn":
            for name in _YARN_OUTPUTS:
                if self.context.ships(self._in(name)):
                    raise LeaveAlone(
                        "host-output", f"the build context ships {self._in(name)}, which the install writes"
                    )


inputs = _Reader.inputs
