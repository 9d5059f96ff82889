"""The commands (`bin`) of workspace members and packages in folders: an install links each, and makes it executable.

npm, Yarn, pnpm and Bun link a command only if its file is there, and change the mode of that file to 0755. So the file
has to be copied before the install, and the later COPY of the sources must not bring another mode.
Sources: docs.npmjs.com ("package.json", bin and directories.bin), github.com/npm/bin-links (lib/fix-bin.js).
"""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import inside
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.manifests.shared.command_mode import check_mode


def commands_of(context: Context, manifest: Manifest, manager: str) -> list[str]:
    """The context paths of a package's commands that ship. Raises LeaveAlone where the install would change one."""
    paths = []
    for written in _targets(context, manifest):
        path = inside(manifest.folder, written)
        if path is None or not context.ships(path):
            continue
        paths.append(path)
        check_mode(context, path, manager)
        first_line = (context.read(path) or "").partition("\n")[0]
        if first_line.startswith("#!") and first_line.endswith("\r"):
            reason = f"{manager} rewrites the line ends of {path}, and the later COPY of the sources would undo that"
            raise LeaveAlone("workspace", reason, f"save {path} with Unix line ends")
    return paths


def _targets(context: Context, manifest: Manifest) -> list[str]:
    """What `bin` names, in either form, or all files below `directories.bin`."""
    declared = manifest.data.get("bin")
    if isinstance(declared, str):
        return [declared]
    if isinstance(declared, dict):
        return [value for value in declared.values() if isinstance(value, str)]
    folder = manifest.table("directories").get("bin")
    below = inside(manifest.folder, folder) if isinstance(folder, str) else None
    if not below:
        return []
    return [posixpath.relpath(path, manifest.folder or ".") for path in context.below(below)]


def refuse_injected(manifests: list[Manifest]) -> None:
    """Raises LeaveAlone where pnpm copies the sources of a member into node_modules during the install."""
    for manifest in manifests:
        for name, entry in manifest.table("dependenciesMeta").items():
            if isinstance(entry, dict) and entry.get("injected"):
                raise LeaveAlone("workspace", f"{manifest.path}: {name} is injected, so pnpm copies its sources")
