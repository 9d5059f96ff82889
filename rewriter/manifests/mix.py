"""What `mix deps.get` reads: mix.exs, mix.lock, the config folder, mix.exs of umbrella applications and local packages.

Sources: hexdocs.pm/mix ("mix deps.get", "Mix.Project", "mix deps"). mix.exs is a program: dfix does not follow one
that reads files. Mix does not change a lock file that has each dependency in a version that satisfies mix.exs.
"""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import inside
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.follow import follow
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import local_path
from dfix.rewriter.manifests.shared.missing import missing, refuse_host_output
from dfix.rewriter.manifests.shared.reader import Reader
from dfix.rewriter.manifests.shared.semver_ranges import fits, mismatch
from dfix.rewriter.text.expression import expression

MOST_PROJECTS = 200
_FILE = "mix.exs"
_OUTPUTS = ("deps", "_build")
_READS = expression(
    r"\b(File\.\w+|System\.(cmd|shell|get_env|fetch_env)\w*|Code\.\w+|Path\.wildcard|import_file|:os\.\w+)"
)
_DEPENDENCY = expression(r"\{\s*:(?P<name>\w+)\s*,(?P<rest>[^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
"""A dependency: `{:jason, "~> 1.4"}`, `{:lib, path: "../lib"}`; its options may contain one more level of braces."""
_PATH = expression(r"\bpath:\s*\"(?P<value>[^\"]*)\"")
_REQUIREMENT = expression(r"\s*\"(?P<value>[^\"]*)\"")
_LOCKED = expression(r"^[ \t]*\"(?P<name>\w+)\":\s*\{:(?P<kind>\w+),[^,]*,\s*\"(?P<version>[^\"]*)\"", re.MULTILINE)
"""A line of mix.lock: `"jason": {:hex, :jason, "1.4.1", …}`."""
_APPS = expression(r"\bapps_path:\s*\"(?P<value>[^\"]*)\"")


class _Reader(Reader):
    def __init__(self, context: Context, install: Install) -> None:
        super().__init__(context, install)
        self.required: dict[str, str] = {}

    def answer(self) -> Inputs:
        first = posixpath.join(self.install.folder, _FILE)
        follow(first, MOST_PROJECTS, "projects", self._project)
        self._config()
        self._lock()
        refuse_host_output(self.context, self.install.folder, *_OUTPUTS)
        return Inputs(tuple(self.files), tuple(self.folders))

    def _project(self, path: str) -> list[str]:
        """Read a mix.exs; returns those of `path:` dependencies and of an umbrella's applications."""
        text = self.context.read(path)
        if text is None:
            raise missing(self.context, path)
        self.files.append(path)
        text = re.sub(r"(?m)#(?!\{).*$", "", text)
        reads = _READS.search(text)
        if reads is not None:
            raise LeaveAlone("build-script", f"{path} uses `{reads[0]}`, so it may read more than dfix follows")
        folder = posixpath.dirname(path)
        manifests = [posixpath.join(package, _FILE) for package in self._dependencies(folder, path, text)]
        match = _APPS.search(text)
        apps = None if match is None else inside(folder, match["value"])
        if apps is not None:
            paths = (posixpath.join(apps, name, _FILE) for name in self.context.folders_in(apps))
            manifests += filter(self.context.ships, paths)
        return manifests

    def _dependencies(self, folder: str, path: str, text: str) -> list[str]:
        """The folders of `path:` dependencies; the others are added to `required`."""
        folders = []
        for match in _DEPENDENCY.finditer(text):
            if "in_umbrella:" in match["rest"]:
                continue
            local = _PATH.search(match["rest"])
            if local is not None:
                folders.append(local_path(folder, local["value"], f"{path}: {match['name']} is at {local['value']}"))
                continue
            requirement = _REQUIREMENT.match(match["rest"])
            if requirement is not None:
                self.required[match["name"]] = requirement["value"]
            elif re.search(r"\b(git|github):", match["rest"]):
                self.required[match["name"]] = ""
        return folders

    def _config(self) -> None:
        """Add the config folder, which Mix loads before any task. Raises LeaveAlone when it reads other files."""
        folder = posixpath.join(self.install.folder, "config")
        for path in self.context.below(folder) if self.context.ships_any(folder) else ():
            text = self.context.read(path) or ""
            reads = re.search(r"\b(File\.(read|stream|ls)\w*|Path\.wildcard|Code\.eval_file|\.\./)", text)
            if reads is not None and not path.endswith(("runtime.exs", "releases.exs")):
                raise LeaveAlone("build-script", f"{path} uses `{reads[0]}`, so it may read more than dfix follows")
            self.folders = [folder]

    def _lock(self) -> None:
        """Add mix.lock. Raises LeaveAlone when a dependency is missing from it, or in a version that does not fit."""
        path = posixpath.join(self.install.folder, "mix.lock")
        text = self.context.read(path)
        if text is None and self.required:
            return
        if text is None:
            raise LeaveAlone("nothing-to-fetch", f"{self.files[0]} lists nothing to download")
        locked = {match["name"]: (match["kind"], match["version"]) for match in _LOCKED.finditer(text)}
        for name, requirement in self.required.items():
            kind, version = locked.get(name, ("", ""))
            fit = fits(version, requirement)
            if not self.install.lock_stays and (not kind or (kind == "hex" and fit is not True)):
                difference = mismatch(name, version if kind else "", requirement, fit)
                reason = f"`{self.install.shown}` may rewrite {path}: {difference}"
                raise LeaveAlone("lock-rewritten", reason, "run `mix deps.get` and commit mix.lock")
        self.files.insert(1, path)


inputs = _Reader.inputs
