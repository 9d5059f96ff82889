"""What `npm ci`, `yarn install`, `pnpm install` and `bun install` read.

Sources: docs.npmjs.com (package.json, scripts, npmrc), classic.yarnpkg.com, yarnpkg.com, pnpm.io, bun.sh.
"""

from __future__ import annotations

import posixpath
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import inside
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.git_hooks import refuse_git_hooks, ships_git
from dfix.rewriter.manifests.node.hooks import InstallHooks
from dfix.rewriter.manifests.node.lock_files import CLEAN_INSTALLS, archives_in_lock, is_frozen, refuse_rewritten_lock
from dfix.rewriter.manifests.node.nx import NxFiles, nx_files
from dfix.rewriter.manifests.node.package_json import Manifest, local_dependencies, read_manifest
from dfix.rewriter.manifests.node.puppeteer import puppeteer_settings
from dfix.rewriter.manifests.node.workspaces import members, outer_workspace
from dfix.rewriter.manifests.shared.formats import read_yaml
from dfix.rewriter.manifests.shared.inputs import Inputs, Install, PnpmVersions, ReplacedOutput
from dfix.rewriter.manifests.shared.missing import MissingFile
from dfix.rewriter.manifests.shared.reader import Reader

_LOCKS = {
    "npm": ("npm-shrinkwrap.json", "package-lock.json", "yarn.lock"),
    "yarn": ("yarn.lock",),
    "pnpm": ("pnpm-lock.yaml",),
    "bun": ("bun.lock", "bun.lockb", "package-lock.json", "yarn.lock"),
}
_SETTINGS = {
    "npm": (".npmrc",),
    "yarn": (".npmrc", ".yarnrc", ".yarnrc.yml", ".yarnclean"),
    "pnpm": (".npmrc", "pnpm-workspace.yaml", ".pnpmfile.cjs"),
    "bun": (".npmrc", "bunfig.toml"),
}
_NO_HOOKS = "if the image does not need that, add `--ignore-scripts` to the install"
_FOLDER_OPTIONS = frozenset(("--prefix", "-C", "--cwd", "--dir"))
_YARN_FOLDERS = (".yarn/releases", ".yarn/plugins", ".yarn/patches", ".yarn/cache", ".yarn/versions")
_YARN_OUTPUTS = (".pnp.cjs", ".pnp.js", ".pnp.loader.mjs", ".yarn/install-state.gz", ".yarn/build-state.yml")
_PATCH_FOLDERS = ("patches",)
_READS_THE_PROJECT = {
    "msw": "copies its worker into the project",
    "nuxt": "may generate types from the project",
}
"""Published packages whose own install hook reads or writes the project, and what it does."""


