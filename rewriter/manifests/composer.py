"""What `composer install` reads: composer.json, composer.lock, packages in folders of the project.

Sources: getcomposer.org/doc ("Command-line interface: install", "The composer.json schema", "Scripts", "Plugins").
"""

from __future__ import annotations

import json
import posixpath
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context, above
from dfix.rewriter.manifests.shared.formats import listed, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import outside, whole_project
from dfix.rewriter.manifests.shared.missing import missing
from dfix.rewriter.manifests.shared.reader import Reader

_EVENTS = frozenset(
    "pre-install-cmd post-install-cmd pre-autoload-dump post-autoload-dump pre-operations-exec pre-package-install "
    "post-package-install pre-pool-create init command pre-file-download post-file-download pre-command-run".split()
)
_OPTIMIZES = frozenset(("-o", "--optimize-autoloader", "-a", "--classmap-authoritative"))
_OTHER_FOLDER = frozenset(("-d", "--working-dir"))
_STAY_IN_VENDOR = frozenset(
    "composer/package-versions-deprecated dealerdirect/phpcodesniffer-composer-installer ocramius/package-versions "
    "pestphp/pest-plugin phpstan/extension-installer".split()
)
"""Plugins that write nowhere but in the vendor folder, from what is installed there."""
_TAKES_VERSION = "from which the install takes the project's version"
_LARGEST = 10_000_000


class _Reader(Reader):
    def __init__(self, context: Context, install: Install) -> None:
        super().__init__(context, install)
        self.flags = {argument.partition("=")[0] for argument in install.arguments}
        self.path = posixpath.join(install.folder, "composer.json")
        self.lock_path = posixpath.join(install.folder, "composer.lock")

    def answer(self) -> Inputs:
        if self.flags & _OTHER_FOLDER:
            raise LeaveAlone("unknown-folder", f"`{self.install.shown}` works in another folder")
        project = self._read(self.path)
        if not self.context.ships(self.lock_path):
            reason = f"no composer.lock ships beside {self.path}, which would tell what plugins the install runs"
            raise LeaveAlone("no-lock", reason)
        lock = self._read(self.lock_path)
        self._plugins(lock)
        self._scripts(project)
        self._autoloader(project)
        self._repositories(project)
        self._outputs(project)
        extra = posixpath.join(self.install.folder, "auth.json")
        files = [self.path, self.lock_path, *([extra] if self.context.ships(extra) else [])]
        return Inputs(tuple(files), tuple(self.folders))

    def _read(self, path: str) -> dict[str, Any]:
        text = self.context.read(path, _LARGEST)
        if text is None:
            raise missing(self.context, path)
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            raise LeaveAlone(
                "broken-manifest", f"{path} is not valid JSON", "composer could not read it either"
            ) from None
        if not isinstance(data, dict):
            raise LeaveAlone("broken-manifest", f"{path} is not a JSON object")
        return data

    def _plugins(self, lock: dict[str, Any]) -> None:
        """Plugins run within the install, and may do anything to the project around them."""
        if "--no-plugins" in self.flags:
            return
        groups = ("packages",) if "--no-dev" in self.flags else ("packages", "packages-dev")
        for package in (package for group in groups for package in listed(lock.get(group))):
            if isinstance(package, dict) and package.get("type") == "composer-plugin":
                name = str(package.get("name"))
                if name not in _STAY_IN_VENDOR:
                    raise LeaveAlone("plugin", f"{self.lock_path}: the plugin {name} may read or write the project")

    def _scripts(self, project: dict[str, Any]) -> None:
        if "--no-scripts" in self.flags:
            return
        for event in table(project, "scripts"):
            if event in _EVENTS:
                hint = "install with --no-scripts, and run what they do after the copy of the sources"
                raise LeaveAlone("hook-script", f"{self.path}: the install runs the scripts of `{event}`", hint)

    def _autoloader(self, project: dict[str, Any]) -> None:
        """The autoloader lists the classes of the project where it has a class map, which then must be there."""
        if "--no-autoloader" in self.flags:
            return
        hint = "install with --no-autoloader, and run `composer dump-autoload` after the copy of the sources"
        config = table(project, "config")
        if self.flags & _OPTIMIZES or config.get("optimize-autoloader") or config.get("classmap-authoritative"):
            raise LeaveAlone(
                "reads-sources", f"`{self.install.shown}` reads all classes for its optimized autoloader", hint
            )
        for key in ("autoload", "autoload-dev"):
            if table(project, key).get("classmap"):
                raise LeaveAlone(
                    "reads-sources", f"{self.path}: `{key}` has a class map, for which sources are read", hint
                )

    def _repositories(self, project: dict[str, Any]) -> None:
        """Packages in folders of the project (`path` repositories)."""
        repositories = project.get("repositories")
        entries = repositories.values() if isinstance(repositories, dict) else listed(repositories)
        for entry in entries:
            if not isinstance(entry, dict) or entry.get("type") not in ("path", "artifact"):
                continue
            written = str(entry.get("url", ""))
            path = posixpath.normpath(posixpath.join(self.install.folder, written))
            if written.startswith(("/", "~")) or path.startswith("..") or "$" in written:
                raise outside(f"{self.path}: a package is at {written}")
            if path == ".":
                raise whole_project(f"{self.path}: a package is at {written}")
            if any(mark in path for mark in "*?[{"):
                raise LeaveAlone("local-source", f"{self.path}: packages lie at {written}, a pattern")
            if not self.context.ships_any(path):
                raise missing(self.context, path)
            self.folders.append(path)

    def _outputs(self, project: dict[str, Any]) -> None:
        """What the later copy would overwrite, or what would be missing while the install looks for it."""
        vendor = str(table(project, "config").get("vendor-dir", "vendor"))
        places = [
            (posixpath.normpath(posixpath.join(self.install.folder, vendor)), "which would replace the installed one")
        ]
        folder = self.install.folder
        places += [(posixpath.join(place, ".git"), _TAKES_VERSION) for place in (folder, *above(folder))]
        for path, why in places:
            if self.context.ships_any(path):
                line = f"add `{path}` to {self.context.ignore_name}"
                raise LeaveAlone("host-output", f"the build context ships {path}, {why}", line)


inputs = _Reader.inputs
