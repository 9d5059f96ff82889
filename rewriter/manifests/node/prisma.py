"""What `prisma generate` reads: the schema. Installing @prisma/client generates the client from it, too.

Sources: prisma.io/docs ("Prisma schema location", "Generating Prisma Client", "Generators").
"""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import inside
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.manifests.shared.local_paths import local_path
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_PLACES = ("schema.prisma", "prisma/schema.prisma")
_FOLDER = "prisma/schema"
_CONFIGURATIONS = ("prisma.config", ".config/prisma")
_OUTPUT = expression(r'^[^\S\n]*output\s*=\s*(?P<value>"[^"]*"|\S.*)$', re.MULTILINE)
_PROVIDER = expression(r'^[^\S\n]*provider\s*=\s*"(?P<value>[^"]*)"', re.MULTILINE)


class Schema(NamedTuple):
    """A Prisma schema: one file, or a folder of files; both are empty for a project without a schema."""

    files: tuple[str, ...]
    folders: tuple[str, ...]


def schema(context: Context, manifest: Manifest, named: str = "") -> Schema:
    """The schema that Prisma finds in the project of `manifest`, or `named`, the value of `--schema`.

    Raises LeaveAlone for a project whose Prisma settings are a program, or whose generators dfix does not follow.
    """
    for stem in _CONFIGURATIONS:
        for suffix in (".ts", ".js", ".mjs", ".cjs", ".mts", ".cts"):
            path = posixpath.join(manifest.folder, stem + suffix)
            if context.ships(path):
                raise LeaveAlone("hook-script", f"{path} is a program that Prisma runs, and it may read any file")
    named = named or str(manifest.table("prisma").get("schema", ""))
    for written in (named,) if named else _PLACES:
        path = local_path(manifest.folder, written, f"{manifest.path}: the schema is at {written}")
        if context.ships(path):
            _refuse_generators(context, path)
            return Schema((path,), ())
    folder = inside(manifest.folder, named or _FOLDER)
    if folder and context.ships_any(folder):
        for path in context.below(folder):
            _refuse_generators(context, path)
        return Schema((), (folder,))
    return Schema((), ())


def _refuse_generators(context: Context, path: str) -> None:
    """Raises LeaveAlone for a generator that is a command, or that writes where the context ships files."""
    text = re.sub(r"//[^\n]*", "", context.read(path) or "")
    for match in _PROVIDER.finditer(text):
        if " " in match["value"] or match["value"].startswith((".", "/")):
            raise LeaveAlone("hook-script", f"{path} runs the generator `{match['value']}`, which may read any file")
    for match in _OUTPUT.finditer(text):
        written = match["value"].strip().strip('"')
        target = inside(posixpath.dirname(path), written)
        if target is None or "(" in written:
            raise LeaveAlone("setting", f"{path} generates code to {written}, a path that dfix cannot resolve")
        if "node_modules" not in target and context.ships_any(target):
            hint = f"add `{target}` to {context.ignore_name}"
            raise LeaveAlone("host-output", f"the build context ships {target}, which the install generates", hint)
