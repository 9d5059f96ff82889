"""The sources that have to be there for any Cargo command, whatever they contain: those of targets without a `path`.

Source: doc.rust-lang.org/cargo/reference/cargo-targets.html ("Target auto-discovery", "The path field"). Cargo reads a
manifest only if it finds a target for it, but `cargo fetch` reads no source and takes an empty one (tried with Cargo
1.65 and 1.95, 2026-11-29).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.formats import listed, table

_FOLDERS = {"bin": "src/bin", "example": "examples", "test": "tests", "bench": "benches"}
"""Where Cargo looks for a target that has a name and no `path`."""
_FOUND = ("src/main.rs", "src/lib.rs")
"""The targets that no manifest has to mention."""


def target_files(context: Context, manifests: Mapping[str, dict[str, Any]]) -> tuple[tuple[str, ...], ...]:
    """For each target that Cargo looks for, the files of which one has to be there, for Cargo.toml files as read.

    A package without any target that the manifest describes needs one that Cargo finds by itself.
    """
    groups: list[tuple[str, ...]] = []
    for path, data in manifests.items():
        if "package" in data:
            groups += _of_package(context, posixpath.dirname(path), data)
    return tuple(dict.fromkeys(groups))


def _of_package(context: Context, folder: str, data: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    package = table(data, "package")
    name = str(package.get("name", ""))
    described = [(kind, target) for kind in _FOLDERS for target in listed(data.get(kind)) if isinstance(target, dict)]
    library = data.get("lib")
    if isinstance(library, dict):
        described.append(("lib", library))
    for kind, target in described:
        if "path" not in target:
            yield _candidates(folder, kind, str(target.get("name", "")), name)
    if "default-run" in package and not any(target.get("name") == package["default-run"] for _, target in described):
        yield _candidates(folder, "bin", str(package["default-run"]), name)
    if not described:
        found = [posixpath.join(folder, path) for path in _FOUND]
        programs = posixpath.join(folder, "src/bin")
        found += [posixpath.join(programs, file) for file in context.names_in(programs) if file.endswith(".rs")]
        yield tuple(found)


def _candidates(folder: str, kind: str, target: str, package: str) -> tuple[str, ...]:
    """The places of a target: src/bin/a.rs, src/bin/a/main.rs, and src/main.rs for a program named like the package."""
    if kind == "lib":
        return (posixpath.join(folder, "src/lib.rs"),)
    paths = [f"{_FOLDERS[kind]}/{target}.rs", f"{_FOLDERS[kind]}/{target}/main.rs"]
    if kind == "bin" and target == package:
        paths.insert(0, "src/main.rs")
    return tuple(posixpath.join(folder, path) for path in paths)
