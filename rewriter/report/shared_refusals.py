"""Refusals that several files share: said once, with all their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dfix.rewriter.pipeline.result import Refused, Result
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.folding import Painted
from dfix.rewriter.report.output import Output, visible, visible_name
from dfix.rewriter.text.named_tuple import NamedTuple

_MOST_PLACES = 20


class SharedRefusal(NamedTuple):
    """A refusal that is the same in several files, and where."""

    refusal: Refused
    places: tuple[tuple[str, int], ...]
    """Path and line of each."""


def shared_refusals(results: Sequence[Result]) -> list[SharedRefusal]:
    """The refusals with the same rule, code, reason and hint in more than one file; the most frequent first."""
    found: dict[tuple[str, ...], list[tuple[str, Refused]]] = {}
    for result in results:
        for refusal in result.refusals:
            found.setdefault(_key(refusal), []).append((result.before.path, refusal))
    shared = [
        SharedRefusal(places[0][1], tuple((path, refusal.line) for path, refusal in places))
        for places in found.values()
        if len({path for path, _ in places}) > 1
    ]
    return sorted(shared, key=lambda one: (-len(one.places), _key(one.refusal)))


def without(result: Result, shared: Sequence[SharedRefusal]) -> Result:
    """A result without the refusals that are told with those of other files."""
    told = {_key(one.refusal) for one in shared}
    return result._replace(refusals=tuple(one for one in result.refusals if _key(one) not in told))


def write_shared(out: Output, shared: Sequence[SharedRefusal]) -> None:
    """Write each reason with its number of places, the hint, and the places."""
    for refusal, places in shared:
        count = Painted(f"{len(places)} places in {len({path for path, _ in places})} files", "bold")
        said = f": {refusal.rule} left these alone ({refusal.code}): {visible(refusal.reason)}"
        out.write_folded([count, Painted(said)], _INDENT)
        if refusal.hint:
            out.write_folded([Painted(f"  = {visible(refusal.hint)}", "cyan")], _INDENT)
        out.write_folded([Painted("  "), *_named(places)], _INDENT)
        out.write("\n")


_INDENT = (Painted("  "),)


def _named(places: Sequence[tuple[str, int]]) -> Iterator[Painted]:
    shown = ", ".join(f"{visible_name(shown_name(path))}:{line}" for path, line in places[:_MOST_PLACES])
    more = len(places) - _MOST_PLACES
    yield Painted(shown + (f" and {more} more (--output-format concise lists all)" if more > 0 else ""))


def _key(refusal: Refused) -> tuple[str, ...]:
    return refusal.rule, refusal.code, refusal.reason, refusal.hint
