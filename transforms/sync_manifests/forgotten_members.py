"""Members of a workspace whose manifest is not copied before an install that needs it.

A list that leaves members out is often meant so: the image needs only some. A member is needed if one that is copied
depends on it, or if a later command works in it. What then is missing differs (tried with npm 8 to 11, pnpm 8 to 10,
Yarn 1.22 and 4.5 on 2026-11-30):

- npm takes what a member that others depend on needs from package-lock.json, so that only members are incomplete on
  which no other depends.
- pnpm links to the member, and installs none of its dependencies; without `--frozen-lockfile` it fails.
- Yarn 1 installs a package of the same name from the registry instead of the member.
- Yarn 2 and later fail with `--immutable` if any member is missing.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.manifests.node.hooks import HOOKS
from dfix.rewriter.manifests.node.lock_files import is_frozen
from dfix.rewriter.manifests.node.package_json import Manifest, read_manifest
from dfix.rewriter.manifests.node.workspaces import members
from dfix.rewriter.manifests.shared.inputs import Install
from dfix.rewriter.manifests.shared.semver_ranges import fits
from dfix.rewriter.model import Model
from dfix.rewriter.model.file_map.file_map import ImageFile
from dfix.rewriter.model.paths import within
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.sync_manifests.lock_in_step import is_yarn_2, lock_differs_because
from dfix.transforms.sync_manifests.manifest_list import ManifestList, copied_later, later_steps
from dfix.transforms.sync_manifests.named_members import installs_again, members_that_commands_name

MANAGERS = ("npm", "pnpm", "yarn")
_INSTALLS = {
    "npm": ("ci", "clean-install", "ic", "install-clean", "install", "i"),
    "pnpm": ("install", "i"),
    "yarn": ("install",),
}
_LOCKS = {"npm": "package-lock.json", "pnpm": "pnpm-lock.yaml", "yarn": "yarn.lock"}
_SETTINGS = {"npm": (), "pnpm": ("pnpm-workspace.yaml",), "yarn": (".yarnrc.yml", ".yarnrc")}
_KNOWN_OPTIONS = frozenset(
    "-r --recursive --frozen-lockfile --immutable --prefer-offline --prefer-frozen-lockfile --no-audit --no-fund "
    "--audit=false --fund=false --silent --loglevel=error --loglevel=warn --no-progress --progress=false "
    "--ignore-scripts --legacy-peer-deps --non-interactive --network-timeout --production --prod -P "
    "--omit=dev --only=production --production=true --check-cache --unsafe-perm --inline-builds".split()
)
"""Options that leave it to the workspace which members are installed."""
_PRODUCTION = frozenset(("--production", "--prod", "-P", "--omit=dev", "--only=production", "--production=true"))


class Forgotten(NamedTuple):
    """A member whose manifest the list lacks."""

    manifest: Manifest
    why: str
    """What needs it, as the rest of a sentence: "packages/a depends on"."""
    depended_on: bool = True
    """Whether a manifest needs it; else a command works in it."""


class _Workspace(NamedTuple):
    manager: str
    root: Manifest
    here: list[Manifest]
    """The members that the install finds."""
    every: list[Manifest]
    """The members in the build context."""
    yarn_2: bool
    frozen: bool
    groups: tuple[str, ...]
    """The dependencies that are installed: without those for development, with `--omit=dev` and the like."""

    @property
    def absent(self) -> list[Manifest]:
        known = {manifest.folder for manifest in self.here}
        return [manifest for manifest in self.every if manifest.folder not in known]


def forgotten_members(model: Model, manifests: ManifestList) -> tuple[list[ImageFile], list[Forgotten]]:
    """The manifests of members that the install needs and does not find, and why it needs each.

    Raises LeaveAlone where one is needed, but dfix does not know that copying it would do.
    """
    workspace = attempt(_workspace, manifests)
    if workspace is None or isinstance(workspace, Reason) or not workspace.absent:
        return [], []
    needed = _needed(model, manifests, workspace)
    if not needed:
        return [], []
    _check_options(manifests, needed)
    if installs_again(model, manifests):
        return [], []
    for one in needed:
        _check_hooks(manifests, one.manifest)
    _check_lock(manifests, workspace)
    return [_file(model, manifests, one.manifest) for one in needed], needed


def _workspace(manifests: ManifestList) -> _Workspace | None:
    install = manifests.install
    words = [word for word in install.arguments if not word.startswith("-")]
    if install.manager not in MANAGERS or (words[:1] and words[0] not in _INSTALLS[install.manager]):
        return None
    if not words and install.manager != "yarn":
        return None
    context = manifests.context
    path = posixpath.join(manifests.context_folder, "package.json")
    if not manifests.finds(path) or not _has_its_files(manifests, install.manager):
        return None
    root = read_manifest(context, path)
    every = members(context, install.manager, root)
    here = [manifest for manifest in every if manifests.finds(manifest.path)]
    production = bool(_PRODUCTION & set(install.arguments)) or _is_production(manifests)
    groups = ("dependencies", "optionalDependencies") if production else ("dependencies", "devDependencies")
    frozen = is_frozen(Install(install.manager, install.arguments, manifests.context_folder, install.reader)) or _is_ci(
        manifests
    )
    yarn_2 = install.manager == "yarn" and is_yarn_2(context, root)
    return _Workspace(install.manager, root, here, every, yarn_2, frozen, groups)


def _has_its_files(manifests: ManifestList, manager: str) -> bool:
    """Whether the install finds the lock file, and the settings that make it one of a workspace."""
    paths = [posixpath.join(manifests.context_folder, name) for name in (_LOCKS[manager], *_SETTINGS[manager])]
    return all(manifests.finds(path) for path in paths if path == paths[0] or manifests.context.ships(path))


def _is_production(manifests: ManifestList) -> bool:
    located = manifests.install.located
    values = {**located.env, **located.assigned}
    return values.get("NODE_ENV", "") not in ("", "development")


def _is_ci(manifests: ManifestList) -> bool:
    return bool({**manifests.install.located.env, **manifests.install.located.assigned}.get("CI", ""))


def _needed(model: Model, manifests: ManifestList, workspace: _Workspace) -> list[Forgotten]:
    """The absent members that the install or a later command needs, sorted by path."""
    if workspace.yarn_2:
        immutable = "--immutable" in manifests.install.arguments
        return [Forgotten(one, "the workspace has") for one in workspace.absent] if immutable else []
    folders = {manifest.folder: manifest for manifest in workspace.absent}
    found = {
        folder: Forgotten(folders[folder], f"`{shown}` works in", depended_on=False)
        for folder, shown in members_that_commands_name(model, manifests, workspace.every).items()
        if folder in folders
    }
    if workspace.manager != "npm":
        pending = [workspace.root, *workspace.here, *(one.manifest for one in found.values())]
        by_name = {str(one.data.get("name")): one for one in workspace.every}
        while pending:
            manifest = pending.pop()
            for member in _depended_on(workspace, manifest, by_name):
                if member.folder in folders and member.folder not in found:
                    found[member.folder] = Forgotten(member, f"{manifest.folder or manifest.path} depends on")
                    pending.append(member)
    return [found[folder] for folder in sorted(found) if _is_incomplete(workspace, found[folder])]


def _depended_on(workspace: _Workspace, manifest: Manifest, by_name: dict[str, Manifest]) -> Iterator[Manifest]:
    for group in workspace.groups:
        for name, wanted in manifest.table(group).items():
            member = by_name.get(name)
            if member is None or not isinstance(wanted, str):
                continue
            if wanted.startswith("workspace:") or (workspace.manager == "yarn" and _takes(member, wanted)):
                yield member


def _takes(member: Manifest, wanted: str) -> bool:
    """Whether Yarn 1 takes the member for a range: it does if its version fits."""
    return wanted == "*" or fits(str(member.data.get("version", "")), wanted) is True


def _is_incomplete(workspace: _Workspace, one: Forgotten) -> bool:
    """Whether something is missing in the image without the member's manifest."""
    if one.depended_on and (workspace.manager == "yarn" or (workspace.manager == "pnpm" and not workspace.frozen)):
        return True
    return any(one.manifest.table(group) for group in workspace.groups)


