"""What the install script of Nx reads and writes; Lerna and the plug-ins of Nx depend on that package.

Nothing without nx.json. Before 21.4 it writes its project graph, with a hash of each file of the workspace, to `.nx`
(16 and earlier: `node_modules/.cache/nx`). Since then it only downloads the client of Nx Cloud, if nx.json asks for it.
Source: `bin/post-install.js` of nx 16.10.0 to 22.7.12, and what runs of it wrote, on 2026-11-29.
"""

from __future__ import annotations

import posixpath

from dfix.rewriter.context.context_path import above
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.lock_files import versions_in_lock
from dfix.rewriter.manifests.node.package_json import Manifest, first_number
from dfix.rewriter.manifests.shared.inputs import MadeFromSources
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_NO_GRAPH = (21, 4)
_FOLDERS = ((17, ".nx"), (0, "node_modules/.cache"))
"""Where the graph is written, from a major version on."""
_DEPENDS_ON_NX = expression(r"nx|lerna|@nx/.*|@nrwl/.*")
_CLOUD = expression(r"nxCloud|nx-cloud")
_HINT = "update Nx to 21.4 or later, or copy only the result of the build to the stage that ships"


class NxFiles(NamedTuple):
    """What the install of nx has to do with the project."""

    read: tuple[str, ...] = ()
    made: tuple[MadeFromSources, ...] = ()


def nx_files(context: Context, manifests: list[Manifest], locks: list[str], env: frozenset[str]) -> NxFiles:
    """What the install of nx reads and makes, if one of `manifests` brings it; the root is the first.

    `env` has the names of the variables in force.
    """
    root = manifests[0].folder
    folders = (folder for folder in (root, *above(root)) if context.ships(posixpath.join(folder, "nx.json")))
    folder = next(folders, None)
    if folder is None:
        return NxFiles()
    ranges = {name: wanted for manifest in manifests for name, wanted in manifest.every_dependency().items()}
    versions = [version for lock in locks for version in versions_in_lock(context, lock, "nx")]
    if not versions and not any(map(_DEPENDS_ON_NX.fullmatch, ranges)):
        return NxFiles()
    oldest = min(versions, default=(first_number(ranges.get("nx", "")) or 0, 0))
    if oldest < _NO_GRAPH:
        version = f" {oldest[0]}.{oldest[1]}" if versions else ""
        written = next(path for major, path in _FOLDERS if oldest[0] >= major)
        why = f"the install of nx{version} writes its project graph, made from all the sources"
        return NxFiles(made=(MadeFromSources(posixpath.join(folder, written), why, _HINT),))
    settings = posixpath.join(folder, "nx.json")
    asks_cloud = _CLOUD.search(context.read(settings) or "") or "NX_CLOUD_ACCESS_TOKEN" in env
    return NxFiles(read=(settings,) if asks_cloud else ())
