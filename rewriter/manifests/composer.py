"""What `composer install` reads: composer.json, composer.lock, packages in folders of the project.

Sources: getcomposer.org/doc ("Command-line interface: install", "The composer.json schema", "Scripts", "Plugins").
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import above, inside
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.composer_plugins import (
    check_locked_plugins,
    check_plugins_at_the_end,
    check_unlocked_plugins,
)
from dfix.rewriter.manifests.shared.command_mode import check_mode
from dfix.rewriter.manifests.shared.formats import listed, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import local_path, whole_project
from dfix.rewriter.manifests.shared.missing import missing
from dfix.rewriter.manifests.shared.reader import Reader
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.json_text import json_value

_EVENTS = frozenset(
    "pre-install-cmd post-install-cmd pre-autoload-dump post-autoload-dump pre-operations-exec pre-package-install "
    "post-package-install pre-pool-create init command pre-file-download post-file-download pre-command-run".split()
)
_BEFORE_UPDATE, _AFTER_UPDATE = "pre-update-cmd", "post-update-cmd"
"""Events of an install without a lock file, in place of pre-install-cmd and post-install-cmd."""
_INSTALLS = ("pre-install-cmd", "post-install-cmd")
_AT_THE_END = frozenset(("post-install-cmd", "pre-autoload-dump", "post-autoload-dump", _AFTER_UPDATE))
"""Events that come after all packages are there: once more when the install runs again, or by name."""
_OF_RUN_SCRIPT = frozenset("--no-dev --no-plugins -q --quiet -n --no-interaction -v -vv -vvv --ansi --no-ansi".split())
_FOLDER_OPTIONS = ("-d", "--working-dir")
_SAFE = expression(r"[\w./=-]+")
_OPTIMIZES = frozenset(("-o", "--optimize-autoloader", "-a", "--classmap-authoritative"))
_TAKES_VERSION = "which the install uses to determine the project's version"
_REMOTE = expression(r"(?!file:)[a-z][a-z0-9+.-]*://|[^/:@]++@[^/:]++:", re.IGNORECASE)
_LARGEST = 10_000_000


class _Reader(Reader):
    def __init__(self, context: Context, install: Install) -> None:
        super().__init__(context, install)
        self.flags = {argument.partition("=")[0] for argument in install.arguments}
        self.folder = install.folder  # `--working-dir` counts already
        self.path = posixpath.join(self.folder, "composer.json")
        self.executables: list[str] = []
        self.lock_path = posixpath.join(self.folder, "composer.lock")
        self.is_locked = self.context.ships(self.lock_path)

    def answer(self) -> Inputs:
        project = self._read(self.path)
        lock = self._read(self.lock_path) if self.is_locked else {}
        if self.is_locked:
            check_locked_plugins(self.lock_path, lock, self.flags)
        else:
            check_unlocked_plugins(self.path, self.lock_path, project, self.flags)
        self._scripts(project)
        check_plugins_at_the_end(self.lock_path, lock, self.flags)
        self._autoloader(project)
        self._repositories(project)
        self._archives(lock)
        self._certificates(project)
        self._outputs(project)
        credentials = posixpath.join(self.folder, "auth.json")
        paths = [self.path, *([self.lock_path] if self.is_locked else []), *self.files]
        files = [*paths, *([credentials] if self.context.ships(credentials) else [])]
        blocks = not self.is_locked and "--no-plugins" not in self.flags
        executables, after = tuple(self.executables), self._afterwards(project)
        return Inputs(
            tuple(files), tuple(self.folders), executables=executables, blocks_plugins=blocks, afterwards=after
        )

    def _read(self, path: str) -> dict[str, Any]:
        text = self.context.read(path, _LARGEST)
        if text is None:
            raise missing(self.context, path)
        try:
            data = json_value(text)
        except ValueError:
            raise LeaveAlone("broken-manifest", f"{path} is not valid JSON") from None
        if not isinstance(data, dict):
            raise LeaveAlone("broken-manifest", f"{path} is not a JSON object")
        return data

    def _scripts(self, project: dict[str, Any]) -> None:
        """Raises LeaveAlone for scripts that Composer runs during the install; first those that a second run misses."""
        if "--no-scripts" in self.flags:
            return
        scripts = table(project, "scripts")
        if not self.is_locked and scripts.get(_BEFORE_UPDATE):
            hint = f"commit {self.lock_path}, or add `--no-scripts`"
            raise LeaveAlone("hook-script", f"{self.path}: the install runs the scripts of `{_BEFORE_UPDATE}`", hint)
        if not self.is_locked and not scripts.keys().isdisjoint(_INSTALLS):
            # only the second run would find a lock file, and run them
            reason = f"{self.path} has scripts for an install with a lock file, and {self.lock_path} is not there"
            raise LeaveAlone("no-lock", reason, f"commit {self.lock_path}")
        known = _EVENTS if self.is_locked else _EVENTS | {_AFTER_UPDATE}
        events = [event for event in scripts if event in known and (event != _AFTER_UPDATE or scripts[event])]
        for event in sorted(events, key=_AT_THE_END.__contains__):
            hint = "add `--no-scripts`, and run the scripts after the sources are copied"
            if event in _AT_THE_END:
                raise LeaveAlone("installs-project", f"{self.path}: the install runs the scripts of `{event}`", hint)
            raise LeaveAlone("hook-script", f"{self.path}: the install runs the scripts of `{event}`", hint)

    def _afterwards(self, project: dict[str, Any]) -> str:
        """What has to follow a second run, which finds the lock file of the first: it is no update any more.

        `composer run-script` raises the same event (src/Composer/Command/RunScriptCommand.php, read on 2026-11-30).
        """
        own = "--no-scripts" in self.install.added
        if self.is_locked or not own or not table(project, "scripts").get(_AFTER_UPDATE):
            return ""
        if "COMPOSER_NO_DEV" in dict(self.install.env):
            reason = f"COMPOSER_NO_DEV is set, which the scripts of `{_AFTER_UPDATE}` may read"
            raise LeaveAlone("hook-script", reason, f"commit {self.lock_path}, or use `--no-dev`")
        words, kept = self.install.written, ["run-script"]
        for at, word in enumerate(words):
            if word in _OF_RUN_SCRIPT or word.startswith(_FOLDER_OPTIONS):
                kept += [word, *(words[at + 1 : at + 2] if word in _FOLDER_OPTIONS else ())]
        if not all(map(_SAFE.fullmatch, kept)):
            raise LeaveAlone("variable", f"`{self.install.shown}` has words that would need quotes")
        return " ".join((*kept, _AFTER_UPDATE))

    def _autoloader(self, project: dict[str, Any]) -> None:
        """Raises LeaveAlone when the autoloader lists the project's classes: their sources have to be there."""
        if "--no-autoloader" in self.flags:
            return
        hint = "add `--no-autoloader`, and run `composer dump-autoload` after the sources are copied"
        config = table(project, "config")
        if self.flags & _OPTIMIZES or config.get("optimize-autoloader") or config.get("classmap-authoritative"):
            reason = f"`{self.install.shown}` reads all classes for its optimized autoloader"
            raise LeaveAlone("installs-project", reason, hint)
        for key in ("autoload", "autoload-dev"):
            if table(project, key).get("classmap"):
                reason = f"{self.path}: `{key}` has a classmap, so the install reads the sources"
                raise LeaveAlone("installs-project", reason, hint)

    def _repositories(self, project: dict[str, Any]) -> None:
        """Add the folders of `path` and `artifact` repositories."""
        repositories = project.get("repositories")
        entries = repositories.values() if isinstance(repositories, dict) else listed(repositories)
        for entry in entries:
            if not isinstance(entry, dict):
                continue
            if entry.get("type") not in ("path", "artifact"):
                self._check_remote(entry)
                continue
            written = str(entry.get("url", ""))
            statement = f"{self.path}: a package is at {written}"
            path = local_path(self.folder, written, statement)
            if not path:
                raise whole_project(statement)
            if any(mark in path for mark in "*?[{"):
                raise LeaveAlone("local-source", f"{statement}, a pattern that dfix does not follow")
            if not self.context.ships_any(path):
                raise missing(self.context, path)
            self.folders.append(path)
            self._commands(path)

    def _check_remote(self, repository: dict[str, Any]) -> None:
        """Raises LeaveAlone for a repository that is not remote: without a lock file, Composer looks at what it has."""
        packages = repository.get("package")
        packages = packages if isinstance(packages, list) else [packages]
        parts = (table(package, kind) for package in packages for kind in ("dist", "source"))
        for written in (part.get("url") for part in (repository, *parts)):
            if not self.is_locked and isinstance(written, str) and not _REMOTE.match(written):
                raise LeaveAlone(
                    "local-source", f"{self.path}: a repository is at {written}, which dfix does not follow"
                )

    def _archives(self, lock: dict[str, Any]) -> None:
        """Add the archives of packages that lie in the project. Raises LeaveAlone for one at a `file:` URL."""
        packages = [*listed(lock.get("packages")), *listed(lock.get("packages-dev"))]
        for package in (package for package in packages if isinstance(package, dict)):
            for kind in ("dist", "source"):
                entry = table(package, kind)
                written = entry.get("url")
                if not isinstance(written, str) or entry.get("type") == "path" or _REMOTE.match(written):
                    continue
                statement = f"{self.lock_path}: the package {package.get('name')} is at {written}"
                if ":" in written:
                    raise LeaveAlone("local-source", f"{statement}, which dfix does not follow")
                path = local_path(self.folder, written, statement)
                if not self.context.ships(path):
                    raise missing(self.context, path)
                if not any(path.startswith(f"{folder}/") for folder in self.folders):
                    self.files.append(path)

    def _certificates(self, project: dict[str, Any]) -> None:
        """Add the certificates that composer.json names; Composer checks that they are there."""
        for key in ("cafile", "capath"):
            written = table(project, "config").get(key)
            path = inside(self.folder, written) if isinstance(written, str) else None
            if path and self.context.ships(path):
                self.files.append(path)
            elif path and self.context.ships_any(path):
                self.folders.append(path)
            elif written:
                reason = f"{self.path}: `{key}` is {written}, which dfix cannot find in the build context"
                raise LeaveAlone("outside-context", reason)

    def _commands(self, folder: str) -> None:
        """Composer links the commands of a package in a folder, and makes them executable there."""
        path = posixpath.join(folder, "composer.json")
        for written in listed(self._read(path).get("bin")) if self.context.ships(path) else ():
            command = posixpath.join(folder, str(written))
            if self.context.ships(command):
                check_mode(self.context, command, "Composer")
                self.executables.append(command)

    def _outputs(self, project: dict[str, Any]) -> None:
        """Raises LeaveAlone when the context ships the vendor folder, or .git, which Composer reads."""
        vendor = str(table(project, "config").get("vendor-dir", "vendor"))
        installed = posixpath.normpath(posixpath.join(self.folder, vendor))
        unwanted = [(installed, "which would overwrite the installed packages")]
        folder = self.folder
        unwanted += [(posixpath.join(parent, ".git"), _TAKES_VERSION) for parent in (folder, *above(folder))]
        for path, why in unwanted:
            if self.context.ships_any(path):
                hint = f"add `{path}` to {self.context.ignore_name}"
                raise LeaveAlone("host-output", f"the build context ships {path}, {why}", hint)


inputs = _Reader.inputs
