"""The report on a corpus run, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from corpus_outcome import Outcome

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
    "silent install": "an install after the copy of a folder, with neither a split nor a reason",
    "silent RUN": "a RUN right after another one, with neither a merge nor a reason",
    "silent compiler": "a stage that ships a compiler, with neither a change nor a reason (`--unsafe`)",
}
"""Failures, which must not happen to any file."""

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


_SHARES = """\
## What the reasons say

{all} places are left alone, each with a reason; these codes are the most frequent ones, with and without a context.
"""


_SPLITS = """\
## Installs after a COPY of the sources

{all} Dockerfiles with a build context copy sources and then install dependencies, or run a build that fetches them;
{split} of them are split. The corpus holds text files only, so a Gradle wrapper lacks its library there.
"""


_UNSAFE = """\
## Stages that both build and run

With `--unsafe`: {all} Dockerfiles have a stage that builds, or a base image with a slim variant; {made} of them are
changed. All other Dockerfiles have nothing to leave out, or already use several stages.
"""


def report(seen: Sequence[Outcome]) -> str:
    """The whole report."""
    lone = [one for one in seen if not one.in_context]
    contexts = [one for one in seen if one.in_context]
    known = [(one.name, one.known) for one in lone if one.known]
    parts = [_INTRODUCTION, _counts(lone, contexts)]
    if known:
        parts.append(_KNOWN + "\n" + _table(("file", "line"), known))
    parts.append("## Without a build context\n\n" + _rules(lone))
    parts.append("## With its build context\n\n" + _rules(contexts))
    parts.append(_shares(seen))
    parts.append(_installs(contexts))
    parts.append(_unsafe(contexts))
    return "\n".join(parts)


def largest_share(seen: Sequence[Outcome]) -> tuple[str, float]:
    """The code that explains most of the places that are left alone, and its share in percent."""
    counts = _places(seen)
    if not counts:
        return "", 0.0
    ((code, most),) = counts.most_common(1)
    return code, 100 * most / counts.total()


def _places(seen: Sequence[Outcome]) -> Counter[str]:
    """How many places each code explains, whatever the rule."""
    counts: Counter[str] = Counter()
    for one in seen:
        for (_, code), count in one.refused.items():
            counts[code] += count
    return counts


def _shares(seen: Sequence[Outcome]) -> str:
    """The codes that explain most of the places."""
    counts = _places(seen)
    rows = [(code, str(count), f"{100 * count / counts.total():.1f} %") for code, count in counts.most_common(20)]
    return _SHARES.format(all=counts.total()) + "\n" + _table(("code", "places", "share"), rows)


def _installs(contexts: Sequence[Outcome]) -> str:
    """Each Dockerfile that installs or builds after a COPY of the sources."""
    rows = {one.name: one.installs for one in contexts if one.installs}
    split = sum("split" in installs for installs in rows.values())
    return f"{_SPLITS.format(all=len(rows), split=split)}\n{_by_file(rows, 'split, or why not')}"


def _unsafe(contexts: Sequence[Outcome]) -> str:
    """Each Dockerfile that a rule with --unsafe changed or considered."""
    rows = {one.name: one.unsafe for one in contexts if one.unsafe}
    made = sum(any("left it alone" not in line for line in lines) for lines in rows.values())
    return f"{_UNSAFE.format(all=len(rows), made=made)}\n{_by_file(rows, 'result')}"


def _by_file(rows: dict[str, tuple[str, ...]], header: str) -> str:
    cells = [(name.replace("|", r"\|"), "; ".join(lines).replace("|", r"\|")) for name, lines in rows.items()]
    return _table(("Dockerfile", header), cells)


def _counts(lone: Sequence[Outcome], contexts: Sequence[Outcome]) -> str:
    conditions: dict[str, Callable[[Outcome], bool]] = {
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


def _rules(seen: Sequence[Outcome]) -> str:
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
