"""Whether `uv sync` would write uv.lock anew: it does so where the file does not answer what the project asks for.

Source: github.com/astral-sh/uv (`Lock::satisfies` in crates/uv-resolver/src/lock/mod.rs), compared with real runs of uv
0.4.30, 0.8.22 and 0.13.9 on ten lock files and changes of them (2026-11-29). uv compares the requirements of each
member, the version of Python, the indexes and the settings of the resolver; a file that satisfies them stays as it is,
also in an older revision of its form. dfix compares them for a project without members, settings and own indexes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from dfix.rewriter.manifests.shared.formats import listed, table
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.toml import TomlError, toml_of

_INDEX = "https://pypi.org/simple"
_SOURCE = expression(r"^source = \{ (\w+) = \"([^\"\n]*)\"", re.MULTILINE)
_REQUIREMENT = expression(
    r"(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[(?P<extras>[^\]]*)\])?\s*\(?(?P<versions>[^;@()]*)\)?\s*(?:;(?P<marker>.*))?"
)
_HARMLESS_OPTIONS = frozenset(
    "--no-dev --dev --only-dev --extra --all-extras --no-extra --group --no-group --only-group --all-groups "
    "--no-default-groups --no-editable --inexact --exact --no-install-project --no-install-workspace "
    "--no-install-package --no-cache -n --cache-dir --link-mode --compile-bytecode --no-progress -q --quiet -v "
    "--verbose --no-python-downloads --active --color sync".split()
)
_HARMLESS_VARIABLES = frozenset(
    "UV_LINK_MODE UV_COMPILE_BYTECODE UV_PYTHON_DOWNLOADS UV_CACHE_DIR UV_NO_CACHE UV_SYSTEM_PYTHON UV_TOOL_BIN_DIR "
    "UV_PROJECT_ENVIRONMENT UV_HTTP_TIMEOUT UV_NO_PROGRESS UV_NO_DEV UV_NATIVE_TLS UV_NO_SYNC UV_VERSION".split()
)
_KNOWN_SETTINGS = frozenset(("package", "default-groups", "dev-dependencies"))


def uv_rewrites_because(
    text: str, project_file: dict[str, Any], arguments: Iterable[str], env: Mapping[str, str | None]
) -> str:
    """Why uv would, or may, write another uv.lock, as a clause; "" if it leaves the file alone."""
    options = (word.partition("=")[0] for word in arguments if word.startswith("-"))
    unknown = next((word for word in options if word not in _HARMLESS_OPTIONS), "")
    unknown = unknown or next((name for name in env if name.startswith("UV_") and name not in _HARMLESS_VARIABLES), "")
    if unknown:
        return f"{unknown} may change what it names"
    setting = next((key for key in table(project_file, "tool", "uv") if key not in _KNOWN_SETTINGS), "")
    if setting:
        return f"pyproject.toml has `{setting}` for uv"
    head, *packages = text.replace("\r\n", "\n").split("\n[[package]]\n")
    elsewhere = next((m[2] for m in _SOURCE.finditer(text) if m[1] == "registry" and m[2] != _INDEX), "")
    if elsewhere:
        return f"it takes packages from {elsewhere}"
    own = [
        block for block in packages if re.search(r"^source = \{ (?:virtual|editable) = \"\.\" \}", block, re.MULTILINE)
    ]
    try:
        lock, entry = toml_of(head), toml_of(own[0] if len(own) == 1 else "")
    except TomlError:
        return "it is not valid TOML"
    if not entry:
        return "it does not list the project by itself"
    if lock.get("version") != 1 or set(lock) - {"version", "revision", "requires-python", "resolution-markers"}:
        return "it has settings of the resolver"
    return _difference(lock, entry, project_file)


def _difference(lock: dict[str, Any], entry: dict[str, Any], project_file: dict[str, Any]) -> str:
    project = table(project_file, "project")
    packaged = "editable" in table(entry, "source")
    if packaged != table(project_file, "tool", "uv").get("package", "build-system" in project_file):
        return "the project became a package, or is no longer one"
    if _clauses(str(lock.get("requires-python"))) != _clauses(str(project.get("requires-python"))):
        return "it is for other versions of Python"
    if entry.get("name") != _plain(str(project.get("name"))) or entry.get("version") != project.get("version"):
        return "the project had another name or version"
    metadata = table(entry, "package", "metadata")
    extras = {_plain(name): listed(wanted) for name, wanted in table(project, "optional-dependencies").items()}
    if {*listed(metadata.get("provides-extras"))} != {*extras}:
        return "the project had other extras"
    asked = [_asked(wanted, "") for wanted in listed(project.get("dependencies"))]
    asked += [_asked(wanted, name) for name, wanteds in extras.items() for wanted in wanteds]
    if None in asked or not _same(asked, listed(metadata.get("requires-dist"))):
        return "it does not list what `dependencies` ask for"
    groups = {_plain(name): listed(wanted) for name, wanted in table(project_file, "dependency-groups").items()}
    older = listed(table(project_file, "tool", "uv").get("dev-dependencies"))
    if older:
        groups["dev"] = [*groups.get("dev", ()), *older]
    locked = table(metadata, "requires-dev")
    if {*groups} != {*locked}:
        return "the project had other dependency groups"
    for name, wanteds in groups.items():
        needed = [_asked(wanted, "") for wanted in wanteds]
        if None in needed or not _same(needed, listed(locked[name])):
            return f"it does not list what the group {name} asks for"
    return ""


_Asked = tuple[str, tuple[str, ...], tuple[str, ...], str]
"""Name, extras, clauses of versions, and marker of a requirement."""


def _asked(wanted: Any, extra: str) -> _Asked | None:
    """A requirement as uv writes it; None for one that dfix does not compare (an address, a marker with an extra)."""
    found = _REQUIREMENT.fullmatch(wanted.strip()) if isinstance(wanted, str) and len(wanted) < 1000 else None
    if found is None or (found["marker"] and extra):
        return None
    marker = f"extra == '{extra}'" if extra else _marker(found["marker"] or "")
    return _plain(found["name"]), _names(found["extras"] or ""), _clauses(found["versions"]), marker


def _same(asked: Iterable[_Asked | None], locked: Iterable[Any]) -> bool:
    known: list[_Asked] = []
    for line in locked:
        if not isinstance(line, dict) or set(line) - {"name", "extras", "specifier", "marker"}:
            return False
        extras = tuple(sorted(map(str, listed(line.get("extras")))))
        clauses = _clauses(str(line.get("specifier", "")))
        known.append((str(line.get("name")), extras, clauses, _marker(str(line.get("marker", "")))))
    return sorted(one for one in asked if one is not None) == sorted(known)


def _plain(name: str) -> str:
    """The normal form of a name (packaging.python.org, "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _names(text: str) -> tuple[str, ...]:
    return tuple(sorted({_plain(name.strip()) for name in text.split(",") if name.strip()}))


def _clauses(text: str) -> tuple[str, ...]:
    return tuple(sorted({"".join(clause.split()) for clause in text.split(",") if clause.strip()}))


def _marker(text: str) -> str:
    return " ".join(text.replace('"', "'").split())
