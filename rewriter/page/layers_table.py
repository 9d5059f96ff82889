"""The layers of a Dockerfile as a table: what each costs, which files make it run again, what it took."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from dfix.rewriter.layers.layer import LayerRow
from dfix.rewriter.page.markup import Child, code, element, elements
from dfix.rewriter.report.sizes import counted, size

_LONGEST = 120
_COSTS = {"slow": "slow", "light": "light", "quick": "quick", "nothing": "free"}


def layers_table(rows: Sequence[LayerRow], files: int, caption: str) -> Element:
    """One row for each instruction; `files` is the number of files that the build sends."""
    measured = any(row.took is not None for row in rows)
    more = ("Re-run by arguments",) * any(row.arguments for row in rows) + ("Took",) * measured
    names = ("Line", "Instruction", "Cost", "Re-run by files", *more)
    head = element("tr", *(element("th", name, scope="col") for name in names))
    body = elements("tbody", (_row(row, files, more) for row in rows))
    return element("table", element("caption", caption), element("thead", head), body, class_="layers")


def _row(row: LayerRow, files: int, more: Sequence[str]) -> Element:
    text = row.text if len(row.text) <= _LONGEST else row.text[: _LONGEST - 1] + "…"
    cells: list[Child] = [element("td", str(row.line), class_="number"), element("td", code(text), *_ships(row))]
    if row.step:
        cost = element("td", element("span", _COSTS[row.cost], class_=f"cost {row.cost}"))
        cells += [cost, _files(row, files)]
    else:
        cells += [element("td"), element("td")]
    told = {"Re-run by arguments": ", ".join(row.arguments), "Took": _took(row)}
    cells += [element("td", told[name]) for name in more]
    return element("tr", *cells)


def _ships(row: LayerRow) -> list[Child]:
    """For the first line of a stage, whether it ships."""
    if row.step or not row.text.upper().startswith("FROM "):
        return []
    return [" ", element("span", "ships" if row.ships else "doesn't ship", class_="ships")]


def _files(row: LayerRow, files: int) -> Element:
    said = f"{row.files:,} of {counted(files, 'file')}" if row.files else "none"
    meter = element("meter", min="0", max=str(max(files, 1)), value=str(row.files), aria_label=said)
    return element("td", meter if row.files else None, " ", said)


def _took(row: LayerRow) -> str:
    """The seconds and bytes that the last verify measured."""
    if row.took is None:
        return ""
    return f"{row.took.seconds:.1f} s" + (f", {size(row.took.size)}" if row.took.size is not None else "")
