"""What `mix deps.get` reads: mix.exs, mix.lock, the config folder, mix.exs of applications and dependencies in folders.

Sources: hexdocs.pm/mix ("mix deps.get", "Mix.Project", "mix deps"). mix.exs is a program: one that reads files is not
followed. Mix leaves a lock file alone that has each dependency in a version that fits.
"""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context, inside
from dfix.rewriter.manifests.shared.follow import follow
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import local_path
from dfix.rewriter.manifests.shared.missing import in_the_way, missing
from dfix.rewriter.manifests.shared.reader import Reader
from dfix.rewriter.manifests.shared.semver_ranges import fits

MOST_PROJECTS = 200
_FILE = "mix.exs"
_OUTPUTS = ("deps", "_build")
_READS = re.compile(
    r"\b(File\.\w+|System\.(cmd|shell|get_env|fetch_env)\w*|Code\.\w+|Path\.wildcard|import_file|:os\.\w+)"
)
_DEPENDENCY = re.compile(r"\{\s*:(?P<name>\w+)\s*,(?P<rest>[^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_PATH = re.compile(r"\bpath:\s*\"(?P<value>[^\"]*)\"")
_REQUIREMENT = re.compile(r"\s*\"(?P<value>[^\"]*)\"")
_LOCKED = re.compile(
    r"^\s*\"(?P<name>\w+)\":\s*\{:(?P<kind>\w+),\s*(?:[:\"]?[^,]*),\s*\"(?P<version>[^\"]*)\"", re.MULTILINE
)
_APPS = re.compile(r"\bapps_path:\s*\"(?P<value>[^\"]*)\"")


class _Reader(Reader):
    def __init__(self, context: Context, install: Install) -> None:
        super().__init__(context, install)
        self.required: dict[str, str] = {}

    def answer(self) -> Inputs:
        first = posixpath.join(self.install.folder, _FILE)
        follow(first, MOST_PROJECTS, "projects", self._project)
        self._config()
        self._lock()
        in_the_way(self.context, self.install.folder, *_OUTPUTS)
        return Inputs(tuple(self.files), tuple(self.folders))

    def _project(self, path: str) -> list[str]:
        """Take in a mix.exs; answers with those of dependencies in folders and of an umbrella's applications."""
        text = self.context.read(path)
        if text is None:
            raise missing(self.context, path)
        self.files.append(path)
        text = re.sub(r"(?m)#(?!\{).*$", "", text)
        reads = _READS.search(text)
        if reads is not None:
            raise LeaveAlone("build-script", f"{path} is a program that looks around (`{reads[0]}`)")
        folder = posixpath.dirname(path)
        more = self._dependencies(folder, path, text)
        found = [posixpath.join(other, _FILE) for other in more]
        apps = _APPS.search(text)
        below = None if apps is None else inside(folder, apps["value"])
        if below is not None:
            names = (posixpath.join(below, name, _FILE) for name in self.context.folders_in(below))
            found += filter(self.context.ships, names)
        return found

    def _dependencies(self, folder: str, path: str, text: str) -> list[str]:
        found = []
        for match in _DEPENDENCY.finditer(text):
            if "in_umbrella:" in match["rest"]:
                continue
            place = _PATH.search(match["rest"])
            if place is not None:
                found.append(local_path(folder, place["value"], f"{path}: {match['name']} is at {place['value']}"))
                continue
            requirement = _REQUIREMENT.match(match["rest"])
            if requirement is not None:
                self.required[match["name"]] = requirement["value"]
            elif re.search(r"\b(git|github):", match["rest"]):
                self.required[match["name"]] = ""
        return found

    def _config(self) -> None:
        """Mix loads the configuration before any task."""
        folder = posixpath.join(self.install.folder, "config")
        for path in self.context.below(folder) if self.context.ships_any(folder) else ():
            text = self.context.read(path) or ""
            reads = re.search(r"\b(File\.(read|stream|ls)\w*|Path\.wildcard|Code\.eval_file|\.\./)", text)
            if reads is not None and not path.endswith(("runtime.exs", "releases.exs")):
                raise LeaveAlone("build-script", f"{path} reads files itself (`{reads[0]}`)")
            self.folders = [folder]

    def _lock(self) -> None:
        path = posixpath.join(self.install.folder, "mix.lock")
        text = self.context.read(path)
        if text is None and self.required:
            return
        if text is None:
            raise LeaveAlone("nothing-to-fetch", f"{self.files[0]} needs nothing that would be fetched")
        locked = {match["name"]: (match["kind"], match["version"]) for match in _LOCKED.finditer(text)}
        for name, requirement in self.required.items():
            kind, version = locked.get(name, ("", ""))
            if not kind or (kind == "hex" and fits(version, requirement) is not True):
                reason = f"`{self.install.shown}` may rewrite {path}: it has no {name} that fits `{requirement}`"
                raise LeaveAlone("lock-rewritten", reason, "run `mix deps.get` and commit mix.lock")
        self.files.insert(1, path)


inputs = _Reader.inputs