def _check_options(manifests: ManifestList, needed: list[Forgotten]) -> None:
    """Raises LeaveAlone for an option that may choose members."""
    for word in manifests.install.arguments:
        option = word.partition("=")[0]
        if word.startswith("-") and word not in _KNOWN_OPTIONS and option not in ("--network-timeout", "--loglevel"):
            path = needed[0].manifest.path
            reason = f"`{manifests.shown}` has {option}, with which {path} may be left out on purpose"
            raise LeaveAlone("partial-list", reason)


def _check_hooks(manifests: ManifestList, member: Manifest) -> None:
    """Raises LeaveAlone where the install would run or link files of the member, which the list does not bring."""
    scripts = member.table("scripts")
    hook = next((name for name in HOOKS if name in scripts), "")
    if hook and "--ignore-scripts" not in manifests.install.arguments:
        reason = f"{member.path} is needed, but its hook `{hook}` may read files that no COPY brings before the install"
        raise LeaveAlone("hook-script", reason, f"copy what `{hook}` needs, together with {member.path}")
    made = "bin" in member.data or "directories" in member.data
    if made or manifests.context.ships(posixpath.join(member.folder, "binding.gyp")):
        reason = f"{member.path} is needed, but the install also links or compiles files of {member.folder}"
        raise LeaveAlone("workspace", reason, f"copy {member.folder} before the install")


