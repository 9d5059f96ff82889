"""Which files to edit when rebuilds are measured: a source and a manifest that authors typically edit.

An edit appends blank lines: that changes the content for every builder, but the meaning in hardly any format.
"""

from __future__ import annotations

import os
import posixpath
import secrets
from collections import Counter
from collections.abc import Iterator

from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge import managers
from dfix.rewriter.model import Model
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

SOURCES = frozenset(
    ".bat .c .cc .cjs .clj .cpp .cs .css .dart .ex .exs .fs .go .h .hpp .html .java .js .jsx .kt .kts .lua .mjs .php "
    ".pl .py .r .rb .rs .scala .scss .sh .sql .svelte .swift .ts .tsx .vb .vue .zig".split()
)
_REQUIREMENTS = expression(r"(.*/)?(([^/]*[-_.])?requirements([-_.][^/]*)?|requirements/[^/]+)\.(txt|in)")
_LOOKED_AT = 8192


class Edits(NamedTuple):
    """Context paths; "" if there is no such file."""

    source: str
    dependency: str


def choose(model: Model, context: Context) -> Edits:
    """Choose the files to edit. Files copied twice were copied for an install, so they are not typical sources."""
    manifests, locks = _names("manifests"), _names("locks")
    times = Counter(path for copy in _copies(model, context) for path in set(copy.brought.paths()))
    dependencies = [path for path in times if _is_manifest(path, manifests)]
    sources = [path for path in times if path not in dependencies and posixpath.basename(path) not in locks]
    once = min((times[path] for path in sources), default=0)
    sources = [path for path in sources if times[path] == once]
    return Edits(_usual_source(context, sources), min(dependencies, key=lambda p: (-times[p], *_near(p)), default=""))


def edit(folder: str, path: str) -> None:
    """Edit a file in a copied context. Each edit is random, so that no engine has it in its cache."""
    lines = "".join(" \n" if bit == "1" else "\n" for bit in f"{secrets.randbits(24):024b}")
    with open(os.path.join(folder, path), "ab") as file:
        file.write(lines.encode())


def _copies(model: Model, context: Context) -> Iterator[Copied]:
    for stage in model.stages:
        for step in stage.steps:
            if step.keyword in ("COPY", "ADD") and step.instruction.flag("from") is None and not step.onbuild:
                found = copied(step, context)
                if isinstance(found, Copied):
                    yield found


def _names(kind: str) -> frozenset[str]:
    return frozenset(name for manager in managers() for name in getattr(manager, kind))


def _is_manifest(path: str, manifests: frozenset[str]) -> bool:
    name = posixpath.basename(path)
    return name in manifests or _REQUIREMENTS.fullmatch(path) is not None


def _near(path: str) -> tuple[int, str]:
    return path.count("/"), path


def _usual_source(context: Context, paths: list[str]) -> str:
    """A file of the most common kind of source, else any text file; the nearest to the root."""
    kinds = Counter(suffix for path in paths if (suffix := posixpath.splitext(path)[1].lower()) in SOURCES)
    for kind, _ in kinds.most_common():
        of_kind = [path for path in paths if path.lower().endswith(kind) and _is_text(context, path)]
        if of_kind:
            return min(of_kind, key=_near)
    return next((path for path in sorted(paths, key=_near) if _is_text(context, path)), "")


def _is_text(context: Context, path: str) -> bool:
    text = context.read(path)
    return text is not None and "\0" not in text[:_LOOKED_AT] and not os.path.islink(os.path.join(context.root, path))
