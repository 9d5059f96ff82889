"""What `mvn dependency:go-offline` reads: pom.xml, parents and modules in the context, settings, local libraries.

Sources: maven.apache.org ("POM reference", "Configuring Apache Maven", "Maven Dependency Plugin: go-offline").
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.context.context_path import above, inside
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.follow import follow
from dfix.rewriter.manifests.shared.formats import read_xml
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import local_path, manifest_path
from dfix.rewriter.manifests.shared.missing import missing
from dfix.rewriter.manifests.shared.reader import Reader
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_POMS = 500
_BASE = ("${project.basedir}", "${basedir}", "${pom.basedir}")
_POM, _FILE, _SETTINGS = "pom.xml", ("-f", "--file"), ("-s", "--settings", "-gs", "--global-settings")


class _Pom(NamedTuple):
    """A pom.xml."""

    path: str
    root: Element
    """Its root element; tags are without name spaces."""

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path)

    def text(self, place: str) -> str:
        return (self.root.findtext(place) or "").strip()

    @property
    def identity(self) -> tuple[str, str]:
        """Group and artifact IDs; a POM without a group has its parent's."""
        return self.text("groupId") or self.text("parent/groupId"), self.text("artifactId")


class _Reader(Reader):
    def __init__(self, context: Context, install: Install) -> None:
        super().__init__(context, install)
        self.poms: dict[str, _Pom] = {}
        self.roots: dict[str, Element | Reason] = {}

    def answer(self) -> Inputs:
        path = manifest_path(self.install, _option(self.install.arguments, _FILE) or _POM)
        if not path.endswith(".xml"):
            path = posixpath.join(path, _POM)
        follow(path, MOST_POMS, "POMs", self._pom)
        if not self.install.is_download:
            self._check_outputs()
        self._settings(posixpath.dirname(path))
        return Inputs(tuple(dict.fromkeys((*self.poms, *self.files))), tuple(self.folders))

    def _pom(self, path: str) -> list[str]:
        """Read a POM; returns the paths of its modules and its parent."""
        root = self._root(path)
        pom = self.poms[path] = _Pom(path, root)
        self._local_files(pom)
        _refuse_file_readers(pom)
        modules = []
        for written in (element.text or "" for element in root.iter("module")):
            module = local_path(pom.folder, written.strip(), f"{path} has the module {written}")
            modules.append(module if module.endswith(".xml") else posixpath.join(module, _POM))
        return modules + self._parent(pom)

    def _root(self, path: str) -> Element:
        """The root of a POM without name spaces in its tags. Cached, because each module asks for its parent."""
        root = self.roots.get(path)
        if root is None:
            root = self.roots[path] = attempt(_without_name_spaces, self.context, path)
        if isinstance(root, Reason):
            raise LeaveAlone(*root)
        return root

    def _parent(self, pom: _Pom) -> list[str]:
        """The parent's path if the context has it: `relativePath` (default `../pom.xml`) with the right artifact ID.

        Maven takes any other parent from a repository.
        """
        parent = pom.root.find("parent")
        if parent is None:
            return []
        written = parent.findtext("relativePath")
        written = "../pom.xml" if written is None else written.strip()
        path = inside(pom.folder, written)
        if not written or path is None:
            return []
        path = path if path.endswith(".xml") else posixpath.join(path, _POM)
        if not self.context.ships(path):
            return []
        root = attempt(self._root, path)
        artifact = not isinstance(root, Reason) and _Pom(path, root).text("artifactId")
        return [path] if artifact == pom.text("parent/artifactId") else []

    def _check_outputs(self) -> None:
        """Raises LeaveAlone when a module that another one needs comes as built: Maven 4 takes it from `target`."""
        for pom, needed in _needed_modules(self.poms.values()):
            target = posixpath.join(needed.folder, "target")
            if self.context.ships_any(target):
                reason = f"{pom.path} depends on the module {needed.path}, of which the build context ships {target}"
                hint = f"add `**/target` to {self.context.ignore_name}"
                raise LeaveAlone("host-output", reason, hint)

    def _local_files(self, pom: _Pom) -> None:
        """Add libraries (`systemPath`) and repositories that are in the project."""
        for element in pom.root.iter("systemPath"):
            path = _in_project(pom.folder, (element.text or "").strip())
            if path is None or not self.context.ships(path):
                reason = f"{pom.path} needs {element.text}, which dfix does not find in the build context"
                raise LeaveAlone("local-source", reason)
            self.files.append(path)
        for kind in ("repository", "pluginRepository"):
            for element in pom.root.iter(kind):
                url = (element.findtext("url") or "").strip()
                if not url.startswith(("file:", *_BASE)):
                    continue
                absolute = "/" + url.removeprefix("file:").lstrip("/")
                path = _in_project(pom.folder, url if "${" in url else absolute)
                if not path or not self.context.ships_any(path):
                    reason = f"{pom.path} takes artifacts from {url}, which dfix does not find in the build context"
                    raise LeaveAlone("local-source", reason)
                self.folders.append(path)

    def _settings(self, folder: str) -> None:
        for name in _SETTINGS:
            written = _option(self.install.arguments, (name,))
            if written is None or written.startswith("/"):
                continue
            path = posixpath.normpath(posixpath.join(self.install.folder, written))
            if not self.context.ships(path):
                raise missing(self.context, path)
            if path not in self.files:
                self.files.append(path)
        for maven_folder in (posixpath.join(parent, ".mvn") for parent in (folder, *above(folder))):
            if self.context.ships_any(maven_folder):
                self.folders.append(maven_folder)
                self._extensions(posixpath.join(maven_folder, "extensions.xml"))
                self._config(posixpath.join(maven_folder, "maven.config"))
                self._config(posixpath.join(maven_folder, "jvm.config"))
                return

    def _config(self, path: str) -> None:
        """Add the settings that the options in `.mvn/maven.config` name. Raises LeaveAlone for any other file."""
        words = tuple((self.context.read(path) or "").split())
        named = [written for name in _SETTINGS if (written := _option(words, (name,))) is not None]
        for word in words:
            for part in (word, word.partition("=")[2], word.rpartition(":")[2]):
                target = inside(self.install.folder, part) if part else None
                if not target or not (self.context.ships(target) or self.context.ships_any(target)):
                    continue
                if part not in named:
                    raise LeaveAlone("setting", f"{path} names {part}, and dfix can't tell what Maven reads there")
                if target not in self.files:  # `-gs a.xml -s a.xml`, or a word of which two parts name it
                    self.files.append(target)

    def _extensions(self, path: str) -> None:
        if "git" in (self.context.read(path) or ""):
            raise LeaveAlone("git-history", f"{path} mentions git: an extension may read the git history")


