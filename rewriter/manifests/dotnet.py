"""What `dotnet restore` reads: projects, the projects they refer to, MSBuild's and NuGet's files in parent folders.

Sources: learn.microsoft.com ("dotnet restore", "Customize your build by folder", "NuGet.Config reference",
"Central package management", "global.json overview").
"""

from __future__ import annotations

import posixpath
import re
from xml.etree.ElementTree import Element

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import above, inside
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.formats import read_xml
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import outside
from dfix.rewriter.manifests.shared.missing import missing
from dfix.rewriter.manifests.shared.reader import Reader
from dfix.rewriter.text.expression import expression

MOST_FILES = 1000
_PROPERTY = expression(r"(?:--?|/)p(?:roperty)?:(\w+)=")
_BUILD_PROPERTIES = frozenset(
    "AssemblyVersion Configuration DebugSymbols DebugType EnableCompressionInSingleFile FileVersion "
    "InformationalVersion IncludeNativeLibrariesForSelfExtract InvariantGlobalization PublishAot "
    "PublishReadyToRun PublishSingleFile PublishTrimmed SelfContained TreatWarningsAsErrors TrimMode "
    "UseAppHost Version VersionPrefix VersionSuffix".split()
)
"""Properties that name no file (learn.microsoft.com/dotnet/core/project-sdk/msbuild-props, read on 2026-11-29)."""
_READS_FILES = expression(r"\[\s*System\.IO\.(?!Path\b)")
"""A property function that may read a file: `$([System.IO.File]::ReadAllText('a'))`. A package's name is none."""
_LARGEST = 5_000_000
_PROJECT = (".csproj", ".fsproj", ".vbproj", ".proj")
_IN_SOLUTION = expression(r'^Project\("[^"]*"\)\s*=\s*"[^"]*",\s*"(?P<path>[^"]*)"', re.MULTILINE)
_FOUND_ABOVE = ("Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props")
_NUGET = ("nuget.config", "NuGet.config", "NuGet.Config")
_PLAIN_OPTIONS = frozenset(
    "--locked-mode --no-cache --no-http-cache --disable-parallel --force -f --force-evaluate --ignore-failed-sources "
    "--no-dependencies --interactive --nologo -nologo --use-current-runtime --ucr --disable-build-servers".split()
)
"""Options without a value that don't change which files a restore reads."""
_VALUED_OPTIONS = frozenset("-r --runtime -v --verbosity -a --arch --os -s --source".split())
_ELSEWHERE = ("BaseIntermediateOutputPath", "MSBuildProjectExtensionsPath", "ArtifactsPath", "UseArtifactsOutput")
"""Properties that move what a restore writes out of `obj`."""
_SOURCES = ("RestoreSources", "RestoreAdditionalProjectSources", "RestoreConfigFile", "RestorePackagesPath")
"""Properties that name package sources and folders."""
_HOOKS = ("restore", "collectpackagereferences", "_generaterestoregraph")
"""Targets of a restore, in lower case: what runs before or after one of them runs during the restore."""


