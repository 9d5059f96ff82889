"""What `swift package resolve` reads: Package.swift, Package.resolved, the manifests of local packages.

Source: SwiftPM's documentation ("Usage", "PackageDescription").
"""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import local_path
from dfix.rewriter.manifests.shared.missing import missing, refuse_host_output
from dfix.rewriter.text.comments import without_comments
from dfix.rewriter.text.expression import expression

_COMMENT = expression(r"(?P<block>/\*)")

MOST_PACKAGES = 200
_LOCAL = expression(r'\.package\s*\(\s*(?:name:\s*"[^"]*"\s*,\s*)?path:\s*(?P<value>"[^"]*"|[^,)]*)')
_READS = expression(
    r"\b(FileManager|contentsOf(File)?|Process\s*\(|fopen|popen|getenv|ProcessInfo|Context\.\w+|#file(Path)?)\b"
)


def inputs(context: Context, install: Install) -> Inputs:
    """What the fetch reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    files: list[str] = []
    pending = [install.folder]
    while pending:
        folder = pending.pop()
        path = posixpath.join(folder, "Package.swift")
        if path in files:
            continue
        if len(files) >= MOST_PACKAGES:
            reason = f"{path} is one of more than {MOST_PACKAGES} packages, more than dfix reads"
            raise LeaveAlone("too-many-files", reason)
        text = context.read(path)
        if text is None:
            raise missing(context, path)
        files.append(path)
        files += _for_versions(context, folder)
        text = re.sub(r"//[^\n]*", "", without_comments(text, _COMMENT, "*/").replace("://", ":"))
        reads = _READS.search(text)
        if reads is not None:
            raise LeaveAlone("build-script", f"{path} uses `{reads[0].strip()}`, so it may read more than dfix follows")
        for match in _LOCAL.finditer(text):
            written = match["value"].strip().strip('"')
            if not match["value"].startswith('"') or "\\(" in written:
                computed = " ".join(match["value"].split())[:60]
                raise LeaveAlone("build-script", f"{path} computes the path of a package: `{computed}`")
            pending.append(local_path(folder, written, f"{path} uses a package at {written}"))
    lock = posixpath.join(install.folder, "Package.resolved")
    refuse_host_output(context, install.folder, ".build")
    locks = (lock,) if context.ships(lock) else ()
    return Inputs((files[0], *locks, *files[1:]))


def _for_versions(context: Context, folder: str) -> list[str]:
    """Manifests for particular versions of Swift: Package@swift-5.9.swift."""
    names = (name for name in context.names_in(folder) if name.startswith("Package@swift-") and name.endswith(".swift"))
    return list(filter(context.ships, (posixpath.join(folder, name) for name in names)))
