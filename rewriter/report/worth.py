"""What changes are worth, beside the change that brings it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dfix.rewriter.report.change_groups import ChangeGroup
from dfix.rewriter.text.named_tuple import NamedTuple


class Worth(NamedTuple):
    """One sentence about an instruction."""

    line: int
    """The first line of the instruction in the original file, and its last one."""
    last: int
    said: str
    bytes: bool = False
    """Whether it is a size, measured in a build, so that a rule's estimate says nothing more."""


def by_group(groups: Sequence[ChangeGroup], worth: Iterable[Worth]) -> Iterator[list[str]]:
    """For each group of changes, what it is worth: what was found out about its lines, then what its rules say."""
    found: list[list[Worth]] = [[] for _ in groups]
    for one in worth:
        if groups:
            found[_place(groups, one)].append(one)
    for group, own in zip(groups, found, strict=True):
        measured = any(one.bytes for one in own)
        yield [one.said for one in own] + [one.worth for one in group.changes if one.worth and not measured]


def _place(groups: Sequence[ChangeGroup], worth: Worth) -> int:
    """The group that changes the instruction, otherwise the last one before it, otherwise the first."""
    before = 0
    for at, group in enumerate(groups):
        if any(hunk.line <= worth.last and worth.line < hunk.line + len(hunk.old) for hunk in group.hunks):
            return at
        if any(change.line <= worth.line for change in group.changes):
            before = at
    return before
