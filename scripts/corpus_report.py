"""The report on a corpus run, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corpus import Seen

COLUMNS = {
    "crash": "ended in an exception",
    "round trip": "tree does not join to the file, byte for byte",
    "reading": "read otherwise than by BuildKit's parser",
    "verdict": "judged otherwise than by BuildKit",
    "guard": "stopped by a guard, since the result would have been wrong",
    "refused after": "refused by BuildKit's parser after, but not before",
    "second run": "changed again by a second run",
    "comments": "lost a comment",
    "words": "lost a word",
    "outside": "changed where no instruction changed",
}
"""What must happen to no file."""

_INTRODUCTION = """\
# dfix on real Dockerfiles

Made by `make corpus`. Every Dockerfile of the corpus goes through dfix, once by itself and, where its build context
is known, with that context. BuildKit's own parser (Go, v0.12.5) reads each file before and after.
"""

_KNOWN = """\
## Known differences to the parser

BuildKit v0.12.5 ignores whatever follows a JSON array (`CMD ["a"] # x`). Newer versions want the whole value to be
JSON, and take such a line in shell form; so does dfix.
"""


_SPLITS = """\
## Installs behind a copy of the sources

{all} Dockerfiles with a build context copy sources and then install dependencies, or run a build that fetches them;
{split} of them are split. What lies in the corpus is text alone: a wrapper of Gradle lacks its library there.
"""


_PARTED = """\
## Stages that build and run

With `--unsafe`: {all} Dockerfiles have a stage that builds, or a base with a slim variant; {made} of them are changed.
The others need nothing that could be left behind, or are in several stages already.
"""


def report(seen: Sequence[Seen]) -> str:
    """The whole report."""
    lone = [one for one in seen if not one.in_context]
    contexts = [one for one in seen if one.in_context]
    known = [(one.name, one.known) for one in lone if one.known]
    parts = [_INTRODUCTION, _counts(lone, contexts)]
    if known:
        parts.append(_KNOWN + "\n" + _table(("file", "line"), known))
    parts.append("## Without a build context\n\n" + _rules(lone))
    parts.append("## With its build context\n\n" + _rules(contexts))
    parts.append(_splits(contexts))
    parts.append(_parted(contexts))
    return "\n".join(parts)


def _splits(contexts: Sequence[Seen]) -> str:
    """Each Dockerfile that installs or builds behind a copy of the sources."""
    found = [one for one in contexts if one.splits]
    split = sum("split" in one.splits for one in found)
    rows = [(one.name.replace("|", r"\|"), "; ".join(one.splits).replace("|", r"\|")) for one in found]
    return f"{_SPLITS.format(all=len(found), split=split)}\n{_table(('Dockerfile', 'split, or why not'), rows)}"


def _parted(contexts: Sequence[Seen]) -> str:
    """Each Dockerfile whose stage is parted in two or gets a slim base, and why others are left alone."""
    found = [one for one in contexts if one.parted]
    made = sum(any("left it alone" not in said for said in one.parted) for one in found)
    rows = [(one.name.replace("|", r"\|"), "; ".join(one.parted).replace("|", r"\|")) for one in found]
    return f"{_PARTED.format(all=len(found), made=made)}\n{_table(('Dockerfile', 'what became of it'), rows)}"


def _counts(lone: Sequence[Seen], contexts: Sequence[Seen]) -> str:
    conditions: dict[str, Callable[[Seen], bool]] = {
        "files": lambda one: True,
        "changed": lambda one: bool(one.diff),
        "refused by BuildKit, reported": lambda one: one.state == "problem",
        "left alone as a whole (Windows, asked by a comment)": lambda one: one.state == "note",
    }
    rows = [
        (words, *(str(sum(map(holds, group))) for group in (lone, contexts))) for words, holds in conditions.items()
    ]
    for column, words in COLUMNS.items():
        rows.append((words, *(str(sum(column in one.faults for one in group)) for group in (lone, contexts))))
    return _table(("", "without context", "with context"), rows)


def _rules(seen: Sequence[Seen]) -> str:
    names = sorted({rule for one in seen for rule in one.changed} | {rule for one in seen for rule, _ in one.refused})
    rows = []
    refused: Counter[tuple[str, str]] = Counter()
    for one in seen:
        refused += one.refused
    for name in names:
        files = sum(name in one.changed for one in seen)
        changes = sum(one.changed[name] for one in seen)
        places = sum(count for (rule, _), count in refused.items() if rule == name)
        rows.append((f"`{name}`", str(files), str(changes), str(places)))
    refusals = sorted(refused.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
    return (
        _table(("rule", "files changed", "changes", "places refused"), rows)
        + "\n"
        + _table(("rule", "refused because", "places"), [(f"`{r}`", code, str(count)) for (r, code), count in refusals])
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
