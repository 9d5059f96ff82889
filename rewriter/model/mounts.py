"""The mounts of a RUN: `--mount=type=cache,target=/root/.cache`."""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from rewriter.syntax import Instruction


class Mount(NamedTuple):
    """`kind` is bind, cache, tmpfs, secret or ssh; `target` is None where it is not given or depends on a variable.

    `source` and `from_` are as written.
    """

    kind: str
    target: str | None
    source: str | None
    from_: str | None


def mounts(instruction: Instruction) -> tuple[Mount, ...]:
    """Every `--mount` of a RUN, read as BuildKit's parseMount does: keys in any order, type bind by default."""
    return tuple(_mount(flag.value) for flag in instruction.flags if flag.name == "mount" and flag.value is not None)


def _mount(value: str) -> Mount:
    fields: dict[str, str] = {}
    for part in value.split(","):
        key, _, field = part.partition("=")
        fields[key.strip().lower()] = field.strip().strip('"')
    target = fields.get("target") or fields.get("dst") or fields.get("destination")
    if target is not None:
        target = None if "$" in target else posixpath.normpath(target)
    source = fields.get("source") or fields.get("src")
    return Mount(fields.get("type", "bind"), target, source, fields.get("from"))
