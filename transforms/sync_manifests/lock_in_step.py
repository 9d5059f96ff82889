"""Whether a lock file says what the manifests of all members of a workspace do, so that a frozen install takes it."""

from __future__ import annotations

import posixpath

from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.lock_files import LARGEST_LOCK
from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.manifests.shared.formats import read_yaml
from dfix.rewriter.text.expression import expression

_RESOLUTION = expression(r'  resolution: "[^"\n]*@workspace:([^"\n]*)"$')
_DEPENDENCY = expression(r'    "?([^":\s]+)"?: "?([^"\n]*)"?$')
_PROTOCOL = expression(r"[a-z+]+:")
_HARMLESS = frozenset(
    "registry fund audit saveexact saveprefix enginestrict legacypeerdeps loglevel progress updatenotifier "
    "alwaysauth strictssl color fetchretries fetchtimeout preferoffline".split()
)
"""Settings of npm, without hyphens, that leave it to the workspace what is installed where."""
_GROUPS = ("dependencies", "devDependencies", "optionalDependencies")


def is_yarn_2(context: Context, root: Manifest) -> bool:
    """Whether the project is one of Yarn 2 or later."""
    if context.ships(posixpath.join(root.folder, ".yarnrc.yml")):
        return True
    return "\n__metadata:" in _lock(context, root, "yarn.lock")


def lock_differs_because(context: Context, manager: str, root: Manifest, members: list[Manifest]) -> str:
    """How the lock file differs from the manifests, as a clause; "" if it does not."""
    setting = _other_setting(context, manager, root)
    if setting:
        return f"{posixpath.join(root.folder, '.npmrc')} sets `{setting}`"
    if manager == "npm":
        from dfix.rewriter.manifests.node.npm_lock_form import rewritten_because

        return rewritten_because(
            _lock(context, root, "package-lock.json"), context.read(root.path) or "", root, members
        )
    if manager == "pnpm":
        return _pnpm_differs(context, root, members)
    if is_yarn_2(context, root):
        return _yarn_2_differs(_lock(context, root, "yarn.lock"), root, members)
    from dfix.rewriter.manifests.node.yarn_lock_form import yarn_rewrites_because

    settings = context.read(posixpath.join(root.folder, ".yarnrc")) or ""
    return yarn_rewrites_because(_lock(context, root, "yarn.lock"), settings, (), root, members)


def _lock(context: Context, root: Manifest, name: str) -> str:
    return context.read(posixpath.join(root.folder, name), LARGEST_LOCK) or ""


def _other_setting(context: Context, manager: str, root: Manifest) -> str:
    """A setting of .npmrc that may change which members are installed, and how."""
    from dfix.rewriter.manifests.node.pnpm_lock_form import is_harmless_setting

    if manager == "yarn":
        return ""
    for line in (context.read(posixpath.join(root.folder, ".npmrc")) or "").splitlines():
        key, _, value = (part.strip() for part in line.partition("="))
        if not key or key.startswith(("#", ";")) or key.replace("-", "") in _HARMLESS:
            continue
        if manager == "npm" and key.startswith(("@", "//")):
            continue
        if manager == "npm" or not is_harmless_setting(key, value, older=False):
            return key
    return ""


def _pnpm_differs(context: Context, root: Manifest, members: list[Manifest]) -> str:
    from dfix.rewriter.manifests.node.pnpm_lock_form import pnpm_rewrites_because
    from dfix.rewriter.manifests.node.pnpm_lock_text import pnpm_lock

    data = pnpm_lock(_lock(context, root, "pnpm-lock.yaml"))
    if data is None or str(data.get("lockfileVersion")) not in ("6.0", "9.0"):
        return "dfix does not know its form"
    settings = read_yaml(context, posixpath.join(root.folder, "pnpm-workspace.yaml"))
    return pnpm_rewrites_because(data, (), root, members, settings)


def _yarn_2_differs(text: str, root: Manifest, members: list[Manifest]) -> str:
    """As far as the entries of the workspace tell: each member has one, with the dependencies of its manifest."""
    entries = _own_entries(text)
    for manifest in (root, *members):
        folder = posixpath.relpath(manifest.folder or ".", root.folder or ".")
        listed = entries.pop(folder, None)
        if listed is None:
            return f"it does not list {manifest.path}"
        wanted = {name: value for group in _GROUPS for name, value in manifest.table(group).items()}
        if {name: _with_protocol(str(value)) for name, value in wanted.items()} != listed:
            return f"{manifest.path} asks for other packages than it lists"
    return f"it lists {next(iter(entries))}, which is not a member" if entries else ""


def _with_protocol(wanted: str) -> str:
    return wanted if _PROTOCOL.match(wanted) else f"npm:{wanted}"


def _own_entries(text: str) -> dict[str, dict[str, str]]:
    """The dependencies of each project of the workspace, by its folder ("." for the root)."""
    found: dict[str, dict[str, str]] = {}
    entry: dict[str, str] | None = None
    within = False
    for line in text.splitlines():
        resolved = _RESOLUTION.match(line)
        if resolved is not None:
            entry = found.setdefault(resolved[1], {})
        elif line[:1] not in ("", " "):
            entry = None
        if not line.startswith("    "):
            within = line == "  dependencies:"
        elif entry is not None and within and (dependency := _DEPENDENCY.match(line)) is not None:
            entry[dependency[1]] = _with_protocol(dependency[2])
    return found
