"""What `swift package resolve` reads: Package.swift, Package.resolved, the manifests of packages in folders.

Source: SwiftPM's documentation ("Usage", "PackageDescription").
"""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context, inside
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import outside
from dfix.rewriter.manifests.shared.missing import in_the_way, missing

MOST_PACKAGES = 200
_LOCAL = re.compile(r'\.package\s*\(\s*(?:name:\s*"[^"]*"\s*,\s*)?path:\s*(?P<value>"[^"]*"|[^,)]*)')
_READS = re.compile(
    r"\b(FileManager|contentsOf(File)?|Process\s*\(|fopen|popen|getenv|ProcessInfo|Context\.\w+|#file(Path)?)\b"
)


def inputs(context: Context, install: Install) -> Inputs:
    """What the fetch reads, or why that cannot be known."""
    files: list[str] = []
    pending = [install.folder]
    while pending:
        folder = pending.pop()
        path = posixpath.join(folder, "Package.swift")
        if path in files:
            continue
        if len(files) >= MOST_PACKAGES:
            raise LeaveAlone("too-many-files", f"{path} is one of more than {MOST_PACKAGES} packages")
        text = context.read(path)
        if text is None:
            raise missing(context, path)
        files.append(path)
        files += _of_versions(context, folder)
        text = re.sub(r"//[^\n]*", "", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).replace("://", ":"))
        reads = _READS.search(text)
        if reads is not None:
            raise LeaveAlone("build-script", f"{path} is a program that looks around (`{reads[0].strip()}`)")
        for match in _LOCAL.finditer(text):
            written = match["value"].strip().strip('"')
            place = inside(folder, written)
            if not match["value"].startswith('"') or place is None or "\\(" in written:
                raise outside(f"{path} takes in a package at {written}")
            pending.append(place)
    lock = posixpath.join(install.folder, "Package.resolved")
    in_the_way(context, install.folder, ".build")
    locks = (lock,) if context.ships(lock) else ()
    return Inputs((files[0], *locks, *files[1:]))


def _of_versions(context: Context, folder: str) -> list[str]:
    """Manifests for other versions of Swift: Package@swift-5.9.swift."""
    names = (name for name in context.names_in(folder) if name.startswith("Package@swift-") and name.endswith(".swift"))
    return list(filter(context.ships, (posixpath.join(folder, name) for name in names)))
