"""docs/reproducible.md: which contexts give the same image twice, as they are and after dfix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dfix.rewriter.verify.varying import KINDS

Answers = Mapping[str, Mapping[str, Any]]
HEAD = """\
# The same image twice

`scripts/reproducible.py` wrote this page: contexts of the tests (`tests/prove/contexts`) and real ones, each built
twice without cache with one `SOURCE_DATE_EPOCH`, as they are and after `dfix --write` and `dfix --write --select
reproducible` ([`dfix verify --reproducible`](verify.md#built-twice), [the rule](rules/reproducible.md)).

*Same files and times* means: each layer has the same paths in the same order, with the same contents, owners, modes
and times, where a time after `SOURCE_DATE_EPOCH` counts as that. The engine of the tests (Docker 26.1 with the
BuildKit in it) can't show more, because its own exporter keeps the time of each file and it has no other for images;
with `rewrite-timestamp=true` in BuildKit 0.13 or newer, such an image has the same digest.

The base images are stand-ins made from Debian packages, and the two builds are seconds apart on one machine: no
package was published in between. Contexts without a row were not built for this page yet.
"""
_NO_DIFFERENCE = {"digest": "same digest", "files": "same files and times"}


def report(kept: Answers) -> str:
    """The page; a context counts if it was built both as it is and after dfix."""
    built = {name: sides for name, sides in kept.items() if _is_built(sides)}
    own = {name: sides for name, sides in built.items() if not sides["real"]}
    real = {name: sides for name, sides in built.items() if sides["real"]}
    parts = [HEAD]
    for title, some in (("Contexts of the tests", own), ("Real contexts", real)):
        if some:
            parts.append(f"## {title}\n\n{_summary(some)}\n\n" + "\n".join(_table(some)) + "\n")
    left_out = sorted(set(kept) - set(built))
    if left_out:
        parts.append(f"Built only as they are or only after dfix so far, or failed here: {', '.join(left_out)}.\n")
    return "\n".join(parts)


def _is_built(sides: Mapping[str, Any]) -> bool:
    return all(sides.get(side, {}).get("verdict") in ("reproducible", "varies") for side in ("before", "after"))


def _summary(some: Answers) -> str:
    before, after = (sum(bool(sides[side]["same"]) for sides in some.values()) for side in ("before", "after"))
    return f"Of {len(some)}, {before} give the same files and times twice as they are, {after} after dfix."


def _table(some: Answers) -> Iterator[str]:
    yield "| context | as it is | after dfix |"
    yield "| --- | --- | --- |"
    for name, sides in sorted(some.items()):
        yield f"| {name} | {_cell(sides['before'])} | {_cell(sides['after'])} |"


def _cell(answer: Mapping[str, Any]) -> str:
    if answer["same"]:
        return _NO_DIFFERENCE[answer["same"]]
    return ", ".join(f"{said}: {answer['kinds'][kind]}" for kind, said in KINDS.items() if kind in answer["kinds"])
