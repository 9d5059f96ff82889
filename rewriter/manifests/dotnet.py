"""What `dotnet restore` reads: projects, the projects they refer to, MSBuild's and NuGet's files in parent folders.

Sources: learn.microsoft.com ("dotnet restore", "Customize your build by folder", "NuGet.Config reference",
"Central package management", "global.json overview"); NuGet.targets and Microsoft.Common.targets for the files beside
a project (`App.csproj.user`, packages.config), read on 2026-11-30.
"""

from __future__ import annotations

import posixpath
from xml.etree.ElementTree import Element

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import above
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.msbuild.beside_project import check_components, check_outputs, lock_files
from dfix.rewriter.manifests.msbuild.evaluation import (
    asked_for,
    check_code,
    check_element,
    evaluated,
    is_found_above,
    looked_for_above,
    tag_of,
)
from dfix.rewriter.manifests.msbuild.nuget_settings import NAMES, package_folders
from dfix.rewriter.manifests.msbuild.projects import (
    PROJECT,
    SOLUTION,
    listed_projects,
    msbuild_path,
    solution_settings,
    target_at,
)
from dfix.rewriter.manifests.msbuild.response_files import response_files
from dfix.rewriter.manifests.shared.formats import read_xml
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import outside
from dfix.rewriter.manifests.shared.missing import missing
from dfix.rewriter.manifests.shared.reader import Reader
from dfix.rewriter.text.expression import expression

MOST_FILES = 1000
_PROPERTY = expression(r"(?:--?|/)p(?:roperty)?:(?P<name>\w+)=(?P<value>.*)")
_BUILD_PROPERTIES = frozenset(
    "AssemblyVersion Configuration DebugSymbols DebugType EnableCompressionInSingleFile FileVersion "
    "InformationalVersion IncludeNativeLibrariesForSelfExtract InvariantGlobalization PublishAot "
    "PublishReadyToRun PublishSingleFile PublishTrimmed SelfContained TreatWarningsAsErrors TrimMode "
    "UseAppHost Version VersionPrefix VersionSuffix".split()
)
"""Properties that name no file (learn.microsoft.com/dotnet/core/project-sdk/msbuild-props, read on 2026-11-29)."""
_LARGEST = 5_000_000
_FOUND_ABOVE = ("Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props")
_IMPORTED = (".props", ".targets", ".user", "proj")
_PLAIN_OPTIONS = frozenset(
    "--locked-mode --no-cache --no-http-cache --disable-parallel --force -f --force-evaluate --ignore-failed-sources "
    "--no-dependencies --interactive --nologo -nologo --use-current-runtime --ucr --disable-build-servers".split()
)
"""Options without a value that don't change which files a restore reads."""
_VALUED_OPTIONS = frozenset("-r --runtime -v --verbosity -a --arch --os -s --source".split())
_REFERENCES = ("PackageReference", "PackageDownload", "PackageVersion", "GlobalPackageReference", "FrameworkReference")
_THIS_FOLDER = "$(MSBuildThisFileDirectory)"
_PROJECT_FOLDER = ("$(MSBuildProjectDirectory)", "$(ProjectDir)")


