"""What `dotnet restore` reads: projects, those that they refer to, MSBuild's and NuGet's files in folders above.

Sources: learn.microsoft.com ("dotnet restore", "Customize your build by folder", "NuGet.Config reference",
"Central package management", "global.json overview").
"""

from __future__ import annotations

import posixpath
import re
from xml.etree.ElementTree import Element

from dfix.rewriter.context.folder import Context, above
from dfix.rewriter.manifests.shared.formats import read_xml
from dfix.rewriter.manifests.shared.inputs import Blocked, Inputs, Install
from dfix.rewriter.manifests.shared.missing import missing

MOST_FILES = 1000
_LARGEST = 5_000_000
_PROJECT = (".csproj", ".fsproj", ".vbproj", ".proj")
_IN_SOLUTION = re.compile(r'^Project\("[^"]*"\)\s*=\s*"[^"]*",\s*"(?P<path>[^"]*)"', re.MULTILINE)
_ABOVE = ("Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json")
_NUGET = ("nuget.config", "NuGet.config", "NuGet.Config")
_PLAIN_OPTIONS = frozenset(
    "--locked-mode --no-cache --no-http-cache --disable-parallel --force -f --force-evaluate --ignore-failed-sources "
    "--no-dependencies --interactive --nologo -nologo --use-current-runtime --ucr --disable-build-servers".split()
)
_VALUED_OPTIONS = frozenset("-r --runtime -v --verbosity -a --arch --os -s --source".split())
_ELSEWHERE = ("BaseIntermediateOutputPath", "MSBuildProjectExtensionsPath", "ArtifactsPath", "UseArtifactsOutput")
_SOURCES = ("RestoreSources", "RestoreAdditionalProjectSources", "RestoreConfigFile", "RestorePackagesPath")
_HOOKS = ("restore", "collectpackagereferences", "_generaterestoregraph")


def inputs(context: Context, install: Install) -> Inputs | Blocked:
    """What the restore reads, or why that cannot be known."""
    return _Reader(context, install).answer()


