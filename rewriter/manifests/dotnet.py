"""What `dotnet restore` reads: projects, those that they refer to, MSBuild's and NuGet's files in folders above.

Sources: learn.microsoft.com ("dotnet restore", "Customize your build by folder", "NuGet.Config reference",
"Central package management", "global.json overview").
"""

from __future__ import annotations

import posixpath
import re
from xml.etree.ElementTree import Element

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context, above
from dfix.rewriter.manifests.shared.formats import read_xml
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import outside
from dfix.rewriter.manifests.shared.missing import missing
from dfix.rewriter.manifests.shared.reader import Reader

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


class _Reader(Reader):
    def __init__(self, context: Context, install: Install) -> None:
        super().__init__(context, install)
        self.pending: list[str] = []

    def answer(self) -> Inputs:
        target = self._target()
        if target.endswith(".sln"):
            self._solution(target)
        else:
            self._queue(target, self.install.shown)
        self._take_in()
        self._above()
        self._outputs()
        return Inputs(tuple(self.files), tuple(self.folders))

    def _target(self) -> str:
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
                    raise LeaveAlone("option", f"`{self.install.shown}` has {argument}, which may change what it reads")
            else:
                operands.append(argument)
        if len(operands) > 1 or any("$" in operand for operand in operands):
            raise LeaveAlone("variable", f"what `{self.install.shown}` restores is not known before the build")
        path = _inside(self.install.folder, operands[0] if operands else ".")
        if path is None:
            raise outside(f"`{self.install.shown}` names a folder")
        if self.context.ships(path):
            return path
        names = [name for name in self.context.names_in(path) if name.endswith((".sln", ".slnx", *_PROJECT))]
        shipped = [found for name in names if self.context.ships(found := posixpath.join(path, name))]
        if len(shipped) != 1:
            raise LeaveAlone("missing-file", f"{path or 'the folder'} has {len(shipped) or 'no'} projects or solutions")
        return shipped[0]

    def _solution(self, path: str) -> None:
        text = self.context.read(path, _LARGEST)
        if text is None:
            raise missing(self.context, path)
        self.files.append(path)
        for match in _IN_SOLUTION.finditer(text):
            if match["path"].lower().endswith(_PROJECT):
                self._queue(_inside(posixpath.dirname(path), match["path"]), path)
        for name in ("Directory.Solution.props", "Directory.Solution.targets"):
            extra = posixpath.join(posixpath.dirname(path), name)
            if self.context.ships(extra):
                self.pending.append(extra)

    def _queue(self, path: str | None, where: str) -> None:
        if path is None:
            raise outside(f"{where} names a file")
        if not self.context.ships(path):
            raise missing(self.context, path)
        if not path.endswith(_PROJECT):
            raise LeaveAlone("unknown-reference", f"{where} names {path}, which is not a project that dfix reads")
        self.pending.append(path)

    def _take_in(self) -> None:
        while self.pending:
            self._file(self.pending.pop(0))

    def _file(self, path: str) -> None:
        """Take in a project file, or one that it imports, with what that names."""
        if path in self.files:
            return
        if len(self.files) >= MOST_FILES:
            raise LeaveAlone("too-many-files", f"{path} is one of more than {MOST_FILES} files")
        text = self.context.read(path, _LARGEST)
        if text is None:
            raise missing(self.context, path)
        self.files.append(path)
        root = read_xml(self.context, path)
        if "System.IO" in text:
            raise LeaveAlone("build-script", f"{path} reads files by itself (System.IO)")
        for element in root.iter():
            self._element(path, element)

    def _element(self, path: str, element: Element) -> None:
        tag = element.tag.rpartition("}")[2]
        if tag == "ProjectReference" and element.get("Include"):
            self._reference(path, element.get("Include", ""))
            return
        if tag == "Import" and not element.get("Sdk"):
            self._import(path, element)
            return
        if tag in _ELSEWHERE:
            raise LeaveAlone("setting", f"{path} sets {tag}: what a restore writes lies elsewhere")
        if tag in _SOURCES:
            raise LeaveAlone(
                "local-source", f"{path} sets {tag}, which names packages or folders that dfix does not follow"
            )
        if tag == "Target":
            hooks = f"{element.get('BeforeTargets', '')};{element.get('AfterTargets', '')}".lower()
            if any(hook in hooks for hook in _HOOKS):
                raise LeaveAlone("hook-script", f"{path}: the target `{element.get('Name', '')}` runs with the restore")

    def _reference(self, path: str, include: str) -> None:
        for written in filter(None, (part.strip() for part in include.split(";"))):
            if any(mark in written for mark in "$*?@%"):
                raise LeaveAlone("unknown-reference", f"{path} refers to {written}, which is known only to MSBuild")
            self._queue(_inside(posixpath.dirname(path), written), path)

    def _import(self, path: str, element: Element) -> None:
        written = element.get("Project", "")
        if "GetPathOfFileAbove" in written:  # all files of that kind above are taken in anyway
            return
        for name in ("$(MSBuildThisFileDirectory)", "$(MSBuildProjectDirectory)"):
            written = written.replace(name, "./")
        if any(mark in written for mark in "$*?;@%"):
            raise LeaveAlone(
                "unknown-reference", f"{path} imports {element.get('Project')}, which is known only to MSBuild"
            )
        target = _inside(posixpath.dirname(path), written)
        if target is None:
            raise outside(f"{path} imports {written}")
        if self.context.ships(target):
            self.pending.append(target)
        elif "exists(" not in element.get("Condition", "").lower():
            raise missing(self.context, target)

    def _above(self) -> None:
        """Files that MSBuild, NuGet and the SDK look for in the folder of a project and in those above it."""
        folders: dict[str, None] = {}
        for path in self.files:
            folder = posixpath.dirname(path)
            folders |= dict.fromkeys((folder, *above(folder)))
        for folder in folders:
            for name in _ABOVE[:-1]:
                extra = posixpath.join(folder, name)
                if self.context.ships(extra):
                    self._file(extra)
            self._add(posixpath.join(folder, "global.json"))
            for name in _NUGET:
                self._nuget(posixpath.join(folder, name))
        self._take_in()

    def _add(self, path: str) -> None:
        if self.context.ships(path) and path not in self.files:
            self.files.append(path)

    def _nuget(self, path: str) -> None:
        """NuGet's settings; a package source that is a folder of the context is needed whole."""
        if not self.context.ships(path):
            return
        self._add(path)
        root = read_xml(self.context, path)
        for source in root.iterfind("packageSources/add"):
            value = source.get("value", "")
            if "://" in value:
                continue
            folder = _inside(posixpath.dirname(path), value)
            if folder is None or "%" in value or not self.context.ships_any(folder) or not folder:
                raise LeaveAlone(
                    "local-source", f"{path}: packages come from {value}, which is not a folder that ships"
                )
            self.folders.append(folder)

    def _outputs(self) -> None:
        for path in self.files:
            if not path.endswith(_PROJECT):
                continue
            folder = posixpath.dirname(path)
            output = posixpath.join(folder, "obj")
            if self.context.ships_any(output):
                raise LeaveAlone(
                    "host-output",
                    f"the build context ships {output}, which would replace what the restore wrote",
                    f"add `**/obj` to {self.context.ignore_name}",
                )
            lock = posixpath.join(folder, "packages.lock.json")
            if self.context.ships(lock):
                if "--locked-mode" not in self.install.arguments:
                    raise LeaveAlone("lock-rewritten", f"the restore may rewrite {lock}", "add `--locked-mode`")
                self._add(lock)


inputs = _Reader.inputs


def _inside(folder: str, written: str) -> str | None:
    """A path as MSBuild writes it, as a context path; None outside of the context."""
    path = written.replace("\\", "/")
    if path.startswith(("/", "~")) or ":" in path:
        return None
    found = posixpath.normpath(posixpath.join(folder, path))
    if found.startswith(".."):
        return None
    return "" if found == "." else found