class _Reader(Reader):
    def __init__(self, context: Context, install: Install) -> None:
        super().__init__(context, install)
        self.pending: list[str] = []

    def answer(self) -> Inputs:
        target = self._target()
        if target.endswith(".sln"):
            self._solution(target)
        else:
            self._queue(target, f"`{self.install.shown}` restores {target}")
        self._read_pending()
        self._parent_folders()
        self._outputs()
        return Inputs(tuple(self.files), tuple(self.folders))

    def _target(self) -> str:
        """The project or solution that the command names, or the only one in its folder."""
        operands = []
        arguments = iter(self.install.arguments[1:])
        for argument in arguments:
            name = argument.partition("=")[0]
            if name in _VALUED_OPTIONS:
                if "=" not in argument:
                    next(arguments, None)
            elif argument.startswith(("-", "/")):
                given = _PROPERTY.match(argument)
                if argument not in _PLAIN_OPTIONS and (given is None or given[1] not in _BUILD_PROPERTIES):
                    raise LeaveAlone("option", f"`{self.install.shown}` has {argument}, which may change what it reads")
            else:
                operands.append(argument)
        if any("$" in operand for operand in operands):
            raise LeaveAlone("variable", f"what `{self.install.shown}` restores is known only during the build")
        if len(operands) > 1:
            raise LeaveAlone("too-many-files", f"`{self.install.shown}` restores several projects; dfix follows one")
        path = _msbuild_path(self.install.folder, operands[0] if operands else ".")
        if path is None:
            raise outside(f"`{self.install.shown}` restores {operands[0]}")
        if self.context.ships(path):
            return path
        if "*" in path:
            reason = f"`{operands[0]}` names the project by a pattern"
            raise LeaveAlone("unknown-reference", reason, "name the project")
        names = [name for name in self.context.names_in(path) if name.endswith((".sln", ".slnx", *_PROJECT))]
        shipped = list(filter(self.context.ships, (posixpath.join(path, name) for name in names)))
        if len(shipped) != 1:
            folder = path or "the root of the context"
            hint = "name one project or solution in the command" if shipped else ""
            raise LeaveAlone("missing-file", f"{folder} has {len(shipped) or 'no'} projects or solutions", hint)
        return shipped[0]

    def _solution(self, path: str) -> None:
        text = self.context.read(path, _LARGEST)
        if text is None:
            raise missing(self.context, path)
        self.files.append(path)
        for match in _IN_SOLUTION.finditer(text):
            if match["path"].lower().endswith(_PROJECT):
                self._queue(_msbuild_path(posixpath.dirname(path), match["path"]), f"{path} refers to {match['path']}")
        for name in ("Directory.Solution.props", "Directory.Solution.targets"):
            settings = posixpath.join(posixpath.dirname(path), name)
            if self.context.ships(settings):
                self.pending.append(settings)

    def _queue(self, path: str | None, statement: str) -> None:
        """Add a project to those to be read; `statement` says where it is named ("a.sln refers to b.csproj")."""
        if path is None:
            raise outside(statement)
        if not self.context.ships(path):
            raise missing(self.context, path)
        if not path.endswith(_PROJECT):
            raise LeaveAlone("unknown-reference", f"{path} is not a kind of project that dfix reads")
        self.pending.append(path)

    def _read_pending(self) -> None:
        while self.pending:
            self._file(self.pending.pop(0))

    def _file(self, path: str) -> None:
        """Read a project file, or a file that one imports; adds what it refers to to the pending files."""
        if path in self.files:
            return
        if len(self.files) >= MOST_FILES:
            raise LeaveAlone("too-many-files", f"{path} is one of more than {MOST_FILES} files, more than dfix reads")
        text = self.context.read(path, _LARGEST)
        if text is None:
            raise missing(self.context, path)
        self.files.append(path)
        root = read_xml(self.context, path)
        if _READS_FILES.search(text):
            raise LeaveAlone("build-script", f"{path} uses System.IO, so it may read any file")
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
            raise LeaveAlone("setting", f"{path} sets {tag}, so the restore writes to another folder than `obj`")
        if tag in _SOURCES:
            raise LeaveAlone("local-source", f"{path} sets {tag}, which may name folders that dfix does not follow")
        if tag == "Target":
            hooks = f"{element.get('BeforeTargets', '')};{element.get('AfterTargets', '')}".lower()
            if any(hook in hooks for hook in _HOOKS):
                name = element.get("Name", "")
                raise LeaveAlone("hook-script", f"{path}: the target `{name}` runs during the restore")

    def _reference(self, path: str, include: str) -> None:
        for written in filter(None, (part.strip() for part in include.split(";"))):
            if any(mark in written for mark in "$*?@%"):
                raise LeaveAlone("unknown-reference", f"{path} refers to {written}, which only MSBuild can resolve")
            self._queue(_msbuild_path(posixpath.dirname(path), written), f"{path} refers to {written}")

    def _import(self, path: str, element: Element) -> None:
        written = element.get("Project", "")
        if "GetPathOfFileAbove" in written:  # `_parent_folders` adds these files anyway
            return
        for name in ("$(MSBuildThisFileDirectory)", "$(MSBuildProjectDirectory)"):
            written = written.replace(name, "./")
        if any(mark in written for mark in "$*?;@%"):
            raise LeaveAlone(
                "unknown-reference", f"{path} imports {element.get('Project')}, which only MSBuild can resolve"
            )
        target = _msbuild_path(posixpath.dirname(path), written)
        if target is None:
            raise outside(f"{path} imports {written}")
        if self.context.ships(target):
            self.pending.append(target)
        elif "exists(" not in element.get("Condition", "").lower():
            raise missing(self.context, target)

    def _parent_folders(self) -> None:
        """Add the files that MSBuild, NuGet and the SDK look for in the folder of a project and in its parents."""
        folders: dict[str, None] = {}
        for path in self.files:
            folder = posixpath.dirname(path)
            folders |= dict.fromkeys((folder, *above(folder)))
        for folder in folders:
            for name in _FOUND_ABOVE:
                settings = posixpath.join(folder, name)
                if self.context.ships(settings):
                    self._file(settings)
            self._add(posixpath.join(folder, "global.json"))
            for name in _NUGET:
                self._nuget(posixpath.join(folder, name))
        self._read_pending()

    def _add(self, path: str) -> None:
        if self.context.ships(path) and path not in self.files:
            self.files.append(path)

    def _nuget(self, path: str) -> None:
        """Add NuGet's settings, and the package sources in them that are folders of the context."""
        if not self.context.ships(path):
            return
        self._add(path)
        root = read_xml(self.context, path)
        for source in root.iterfind("packageSources/add"):
            value = source.get("value", "")
            if "://" in value:
                continue
            folder = _msbuild_path(posixpath.dirname(path), value)
            if folder is None or "%" in value or not self.context.ships_any(folder) or not folder:
                raise LeaveAlone(
                    "local-source", f"{path} takes packages from {value}, which is not a folder of the build context"
                )
            self.folders.append(folder)

    def _outputs(self) -> None:
        """Raises LeaveAlone when the context ships an `obj` folder, or a lock file that the restore may rewrite."""
        for path in self.files:
            if not path.endswith(_PROJECT):
                continue
            folder = posixpath.dirname(path)
            output = posixpath.join(folder, "obj")
            if self.context.ships_any(output):
                raise LeaveAlone(
                    "host-output",
                    f"the build context ships {output}, which would overwrite what the restore writes",
                    f"add `**/obj` to {self.context.ignore_name}",
                )
            lock = posixpath.join(folder, "packages.lock.json")
            if self.context.ships(lock):
                if "--locked-mode" not in self.install.arguments:
                    reason = f"`{self.install.shown}` may rewrite {lock}"
                    raise LeaveAlone("lock-rewritten", reason, "add `--locked-mode`")
                self._add(lock)


inputs = _Reader.inputs


def _msbuild_path(folder: str, written: str) -> str | None:
    """The context path of what a file in `folder` names, with slashes or backslashes; None outside the context."""
    path = written.replace("\\", "/")
    return None if ":" in path else inside(folder, path)  # C:/x is a path of Windows
