"""What a rewrite gains, as a table; a gain is only claimed where work or bytes are saved, not where a clock differs."""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.report.output import visible
from dfix.rewriter.report.sizes import size
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.verify.proof import Measures, Proof, Rebuild

LEAST_SAVED = 100_000
"""Bytes below which an image is not called smaller: two builds of the same file differ by as much in logs."""
_CLEARLY = 1.5
"""How many times faster a rebuild must be, since seconds vary."""


class _Times(NamedTuple):
    label: str
    before: Rebuild | None
    after: Rebuild | None


def rows(proof: Proof) -> Iterator[tuple[str, str, str, str]]:
    """The rows of the table: label, before, after, and the gain, "" for none."""
    before, after = proof.before, proof.after
    assert before is not None and after is not None
    yield "", "before", "after", ""
    if not after.cold.cached:
        yield "build without cache", _rebuild(before.cold), _rebuild(after.cold), ""
    for label, was, now in _rebuilds(proof, before, after):
        if was is not None and now is not None:
            yield label, _rebuild(was), _rebuild(now), _faster(was, now)
    fewer = before.layers - after.layers
    yield "layers", str(before.layers), str(after.layers), f"{fewer} fewer" if fewer > 0 else ""
    yield "image size", size(before.size), size(after.size), _less(before.size, after.size)
    if before.pushed is not None and after.pushed is not None:
        label = f"to push, {visible(proof.edited[0])} edited"
        yield label, size(before.pushed), size(after.pushed), _less(before.pushed, after.pushed)


def gained(proof: Proof) -> bool | None:
    """Whether any row of the table gains; None where not all of them were measured."""
    after = proof.after
    if proof.before is None or after is None or after.unchanged is None or (after.source is None and proof.edited[0]):
        return None
    return any(gain for _, _, _, gain in rows(proof))


def _rebuilds(proof: Proof, before: Measures, after: Measures) -> list[_Times]:
    source, dependency = map(visible, proof.edited)
    return [
        _Times("rebuild, nothing edited", before.unchanged, after.unchanged),
        _Times(f"rebuild, {source} edited", before.source, after.source),
        _Times(f"rebuild, {dependency} edited", before.dependency, after.dependency),
    ]


def _rebuild(build: Rebuild) -> str:
    ran = len(build.ran)
    return f"{ran} of {ran + build.cached} steps, {build.seconds:.1f} s"


def _faster(before: Rebuild, after: Rebuild) -> str:
    times = before.seconds / max(after.seconds, 0.001)
    return f"{times:.1f} times faster" if len(after.ran) < len(before.ran) and times >= _CLEARLY else ""


def _less(before: int, after: int) -> str:
    saved = before - after
    return f"{size(saved)} less" if saved >= LEAST_SAVED else ""
