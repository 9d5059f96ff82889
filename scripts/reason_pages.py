"""The pages of docs/reasons: one for each code of a reason, and an index; `rule_pages.py` writes them."""

from __future__ import annotations

from pathlib import Path

from dfix.rewriter.answers.code_table import Code, codes
from dfix.rewriter.report.pages import reason_page

FOLDER = Path("docs/reasons")

_INDEX = """\
# Reasons

When a rule considers a place and leaves it alone, it says why: `dfix --explain FILE` prints the reasons,
`dfix --statistics` counts them by code, and the JSON report holds code, reason and hint. Each code has a page here;
`dfix rule NAME` lists those of a rule.

{table}
## Codes of version 1

Version 2 of the JSON report has one code for one thing. Scripts that compare codes of version 1 need these:

{former}"""


def pages() -> dict[Path, str]:
    """Every page by its path from the project's folder."""
    found = codes()
    return {FOLDER / "README.md": _index(found), **{FOLDER / f"{code.name}.md": _page(code) for code in found}}


def table(found: tuple[Code, ...], folder: str = "") -> str:
    """A table of codes with links to their pages, which are in `folder`."""
    lines = ["| code | meaning |", "| --- | --- |"]
    lines += [f"| [{code.name}]({folder}{code.name}.md) | {code.meaning} |" for code in found]
    return "\n".join(lines) + "\n"


def _index(found: tuple[Code, ...]) -> str:
    now: dict[str, list[str]] = {}
    for code in found:
        for former in code.formerly:
            now.setdefault(former, []).append(f"[{code.name}]({code.name}.md)")
    for name in now.keys() & {code.name for code in found}:  # a code of both versions, part of which has another now
        now[name].insert(0, f"[{name}]({name}.md)")
    lines = ["| version 1 | version 2 |", "| --- | --- |"]
    lines += [f"| {old} | {', '.join(now[old])} |" for old in sorted(now)]
    return _INDEX.format(table=table(found), former="\n".join(lines) + "\n")


def _page(code: Code) -> str:
    return reason_page(code, (f"[{rule}](../rules/{rule}.md)" for rule in code.rules))
