"""Whether `npm install` would write package-lock.json anew, byte for byte: its layout and its content.

npm writes the file even if nothing is to be changed. Source: github.com/npm/cli (workspaces/arborist/lib/shrinkwrap.js
and arborist/reify.js) and github.com/isaacs/json-stringify-nice; read in npm 11.19.
"""

from __future__ import annotations

import json
import posixpath
from typing import Any

from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.json_text import json_value

_START = expression(r"\s*[{\[]((?:\r?\n)+)(\s*)")
"""The line ends and the indentation that npm takes from package.json (github.com/npm/json-parse-even-better-errors)."""
_FIRST = ("name", "version", "lockfileVersion", "resolved", "integrity", "requires", "packages", "dependencies")
_PUNCTUATION = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
"""In the order of `localeCompare`, which npm sorts by (unicode.org/charts/collation)."""
_RANKS = {char: rank - len(_PUNCTUATION) for rank, char in enumerate(_PUNCTUATION)} | {
    char: ord(char.lower()) for char in map(chr, range(128)) if char not in _PUNCTUATION
}
"""Where an ASCII character comes in that order; letters are after all punctuation."""
_DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta")
_COPIED = ("version", *_DEPENDENCIES, "engines", "os", "cpu", "workspaces")
_INSTALL_HOOKS = ("preinstall", "install", "postinstall")
_OF_PACKAGES = frozenset(_COPIED) | frozenset(
    "name bundleDependencies acceptDependencies funding libc integrity license hasShrinkwrap hasInstallScript bin "
    "deprecated inBundle resolved link extraneous peer dev optional devOptional".split()
)


def rewritten_because(text: str, root_text: str, root: Manifest, members: list[Manifest]) -> str:
    """Why npm would write a package-lock.json of another content, as a clause; "" if it would write the same.

    `text` and `root_text` are those of the lock file and of the project's package.json.
    """
    try:
        data = json_value(text)
    except ValueError:
        return "it is not valid JSON"
    if not isinstance(data, dict) or data.get("lockfileVersion") not in (2, 3):
        return "its lockfileVersion is neither 2 nor 3"
    packages: Any = data.get("packages")
    if not isinstance(packages, dict) or not all(isinstance(entry, dict) for entry in packages.values()):
        return "it has no `packages`"
    return (
        _head(data, packages, root)
        or next((why for manifest in (root, *members) if (why := _manifest(packages, root, manifest))), "")
        or next((why for key, entry in packages.items() if (why := _entry(key, entry))), "")
        or _older_part(data, packages)
        or _layout(text, root_text, data)
    )


def _head(data: dict[str, Any], packages: dict[str, Any], root: Manifest) -> str:
    if "" not in packages:
        return f"it does not list {root.path}"
    if not root.data.get("name"):
        return f"{root.path} has no `name`, so that it gets the name of the folder in the image"
    for field in ("name", "version"):
        if data.get(field) != root.data.get(field):
            return f"`{field}` differs from {root.path}"
    if data.get("requires") is not True:
        return "it lacks `requires`"
    unknown = next((key for key in data if key not in _FIRST[:3] and key not in _FIRST[5:]), "")
    return f"npm does not know `{unknown}`" if unknown else ""


def _manifest(packages: dict[str, Any], root: Manifest, manifest: Manifest) -> str:
    """How the entry of the project or of a member differs from its package.json."""
    is_root = manifest is root
    key = "" if is_root else posixpath.relpath(manifest.folder, root.folder or ".")
    entry = packages.get(key)
    if entry is None:
        return f"it does not list {manifest.path}"
    data = manifest.data
    funding, license_ = data.get("funding"), data.get("license")
    expected = {field: data.get(field) for field in _COPIED} | {
        "name": data.get("name") if is_root or data.get("name") != _name_of_folder(key) else None,
        "bin": _commands(manifest),
        "funding": {"url": funding} if isinstance(funding, str) else funding,
        "license": license_.get("type", license_) if isinstance(license_, dict) else license_,
        "hasInstallScript": any(manifest.table("scripts").get(hook) for hook in _INSTALL_HOOKS),
    }
    for field, value in expected.items():
        if (value or None) != (entry.get(field) or None):
            return f"`{field}` differs from {manifest.path}"
    return ""


