"""Yarn 2 and later write each package.json anew, even with `--immutable`: the file has to look like that already.

Source: github.com/yarnpkg/berry (packages/yarnpkg-core, Workspace.persistManifest and Manifest.exportTo).
"""

from __future__ import annotations

import json
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.manifests.shared.byte_order_mark import has_mark
from dfix.rewriter.text.expression import expression

_SORTED = ("dependencies", "devDependencies", "peerDependencies", "dependenciesMeta", "peerDependenciesMeta")
_NOT_EMPTY = (*_SORTED, "scripts", "bin", "resolutions", "optionalDependencies", "workspaces")
"""Tables and lists that Yarn leaves out if they are empty (tried with Yarn 4.18)."""
_INDENT = expression(r"^[ \t]+", re.MULTILINE)


def refuse_rewritten_manifest(context: Context, manifest: Manifest) -> None:
    """Raises LeaveAlone where the text of a package.json is not the one that Yarn would write."""
    how = _other_layout(context.read(manifest.path) or "", manifest) or _other_content(manifest)
    if has_mark(context, manifest.path):
        how = "it begins with a byte order mark"
    if how:
        reason = f"Yarn rewrites {manifest.path} during the install ({how}), and the later COPY would undo that"
        raise LeaveAlone("lock-rewritten", reason, "run `yarn install` and commit package.json")


def _other_layout(text: str, manifest: Manifest) -> str:
    text = text.replace("\r\n", "\n")
    indent = _INDENT.search(text)
    expected = json.dumps(manifest.data, ensure_ascii=False, indent=indent[0] if indent else "  ") + "\n"
    if text + "\n" == expected:
        return "its last line has no line end"
    return "" if text == expected else "its layout is not that of `JSON.stringify`"


def _other_content(manifest: Manifest) -> str:
    for name in _NOT_EMPTY:
        if manifest.data.get(name) in ({}, []):
            return f"`{name}` is empty"
    for name in _SORTED:
        entries = manifest.table(name)
        if list(entries) != sorted(entries):
            return f"`{name}` is not sorted"
    if manifest.data.get("private") is False:
        return "`private` is false, which it leaves out"
    if list(manifest.table("bin")) == [str(manifest.data.get("name")).rpartition("/")[2]]:
        return "`bin` is a table, and the only command has the package's name"
    return ""
