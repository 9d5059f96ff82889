"""The mounts of a RUN: `--mount=type=cache,target=/root/.cache`."""

from __future__ import annotations

from dfix.rewriter.dockerfile import Instruction
from dfix.rewriter.dockerfile.stage_names import mount_fields
from dfix.rewriter.model.paths import resolve
from dfix.rewriter.text.named_tuple import NamedTuple

_SAME = {"dst": "target", "destination": "target", "src": "source"}


class Mount(NamedTuple):
    """A mount of a RUN."""

    kind: str
    """bind, cache, tmpfs, secret or ssh."""
    target: str | None
    """An absolute path; None if it is missing or not known before the build."""
    source: str | None
    """As written."""
    from_: str | None
    """The stage or image that it mounts from, as written."""
    id: str | None = None
    """The name of a cache, as written; None: its target is its name."""


def mounts(instruction: Instruction, workdir: str | None) -> tuple[Mount, ...]:
    """Every `--mount` of a RUN, parsed like BuildKit's parseMount: keys in any order, type bind by default.

    A relative target is below `workdir`.
    """
    return tuple(
        _mount(flag.value, workdir) for flag in instruction.flags if flag.name == "mount" and flag.value is not None
    )


def _mount(value: str, workdir: str | None) -> Mount:
    fields = {_SAME.get(name, name): field for name, field in mount_fields(value)}
    return Mount(
        fields.get("type", "bind").lower(),
        _target(fields.get("target"), workdir),
        fields.get("source"),
        fields.get("from"),
        fields.get("id"),
    )


def _target(path: str | None, workdir: str | None) -> str | None:
    if not path or "$" in path:
        return None
    target = resolve(workdir, path)
    return target if target is not None and target[0] == "/" else None
