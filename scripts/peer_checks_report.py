"""The page on what linters report before and after dfix and other fixers, as Markdown."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_KNOWN = Path(__file__).resolve().parents[1] / "rewriter" / "knowledge" / "known_checks.toml"

SAFE = frozenset(
    "StageNameCasing FromAsCasing NoEmptyContinuation ConsistentInstructionCasing MultipleInstructionsDisallowed "
    "LegacyKeyValueFormat RedundantTargetPlatform ExposeProtoCasing InvalidDefinitionDescription DL3012 DL4003 DL4004 "
    "DL3014 DL3030 DL3034 DL3038 DL3021 DL3046 DL3065 DL4000 DL3000 DL3009 DL3019 DL3020 DL3025 DL3027 DL3032 DL3036 "
    "DL3040 DL3042 DL3047 DL3060".split()
)
"""The checks that a rule can answer with the same image, or nearly so; many of them only where a condition holds."""

_PRICE = {
    "DL3008": "hadolint looks at `apt-get install` only, and now sees what was `apt install`",
    "DL3015": "hadolint looks at `apt-get install` only, and now sees what was `apt install`",
    "DL3045": "hadolint asks COPY for a WORKDIR, and not the ADD that it was",
    "DL3059": "a RUN is one command where it was two, and hadolint compares RUNs of one command only; dfix keeps slow "
    "steps apart, so that each stays cached",
    "tally/eol-last": "the file ended like that before",
    "tally/labels/no-buildx-git-overlap": "tally reads a label's name only where a `=` follows",
    "tally/labels/valid-key": "tally reads a label's name only where a `=` follows; dfix does not rename labels",
    "tally/max-lines": "merged RUNs have each command on a line",
    "tally/newline-between-instructions": "dfix has no rule about empty lines between instructions",
    "tally/newline-per-chained-call": "a RUN that its author wrote on one line stays on one line",
    "tally/no-multi-spaces": "the spaces were there before",
    "tally/no-trailing-spaces": "the spaces were there before",
    "tally/prefer-run-heredoc": "a RUN that was merged or empties its cache has enough commands for it; dfix writes "
    "no heredocs, which need BuildKit",
    "tally/sort-packages": "dfix keeps the author's order",
}
"""Why dfix raises a finding."""

_PAGE = """\
# Checks before and after

What hadolint {hadolint} and tally {tally} report on {files} real Dockerfiles from public repositories, chosen by seed
{seed}, before and after each fixer, without settings and without the build contexts. Made by `make checks`. tally
reports BuildKit's checks too; its copies of hadolint's are not counted twice. Counted are the {read} files that both
linters can read. dfix runs with its default rules and [`modernise`](rules/modernise.md), the others with the fixes that
they call safe. What depends on files of the context, such as DL3020, dfix mostly leaves in files without one.

{fixers}
- refused: BuildKit accepted the file before, and not afterwards. Nothing is counted as gone in such a file.
- lost comments, changed by a second run, not read: files, of those that BuildKit accepts. The linters could read the
  last ones before, and not afterwards; nothing is counted as gone there either.
- gone, new: findings of hadolint and BuildKit, by file and check.

The reasons that dfix gives name {said} findings that were reported before; {broken} of them are reported still.

## Checks that can be fixed with the same image

Some of them only where a condition holds. A column says how many findings are gone and, after a `+`, how many are new.

{safe}
{more}
## Other checks of hadolint and BuildKit

Fixing these takes knowledge from outside of the Dockerfile, or makes another image, or is a matter of taste. Those that
no fixer changes are left out.

{others}
## What dfix newly raises

