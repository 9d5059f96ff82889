"""What `prisma generate` reads: the schema, for the client that the install of @prisma/client makes of it too.

Sources: prisma.io/docs ("Prisma schema location", "Generating Prisma Client", "Generators").
"""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context, inside
from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.manifests.shared.local_paths import local_path

_PLACES = ("schema.prisma", "prisma/schema.prisma")
_FOLDER = "prisma/schema"
_CONFIGURATIONS = ("prisma.config", ".config/prisma")
_OUTPUT = re.compile(r'^\s*output\s*=\s*(?P<value>"[^"]*"|\S.*)$', re.MULTILINE)
_PROVIDER = re.compile(r'^\s*provider\s*=\s*"(?P<value>[^"]*)"', re.MULTILINE)


class Schema(NamedTuple):
    """The files and folders of a schema; none where the project has no schema."""

    files: tuple[str, ...]
    folders: tuple[str, ...]


def schema(context: Context, manifest: Manifest, named: str = "") -> Schema:
    """The schema that Prisma finds in the project of `manifest`, or `named`, the value of `--schema`."""
    for stem in _CONFIGURATIONS:
        for suffix in (".ts", ".js", ".mjs", ".cjs", ".mts", ".cts"):
            path = posixpath.join(manifest.folder, stem + suffix)
            if context.ships(path):
                raise LeaveAlone("hook-script", f"{path} is a program that Prisma runs")
    named = named or str(manifest.table("prisma").get("schema", ""))
    for written in (named,) if named else _PLACES:
        place = local_path(manifest.folder, written, f"{manifest.path}: the schema is at {written}")
        if context.ships(place):
            _output(context, place)
            return Schema((place,), ())
    folder = inside(manifest.folder, named or _FOLDER)
    if folder and context.ships_any(folder):
        for path in context.below(folder):
            _output(context, path)
        return Schema((), (folder,))
    return Schema((), ())


def _output(context: Context, path: str) -> None:
    """A generator of the project's own, or one that writes where the context ships files."""
    text = re.sub(r"//[^\n]*", "", context.read(path) or "")
    for match in _PROVIDER.finditer(text):
        if " " in match["value"] or match["value"].startswith((".", "/")):
            raise LeaveAlone("hook-script", f"{path} has a generator of its own (`{match['value']}`)")
    for match in _OUTPUT.finditer(text):
        written = match["value"].strip().strip('"')
        target = inside(posixpath.dirname(path), written)
        if target is None or "(" in written:
            raise LeaveAlone("setting", f"{path} writes to {written}, a place that is not known")
        if "node_modules" not in target and context.ships_any(target):
            hint = f"add `{target}` to {context.ignore_name}"
            raise LeaveAlone("host-output", f"the build context ships {target}, which the install generates", hint)
