"""The mounts of a RUN: `--mount=type=cache,target=/root/.cache`."""

from __future__ import annotations

from typing import NamedTuple

from dfix.rewriter.dockerfile import Instruction
from dfix.rewriter.model.paths import resolve

_SAME = {"dst": "target", "destination": "target", "src": "source"}


class Mount(NamedTuple):
    """`kind` is bind, cache, tmpfs, secret or ssh.

    `target` is absolute; None where it is not given or not known before the build. `source` and `from_` are as written.
    """

    kind: str
    target: str | None
    source: str | None
    from_: str | None


def mounts(instruction: Instruction, workdir: str | None) -> tuple[Mount, ...]:
    """Every `--mount` of a RUN, read as BuildKit's parseMount does: keys in any order, type bind by default.

    A relative target lies below `workdir`.
    """
    return tuple(
        _mount(flag.value, workdir) for flag in instruction.flags if flag.name == "mount" and flag.value is not None
    )


def _mount(value: str, workdir: str | None) -> Mount:
    fields: dict[str, str] = {}
    for part in value.split(","):
        key, _, field = part.partition("=")
        name = key.strip().lower()
        fields[_SAME.get(name, name)] = field.strip().strip('"')
    return Mount(
        fields.get("type", "bind").lower(),
        _target(fields.get("target"), workdir),
        fields.get("source"),
        fields.get("from"),
    )


def _target(written: str | None, workdir: str | None) -> str | None:
    if not written or "$" in written:
        return None
    target = resolve(workdir, written)
    return target if target is not None and target[0] == "/" else None
