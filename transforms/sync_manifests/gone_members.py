"""COPY lines of members that are gone: their source is not in the build context, so the build fails."""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.manifests.node.lock_files import LARGEST_LOCK
from dfix.rewriter.manifests.node.package_json import read_manifest
from dfix.rewriter.model import Model, Step
from dfix.rewriter.model.copied import missing_source
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.sync_manifests.manifest_list import ManifestList

_MANIFESTS = {"node.install": "package.json", "go": "go.mod"}
_LISTING = {
    "node.install": (
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "pnpm-workspace.yaml",
        "package.json",
    ),
    "go": ("go.mod", "go.work"),
}
"""The files in which a member is named, as long as it belongs to the project."""


class Gone(NamedTuple):
    """A COPY of the manifest of a member that is not there."""

    step: Step
    source: str
    """A context path."""


def gone_members(manifests: ManifestList) -> list[Gone]:
    """The COPY lines before the install that bring only the manifest of a member that is gone."""
    name = _MANIFESTS.get(manifests.install.reader)
    steps = [step for step in manifests.step.stage.steps[: manifests.step.index] if not step.onbuild]
    return [Gone(step, path) for step in steps if name and (path := _manifest_of(step, manifests, name))]


def check_gone(model: Model, manifests: ManifestList, gone: list[Gone], every: set[Step]) -> None:
    """Raises LeaveAlone where the sources of some lines may be missing for another reason.

    `every` are all such lines of the Dockerfile.
    """
    for one in gone:
        _check_siblings(manifests, one)
        _check_unlisted(manifests, one)
        _check_unneeded(manifests, one)
        _check_unnamed(model, one, every)
    _check_nothing_else_missing(model, manifests, gone, every)


def _manifest_of(step: Step, manifests: ManifestList, name: str) -> str:
    """The manifest that a COPY names and that is missing; "" if it names other files, too, or none is missing."""
    missing = missing_source(step, manifests.context)
    if not missing or len(step.instruction.words) != 2 or posixpath.basename(missing) != name:
        return ""
    folder = posixpath.dirname(missing)
    is_gone = folder and not manifests.context.exists(folder)
    where = step.destination or ""
    return missing if is_gone and where in (manifests.image_path(folder), manifests.image_path(missing)) else ""


def _check_siblings(manifests: ManifestList, gone: Gone) -> None:
    """Raises LeaveAlone where the list has no member beside it: then the folder may be made before the build."""
    name = posixpath.basename(gone.source)
    above = posixpath.dirname(posixpath.dirname(gone.source))
    for copy in manifests.copies:
        for entry in copy.brought.entries:
            folder = posixpath.dirname(entry.source)
            if posixpath.basename(entry.source) == name and folder and posixpath.dirname(folder) == above:
                return
    reason = f"{gone.source} is not in the build context, and no other {name} beside it is copied"
    raise LeaveAlone("missing-file", reason, "remove the COPY if nothing makes that file before the build")


def _check_unlisted(manifests: ManifestList, gone: Gone) -> None:
    """Raises LeaveAlone where the project still names the member's folder."""
    folder = posixpath.dirname(gone.source)
    relative = posixpath.relpath(folder, manifests.context_folder or ".")
    for name in _LISTING[manifests.install.reader]:
        path = posixpath.join(manifests.context_folder, name)
        if _is_named(manifests.context.read(path, LARGEST_LOCK) or "", relative):
            reason = f"{gone.source} is not in the build context, but {path} still names {relative}"
            raise LeaveAlone("lock-out-of-step", reason, f"remove {relative} from {path}, or bring the folder back")


def _check_unneeded(manifests: ManifestList, gone: Gone) -> None:
    """Raises LeaveAlone where a package of the project depends on one that is named like the folder.

    yarn.lock of Yarn 1 does not list the members, so that only this tells of one that is made before the build.
    """
    if manifests.install.reader != "node.install":
        return
    name = posixpath.basename(posixpath.dirname(gone.source))
    for path in (entry.source for copy in manifests.copies for entry in copy.brought.entries):
        if posixpath.basename(path) != "package.json":
            continue
        manifest = attempt(read_manifest, manifests.context, path)
        if isinstance(manifest, Reason):
            raise LeaveAlone("lock-out-of-step", f"{gone.source} is not in the build context, and {manifest.text}")
        needed = next((one for one in manifest.every_dependency() if one.rpartition("/")[2] == name), "")
        if needed:
            reason = f"{gone.source} is not in the build context, but {path} depends on {needed}"
            raise LeaveAlone("lock-out-of-step", reason, f"remove {needed} from {path}, or bring the folder back")


def _is_named(text: str, folder: str) -> bool:
    """Whether a text names a folder, as a path that ends there."""
    at = text.find(folder)
    while at >= 0:
        after = text[at + len(folder) : at + len(folder) + 1]
        if not (after.isalnum() or after in ("-", "_", ".")) or not after:
            return True
        at = text.find(folder, at + 1)
    return False


def _check_unnamed(model: Model, gone: Gone, every: set[Step]) -> None:
    """Raises LeaveAlone where another instruction names the member's folder."""
    folder = posixpath.dirname(gone.source)
    for stage in model.stages:
        for step in stage.steps:
            if step not in every and _is_named(step.source_text, folder):
                line = step.instruction.line
                reason = f"{gone.source} is not in the build context, but line {line} names {folder}, too"
                raise LeaveAlone("partial-list", reason, f"remove what is left of {folder} from the Dockerfile")


def _check_nothing_else_missing(model: Model, manifests: ManifestList, gone: list[Gone], every: set[Step]) -> None:
    """Raises LeaveAlone where another COPY fails, too: then the wrong folder may be taken for the build context."""
    for stage in model.stages:
        for step in stage.steps:
            missing = missing_source(step, manifests.context) if step not in every else ""
            if missing:
                reason = f"{gone[0].source} is not in the build context, and neither is {missing}"
                raise LeaveAlone("missing-file", reason, "name the folder of the build with --context")
