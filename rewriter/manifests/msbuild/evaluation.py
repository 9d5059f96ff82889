"""What MSBuild evaluates in a project or in a file that one imports, and which of it a restore can depend on.

Sources: learn.microsoft.com/visualstudio/msbuild ("How MSBuild builds projects", "Property functions", "Customize your
build by folder") and the sources of MSBuild and NuGet (Microsoft.Common.targets, NuGet.targets), read on 2026-11-30.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.manifests.msbuild.conditions import LONGEST, holds
from dfix.rewriter.text.expression import expression

_DEEPEST = 100
"""How deep elements may be within elements; nobody writes a deeper project file."""
_READS_FILES = expression(r"\[\s*System\.IO\.(?!Path\b)")
"""A property function that may read a file: `$([System.IO.File]::ReadAllText('a'))`. A package's name is none."""
_ELSEWHERE = frozenset(
    "BaseIntermediateOutputPath MSBuildProjectExtensionsPath ArtifactsPath UseArtifactsOutput RestoreOutputPath "
    "ProjectAssetsFile".split()
)
"""Properties that move what a restore writes out of `obj`."""
_SOURCES = frozenset(
    "RestoreSources RestoreAdditionalProjectSources RestoreConfigFile RestorePackagesPath RestoreFallbackFolders "
    "RestoreAdditionalProjectFallbackFolders RestoreRootConfigDirectory RestoreRepositoryPath NuGetLockFilePath".split()
)
"""Properties that name package sources, settings and folders."""
_IMPORTS = frozenset(
    "DirectoryBuildPropsPath DirectoryBuildTargetsPath DirectoryPackagesPropsPath DirectorySolutionPropsPath "
    "DirectorySolutionTargetsPath NuGetRestoreTargets NuGetPropsFile CustomBeforeDirectoryBuildProps "
    "CustomAfterDirectoryBuildProps CustomBeforeDirectoryBuildTargets CustomAfterDirectoryBuildTargets "
    "CustomBeforeMicrosoftCommonProps CustomAfterMicrosoftCommonProps CustomBeforeMicrosoftCommonTargets "
    "CustomAfterMicrosoftCommonTargets BeforeMicrosoftNETSdkTargets AfterMicrosoftNETSdkProps".split()
)
"""Properties that name files to import."""
_HOOKS = (
    "restore collectpackage collectframework collectcentral collectnuget collectprune processframeworkreferences "
    "_getprojectjsonpath dotnetclitoolreference implicitpackagereference applyimplicitversions"
).split()
"""Parts of the names of targets that run in a restore, in lower case."""
_ABOVE = expression(
    r"GetPathOfFileAbove\([\s']*(?P<path>[\w.-]+|\$\(\w+\))[\s']*[,)]|"
    r"GetDirectoryNameOfFileAbove\([^,]{0,200},[\s']*(?P<folder>[\w.-]+|\$\(\w+\))[\s']*\)"
)
_ABOVE_ALONE = expression(r"\$\(\[MSBuild\]::GetPathOfFileAbove\([^)]{0,100}(?:\)[^)]{0,100}){0,2}\)\)")
_BELOW_ABOVE = expression(
    r"\$\(\[MSBuild\]::GetDirectoryNameOfFileAbove\([^,]{0,200},[\s']*(?P<name>[\w.-]+)[\s']*\)\)[/\\](?P<file>[\w.-]+)"
)
_EXISTS = expression(r"(?i:exists)\s*\(\s*'(?P<path>[^']*)'\s*\)")
_TOOLS = (
    "msbuildextensionspath msbuildtoolspath msbuildsdkspath msbuilduserextensionspath msbuildbinpath nuget "
    "microsoftnet netcore dotnet vs devenvdir programfiles windows userprofile home appdata localappdata"
).split()
"""What the names of properties begin with, in lower case, that name a place outside of the project."""
_FIRST_PROPERTY = expression(r"\s*\$\((?P<name>\w+)\)")


