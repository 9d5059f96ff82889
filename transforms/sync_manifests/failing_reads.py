"""The files without which an install fails: those of which its manifest reader says that they are missing.

Only readers are asked of which that was tried (2026-11-30): `go mod download` (Go 1.26) fails without the go.mod of a
folder that replaces a required module, or that go.work uses; pip without a file that another includes; pnpm (9)
without a patch that package.json or pnpm-workspace.yaml names.
"""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.manifests.go import folders_that_must_be_there
from dfix.rewriter.manifests.shared.missing import MissingFile
from dfix.rewriter.model.file_map.file_map import FileMap, ImageFile
from dfix.rewriter.model.file_map.image_view import ImageView
from dfix.rewriter.model.file_map.install_reads import reads_of_install, view_from
from dfix.rewriter.model.values_in_force import values_in_force
from dfix.transforms.sync_manifests.manifest_list import ManifestList

MOST_FILES = 25
"""More lines than this are not readable; the number is a choice."""
_NODE_MANIFEST = "package.json"


def files_that_are_missing(manifests: ManifestList) -> list[ImageFile]:
    """The files of the context without which the install fails today; none where it would fail with them, too.

    Raises LeaveAlone for too many of them.
    """
    if _is_led_elsewhere(manifests) or not _may_lack_files(manifests):
        return []
    whole = manifests.whole()
    found: list[ImageFile] = []
    added: list[ImageFile] = []
    while (path := _missing(manifests, manifests.with_files(added))) is not None:
        there = whole.at(path)
        if not isinstance(there, ImageFile) or any(file.path == path for file in added):
            return []
        added.append(there)
        if _fails_without(manifests, manifests.with_files(added[:-1]), there):
            found.append(there)
        if len(added) > MOST_FILES:
            reason = f"`{manifests.shown}` lacks more than {MOST_FILES} files that it reads"
            raise LeaveAlone("too-many-files", reason, "copy them with the manifests")
    return found


def _missing(manifests: ManifestList, file_map: FileMap) -> str | None:
    """The image path of a file that the install looks for and does not find; None if there is none."""
    try:
        reads_of_install(file_map, manifests.install)
    except MissingFile as no:
        return None if no.reason.code == "no-lock" else no.path
    except LeaveAlone:
        pass
    return None


def _may_lack_files(manifests: ManifestList) -> bool:
    """Whether the project names patches, where the install is one of Node.js: only then is the reader asked."""
    if manifests.install.reader != "node.install":
        return True
    paths = (posixpath.join(manifests.context_folder, name) for name in (_NODE_MANIFEST, "pnpm-workspace.yaml"))
    named = any("patchedDependencies" in (manifests.context.read(path) or "") for path in paths)
    return named and manifests.install.manager == "pnpm"


def _is_led_elsewhere(manifests: ManifestList) -> bool:
    """Whether a variable makes Go use another workspace, or none, or the download is one of some modules."""
    if manifests.install.reader != "go":
        return False
    values = values_in_force(manifests.step, manifests.install.located)
    names_modules = any(not word.startswith("-") for word in manifests.install.arguments[2:])
    return names_modules or "GOWORK" in values or "GOFLAGS" in values


def _fails_without(manifests: ManifestList, file_map: FileMap, file: ImageFile) -> bool:
    if manifests.install.reader == "node.install":
        return posixpath.basename(file.path) != _NODE_MANIFEST  # a patch; members are another question
    if manifests.install.reader != "go":
        return True
    view: ImageView = view_from(file_map, manifests.image_folder)
    folder = posixpath.dirname(file.path)
    folders = attempt(folders_that_must_be_there, view, view.folder)
    return not isinstance(folders, Reason) and any(view.image_path(one) == folder for one in folders)
