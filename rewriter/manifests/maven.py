"""What `mvn dependency:go-offline` reads: pom.xml, parents and modules in the context, settings, local files.

Sources: maven.apache.org ("POM reference", "Configuring Apache Maven", "Maven Dependency Plugin: go-offline").
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.context.folder import Context, above, inside
from dfix.rewriter.manifests.shared.follow import follow
from dfix.rewriter.manifests.shared.formats import read_xml
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import local_path
from dfix.rewriter.manifests.shared.reader import Reader

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_POMS = 500
_BASE = ("${project.basedir}", "${basedir}", "${pom.basedir}")
_POM, _FILE, _SETTINGS = "pom.xml", ("-f", "--file"), ("-s", "--settings", "-gs", "--global-settings")


class _Pom(NamedTuple):
    """A pom.xml: `root` without name spaces in its tags."""

    path: str
    root: Element

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path)

    def text(self, place: str) -> str:
        return (self.root.findtext(place) or "").strip()

    @property
    def identity(self) -> tuple[str, str]:
        """Group and artifact; the group may come from the parent."""
        return self.text("groupId") or self.text("parent/groupId"), self.text("artifactId")


class _Reader(Reader):
    def __init__(self, context: Context, install: Install) -> None:
        super().__init__(context, install)
        self.poms: dict[str, _Pom] = {}
        self.roots: dict[str, Element | Reason] = {}

    def answer(self) -> Inputs:
        written = _option(self.install.arguments, _FILE) or _POM
        path = inside(self.install.folder, written)
        if path is None:
            raise LeaveAlone("unknown-folder", f"`{self.install.shown}` reads {written}, whose path is not known")
        if not path.endswith(".xml"):
            path = posixpath.join(path, _POM)
        follow(path, MOST_POMS, "poms", self._pom)
        self._siblings()
        self._settings(posixpath.dirname(path))
        return Inputs((*self.poms, *self.files), tuple(self.folders))

    def _pom(self, path: str) -> list[str]:
        """Take in a pom; answers with those of its modules and its parent."""
        root = self._root(path)
        pom = self.poms[path] = _Pom(path, root)
        self._local_files(pom)
        _programs(pom)
        modules = []
        for written in (element.text or "" for element in root.iter("module")):
            module = local_path(pom.folder, written.strip(), f"{path} has the module {written}")
            modules.append(module if module.endswith(".xml") else posixpath.join(module, _POM))
        return modules + self._parent(pom)

    def _root(self, path: str) -> Element:
        """The root of a pom without name spaces in its tags; a parent is asked for twice and read once."""
        root = self.roots.get(path)
        if root is None:
            root = self.roots[path] = attempt(_without_name_spaces, self.context, path)
        if isinstance(root, Reason):
            raise LeaveAlone(*root)
        return root

    def _parent(self, pom: _Pom) -> list[str]:
        """The parent, where the place that is named for it (`../pom.xml`) has the pom of that name."""
        parent = pom.root.find("parent")
        if parent is None:
            return []
        written = parent.findtext("relativePath")
        written = "../pom.xml" if written is None else written.strip()
        place = inside(pom.folder, written)
        if not written or place is None:
            return []
        place = place if place.endswith(".xml") else posixpath.join(place, _POM)
        if not self.context.ships(place):
            return []
        root = attempt(self._root, place)
        known = not isinstance(root, Reason) and _Pom(place, root).text("artifactId")
        return [place] if known == pom.text("parent/artifactId") else []

    def _siblings(self) -> None:
        """A module that needs what the build makes of another cannot be fetched for: that is in no repository."""
        own = {pom.identity: pom.path for pom in self.poms.values()}
        for pom in self.poms.values():
            for kind in ("dependency", "plugin", "extension"):
                for element in pom.root.iter(kind):
                    group = (element.findtext("groupId") or "").strip()
                    group = pom.identity[0] if group in ("${project.groupId}", "${pom.groupId}") else group
                    other = own.get((group, (element.findtext("artifactId") or "").strip()))
                    if other is not None and other != pom.path:
                        reason = f"{pom.path} needs what the build makes of {other}, which cannot be fetched before"
                        hint = "keep artifacts between builds: RUN --mount=type=cache,target=/root/.m2"
                        raise LeaveAlone("workspace", reason, hint)

    def _local_files(self, pom: _Pom) -> None:
        """Libraries and repositories within the project."""
        for element in pom.root.iter("systemPath"):
            path = _below(pom.folder, (element.text or "").strip())
            if path is None or not self.context.ships(path):
                raise LeaveAlone("local-source", f"{pom.path} needs {element.text}, which does not ship")
            self.files.append(path)
        for kind in ("repository", "pluginRepository"):
            for element in pom.root.iter(kind):
                url = (element.findtext("url") or "").strip()
                if not url.startswith(("file:", *_BASE)):
                    continue
                path = _below(pom.folder, "/" + url.removeprefix("file:").lstrip("/") if "${" not in url else url)
                if not path or not self.context.ships_any(path):
                    raise LeaveAlone("local-source", f"{pom.path} takes artifacts from {url}, which does not ship")
                self.folders.append(path)

    def _settings(self, folder: str) -> None:
        for name in _SETTINGS:
            written = _option(self.install.arguments, (name,))
            if written is None or written.startswith("/"):
                continue
            path = posixpath.normpath(posixpath.join(self.install.folder, written))
            if not self.context.ships(path):
                raise LeaveAlone("missing-file", f"{written} is not in the build context")
            self.files.append(path)
        for place in (posixpath.join(outer, ".mvn") for outer in (folder, *above(folder))):
            if self.context.ships_any(place):
                self.folders.append(place)
                self._extensions(posixpath.join(place, "extensions.xml"))
                return

    def _extensions(self, path: str) -> None:
        if "git" in (self.context.read(path) or ""):
            raise LeaveAlone("git-history", f"{path} has an extension that reads the history of git")


inputs = _Reader.inputs


def _without_name_spaces(context: Context, path: str) -> Element:
    root = read_xml(context, path)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _programs(pom: _Pom) -> None:
    """What makes the project look at files before anything is fetched."""
    if any(pom.root.iterfind("profiles/profile/activation/file")):
        raise LeaveAlone("reads-sources", f"{pom.path} has a profile that a file turns on")
    for element in pom.root.iterfind("build/extensions/extension/artifactId"):
        if "git" in (element.text or ""):
            raise LeaveAlone(
                "git-history", f"{pom.path} has an extension that reads the history of git ({element.text})"
            )


def _below(folder: str, written: str) -> str | None:
    """`${basedir}/lib/a.jar` as a context path."""
    path = written.removeprefix("file:").removeprefix("//")
    base = next((base for base in _BASE if path.startswith(base)), None)
    if base is None:
        return None
    return inside(folder, path[len(base) :].lstrip("/"))


def _option(arguments: tuple[str, ...], names: tuple[str, ...]) -> str | None:
    """The value of `-f pom.xml`, `-fpom.xml` or `--file=pom.xml`."""
    rest: Iterator[str] = iter(arguments)
    for argument in rest:
        if argument in names:
            return next(rest, None)
        for name in names:
            if name.startswith("--") and argument.startswith(name + "="):
                return argument[len(name) + 1 :]
    return None