class _Reader(Reader):
    def __init__(self, context: Context, install: Install) -> None:
        super().__init__(context, install)
        self.pending: list[str] = []
        self.properties: dict[str, str] = {}
        """Those that the command sets, with names in lower case."""
        self.folders_seen: set[str] = set()
        self.looked_for: dict[str, None] = dict.fromkeys(_FOUND_ABOVE)
        """Names of files that MSBuild looks for in the folder of a project and in its parents."""
        self.of_projects: dict[tuple[str, bool], None] = {}
        """What imported files name in the folder of the project that imports them, and whether they import it."""

    def answer(self) -> Inputs:
        target = self._target()
        if target.endswith(SOLUTION):
            self._solution(target)
        else:
            self._queue(target, f"`{self.install.shown}` restores {target}")
        self._read_pending()
        for path in response_files(self.context, posixpath.dirname(target)):
            self._add(path)
        self._beside_outputs()
        return Inputs(tuple(self.files), tuple(self.folders))

    def _target(self) -> str:
        """The project or solution that the command names, or the only one in its folder."""
        operands = []
        arguments = iter(self.install.arguments[1:])
        for argument in arguments:
            name = argument.partition("=")[0]
            given = _PROPERTY.fullmatch(argument)
            if name in _VALUED_OPTIONS:
                if "=" not in argument:
                    next(arguments, None)
            elif given is not None and given["name"] in _BUILD_PROPERTIES:
                self.properties[given["name"].lower()] = given["value"]
            elif argument in _PLAIN_OPTIONS:
                continue
            elif argument.startswith(("-", "/")):
                raise LeaveAlone("option", f"`{self.install.shown}` has {argument}, which may change what it reads")
            else:
                operands.append(argument)
        if any("$" in operand for operand in operands):
            raise LeaveAlone("variable", f"what `{self.install.shown}` restores is known only during the build")
        if len(operands) > 1:
            raise LeaveAlone("too-many-files", f"`{self.install.shown}` restores several projects; dfix follows one")
        path = msbuild_path(self.install.folder, operands[0] if operands else ".")
        if path is None:
            raise outside(f"`{self.install.shown}` restores {operands[0]}")
        return target_at(self.context, path, operands[0] if operands else ".")

    def _solution(self, path: str) -> None:
        written = list(listed_projects(self.context, path))
        self.files.append(path)
        for project in written:
            self._queue(msbuild_path(posixpath.dirname(path), project), f"{path} refers to {project}")
        self.pending += solution_settings(self.context, path)
        self.looked_for |= dict.fromkeys(("Directory.Solution.props", "Directory.Solution.targets"))

    def _queue(self, path: str | None, statement: str) -> None:
        """Add a project to those to be read; `statement` says where it is named ("a.sln refers to b.csproj")."""
        if path is None:
            raise outside(statement)
        if not self.context.ships(path):
            raise missing(self.context, path)
        if not path.endswith(PROJECT):
            raise LeaveAlone("unknown-reference", f"{path} is not a kind of project that dfix reads")
        self.pending.append(path)

    def _read_pending(self) -> None:
        while self.pending:
            while self.pending:
                self._file(self.pending.pop(0))
            self._in_folders_above()
            self._beside_projects()

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
        check_code(path, text, root)
        self.looked_for |= dict.fromkeys(looked_for_above(path, text))
        for element in evaluated(path, root, self.properties):
            self._element(path, element)

    def _element(self, path: str, element: Element) -> None:
        tag = tag_of(element)
        check_element(path, element)
        if tag == "Target":
            return
        for written in asked_for(path, element):
            self._named(path, written, f"{path} asks whether {written} exists")
        if tag == "ProjectReference" and element.get("Include"):
            self._reference(path, element.get("Include", ""))
        elif tag in _REFERENCES and any(mark in element.get("Include", "") for mark in "*?@%"):
            reason = f"{path} has a {tag} of {element.get('Include')}, which only MSBuild can resolve"
            raise LeaveAlone("unknown-reference", reason)
        elif tag == "Import" and not element.get("Sdk"):
            self._import(path, element)

    def _reference(self, path: str, include: str) -> None:
        for written in filter(None, (part.strip() for part in include.split(";"))):
            if any(mark in written for mark in "$*?@%"):
                raise LeaveAlone("unknown-reference", f"{path} refers to {written}, which only MSBuild can resolve")
            self._queue(msbuild_path(posixpath.dirname(path), written), f"{path} refers to {written}")

    def _import(self, path: str, element: Element) -> None:
        written = element.get("Project", "")
        if is_found_above(written):  # `_in_folders_above` reads these files
            return
        if written.startswith(_PROJECT_FOLDER) and not path.endswith("proj"):
            self._named(path, written, f"{path} imports {written}", imported=True)
            return
        for name in (_THIS_FOLDER, *_PROJECT_FOLDER):
            written = written.replace(name, "./")
        if any(mark in written for mark in "$*?;@%"):
            reason = f"{path} imports {element.get('Project')}, which only MSBuild can resolve"
            raise LeaveAlone("unknown-reference", reason)
        target = msbuild_path(posixpath.dirname(path), written)
        if target is None:
            raise outside(f"{path} imports {written}")
        if self.context.ships(target):
            self.pending.append(target)
        elif "exists" not in element.get("Condition", "").lower():
            raise missing(self.context, target)

    def _named(self, path: str, written: str, statement: str, *, imported: bool = False) -> None:
        """Remember a file that has to be there, or not be there, as it is for the author's command."""
        named = written.replace("\\", "/")
        absolute = named.startswith(_THIS_FOLDER)
        for name in (_THIS_FOLDER, *_PROJECT_FOLDER):
            named = named.replace(name, "./")
        if any(mark in named for mark in "$*?@%"):
            raise LeaveAlone("unknown-reference", f"{statement}, which only MSBuild can resolve")
        if absolute or path.endswith("proj"):
            self._there(posixpath.dirname(path), named, statement, imported=imported)
        else:
            self.of_projects[named, imported] = None

    def _there(self, folder: str, named: str, statement: str, *, imported: bool) -> None:
        target = msbuild_path(folder, named)
        if target is None:
            raise outside(statement)
        if target and self.context.ships(target):
            if imported:
                self.pending += [target] if target not in self.files else []
            else:
                self._add(target)
        elif not target or self.context.ships_any(target):
            raise LeaveAlone("reads-sources", f"{statement}, which is a folder of the sources")

    def _beside_projects(self) -> None:
        """Add what MSBuild and NuGet find beside a project, and what imported files name there."""
        for path in [path for path in self.files if path.endswith(PROJECT)]:
            folder, name = posixpath.split(path)
            if self.context.ships(f"{path}.user") and f"{path}.user" not in self.files:
                self.pending.append(f"{path}.user")
            stem = posixpath.splitext(name)[0]
            for beside in ("packages.config", f"packages.{stem}.config", "project.json", f"{stem}.project.json"):
                self._add(posixpath.join(folder, beside))
            for named, imported in self.of_projects:
                self._there(folder, named, f"a file that {path} imports names {named}", imported=imported)

    def _in_folders_above(self) -> None:
        """Add the files that MSBuild, NuGet and the SDK look for in the folder of a project and in its parents."""
        folders: dict[str, None] = {}
        for path in self.files:
            folder = posixpath.dirname(path)
            folders |= dict.fromkeys((folder, *above(folder)))
        for folder in folders:
            for name in list(self.looked_for):
                settings = posixpath.join(folder, name)
                if not name.endswith(_IMPORTED):
                    self._add(settings)
                elif self.context.ships(settings):
                    self._file(settings)
            if folder in self.folders_seen:
                continue
            self.folders_seen.add(folder)
            self._add(posixpath.join(folder, "global.json"))
            for name in NAMES:
                settings = posixpath.join(folder, name)
                if self.context.ships(settings):
                    self._add(settings)
                    self.folders += package_folders(self.context, settings)

    def _beside_outputs(self) -> None:
        projects = [path for path in self.files if path.endswith(PROJECT)]
        check_outputs(self.context, projects)
        for lock in lock_files(self.context, projects):
            if "--locked-mode" not in self.install.arguments:
                raise LeaveAlone("lock-rewritten", f"`{self.install.shown}` may rewrite {lock}", "add `--locked-mode`")
            self._add(lock)
        if not self.install.is_download:  # a build restores once more
            check_components(self.context, projects, self.files, self.install.shown)

    def _add(self, path: str) -> None:
        if self.context.ships(path) and path not in self.files:
            self.files.append(path)


inputs = _Reader.inputs
