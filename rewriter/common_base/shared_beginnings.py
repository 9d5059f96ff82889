"""Which stages may share a base: a tree of their first steps, in which each branch costs what all on it would save."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from dfix.rewriter.common_base.beginning import Beginning, FirstStep, StartImage, StayingRun
from dfix.rewriter.measured.records import Took
from dfix.rewriter.text.named_tuple import NamedTuple

_DIFFERS = "the steps above it that it depends on, or its settings (ENV, WORKDIR, USER …), are others"


class SharedBeginning(NamedTuple):
    """Stages of several Dockerfiles that may begin with the same steps."""

    members: tuple[Beginning, ...]
    depth: int
    """How many of their elements they share."""

    @property
    def base(self) -> StartImage:
        """On what all are built."""
        return self.members[0].base

    @property
    def steps(self) -> Sequence[FirstStep]:
        """The shared steps, as the first of them has them."""
        return self.of(self.members[0])

    def of(self, member: Beginning) -> Sequence[FirstStep]:
        """The shared steps as a member has them."""
        return member.elements[: self.depth]

    @property
    def files(self) -> int:
        """How many Dockerfiles they are in."""
        return len({member.path for member in self.members})

    @property
    def saved_runs(self) -> int:
        """How many slow steps fewer run where each is built without a cache of the others."""
        return (self.files - 1) * sum(step.slow for step in self.steps)

    @property
    def shared_today(self) -> bool:
        """Whether a builder that keeps its cache runs these steps once already: nothing above them differs."""
        return len({member.elements[self.depth - 1].so_far for member in self.members}) == 1

    @property
    def seconds(self) -> float | None:
        """The seconds that this saves where each is built for itself; None where a slow step was not measured."""
        found = [_mean(took.seconds for took in self._measured(at)) for at in range(self.depth)]
        known = [seconds for seconds in found if seconds is not None]
        missing = any(step.slow and seconds is None for step, seconds in zip(self.steps, found, strict=True))
        return None if missing else (self.files - 1) * sum(known)

    @property
    def size(self) -> int | None:
        """The bytes of the layers that are stored and pulled once less for each further file; None if not measured."""
        sizes = [_mean(took.size for took in self._measured(at)) for at in range(self.depth)]
        missing = any(step.slow and found is None for step, found in zip(self.steps, sizes, strict=True))
        return None if missing else (self.files - 1) * round(sum(found or 0 for found in sizes))

    def _measured(self, at: int) -> list[Took]:
        return [took for member in self.members if (took := member.elements[at].took) is not None]


class UnsharedPlace(NamedTuple):
    """A slow RUN that a base can't have, and why."""

    path: str
    line: int
    reason: str


class Near(NamedTuple):
    """A slow RUN that several Dockerfiles have on the same image, and that at least one of them can't share."""

    image: str
    shown: str
    files: int
    places: tuple[UnsharedPlace, ...]


class _Branch:
    """The stages that begin with the same elements."""

    __slots__ = ("below", "members", "slow")

    def __init__(self, slow: int) -> None:
        self.slow = slow
        self.members: list[Beginning] = []
        self.below: dict[str, _Branch] = {}


class _Choice(NamedTuple):
    saved: int
    groups: tuple[SharedBeginning, ...]


def groups(found: Iterable[Beginning]) -> list[SharedBeginning]:
    """The groups that save most, each stage in one of them at most; those with most to save first."""
    roots: defaultdict[StartImage, _Branch] = defaultdict(lambda: _Branch(0))
    for beginning in found:
        branch = roots[beginning.base]
        branch.members.append(beginning)
        for element in beginning.elements:
            branch = branch.below.setdefault(element.key, _Branch(branch.slow + element.slow))
            branch.members.append(beginning)
    chosen = [group for root in roots.values() for group in _choice(root, 0).groups]
    return sorted(chosen, key=lambda group: (-group.saved_runs, group.base, group.members[0].path))


def _choice(branch: _Branch, depth: int) -> _Choice:
    """One base for all stages of a branch, or several for those of the branches below it."""
    whole = _group(branch.members, depth, branch.slow)
    deep = [_choice(one, depth + 1) for one in branch.below.values() if len(one.members) > 1]
    taken = {id(member) for choice in deep for group in choice.groups for member in group.members}
    rest = _group([member for member in branch.members if id(member) not in taken], depth, branch.slow)
    parts = (*deep, rest)
    apart = _Choice(sum(one.saved for one in parts), tuple(group for one in parts for group in one.groups))
    is_same = len(apart.groups) == 1 and len(apart.groups[0].members) == len(branch.members)
    return apart if apart.saved > whole.saved or is_same else whole


def _group(members: Sequence[Beginning], depth: int, slow: int) -> _Choice:
    files = len({member.path for member in members})
    if files < 2 or not slow:
        return _Choice(0, ())
    return _Choice((files - 1) * slow, (SharedBeginning(tuple(members), depth),))


def near(found: Sequence[Beginning], chosen: Iterable[SharedBeginning]) -> list[Near]:
    """The slow RUNs that several files have on one image, and why they are not shared; the most frequent first."""
    shared = {(member.path, step.line) for group in chosen for member in group.members for step in group.of(member)}
    places: defaultdict[tuple[str, str], list[UnsharedPlace]] = defaultdict(list)
    files: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in found:
        slow = [StayingRun(step.text, step.line, step.shown, _DIFFERS) for step in one.elements if step.slow]
        for stay in (*slow, *one.stays):
            key = one.base.image, stay.text
            files[key].add(one.path)
            if (one.path, stay.line) not in shared:
                places[key].append(UnsharedPlace(one.path, stay.line, stay.reason))
    made = [Near(*key, len(files[key]), tuple(at)) for key, at in places.items() if len(files[key]) > 1]
    return sorted(made, key=lambda one: (-one.files, one.image, one.shown))


def _mean(numbers: Iterable[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return sum(known) / len(known) if known else None
