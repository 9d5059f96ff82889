"""Whether an install may rewrite a lock file that the context brings.

It would leave the rewritten one in the image today, and after a split the context's one, which the later COPY puts
back.
"""

from __future__ import annotations

import json
import posixpath
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.manifests.shared.inputs import Install

_FROZEN = {
    "npm": frozenset(
        ("ci", "clean-install", "ic", "install-clean", "--no-save", "--no-package-lock", "--package-lock=false")
    ),
    "yarn": frozenset(("--frozen-lockfile", "--immutable", "--pure-lockfile", "--no-lockfile")),
    "pnpm": frozenset(("--frozen-lockfile", "--lockfile=false", "--no-lockfile")),
    "bun": frozenset(("ci", "--frozen-lockfile", "--no-save")),
}
CLEAN_INSTALLS = frozenset(("ci", "clean-install", "ic", "install-clean"))
_ADVICE = {
    "npm": "use `npm ci`",
    "yarn": "add `--frozen-lockfile` (yarn 1) or `--immutable`",
    "pnpm": "add `--frozen-lockfile`",
    "bun": "add `--frozen-lockfile`",
}
_COMPARED = (
    "name",
    "version",
    "dependencies",
    "devDependencies",
    "optionalDependencies",
    "peerDependencies",
    "bin",
    "engines",
)


def keeps_lock(context: Context, install: Install, root: Manifest, members: list[Manifest], locks: list[str]) -> None:
    """Raises LeaveAlone where the install may rewrite the lock file."""
    if not locks and install.manager == "npm" and CLEAN_INSTALLS.intersection(install.arguments):
        raise LeaveAlone("no-lock", f"`{install.shown}` needs package-lock.json, which the context does not ship")
    if not locks or _FROZEN[install.manager].intersection(install.arguments):
        return
    lock = locks[0]
    advice = f"{_ADVICE[install.manager]}, which leaves {lock} as it is"
    if install.manager == "npm" and lock.endswith(("package-lock.json", "npm-shrinkwrap.json")):
        difference = _npm_difference(context, lock, root, members)
        if not difference and context.ships(posixpath.join(root.folder, "yarn.lock")):
            difference = "npm keeps the yarn.lock beside it up to date"
        if not difference:
            return
        raise LeaveAlone("lock-rewritten", f"`{install.shown}` would rewrite {lock}: {difference}", advice)
    raise LeaveAlone("lock-rewritten", f"`{install.shown}` may rewrite {lock}", advice)


def _npm_difference(context: Context, lock: str, root: Manifest, members: list[Manifest]) -> str:
    """How package-lock.json is out of step with the manifests ("" when it is in step).

    npm writes the manifest's own tables into `packages[""]` (lockfileVersion 2 and 3).
    """
    try:
        data = json.loads(context.read(lock, 50_000_000) or "")
    except (ValueError, RecursionError):
        return "it is not valid JSON"
    if not isinstance(data, dict) or data.get("lockfileVersion") not in (2, 3):
        return "its lockfileVersion is neither 2 nor 3"
    packages: Any = data.get("packages")
    if not isinstance(packages, dict):
        return "it has no `packages`"
    prefix = f"{root.folder}/" if root.folder else ""
    for manifest in (root, *members):
        key = manifest.folder.removeprefix(prefix) if manifest is not root else ""
        entry = packages.get(key)
        if not isinstance(entry, dict):
            return f"it does not know {manifest.path}"
        for field in _COMPARED:
            if field in ("name", "version") and manifest is root and field not in entry:
                entry = {**entry, field: data.get(field)}
            ours, theirs = manifest.data.get(field), entry.get(field)
            if field == "name" and manifest is not root:
                continue
            if (ours or None) != (theirs or None) and not _same_bin(field, ours):
                return f"`{field}` differs from {manifest.path}"
    return ""


def _same_bin(field: str, ours: Any) -> bool:
    # npm writes a plain string as a table and normalises its paths
    return field == "bin" and ours is not None