class _Reader:
    def __init__(self, context: Context, install: Install) -> None:
        self.context = context
        self.install = install
        self.files: list[str] = []
        self.folders: list[str] = []
        self.pending: list[str] = []

    def answer(self) -> Inputs | Blocked:
        target = self._target()
        if isinstance(target, Blocked):
            return target
        found = self._solution(target) if target.endswith(".sln") else self._queue(target, self.install.shown)
        while found is None and self.pending:
            found = self._file(self.pending.pop(0))
        found = found or self._above() or self._outputs()
        return found or Inputs(tuple(self.files), tuple(self.folders))

    def _target(self) -> str | Blocked:
        """The project or solution that the command names, or the only one of its folder."""
        operands = []
        arguments = iter(self.install.arguments[1:])
        for argument in arguments:
            name = argument.partition("=")[0]
            if name in _VALUED_OPTIONS:
                if "=" not in argument:
                    next(arguments, None)
            elif argument.startswith(("-", "/")):
                if argument not in _PLAIN_OPTIONS:
                    return Blocked("option", f"`{self.install.shown}` has {argument}, which may change what it reads")
            else:
                operands.append(argument)
        if len(operands) > 1 or any("$" in operand for operand in operands):
            return Blocked("folder-unknown", f"what `{self.install.shown}` restores is not known before the build")
        path = _inside(self.install.folder, operands[0] if operands else ".")
        if path is None:
            return Blocked("outside", f"`{self.install.shown}` names a folder outside of the build context")
        if self.context.ships(path):
            return path
        names = [name for name in self.context.names_in(path) if name.endswith((".sln", ".slnx", *_PROJECT))]
        shipped = [found for name in names if self.context.ships(found := posixpath.join(path, name))]
        if len(shipped) != 1:
            return Blocked("no-manifest", f"{path or 'the folder'} has {len(shipped) or 'no'} projects or solutions")
        return shipped[0]

    def _solution(self, path: str) -> Blocked | None:
        text = self.context.read(path, _LARGEST)
        if text is None:
            return missing(self.context, path)
        self.files.append(path)
        for match in _IN_SOLUTION.finditer(text):
            if match["path"].lower().endswith(_PROJECT):
                found = self._queue(_inside(posixpath.dirname(path), match["path"]), path)
                if found is not None:
                    return found
        for name in ("Directory.Solution.props", "Directory.Solution.targets"):
            extra = posixpath.join(posixpath.dirname(path), name)
            if self.context.ships(extra):
                self.pending.append(extra)
        return None

    def _queue(self, path: str | None, where: str) -> Blocked | None:
        if path is None:
            return Blocked("outside", f"{where} names a file outside of the build context")
        if not path.endswith(_PROJECT) or not self.context.ships(path):
            return missing(self.context, path) if not self.context.ships(path) else _unknown(where, path)
        self.pending.append(path)
        return None

    def _file(self, path: str) -> Blocked | None:
        """Take in a project file, or one that it imports, with what that names."""
        if path in self.files:
            return None
        if len(self.files) >= MOST_FILES:
            return Blocked("too-many-files", f"{path} is one of more than {MOST_FILES} files")
        text = self.context.read(path, _LARGEST)
        if text is None:
            return missing(self.context, path)
        self.files.append(path)
        root = read_xml(self.context, path)
        if isinstance(root, Blocked):
            return root
        if "System.IO" in text:
            return Blocked("reads-files", f"{path} reads files by itself (System.IO)")
        for element in root.iter():
            found = self._element(path, element)
            if found is not None:
                return found
        return None

    def _element(self, path: str, element: Element) -> Blocked | None:
        tag = element.tag.rpartition("}")[2]
        if tag == "ProjectReference" and element.get("Include"):
            return self._reference(path, element.get("Include", ""))
        if tag == "Import" and not element.get("Sdk"):
            return self._import(path, element)
        if tag in _ELSEWHERE:
            return Blocked("outputs-elsewhere", f"{path} sets {tag}: what a restore writes lies elsewhere")
        if tag in _SOURCES:
            return Blocked("sources", f"{path} sets {tag}, which names packages or folders that dfix does not follow")
        if tag == "Target":
            hooks = f"{element.get('BeforeTargets', '')};{element.get('AfterTargets', '')}".lower()
            if any(hook in hooks for hook in _HOOKS):
                return Blocked("hook-script", f"{path}: the target `{element.get('Name', '')}` runs with the restore")
        return None

    def _reference(self, path: str, include: str) -> Blocked | None:
        for written in filter(None, (part.strip() for part in include.split(";"))):
            if any(mark in written for mark in "$*?@%"):
                return Blocked("unknown-reference", f"{path} refers to {written}, which is known only to MSBuild")
            found = self._queue(_inside(posixpath.dirname(path), written), path)
            if found is not None:
                return found
        return None

    def _import(self, path: str, element: Element) -> Blocked | None:
        written = element.get("Project", "")
        if "GetPathOfFileAbove" in written:  # all files of that kind above are taken in anyway
            return None
        for name in ("$(MSBuildThisFileDirectory)", "$(MSBuildProjectDirectory)"):
            written = written.replace(name, "./")
        if any(mark in written for mark in "$*?;@%"):
            return Blocked(
                "unknown-reference", f"{path} imports {element.get('Project')}, which is known only to MSBuild"
            )
        target = _inside(posixpath.dirname(path), written)
        if target is None:
            return Blocked("outside", f"{path} imports {written}, outside of the build context")
        if not self.context.ships(target):
            return None if "exists(" in element.get("Condition", "").lower() else missing(self.context, target)
        self.pending.append(target)
        return None

    def _above(self) -> Blocked | None:
        """Files that MSBuild, NuGet and the SDK look for in the folder of a project and in those above it."""
        folders: dict[str, None] = {}
        for path in self.files:
            folder = posixpath.dirname(path)
            folders |= dict.fromkeys((folder, *above(folder)))
        for folder in folders:
            for name in _ABOVE[:-1]:
                extra = posixpath.join(folder, name)
                if self.context.ships(extra):
                    found = self._file(extra)
                    if found is not None:
                        return found
            self._add(posixpath.join(folder, "global.json"))
            for name in _NUGET:
                found = self._nuget(posixpath.join(folder, name))
                if found is not None:
                    return found
        while self.pending:
            found = self._file(self.pending.pop(0))
            if found is not None:
                return found
        return None

    def _add(self, path: str) -> None:
        if self.context.ships(path) and path not in self.files:
            self.files.append(path)

    def _nuget(self, path: str) -> Blocked | None:
        """NuGet's settings; a package source that is a folder of the context is needed whole."""
        if not self.context.ships(path):
            return None
        self._add(path)
        root = read_xml(self.context, path)
        if isinstance(root, Blocked):
            return root
        for source in root.iterfind("packageSources/add"):
            value = source.get("value", "")
            if "://" in value:
                continue
            folder = _inside(posixpath.dirname(path), value)
            if folder is None or "%" in value or not self.context.ships_any(folder) or not folder:
                return Blocked("sources", f"{path}: packages come from {value}, which is no folder that ships")
            self.folders.append(folder)
        return None

    def _outputs(self) -> Blocked | None:
        for path in self.files:
            if not path.endswith(_PROJECT):
                continue
            folder = posixpath.dirname(path)
            output = posixpath.join(folder, "obj")
            if self.context.ships_any(output):
                return Blocked(
                    "outputs-ship",
                    f"the build context ships {output}, which would replace what the restore wrote",
                    f"add `**/obj` to {self.context.ignore_name}",
                )
            lock = posixpath.join(folder, "packages.lock.json")
            if self.context.ships(lock):
                if "--locked-mode" not in self.install.arguments:
                    return Blocked("lock-rewritten", f"the restore may rewrite {lock}", "add `--locked-mode`")
                self._add(lock)
        return None


def _inside(folder: str, written: str) -> str | None:
    """A path as MSBuild writes it, as a context path; None outside of the context."""
    path = written.replace("\\", "/")
    if path.startswith(("/", "~")) or ":" in path:
        return None
    found = posixpath.normpath(posixpath.join(folder, path))
    if found.startswith(".."):
        return None
    return "" if found == "." else found


def _unknown(where: str, path: str) -> Blocked:
    return Blocked("unknown-reference", f"{where} names {path}, which is no project that dfix reads")
