"""The part of the page about one Dockerfile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from dfix.rewriter.layers.history_text import past_sentences
from dfix.rewriter.page.layers_table import layers_table
from dfix.rewriter.page.markup import Child, add, code, element, elements, prose
from dfix.rewriter.page.reported_file import ReportedFile
from dfix.rewriter.page.side_by_side import side_by_side
from dfix.rewriter.pipeline.result import Applied, Refused, Result
from dfix.rewriter.report.change_groups import change_groups
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.hunks import lines_of
from dfix.rewriter.report.sizes import counted
from dfix.rewriter.report.terminal import PROMISES
from dfix.rewriter.report.worth import by_group


def file_section(file: ReportedFile, number: int, *, opened: bool) -> Element:
    """What changes in a file and why, what was left alone, its layers and its history."""
    result, prefix = file.result, f"f{number}"
    title = element("h2", code(shown_name(result.before.path)))
    summary = element("summary", title, element("span", *_counts(result), class_="counts"))
    parts: list[Child] = [summary, *_context(file)]
    if result.changes:
        parts += [element("h3", "Changes"), _changes(file, prefix), _scrolled(side_by_side(result, prefix))]
    parts += [*_ignore_file(result), *_left_alone(result), *_layers(file), *_past(file)]
    section = element("details", *parts, id=prefix, class_="file")
    if opened:
        section.set("open", "open")
    return section


def _counts(result: Result) -> Iterator[Child]:
    yield counted(len(result.changes), "change")
    if result.refusals:
        yield f", {counted(len(result.refusals), 'place')} left alone"


def _context(file: ReportedFile) -> Iterator[Child]:
    used = file.result.context
    if used is not None and used.folder:
        yield element("p", "Build context ", code(shown_name(used.folder) or "."), f" ({used.why})", class_="context")
    elif used is not None:
        yield element("p", f"No build context ({used.why})", class_="context")


def _changes(file: ReportedFile, prefix: str) -> Element:
    groups = list(change_groups(file.result))
    made = element("ul")
    for group, gained in zip(groups, by_group(groups, file.worth), strict=True):
        made.extend(_change(change, prefix) for change in group.changes)
        for said in gained if group.changes else ():
            add(made[-1], element("br"))
            add(made[-1], element("span", *prose(said), class_="worth"))
    return made


def _change(change: Applied, prefix: str) -> Element:
    place = element("a", f"Line {change.line}", href=f"#{prefix}-{change.line}")
    promise = element("span", PROMISES[change.contract], class_=f"promise {change.contract}")
    rule = element("span", change.rule, class_="rule")
    return element("li", place, " ", rule, " ", *prose(change.reason), " ", promise)


def _ignore_file(result: Result) -> Iterator[Child]:
    ignore = result.ignore_file
    if ignore is None:
        return
    added = "\n".join(filter(None, ignore.after.text[len(ignore.before.text) :].splitlines()))
    name = code(shown_name(ignore.before.path))
    yield element("p", "Added to ", name, " (new)" if ignore.new else "", ":")
    yield element("pre", code(added))


def _left_alone(result: Result) -> Iterator[Child]:
    if not result.refusals and not result.notes:
        return
    yield element("h3", "Left alone")
    lines = lines_of(result.before.text)
    items = [_refusal(refusal, lines) for refusal in sorted(result.refusals, key=lambda refusal: refusal.line)]
    items += [element("li", "The whole file: ", *prose(note.message)) for note in result.notes]
    yield elements("ul", items)


def _refusal(refusal: Refused, lines: Sequence[str]) -> Element:
    text = lines[refusal.line - 1].strip() if refusal.line <= len(lines) else ""
    said: list[Child] = [f"Line {refusal.line} ", code(text), element("br")]
    said += [element("span", refusal.rule, class_="rule"), f" ({refusal.code}): ", *prose(refusal.reason)]
    if refusal.hint:
        said += [element("br"), element("span", *prose(refusal.hint), class_="hint")]
    return element("li", *said)


def _layers(file: ReportedFile) -> Iterator[Child]:
    if not file.layers_before:
        return
    yield element("h3", "Layers")
    yield _scrolled(layers_table(file.layers_before, file.sent_before, "Before"))
    if file.layers_after:
        yield _scrolled(layers_table(file.layers_after, file.sent_after, "After"))


def _past(file: ReportedFile) -> Iterator[Child]:
    if file.past is None and not file.past_missing:
        return
    yield element("h3", "History")
    if file.past is None:
        yield element("p", *prose(file.past_missing))
    else:
        yield elements("ul", (element("li", *prose(sentence.strip())) for sentence, _ in past_sentences(file.past)))


def _scrolled(table: Element | None) -> Element | None:
    """A table that scrolls sideways, by keyboard too, where the page is narrower."""
    return None if table is None else element("div", table, class_="scrolled", tabindex="0")
