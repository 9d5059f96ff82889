"""Whether an install of npm, Yarn, pnpm or Bun may rewrite its lock file.

If it does, the image has the rewritten file today. After a split it would have the original: the COPY of the sources,
then after the install, brings it back.
"""

from __future__ import annotations

import json
import posixpath
import re
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import inside
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.manifests.shared.inputs import Install
from dfix.rewriter.manifests.shared.local_paths import outside
from dfix.rewriter.manifests.shared.missing import missing

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
    "npm": "run `npm install`, commit package-lock.json, and use `npm ci` in the Dockerfile",
    "yarn": "add `--frozen-lockfile` (Yarn 1) or `--immutable` (Yarn 2 and later)",
    "pnpm": "add `--frozen-lockfile`",
    "bun": "commit bun.lock and add `--frozen-lockfile`",
}
"""What makes an install leave the lock file unchanged."""
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


_FILE_IN_LOCK = re.compile(r"""(?:"resolved":|\bresolved|\btarball:)\s*["']?file:(?P<path>[^"'#\s}]+)""")
"""An archive of the project in package-lock.json, yarn.lock or pnpm-lock.yaml."""


def archives_in_lock(context: Context, lock: str) -> list[str]:
    """The archives of the project that a lock file names, as context paths.

    Raises LeaveAlone for one that does not ship, or is outside of the context.
    """
    paths = []
    for match in _FILE_IN_LOCK.finditer(context.read(lock, 50_000_000) or ""):
        path = inside(posixpath.dirname(lock), match["path"])
        if path is None:
            raise outside(f"{lock} names {match['path']}")
        if context.ships(path):
            paths.append(path)
        elif not context.ships_any(path):
            raise missing(context, path)
    return list(dict.fromkeys(paths))


def refuse_rewritten_lock(
    context: Context, install: Install, root: Manifest, members: list[Manifest], locks: list[str]
) -> None:
    """Raises LeaveAlone when the install may rewrite the lock file in `locks` (at most one), or lacks one it needs."""
    if not locks and install.manager == "npm" and CLEAN_INSTALLS.intersection(install.arguments):
        raise LeaveAlone("no-lock", f"`{install.shown}` needs package-lock.json, which the build context does not ship")
    if not locks or _FROZEN[install.manager].intersection(install.arguments):
        return
    lock = locks[0]
    advice = _ADVICE[install.manager]
    if install.manager == "npm" and lock.endswith(("package-lock.json", "npm-shrinkwrap.json")):
        difference = _npm_difference(context, lock, root, members)
        if not difference and context.ships(posixpath.join(root.folder, "yarn.lock")):
            difference = "npm also updates the yarn.lock next to it"
            advice = "use `npm ci`"
        if not difference:
            return
        raise LeaveAlone("lock-rewritten", f"`{install.shown}` would rewrite {lock}: {difference}", advice)
    raise LeaveAlone("lock-rewritten", f"`{install.shown}` may rewrite {lock}", advice)


def _npm_difference(context: Context, lock: str, root: Manifest, members: list[Manifest]) -> str:
    """How package-lock.json differs from the manifests, to follow "would rewrite package-lock.json: "; "" if in step.

    npm copies the tables of each package.json into `packages`: the root's as "", a member's as its folder
    (docs.npmjs.com, "package-lock.json", lockfileVersion 2 and 3).
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
            return f"it does not list {manifest.path}"
        for field in _COMPARED:
            if field in ("name", "version") and manifest is root and field not in entry:
                entry = {**entry, field: data.get(field)}
            written, locked = manifest.data.get(field), entry.get(field)
            if field == "name" and manifest is not root:
                continue
            # npm turns a `bin` that is a string into a table and normalizes its paths: too different to compare
            is_bin = field == "bin" and written is not None
            if (written or None) != (locked or None) and not is_bin:
                return f"`{field}` differs from {manifest.path}"
    return ""
