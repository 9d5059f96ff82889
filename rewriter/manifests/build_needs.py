"""Whether a download of all dependencies asks for something that a build with Maven, Cargo, .NET or sbt does not need.

Sources: maven.apache.org ("dependency:go-offline", "Introduction to the Build Lifecycle"), doc.rust-lang.org/cargo
("cargo fetch"), learn.microsoft.com ("dotnet publish", "implicit restore"), scala-sbt.org ("Scopes").
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.formats import listed, read_toml, read_xml, table
from dfix.rewriter.text.expression import expression

_PHASES = (
    "validate initialize generate-sources process-sources generate-resources process-resources compile process-classes "
    "generate-test-sources process-test-sources generate-test-resources process-test-resources test-compile "
    "process-test-classes test prepare-package package pre-integration-test integration-test post-integration-test "
    "verify install"
).split()
_RESOLVES_TESTS = _PHASES.index("test-compile")
_ALWAYS = frozenset("TargetFramework TargetFrameworks RuntimeIdentifier OS MSBuildProjectName".split())
"""Properties that are the same in a restore and in the build after it."""
_PROPERTY = expression(r"\$\((\w+)")
_GIVEN = expression(r"-p:(\w+)=")
_PROJECTS = (".csproj", ".fsproj", ".vbproj", ".proj", ".props", ".targets", ".user")
_LARGEST_PROJECT = 5_000_000
_CRATE_TABLES = ("dependencies", "dev-dependencies", "build-dependencies")
_CRATES = "registry+https://github.com/rust-lang/crates.io-index"
_PACKAGES = ("PackageReference", "PackageDownload", "ProjectReference", "PackageVersion", "GlobalPackageReference")


def unneeded_plugin(context: Context, files: Sequence[str], words: Sequence[str], groups: Sequence[str]) -> str:
    """Why `dependency:go-offline` may resolve more than `mvn PHASE` does, as a sentence; "" if it does not.

    `groups` are the beginnings of the groups of public plugins.
    """
    last = max((_PHASES.index(word) for word in words if word in _PHASES), default=-1)
    for path in files:
        if not path.endswith(".xml") or ".mvn/" in path:
            continue
        root = read_xml(context, path)
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        for plugin in _plugins(root):
            group = (plugin.findtext("groupId") or "org.apache.maven.plugins").strip()
            if not group.startswith(tuple(groups)) and not _runs(plugin, last):
                name = f"{group}:{(plugin.findtext('artifactId') or '').strip()}"
                return f"{path} has the plugin {name}, which the build may not run"
        scopes = {(element.findtext("scope") or "").strip() for element in root.iter("dependency")}
        if last < _RESOLVES_TESTS and scopes & {"test", "runtime"}:
            return f"{path} has dependencies for tests or run time, which the build does not resolve"
    return ""


def _plugins(root: Element) -> list[Element]:
    """The plugins that are used: not those that are only given a version in `pluginManagement`."""
    found = [
        plugin
        for place in ("build/plugins/plugin", "profiles/profile/build/plugins/plugin")
        for plugin in root.iterfind(place)
    ]
    reports = ("reporting/plugins/plugin", "profiles/profile/reporting/plugins/plugin")
    return found + [plugin for place in reports for plugin in root.iterfind(place)]


def _runs(plugin: Element, last: int) -> bool:
    """Whether an execution is bound to a phase that the build reaches."""
    phases = [(phase.text or "").strip() for phase in plugin.iterfind("executions/execution/phase")]
    return any(phase in _PHASES and _PHASES.index(phase) <= last for phase in phases)


def crate_from_elsewhere(context: Context, files: Sequence[str]) -> str:
    """Why `cargo fetch` may fetch a crate that only another target or a test needs; "" if all come from crates.io."""
    for path in files:
        name = posixpath.basename(path)
        if name == "Cargo.lock":
            for package in listed(read_toml(context, path).get("package")):
                source = package.get("source") if isinstance(package, dict) else None
                if source not in (None, _CRATES):
                    return f"{path} has {package.get('name')} from {source}, which the build may not need"
        elif ".cargo/" in path and "[source" in (context.read(path) or ""):
            return f"{path} replaces crates.io, and the replacement may not have every crate"
        elif name == "Cargo.toml":
            data = read_toml(context, path)
            tables = [data, table(data, "workspace"), *table(data, "target").values()]
            groups = [table(one, group) for one in tables for group in _CRATE_TABLES]
            groups += [*map(table, table(data, "patch").values()), table(data, "replace")]
            for crate, entry in (pair for group in groups for pair in group.items()):
                if isinstance(entry, dict) and any(entry.get(key) for key in ("git", "registry", "registry-index")):
                    return f"{path} has {crate} from another place than crates.io"
    return ""


def conditional_reference(context: Context, files: Sequence[str], given: str, left_out: Sequence[str] = ()) -> str:
    """Why `dotnet restore` may restore other packages than the build does; "" if it does not.

    A build sets properties for its restore (Configuration, those of `-p:`), and a restore by itself has others, apart
    from what is `given` (`-p:Configuration=Release`). It does not have those that are `left_out`.
    """
    known = _ALWAYS | set(_GIVEN.findall(given))
    for path in files:
        if not path.endswith(_PROJECTS):
            continue
        used = {name.lower() for name in _PROPERTY.findall(context.read(path, _LARGEST_PROJECT) or "")}
        wanted = next((name for name in left_out if name.lower() in used), "")
        if wanted:
            return f"{path} uses {wanted}, which the build sets to a value that is not known"
        for tag, names, chosen in _conditions(context, path):
            if names - known:
                return f"{path} has a {tag} that depends on {min(names - known)}"
            if chosen:
                return f"{path} has a {tag} in a Choose element"
    return ""


def depends_on_configuration(context: Context, files: Sequence[str]) -> bool:
    """Whether packages or projects are named for some configurations only."""
    paths = [path for path in files if path.endswith(_PROJECTS)]
    return any("Configuration" in names for path in paths for _, names, _ in _conditions(context, path))


def _conditions(context: Context, path: str) -> Iterator[tuple[str, set[str], bool]]:
    """Of each reference of a project: its tag, the properties in its conditions, and whether it is in a Choose."""
    for parent in read_xml(context, path).iter():
        for element in parent:
            tag = element.tag.rpartition("}")[2]
            if tag in _PACKAGES:
                condition = f"{parent.get('Condition', '')} {element.get('Condition', '')}"
                chosen = parent.tag.rpartition("}")[2] in ("When", "Otherwise")
                yield tag, set(_PROPERTY.findall(condition)) - _ALWAYS, chosen


def scoped_task(words: Sequence[str]) -> str:
    """Why `sbt update` may resolve more than the build: it builds one project of several; "" if it does not."""
    scoped = next((word for word in words[1:] if re.match(r"[\w-]+/", word) and word[0].islower()), "")
    return f"`{scoped}` builds one project of the build" if scoped else ""