def evaluated(path: str, root: Element, properties: Mapping[str, str]) -> Iterator[Element]:
    """The elements that count for a restore: not those in targets, nor those whose condition is known to be false."""
    pending = [(root, 0)]
    known: dict[str, bool | None] = {}
    while pending:
        element, depth = pending.pop()
        if depth > _DEEPEST:
            raise LeaveAlone("broken-manifest", f"{path} nests elements more than {_DEEPEST} levels deep")
        condition = element.get("Condition", "")
        if condition not in known:
            known[condition] = holds(condition, properties)
        if known[condition] is False:
            continue
        yield element
        if tag_of(element) not in ("Target", "UsingTask"):
            pending += [(child, depth + 1) for child in reversed(element)]


def tag_of(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def check_code(path: str, text: str, root: Element) -> None:
    """Raises LeaveAlone for code in a project that may read any file, or that runs in every command."""
    if _READS_FILES.search(text):
        raise LeaveAlone("build-script", f"{path} uses System.IO, so it may read any file")
    local = root.get("TreatAsLocalProperty")
    if local:
        raise LeaveAlone("setting", f"{path} may set {local} itself, whatever the command says (TreatAsLocalProperty)")
    targets = root.get("InitialTargets")
    if targets:
        raise LeaveAlone("hook-script", f"{path}: the target `{targets}` runs before the restore")


def check_element(path: str, element: Element) -> None:
    """Raises LeaveAlone for a property that leads a restore elsewhere, and for a target that runs in one."""
    tag = tag_of(element)
    if tag in _ELSEWHERE:
        raise LeaveAlone("setting", f"{path} sets {tag}, so the restore writes to another folder than `obj`")
    if tag in _SOURCES:
        raise LeaveAlone("local-source", f"{path} sets {tag}, which may name folders that dfix does not follow")
    if tag in _IMPORTS:
        raise LeaveAlone("unknown-reference", f"{path} sets {tag}, which names a file to import")
    if tag == "Target":
        name = element.get("Name", "")
        hooks = f"{name};{element.get('BeforeTargets', '')};{element.get('AfterTargets', '')}".lower()
        if "$(" in hooks or any(hook in hooks for hook in _HOOKS):
            raise LeaveAlone("hook-script", f"{path}: the target `{name}` runs during the restore")


def looked_for_above(path: str, text: str) -> Iterator[str]:
    """The names of the files that property functions look for in folders above."""
    found = 0
    for match in _ABOVE.finditer(text):
        found += 1
        name = match["path"] or match["folder"]
        if name.lower() == "$(msbuildthisfile)":
            name = posixpath.basename(path)
        if "$" in name:
            raise LeaveAlone("unknown-reference", f"{path} looks for {name} above, which only MSBuild can resolve")
        yield name
    if found != text.count("OfFileAbove("):
        raise LeaveAlone("unknown-reference", f"{path} looks for a file above, which only MSBuild can resolve")


def is_found_above(written: str) -> bool:
    """Whether an Import names a file that a property function looks for, without more: `looked_for_above` knows it."""
    if _ABOVE_ALONE.fullmatch(written):
        return True
    match = _BELOW_ABOVE.fullmatch(written)
    return match is not None and match["name"] == match["file"]


def asked_for(path: str, element: Element) -> Iterator[str]:
    """The paths of which an element's condition asks whether they exist, other than those of the tools."""
    condition = element.get("Condition", "")
    if "exists" not in condition.lower():
        return
    found = [match["path"] for match in _EXISTS.finditer(condition[:LONGEST])]
    if len(found) != condition.lower().count("exists"):
        raise LeaveAlone("unknown-reference", f"{path} asks in a condition which files exist: {condition[:60]}")
    for written in found:
        first = _FIRST_PROPERTY.match(written)
        if first is None or not first["name"].lower().startswith(tuple(_TOOLS)):
            yield written
