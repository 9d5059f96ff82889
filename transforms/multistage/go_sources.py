"""The Go sources of the packages that a build compiles, of all that the build context has."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from dfix.rewriter.model.source_evidence import sources
from dfix.rewriter.text.expression import expression
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.runtime_stage import BuildStage

Sources = tuple[tuple[str, str], ...]
"""Context path and text of each file."""

MODULE = expression(r"^[^\S\n]*module\s+\"?([^\s\"]+)", re.MULTILINE)
_REPLACES = expression(r"^[^\S\n]*(?:replace\s+)?([^\s\"=(]+)(?:\s+v\S+)?\s+=>\s+(\.{1,2}/\S*)", re.MULTILINE)
_QUOTED = expression(r'"([\w.~/-]+)"')
_OTHER_SYSTEMS = expression(
    r"_(?:windows|darwin|freebsd|netbsd|openbsd|dragonfly|solaris|aix|plan9|js|wasip1)(?:_\w++)?+\.go$"
)


def built_sources(build: BuildStage, command: ClassifiedCommand, operands: list[str]) -> Sources:
    """The sources of the packages that a build command names, and of those that they import from the build context.

    All of the context's sources where the packages are unknown. A text in quotes that is the path of a package counts
    as an import of it.
    """
    everything = tuple(file for file in build.sources(".go") if not _OTHER_SYSTEMS.search(file[0]))
    by_folder: dict[str, list[tuple[str, str]]] = {}
    for path, text in everything:
        by_folder.setdefault(posixpath.dirname(path), []).append((path, text))
    modules = _modules(build)
    pending = [_folder(build, command, operand, modules) for operand in operands or ["."]]
    elsewhere = any(word.partition("=")[0] in ("-C", "-overlay", "-modfile") for word in command.arguments)
    if elsewhere or any(folder not in by_folder for folder in pending):
        return everything
    reached: dict[str, None] = {}
    while pending:
        folder = pending.pop()
        if folder is None or folder in reached:
            continue
        reached[folder] = None
        for _, text in by_folder.get(folder, ()):
            found = (_imported(name, modules, by_folder) for name in set(_QUOTED.findall(text)))
            pending += [other for other in found if other not in reached]
    return tuple(file for folder in sorted(reached) for file in by_folder.get(folder, ()))


def _modules(build: BuildStage) -> dict[str, str]:
    """Module path → the context folder of its sources: that of its go.mod, or one that a `replace` names."""
    modules: dict[str, str] = {}
    replaced: dict[str, str] = {}
    for path, text in sources(build.context, ("go.mod", "go.work")):
        folder = posixpath.dirname(path)
        module = MODULE.search(text)
        if module is not None:
            modules[module[1]] = folder
        for name, other in _REPLACES.findall(text):
            replaced[name] = posixpath.normpath(posixpath.join(folder, other))
    return modules | replaced


def _folder(build: BuildStage, command: ClassifiedCommand, operand: str, modules: Mapping[str, str]) -> str | None:
    """The context folder of a package that a build names; None where it is unknown."""
    if "..." in operand or "$" in operand:
        return None
    if not operand.startswith((".", "/")) and not operand.endswith(".go"):
        return _imported(operand, modules, None)
    path = command.image_path(posixpath.dirname(operand) or "." if operand.endswith(".go") else operand)
    if path is None:
        return None
    for copy in reversed(build.context_copies):
        for file in copy.brought.paths():
            if file.endswith(".go") and posixpath.dirname(copy.brought.image_path_of(file) or "") == path:
                return posixpath.dirname(file)
    return None


def _imported(name: str, modules: Mapping[str, str], there: Mapping[str, object] | None) -> str | None:
    """The context folder of an imported package; None for one that is not in the context."""
    candidates = [
        posixpath.normpath(posixpath.join(folder, name[len(module) :].lstrip("/"))).removeprefix(".")
        for module, folder in sorted(modules.items(), reverse=True)
        if name == module or name.startswith(f"{module}/")
    ]
    candidates += [posixpath.join(folder, "vendor", name) for folder in modules.values()]
    if there is None:
        return candidates[0] if candidates else None
    return next((folder for folder in candidates if folder in there), None)
