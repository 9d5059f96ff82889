"""The bake file that builds a base first, and then what is built on it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from dfix.rewriter.text.named_tuple import NamedTuple

ALL = "default"
"""The group that bake builds where no target is named."""
_HEAD = """\
# Builds the bases first, then what is built on them. Run it in the folder above:
#
#     docker buildx bake -f {path}
#
# Each context is the one that dfix found: check it. A target gets its image's name by `tags`.
"""


class BaseTarget(NamedTuple):
    """A base that is built."""

    name: str
    folder: str
    """Its context, relative to where bake runs."""
    dockerfile: str
    """Relative to the context."""


class ServiceTarget(NamedTuple):
    """A Dockerfile that is built on bases; paths as in BaseTarget."""

    name: str
    folder: str
    dockerfile: str
    bases: tuple[str, ...]


def bake_text(path: str, bases: Iterable[BaseTarget], services: Iterable[ServiceTarget]) -> str:
    """The file in HCL; `path` is its own, relative to where bake runs.

    Source: https://docs.docker.com/build/bake/contexts/ ("Using a target as a build context").
    """
    services = list(services)
    parts = [
        _HEAD.format(path=path),
        _block(f'group "{ALL}"', [f"targets = {_list(one.name for one in services)}"]),
    ]
    for base in bases:
        parts.append(_block(f'target "{base.name}"', _where(base.folder, base.dockerfile)))
    for one in services:
        contexts = [f"    {_string(base)} = {_string(f'target:{base}')}" for base in one.bases]
        lines = [*_where(one.folder, one.dockerfile), "contexts = {", *contexts, "  }"]
        parts.append(_block(f'target "{one.name}"', lines))
    return "\n".join(parts)


def _where(folder: str, dockerfile: str) -> list[str]:
    named = [f"dockerfile = {_string(dockerfile)}"] if dockerfile != "Dockerfile" else []
    return [f"context = {_string(folder)}", *named]


def _block(head: str, lines: Iterable[str]) -> str:
    """A block; lines that are indented already are further lines of the value above them."""
    indented = (line if line.startswith("  ") else f"  {line}" for line in lines)
    return "\n".join([f"{head} {{", *indented, "}"]) + "\n"


def _list(names: Iterable[str]) -> str:
    return f"[{', '.join(map(_string, names))}]"


def _string(text: str) -> str:
    """A quoted template of HCL, in which `${` and `%{` begin something else."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
