"""docs/results.md: the results of real builds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median
from typing import Any, NamedTuple

from dfix.rewriter.report.sizes import size

HEAD = """\
# Results of real builds

`make prove` wrote this page. Each context is built as it is and as dfix rewrites it, both without cache, with BuildKit;
the two images are compared in configuration and files; our own are then rebuilt after an edit of a source file and of a
manifest. *Steps* are the instructions that BuildKit ran, of all except FROM. Seconds are from a machine with two cores:
the median of three rebuilds, both versions in turn. The counts of steps are the same on every machine, the seconds are
not. Sizes are of uncompressed layers.
"""


ANOTHER = "## A different image (`--unsafe`)\n"
_ANOTHER_TEXT = """
Stages split in two, and slim bases: a different image with the same settings, which runs as before. Both images are
run: until they end, with exit status and output compared, or until their exposed ports answer and their health check
passes; `ldd` looks for missing libraries. Our own contexts are in `tests/prove/contexts`, with base images made from
Debian packages; the official images are larger, especially before the change. `scripts/prove.py --unsafe --write` only
writes this part.
"""


class Row(NamedTuple):
    """A context and its result of `dfix verify --output-format json`; `unsafe` if run with --unsafe."""

    name: str
    what: str
    file: dict[str, Any]
    unsafe: bool = False


def report(own: list[Row], real: list[Row], not_built: dict[str, str]) -> str:
    """The whole page."""
    unsafe = [row for row in (*own, *real) if row.unsafe]
    own, real = [row for row in own if not row.unsafe], [row for row in real if not row.unsafe]
    parts = [HEAD, _summary(own, real), "## Contexts of our own\n", _own_table(own)]
    parts += [another(unsafe), "## Real contexts\n", _real_table(real)]
    if not_built:
        rows = "".join(f"| {name} | {reason} |\n" for name, reason in sorted(not_built.items()))
        parts.append("Tried, and not to be built here:\n\n| context | reason |\n| --- | --- |\n" + rows)
    return "\n".join(parts)


def another(rows: list[Row]) -> str:
    """The part about changes that produce a different image."""
    gone = sorted(_gone(row) for row in rows if row.file["verdict"] == "proven" and row.file["after"])
    half = median(gone) if gone else 0.0
    lines = [
        _verdicts("Contexts", rows),
        f"- Gone of the image's size: {half:.0%} at the median, {gone[0]:.0%} to {gone[-1]:.0%}." if gone else "",
    ]
    cells = [
        [
            row.name,
            row.what or "-",
            ", ".join(rules(row)),
            row.file["verdict"],
            row.file["ran"] or "-",
            _change(row, "size", size),
            f"{_gone(row):.0%}" if row.file["after"] else "-",
        ]
        for row in rows
    ]
    table = _markdown(["context", "what", "rules", "verdict", "both images", "image size", "gone"], cells)
    return f"{ANOTHER}{_ANOTHER_TEXT}\n" + "\n".join(lines) + f"\n\n{table}"


def renewed(page: str, rows: list[Row]) -> str:
    """Replace the part about different images in a page."""
    head, _, tail = page.partition(ANOTHER)
    _, _, rest = tail.partition("\n## ")
    return f"{head}{another(rows)}\n## {rest}"


def _gone(row: Row) -> float:
    before, after = row.file["before"]["size"], row.file["after"]["size"]
    return float((before - after) / max(before, 1))


def _summary(own: list[Row], real: list[Row]) -> str:
    lines = [_verdicts("Contexts of our own", own), _verdicts("Real contexts", real)]
    split = [row for row in _measured([*own, *real]) if "split-manifests" in rules(row)]
    if split:
        times = [_seconds(row, "before") / _seconds(row, "after") for row in split]
        lines.append(
            f"- After an edit of a source, where `split-manifests` applied ({len(split)} contexts): "
            f"{median(times):.1f} times faster at the median ({min(times):.1f} to {max(times):.1f})."
        )
        lines.append("- In each of these the install came from the cache then, and ran after an edit of its manifest.")
    cleaned = [row for row in own if "clean-up" in rules(row) and row.file["before"]]
    if cleaned:
        saved = [row.file["before"]["size"] - row.file["after"]["size"] for row in cleaned]
        lines.append(
            f"- Saved where `clean-up` applied ({len(cleaned)} contexts of our own): "
            f"{size(int(median(saved)))} at the median, {size(max(saved))} at most."
        )
    return "\n".join(lines) + "\n"


def _verdicts(label: str, rows: list[Row]) -> str:
    words = {
        "proven": "proven",
        "built": "built, with nothing to prove since dfix changes nothing",
        "broken": "with a broken promise",
        "unbuilt": "did not build",
        "failed": "could not be tried",
    }
    counts = [
        f"{number} {words[verdict]}" for verdict in words if (number := sum(r.file["verdict"] == verdict for r in rows))
    ]
    return f"- {label}: {len(rows)}, " + ", ".join(counts) + "."


def rules(row: Row) -> list[str]:
    """The rules that changed a file, each once."""
    return list(dict.fromkeys(change["rule"] for change in row.file["changes"]))


def _measured(rows: list[Row]) -> Iterator[Row]:
    for row in rows:
        before, after = row.file["before"], row.file["after"]
        if row.file["verdict"] == "proven" and before and after and before["source_edit"] and after["source_edit"]:
            yield row


def _of(row: Row, side: str) -> dict[str, Any]:
    found: dict[str, Any] = row.file[side]["source_edit"]
    return found


def _seconds(row: Row, side: str) -> float:
    return max(float(_of(row, side)["seconds"]), 0.001)


def _own_table(rows: list[Row]) -> str:
    head = [
        "context",
        "what",
        "rules",
        "verdict",
        "source edited: steps",
        "seconds",
        "manifest edited: steps",
        "layers",
    ]
    cells = [
        [
            row.name,
            row.what,
            ", ".join(rules(row)),
            row.file["verdict"],
            _pair(row, "source_edit", _steps),
            _pair(row, "source_edit", lambda build: f"{build['seconds']:.1f}"),
            _pair(row, "dependency_edit", _steps),
            _change(row, "layers", str),
            _change(row, "size", size),
        ]
        for row in rows
    ]
    return _markdown([*head, "image size"], cells)


def _real_table(rows: list[Row]) -> str:
    cells = [
        [
            row.name,
            ", ".join(rules(row)) or "-",
            row.file["verdict"],
            _change(row, "layers", str),
            _change(row, "size", size),
            "<br>".join(_refusals(row)) or "-",
        ]
        for row in rows
    ]
    return _markdown(["context", "rules", "verdict", "layers", "image size", "left alone"], cells)


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def _refusals(row: Row) -> list[str]:
    return [f"line {r['line']}, {r['rule']}: {r['reason']}".replace("|", "\\|") for r in row.file["refusals"]]


def _steps(build: dict[str, Any]) -> str:
    return f"{len(build['ran'])} of {len(build['ran']) + build['cached']}"


def _pair(row: Row, kind: str, shown: Callable[[dict[str, Any]], str]) -> str:
    before, after = row.file["before"], row.file["after"]
    if not before or not after or not before[kind] or not after[kind]:
        return "-"
    return f"{shown(before[kind])} → {shown(after[kind])}"


def _change(row: Row, field: str, shown: Callable[[int], str]) -> str:
    before, after = row.file["before"], row.file["after"]
    return f"{shown(before[field])} → {shown(after[field])}" if before and after else "-"