def _name_of_folder(folder: str) -> str:
    """The name that npm takes a folder's package to have: `@scope/name` or `name`."""
    scope, _, name = folder.rpartition("/")
    scope = posixpath.basename(scope)
    return f"{scope}/{name}" if scope.startswith("@") else name


def _commands(manifest: Manifest) -> dict[str, str]:
    """`bin` as npm writes it: a table of paths below the package (github.com/npm/npm-normalize-package-bin)."""
    written = manifest.data.get("bin")
    if isinstance(written, str):
        written = {str(manifest.data.get("name")).rpartition("/")[2]: written}
    if not isinstance(written, dict):
        return {}
    paths = {name: path for name, path in written.items() if isinstance(path, str)}
    return {name: posixpath.normpath(f"/{path}").lstrip("/") for name, path in paths.items()}


def _entry(key: str, entry: dict[str, Any]) -> str:
    shown = key or "the project"
    unknown = next((field for field in entry if field not in _OF_PACKAGES), "")
    if unknown:
        return f"npm does not write `{unknown}` for {shown}"
    if entry.get("extraneous"):
        return f"nothing needs {shown}"
    if "link" in entry and set(entry) != {"resolved", "link"}:
        return f"npm writes only `resolved` and `link` for {shown}"
    empty = next((field for field, value in entry.items() if not value), "")
    return f"`{empty}` of {shown} is empty" if empty else ""


def _older_part(data: dict[str, Any], packages: dict[str, Any]) -> str:
    """Whether `dependencies`, which version 2 has for npm 6, lists what `packages` does."""
    if data["lockfileVersion"] == 3:
        return "" if "dependencies" not in data else "version 3 has no `dependencies`"
    listed: set[str] = set()
    level = [("", data)]
    while level:
        prefix, table = level.pop()
        below = table.get("dependencies")
        for name, entry in below.items() if isinstance(below, dict) else ():
            path = f"{prefix}node_modules/{name}"
            listed.add(path)
            target = packages.get(path, {})
            inner = target.get("resolved", "") if target.get("link") else path
            if isinstance(entry, dict):
                level.append((f"{inner}/", entry))
    installed = {path for path in packages if "node_modules/" in path}
    return "" if listed == installed else "`dependencies` and `packages` list different packages"


def _layout(text: str, root_text: str, data: dict[str, Any]) -> str:
    start = _START.match(root_text)
    newline, indent = (start[1], start[2] or "  ") if start else ("\n", "  ")
    ordered = _sorted(data, {})
    if "".join(text.split()) != "".join(json.dumps(ordered, ensure_ascii=False, separators=(",", ":")).split()):
        return "its keys are in another order"
    expected = (json.dumps(ordered, ensure_ascii=False, indent=indent) + "\n").replace("\n", newline)
    return "" if text == expected else "npm would indent it and end its lines as package.json"


_Place = tuple[int, list[int], list[bool]]


def _sorted(value: Any, places: dict[str, _Place]) -> Any:
    """A value with the keys of its tables in npm's order, tables last; `places` are those of the keys seen so far."""
    if not isinstance(value, dict):
        return value
    for key in value:
        if key not in places:
            places[key] = _place(key)
    ordered = sorted(value.items(), key=lambda item: (isinstance(item[1], dict), places[item[0]]))
    return {key: _sorted(below, places) for key, below in ordered}


def _place(key: str) -> _Place:
    """Where a key comes: first those that npm prefers, then letters in the order of `localeCompare`."""
    preferred = _FIRST.index(key) if key in _FIRST else len(_FIRST)
    letters = [_RANKS.get(char) or ord(char.lower()[0]) for char in key]
    capitals = [] if key == key.lower() else [char.isupper() for char in key]
    return preferred, letters, capitals
