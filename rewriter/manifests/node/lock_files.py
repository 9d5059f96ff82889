"""Whether an install of npm, Yarn, pnpm or Bun may rewrite its lock file.

If it does, the image has the rewritten file today. After a split it would have the original: the COPY of the sources,
then after the install, brings it back.
"""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import inside
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.manifests.shared.byte_order_mark import has_mark
from dfix.rewriter.manifests.shared.inputs import Install
from dfix.rewriter.manifests.shared.local_paths import outside
from dfix.rewriter.manifests.shared.missing import MissingFile, missing
from dfix.rewriter.text.expression import expression

_FROZEN = {
    "npm": frozenset(
        ("ci", "clean-install", "ic", "install-clean", "--no-save", "--no-package-lock", "--package-lock=false")
    ),
    "yarn": frozenset(("--frozen-lockfile", "--immutable", "--pure-lockfile", "--no-lockfile")),
    "pnpm": frozenset(("--frozen-lockfile", "--lockfile=false", "--no-lockfile")),
    "bun": frozenset(("ci", "--frozen-lockfile", "--no-save")),
}
MANAGERS = frozenset(_FROZEN)
CLEAN_INSTALLS = frozenset(("ci", "clean-install", "ic", "install-clean"))
_ADVICE = {
    "npm": "run `npm install`, commit package-lock.json, and use `npm ci` in the Dockerfile",
    "yarn": "add `--frozen-lockfile` (Yarn 1) or `--immutable` (Yarn 2 and later)",
    "bun": "commit bun.lock and add `--frozen-lockfile`",
}
"""What makes an install leave the lock file unchanged."""
LARGEST_LOCK = 50_000_000
_FILE_IN_LOCK = expression(r"""(?:"resolved":|\bresolved|\btarball:)\s*["']?file:(?P<path>[^"'#\s}]+)""")
"""An archive of the project in package-lock.json, yarn.lock or pnpm-lock.yaml."""

_PNPM_PACKAGES = expression(r"^packages:", re.MULTILINE)
_PNPM_IMPORTERS = expression(r"^importers:[^\S\n]*\n((?:[^\S\n].*\n|\n)*)", re.MULTILINE)
_PNPM_NAME = expression(r"^  '?([^\s'][^'\n]*?)'?:", re.MULTILINE)
"""The folder of a project in a workspace."""

_LOCKED = (
    r'''"(?:[^"\n]*node_modules/)?{name}": \{{\s*"version": "'''  # package-lock.json
    r"""|^"?{name}@[^\n]*:\n\s+version:? "?"""  # yarn.lock
    r"""|^[^\S\n]+'?/?{name}[@/]"""  # pnpm-lock.yaml
    r"""|"{name}": \["{name}@"""  # bun.lock
)


def versions_in_lock(context: Context, lock: str, name: str) -> list[tuple[int, int]]:
    """The versions of a package that a lock file names, each as its first two numbers."""
    text = context.read(lock, LARGEST_LOCK) or ""
    if name not in text:
        return []
    pattern = rf"(?:{_LOCKED.format(name=re.escape(name))})(\d+)\.(\d+)"
    return [(int(major), int(minor)) for major, minor in re.findall(pattern, text, re.MULTILINE)]


def archives_in_lock(context: Context, lock: str) -> list[str]:
    """The archives of the project that a lock file names, as context paths.

    Raises LeaveAlone for one that does not ship, or is outside of the context.
    """
    text = context.read(lock, LARGEST_LOCK) or ""
    paths = []
    # most lock files name none, and the expression takes long on them
    for match in _FILE_IN_LOCK.finditer(text) if "file:" in text else ():
        path = inside(posixpath.dirname(lock), match["path"])
        if path is None:
            raise outside(f"{lock} names {match['path']}")
        if context.ships(path):
            paths.append(path)
        elif not context.ships_any(path):
            raise missing(context, path)
    return list(dict.fromkeys(paths))


def is_frozen(install: Install) -> bool:
    """Whether an option of the install makes it leave the lock file unchanged, or fail."""
    return not _FROZEN[install.manager].isdisjoint(install.arguments)