def _check_lock(manifests: ManifestList, workspace: _Workspace) -> None:
    difference = lock_differs_because(manifests.context, workspace.manager, workspace.root, workspace.every)
    if difference:
        absent = workspace.absent[0].path
        reason = f"the list lacks {absent}, but `{manifests.shown}` may not take the lock file: {difference}"
        raise LeaveAlone("lock-out-of-step", reason, f"run `{workspace.manager} install`, and commit the lock file")


def _file(model: Model, manifests: ManifestList, member: Manifest) -> ImageFile:
    """The manifest where the install looks for it. Raises LeaveAlone unless later copies bring that file there."""
    path = manifests.image_path(member.path)
    _check_modules(model, manifests, member)
    later = copied_later(model, manifests)
    sources = {source for copy in later if (source := copy.brought.context_path_of(path)) is not None}
    if sources != {member.path}:
        reason = f"{member.path} is needed, but no later COPY brings it to {path}"
        raise LeaveAlone("partial-list", reason, f"copy {member.folder} before the install, or with the sources")
    return ImageFile(path, member.path, manifests.copies[0])


def _check_modules(model: Model, manifests: ManifestList, member: Manifest) -> None:
    """Raises LeaveAlone where the member's packages may come from another stage."""
    own = manifests.image_path(member.folder)
    for step in (*manifests.step.stage.steps[: manifests.step.index], *later_steps(model, manifests.step)):
        if step.keyword not in ("COPY", "ADD") or step.instruction.flag("from") is None:
            continue
        into = step.destination
        if into is None or within(into, own) or (into != manifests.image_folder and within(own, into)):
            reason = f"{member.path} is needed, but line {step.instruction.line} may bring its packages"
            raise LeaveAlone("partial-list", reason)


def sentence(manifests: ManifestList, needed: Iterable[Forgotten]) -> str:
    """Why the manifests are copied, for the reason of the change."""
    first, *others = needed
    more = f", and {len(others)} more" if others else ""
    return f"`{manifests.shown}` runs without {first.manifest.path}, which {first.why}{more}"