class _Reader(Reader):
    def __init__(self, context: Context, install: Install) -> None:
        super().__init__(context, install)
        self.warnings: list[str] = []
        self.executables: list[str] = []
        self.local: list[Manifest] = []
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
                    raise LeaveAlone("unknown-folder", f"`{self.install.shown}` runs in a folder that dfix cannot find")
                self.folder = folder
        return self._project()

    def _project(self) -> Inputs:
        path = posixpath.join(self.folder, "package.json")
        root = read_manifest(self.context, path)
        outer = outer_workspace(self.context, self.folder)
        if outer:
            raise LeaveAlone("workspace", f"{path} is below the workspace root {outer}, which the install reads too")
        self._add(path)
        locks = self._locks()
        self._settings()
        workspace = members(self.context, self.install.manager, root)
        manifests = [root, *workspace]
        self._dependencies(manifests)
        self._puppeteer([*manifests, *self.local], locks)
        self._git(manifests, locks)
        for path in (path for lock in locks for path in archives_in_lock(self.context, lock)):
            if not any(path.startswith(f"{folder}/") for folder in self.folders):
                self._add(path)
        self._patches(root)
        self._hooks(manifests)
        self._outputs(manifests)
        self._commands(root, workspace)
        refuse_rewritten_lock(self.context, self.install, root, workspace, locks)
        pnpm = self._pnpm(root, workspace, locks)
        nx = NxFiles() if "--ignore-scripts" in self.flags else self._nx(manifests, locks)
        npm_7_only = (
            self.install.manager == "npm" and bool(locks) and not self.flags & {"ci", "clean-install", "--no-save"}
        )
        return Inputs(
            tuple(self.files),
            tuple(self.folders),
            tuple(self.warnings),
            tuple(self.executables),
            nx.made,
            newest_npm=npm_7_only,
            yarn_1=self.install.manager == "yarn" and bool(locks) and not is_frozen(self.install),
            pnpm=pnpm,
        )

    def _pnpm(self, root: Manifest, workspace: list[Manifest], locks: list[str]) -> PnpmVersions | None:
        if self.install.manager != "pnpm":
            return None
        from dfix.rewriter.manifests.node.pnpm_install import versions_that_keep_the_lock

        return versions_that_keep_the_lock(self.context, self.install, root, workspace, locks)

    def _nx(self, manifests: list[Manifest], locks: list[str]) -> NxFiles:
        nx = nx_files(self.context, manifests, locks, frozenset(name for name, _ in self.install.env))
        for path in nx.read:
            self._add(path)
        return nx

    def _add(self, path: str) -> None:
        if path not in self.files and self.context.ships(path):
            self.files.append(path)

    def _add_folder(self, folder: str) -> None:
        if folder not in self.folders and self.context.ships_any(folder):
            self.folders.append(folder)

    def _in(self, name: str) -> str:
        return posixpath.join(self.folder, name)

    def _locks(self) -> list[str]:
        """The lock file that the manager uses, as a list: npm falls back to yarn.lock, Bun to npm's and Yarn's."""
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
                raise LeaveAlone("hook-script", f"{path} is code that the install runs, and it may read any file")
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
                raise LeaveAlone("setting", f"{path} sets {key} to {value}, which dfix does not follow")

    def _dependencies(self, manifests: list[Manifest]) -> None:
        """Add every manifest and its local dependencies, and those of local dependencies in turn."""
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

    def _commands(self, root: Manifest, workspace: list[Manifest]) -> None:
        """Add the commands of members and local packages, and refuse what the install writes to their manifests."""
        if workspace or self.local or self.install.manager == "pnpm":
            self._linked(root, workspace)
        if self.install.manager == "yarn" and self._is_yarn_2():
            from dfix.rewriter.manifests.node.rewritten_manifest import refuse_rewritten_manifest

            for manifest in (root, *workspace):
                refuse_rewritten_manifest(self.context, manifest)

    def _linked(self, root: Manifest, workspace: list[Manifest]) -> None:
        """Add the commands that the install links and makes executable."""
        from dfix.rewriter.manifests.node.commands_of_members import commands_of, refuse_injected

        manager = self.install.manager
        manifests = [root, *workspace]
        if manager == "pnpm":
            refuse_injected(manifests)
            # pnpm links the commands of a member only into the packages that depend on it
            depended = {name for manifest in manifests for name in manifest.every_dependency()}
            workspace = [manifest for manifest in workspace if manifest.data.get("name") in depended]
        for manifest in (*workspace, *self.local):
            commands = commands_of(self.context, manifest, manager)
            self.executables += commands
            for path in commands:
                if not any(path.startswith(f"{folder}/") for folder in self.folders):
                    self._add(path)

    def _git(self, manifests: list[Manifest], locks: list[str]) -> None:
        """Raises LeaveAlone where the install reads or writes .git, which comes with the sources."""
        if self.install.manager == "pnpm" and ships_git(self.context):
            changed = next((word for word in self.install.arguments if "[" in word), None)
            if changed is not None:  # pnpm.io/filtering: `--filter "...[<since>]"`
                reason = f"`{self.install.shown}` asks git what changed ({changed}), and the build context ships .git"
                raise LeaveAlone("git-history", reason, "name the packages to install")
        if "--ignore-scripts" not in self.flags:
            for manifest in (*manifests, *self.local):
                refuse_git_hooks(self.context, manifest, locks)

    def _is_yarn_2(self) -> bool:
        if self.context.ships(self._in(".yarnrc.yml")):
            return True
        return "\n__metadata:" in (self.context.read(self._in("yarn.lock")) or "")

    def _published(self, manifest: Manifest) -> None:
        """Raises LeaveAlone for a published package whose own install hook reads the project."""
        for name in manifest.every_dependency():
            why = _READS_THE_PROJECT.get(name)
            if why and "--ignore-scripts" not in self.flags and (name != "msw" or "msw" in manifest.data):
                raise LeaveAlone("plugin", f"{manifest.path}: {name} {why} during the install", _NO_HOOKS)
        if "--ignore-scripts" not in self.flags and "@prisma/client" in manifest.every_dependency():
            self._prisma(manifest)

    def _puppeteer(self, manifests: list[Manifest], locks: list[str]) -> None:
        """Add the settings of Puppeteer, which any package may depend on, unless a lock file shows that none does."""
        if "--ignore-scripts" in self.flags:
            return
        if locks and all("puppeteer" not in (self.context.read(lock) or "puppeteer") for lock in locks):
            return
        for path in puppeteer_settings(self.context, (manifest.folder for manifest in manifests)):
            self._add(path)

    def _prisma(self, manifest: Manifest) -> None:
        """Add the schema from which @prisma/client generates code during the install."""
        if manifest.folder != self.folder:
            reason = f"{manifest.path}: @prisma/client generates code here, which dfix follows only in the root package"
            raise LeaveAlone("plugin", reason, _NO_HOOKS)
        from dfix.rewriter.manifests.node.prisma import schema

        prisma = schema(self.context, manifest)
        for path in prisma.files:
            self._add(path)
        for folder in prisma.folders:
            self._add_folder(folder)

    def _local_project(self, folder: str) -> Manifest:
        """Add a local dependency's folder; returns its manifest. Its hooks run during the install, too."""
        self._add_folder(folder)
        manifest = read_manifest(self.context, posixpath.join(folder, "package.json"))
        self.local.append(manifest)
        self._hooks([manifest])
        self._outputs([manifest])
        return manifest

    def _patches(self, root: Manifest) -> None:
        """Add the patch files that `patchedDependencies` of pnpm and Bun names."""
        declared: list[Any] = [root.data.get("patchedDependencies"), (root.table("pnpm")).get("patchedDependencies")]
        if self.install.manager == "pnpm":
            workspace = read_yaml(self.context, self._in("pnpm-workspace.yaml"))
            declared.append(workspace.get("patchedDependencies"))
        for table in declared:
            for value in table.values() if isinstance(table, dict) else ():
                path = posixpath.normpath(posixpath.join(self.folder, str(value)))
                if not self.context.ships(path):
                    elsewhere = self.context.put_elsewhere(path)
                    why = f"but {elsewhere}" if elsewhere else "which the build context does not ship"
                    raise MissingFile("missing-file", f"{root.path} names the patch {value}, {why}", "", path)
                folder = posixpath.dirname(path)
                if folder and posixpath.basename(folder) in _PATCH_FOLDERS:
                    self._add_folder(folder)
                else:
                    self._add(path)

    def _hooks(self, manifests: list[Manifest]) -> None:
        if "--ignore-scripts" in self.flags:
            return
        for manifest in manifests:
            hooks = InstallHooks(self.context, manifest)
            hooks.follow()
            for path in hooks.files:
                self._add(path)
            for folder in hooks.folders:
                self._add_folder(folder)

    def _replaces_modules(self, manifest: Manifest) -> bool:
        """`npm ci` deletes node_modules before it installs, so the host's version is not in the image today."""
        return self.install.manager == "npm" and manifest.folder == self.folder and bool(self.flags & CLEAN_INSTALLS)

    def _outputs(self, manifests: list[Manifest]) -> None:
        """Raises LeaveAlone when the context ships what the install writes."""
        for manifest in manifests:
            path = posixpath.join(manifest.folder, "node_modules")
            if self.context.ships_any(path):
                line = f"{'**/' if manifest.folder else ''}node_modules"
                reason = f"the build context ships {path}, which would overwrite the installed packages"
                hint = f"add `{line}` to {self.context.ignore_name}"
                if self._replaces_modules(manifest):
                    raise ReplacedOutput("host-output", reason, hint, path)
                raise LeaveAlone("host-output", reason, hint)
        if self.install.manager == "yarn":
            for path in map(self._in, _YARN_OUTPUTS):
                if self.context.ships(path):
                    hint = f"add `{path}` to {self.context.ignore_name}"
                    raise LeaveAlone("host-output", f"the build context ships {path}, which the install writes", hint)


inputs = _Reader.inputs