def _is_sorted_anew(pnpm_lock: str) -> bool:
    """Whether pnpm writes a lock file in another order, even with --frozen-lockfile.

    It does where there is nothing to download (seen with pnpm 9.15 and 10.34, 2026-11-29), and sorts by code points.
    """
    if _PNPM_PACKAGES.search(pnpm_lock):
        return False
    importers = _PNPM_IMPORTERS.search(pnpm_lock)
    names = [] if importers is None else _PNPM_NAME.findall(importers[1])
    return names != sorted(names)


def refuse_rewritten_lock(
    context: Context, install: Install, root: Manifest, members: list[Manifest], locks: list[str]
) -> None:
    """Raises LeaveAlone when the install may rewrite the lock file in `locks` (at most one), or lacks one it needs."""
    if not locks and install.manager == "npm" and CLEAN_INSTALLS.intersection(install.arguments):
        reason = f"`{install.shown}` needs package-lock.json, which the build context does not ship"
        hint = "run `npm install`, and commit package-lock.json"
        raise MissingFile("no-lock", reason, hint, posixpath.join(root.folder, "package-lock.json"))
    if install.lock_stays:
        return
    if locks and install.manager == "pnpm" and _is_sorted_anew(context.read(locks[0], LARGEST_LOCK) or ""):
        reason = f"`{install.shown}` would write {locks[0]} anew: its importers are not in alphabetical order"
        raise LeaveAlone("lock-rewritten", reason, "run `pnpm install`, and commit pnpm-lock.yaml")
    if not locks or is_frozen(install) or install.manager == "pnpm":  # pnpm_install.py asks about that
        return
    lock = locks[0]
    has_yarn_lock = context.ships(posixpath.join(root.folder, "yarn.lock"))
    if install.manager == "bun" and lock.endswith("package-lock.json") and not has_yarn_lock:
        # Bun writes its own lock file, and keeps npm's (bun.com/docs/pm/lockfile); with `--yarn` also a yarn.lock
        return
    advice = _ADVICE[install.manager]
    if has_mark(context, lock):
        reason = f"`{install.shown}` may rewrite {lock}: it begins with a byte order mark"
        raise LeaveAlone("lock-rewritten", reason, advice)
    if install.manager == "npm" and lock.endswith(("package-lock.json", "npm-shrinkwrap.json")):
        from dfix.rewriter.manifests.node.npm_lock_form import rewritten_because

        text, root_text = (context.read(path, LARGEST_LOCK) or "" for path in (lock, root.path))
        difference = rewritten_because(text, root_text, root, members)
        if not difference and has_yarn_lock:
            difference = "npm also updates the yarn.lock next to it"
            advice = "use `npm ci`"
        if not difference:
            return
        raise LeaveAlone("lock-rewritten", f"`{install.shown}` would rewrite {lock}: {difference}", advice)
    if install.manager == "yarn" and "\n__metadata:" not in (context.read(lock, LARGEST_LOCK) or ""):
        difference = _yarn_1(context, install, root, members, lock)
        if not difference:
            return
        raise LeaveAlone("lock-rewritten", f"`{install.shown}` may rewrite {lock}: {difference}", advice)
    raise LeaveAlone("lock-rewritten", f"`{install.shown}` may rewrite {lock}", advice)


def _yarn_1(context: Context, install: Install, root: Manifest, members: list[Manifest], lock: str) -> str:
    """Why Yarn 1 may write another yarn.lock, as a clause; "" if it does not."""
    if context.ships(posixpath.join(root.folder, ".yarnrc.yml")):
        return "the project has settings of Yarn 2 or later, which writes it in another form"
    from dfix.rewriter.manifests.node.yarn_lock_form import yarn_rewrites_because

    text, settings = (context.read(path, LARGEST_LOCK) or "" for path in (lock, posixpath.join(root.folder, ".yarnrc")))
    return yarn_rewrites_because(text, settings, install.arguments, root, members)
