"""Whether an install of pnpm leaves pnpm-lock.yaml alone, and which versions of pnpm do."""

from __future__ import annotations

import posixpath
import re
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.lock_files import LARGEST_LOCK, is_frozen
from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.manifests.shared.formats import read_yaml
from dfix.rewriter.manifests.shared.inputs import Install, PnpmVersions
from dfix.rewriter.text.expression import expression

_NAMED = expression(r"pnpm@(\d+)")
_ADVICE = "add `--frozen-lockfile`"
_OFF = ("", "0", "false")


def versions_that_keep_the_lock(
    context: Context, install: Install, root: Manifest, members: list[Manifest], locks: list[str]
) -> PnpmVersions | None:
    """Which versions of pnpm leave the lock file in `locks` alone; None if it does not depend on that.

    Raises LeaveAlone where none does, or dfix can't tell.
    """
    if not locks or is_frozen(install) or install.lock_stays:
        return None
    from dfix.rewriter.manifests.node.pnpm_lock_form import pnpm_rewrites_because, versions_of
    from dfix.rewriter.manifests.node.pnpm_lock_text import pnpm_lock

    data = pnpm_lock(context.read(locks[0], LARGEST_LOCK) or "")
    if data is None:
        raise _rewritten(install, locks[0], "a line of it is not as pnpm writes it")
    versions = versions_of(data)
    if not versions:
        raise _rewritten(install, locks[0], "its lockfileVersion is neither 6.0 nor 9.0")
    named = _named(install, root, locks[0], versions)
    variables = dict(install.env)
    setting = _setting(context, root, variables, older=versions[-1] < 9)
    if setting:
        raise _rewritten(install, locks[0], setting)
    if (variables.get("CI") or "") in _OFF or any("frozen-lockfile" in word for word in install.arguments):
        settings = read_yaml(context, posixpath.join(root.folder, "pnpm-workspace.yaml"))
        difference = pnpm_rewrites_because(data, install.arguments, root, members, settings)
        if difference:
            raise _rewritten(install, locks[0], difference)
    return PnpmVersions(versions[0], versions[-1], named)


def _rewritten(install: Install, lock: str, why: str) -> LeaveAlone:
    return LeaveAlone("lock-rewritten", f"`{install.shown}` may rewrite {lock}: {why}", _ADVICE)


def _named(install: Install, root: Manifest, lock: str, versions: range) -> int:
    """The version that package.json asks for; 0 for none. Raises LeaveAlone for one that writes the file anew."""
    if root.table("devEngines").get("packageManager"):
        raise _rewritten(install, lock, f"{root.path} has `devEngines`, which newer versions of pnpm write into it")
    written: Any = root.data.get("packageManager")
    if not written:
        return 0
    found = _NAMED.match(str(written))
    if found is None or int(found[1]) not in versions:
        raise _rewritten(install, lock, f"{root.path} asks for {str(written)[:40]}, which writes another form of it")
    return int(found[1])


def _setting(context: Context, root: Manifest, variables: dict[str, str | None], older: bool) -> str:
    """A setting of .npmrc or a variable that may change what the file says, as a clause."""
    from dfix.rewriter.manifests.node.pnpm_lock_form import is_harmless_setting

    path = posixpath.join(root.folder, ".npmrc")
    for line in (context.read(path) or "").splitlines() if context.ships(path) else ():
        key, _, value = (part.strip() for part in line.partition("="))
        if key and not key.startswith(("#", ";")) and not is_harmless_setting(key.removesuffix("[]"), value, older):
            return f"{path} sets `{key}`"
    for name, given in variables.items():
        key = re.sub(r"^p?npm_config_", "", name.lower())
        if key != name.lower() and not is_harmless_setting(key, given, older):
            return f"{name} is set"
    return ""