inputs = _Reader.inputs


def may_not_resolve(context: Context, paths: Iterable[str]) -> str:
    """Why `dependency:go-offline` may fail where a build does not, as a sentence; "" where it does not.

    What only the build creates is in no repository: a module that depends on another one. Plugins that know the build
    (maven-dependency-plugin 3) leave those out, older ones ask for them.
    """
    roots = ((path, attempt(_without_name_spaces, context, path)) for path in paths if path.endswith(".xml"))
    poms = [_Pom(path, root) for path, root in roots if not isinstance(root, Reason) and root.tag == "project"]
    for pom, needed in _needed_modules(poms):
        return f"{pom.path} depends on the module {needed.path}, which exists only after it is built"
    for pom in poms:
        for kind in ("repository", "pluginRepository"):
            for element in pom.root.iter(kind):
                url = (element.findtext("url") or "").strip()
                if "${" in url and not url.removeprefix("file:").lstrip("/").startswith(_BASE):
                    return f"{pom.path} takes artifacts from {url}, an address that only Maven knows"
    return ""


def _needed_modules(poms: Iterable[_Pom]) -> Iterator[tuple[_Pom, _Pom]]:
    """The modules that need another one, each with that one."""
    poms = tuple(poms)
    modules = {pom.identity: pom for pom in poms}
    for pom in poms:
        for kind in ("dependency", "plugin", "extension"):
            for element in pom.root.iter(kind):
                group = (element.findtext("groupId") or "").strip()
                group = pom.identity[0] if group in ("${project.groupId}", "${pom.groupId}") else group
                needed = modules.get((group, (element.findtext("artifactId") or "").strip()))
                if needed is not None and needed is not pom:
                    yield pom, needed


def _without_name_spaces(context: Context, path: str) -> Element:
    root = read_xml(context, path)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _refuse_file_readers(pom: _Pom) -> None:
    """Raises LeaveAlone when the model depends on other files: profiles that a file activates, git extensions."""
    if any(pom.root.iterfind("profiles/profile/activation/file")):
        raise LeaveAlone("reads-sources", f"{pom.path} has a profile that depends on whether a file exists")
    for element in pom.root.iterfind("build/extensions/extension/artifactId"):
        if "git" in (element.text or ""):
            raise LeaveAlone("git-history", f"{pom.path}: the extension {element.text} may read the git history")


def _in_project(folder: str, written: str) -> str | None:
    """The context path of `${basedir}/lib/a.jar` in a POM of `folder`; None for a path that starts otherwise."""
    path = written.removeprefix("file:").removeprefix("//")
    base = next((base for base in _BASE if path.startswith(base)), None)
    if base is None:
        return None
    return inside(folder, path[len(base) :].lstrip("/"))


def _option(arguments: tuple[str, ...], names: tuple[str, ...]) -> str | None:
    """The value of an option: `-f pom.xml`, `--file pom.xml` or `--file=pom.xml`; None without the option."""
    rest: Iterator[str] = iter(arguments)
    for argument in rest:
        if argument in names:
            return next(rest, None)
        for name in names:
            if name.startswith("--") and argument.startswith(name + "="):
                return argument[len(name) + 1 :]
    return None
