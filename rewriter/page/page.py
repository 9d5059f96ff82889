"""The whole page: an overview, then each file that changes or has something left alone."""

from __future__ import annotations

import base64
import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from dfix.rewriter.page.file_section import file_section
from dfix.rewriter.page.markup import Child, code, element, elements, script, style, written
from dfix.rewriter.page.reported_file import ReportedFile
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.version import version
from dfix.rewriter.text.own_data import own_text

_MOST_OPEN = 10
"""With more files, they are closed at first."""


def page(files: Sequence[ReportedFile], summary: str) -> str:
    """The page as HTML, self-contained: it loads nothing and, but for sorting, needs no script."""
    told = [file for file in files if _told(file)]
    sections = [file_section(file, at, opened=len(told) <= _MOST_OPEN) for at, file in enumerate(told, 1)]
    main = element("main", element("h1", "dfix report"), element("p", summary), class_="report")
    main.extend([*_overview(files, told), *sections])
    footer = element("footer", element("p", f"Made by dfix {version() or '(development version)'}."))
    return written(element("html", _head(), element("body", main, footer), lang="en"))


def _told(file: ReportedFile) -> bool:
    result = file.result
    return bool(result.changes or result.refusals or result.notes or result.ignore_file)


def _head() -> Element:
    sheet, program = _part("page.css"), _part("page.js")
    policy = f"default-src 'none'; style-src '{_hash(sheet)}'; script-src '{_hash(program)}'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", "dfix report"),
        style(sheet),
        script(program),
    )


def _part(name: str) -> str:
    return own_text(os.path.dirname(__file__), name)


def _hash(content: str) -> str:
    """What allows this content, and nothing else, in a Content-Security-Policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _overview(files: Sequence[ReportedFile], told: Sequence[ReportedFile]) -> Iterator[Element]:
    problems = [file.result.problem for file in files if file.result.problem is not None]
    if problems:
        yield element("h2", "Could not be handled")
        items = (element("li", code(shown_name(wrong.path)), f": {wrong.message}. {wrong.hint}") for wrong in problems)
        yield elements("ul", items)
    if len(told) < 2:
        return
    yield element("h2", "By rule")
    yield _table(("Rule", "Changes", "Left alone"), _by_rule(files))
    folders = list(_by_folder(told))
    if len(told) > _MOST_OPEN and len(folders) > 1:
        yield element("h2", "By folder")
        yield _table(("Folder", "Files", "Changes", "Left alone"), iter(folders))
    yield element("h2", "By file")
    yield _table(("File", "Changes", "Left alone"), _by_file(told))


def _by_rule(files: Sequence[ReportedFile]) -> Iterator[list[Child]]:
    changes = Counter(change.rule for file in files for change in file.result.changes)
    refusals = Counter(refusal.rule for file in files for refusal in file.result.refusals)
    for rule in sorted({*changes, *refusals}, key=lambda rule: (-changes[rule], -refusals[rule], rule)):
        yield [rule, str(changes[rule]), str(refusals[rule])]


def _by_folder(told: Sequence[ReportedFile]) -> Iterator[list[Child]]:
    """The first folder of each name, which is a repository where a folder of them was searched; most changes first."""
    found: dict[str, list[Result]] = {}
    for file in told:
        found.setdefault(shown_name(file.result.before.path).rpartition("/")[0].partition("/")[0] or ".", []).append(
            file.result
        )
    rows = []
    for folder, results in found.items():
        changes, left = sum(len(one.changes) for one in results), sum(len(one.refusals) for one in results)
        rows.append((-changes, -left, folder, len(results)))
    for changes, left, folder, count in sorted(rows):
        yield [code(folder), str(count), str(-changes), str(-left)]


def _by_file(told: Sequence[ReportedFile]) -> Iterator[list[Child]]:
    for at, file in enumerate(told, 1):
        link = element("a", shown_name(file.result.before.path), href=f"#f{at}")
        yield [link, str(len(file.result.changes)), str(len(file.result.refusals))]


def _table(names: Sequence[str], rows: Iterator[list[Child]]) -> Element:
    head = element("tr", *(element("th", name, scope="col") for name in names))
    first = [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    table = element("table", element("thead", head), elements("tbody", first), class_="sortable")
    return element("div", table, class_="scrolled", tabindex="0")