{new}
"""


class Counts(NamedTuple):
    """What a fixer did: numbers of files, then findings by check on those that BuildKit accepts afterwards."""

    name: str
    changed: int
    refused: int
    unread: int
    """Files that the linters could read before, and not after."""
    uncommented: int
    unstable: int
    """Files that a second run changes again."""
    gone: Counter[str]
    new: Counter[str]


class Sample(NamedTuple):
    """A whole run; the first row is dfix. `before` are the findings of the `read` files that both linters read."""

    files: int
    read: int
    before: Counter[str]
    rows: Sequence[Counts]
    said: Counter[str]
    """Findings that dfix names in its reasons."""
    broken: Counter[str]
    """Of these, those that are reported still."""


class _Check(NamedTuple):
    rule: str
    note: str


def report(sample: Sample, seed: int, versions: Mapping[str, str]) -> str:
    """The whole page. `versions` are those of the programs."""
    known = {
        row["check"]: _Check(row["rule"], row["note"])
        for row in tomllib.loads(_KNOWN.read_text(encoding="utf-8"))["check"]
    }
    touched = set().union(*(row.gone.keys() | row.new.keys() for row in sample.rows))
    return _PAGE.format(
        hadolint=versions["hadolint"],
        tally=versions["tally"],
        files=f"{sample.files:,}",
        seed=seed,
        read=f"{sample.read:,}",
        fixers=_fixers(sample.rows, versions),
        said=f"{sample.said.total():,}",
        broken=f"{sample.broken.total():,}",
        safe=_findings(sample, known, sorted(SAFE & sample.before.keys()), total=True),
        more=_more(sample, known),
        others=_findings(sample, known, sorted(check for check in touched - SAFE if is_public(check)), total=False),
        new="\n".join(_new(sample.rows[0])) or "Nothing.",
    )


def is_public(check: str) -> bool:
    """Whether a check is of hadolint (with ShellCheck) or BuildKit."""
    return not check.startswith("tally/")


def _total(findings: Counter[str], counts: Callable[[str], bool]) -> int:
    return sum(number for check, number in findings.items() if counts(check))


def _fixers(rows: Sequence[Counts], versions: Mapping[str, str]) -> str:
    header = (
        "fixer",
        "files changed",
        "refused",
        "lost comments",
        "changed by a second run",
        "not read",
        "gone",
        "new",
    )
    cells = [
        (
            f"{row.name} ({versions[row.name.split()[0]]})",
            *(f"{number:,}" for number in (row.changed, row.refused, row.uncommented, row.unstable, row.unread)),
            f"{_total(row.gone, is_public):,}",
            f"{_total(row.new, is_public):,}",
        )
        for row in rows
    ]
    return _table(header, cells, numbers=7)


def _findings(sample: Sample, known: Mapping[str, _Check], checks: Sequence[str], *, total: bool) -> str:
    names = [row.name.split()[0] for row in sample.rows]
    lines = [
        (
            check,
            f"`{known[check].rule}`" if check in known and known[check].rule else "",
            f"{sample.before[check]:,}",
            *(_difference(row.gone[check], row.new[check]) for row in sample.rows),
        )
        for check in checks
    ]
    if total:
        is_safe = SAFE.__contains__
        sums = [_difference(_total(row.gone, is_safe), _total(row.new, is_safe)) for row in sample.rows]
        lines.append(("all", "", f"{_total(sample.before, is_safe):,}", *sums))
    return _table(("check", "rule of dfix", "before", *names), lines, numbers=1 + len(names))


def _difference(gone: int, new: int) -> str:
    return f"{gone:,}" + (f" + {new:,}" if new else "")


def _more(sample: Sample, known: Mapping[str, _Check]) -> str:
    """Where another fixer leaves fewer findings than dfix, and why dfix leaves them."""
    ours, *peers = sample.rows
    lines = []
    for check in sorted(SAFE):
        best = max(peers, key=lambda row: row.gone[check] - row.new[check])
        if best.gone[check] - best.new[check] > ours.gone[check] - ours.new[check]:
            numbers = f"{best.name} fixes {best.gone[check]:,}, dfix {ours.gone[check]:,}"
            note = known[check].note
            said = note if known[check].rule else f"dfix leaves it: {note}."
            lines.append(f"- {check}: {numbers}. {said}")
    if not lines:
        return ""
    return (
        "Where another fixer does more than dfix, and the condition under which dfix does it:\n\n"
        + "\n".join(lines)
        + "\n"
    )


def _new(row: Counts) -> Iterator[str]:
    for check, number in sorted(row.new.items()):
        why = f": {_PRICE[check]}" if check in _PRICE else ""
        yield f"- {check}, {number:,} ({row.gone[check]:,} gone){why}."


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int) -> str:
    """A table whose last columns are numbers."""
    words = len(header) - numbers
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * words + " --: |" * numbers]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"
