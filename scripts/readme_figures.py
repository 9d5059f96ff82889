"""The figures in README.md, read from the pages that the measurements write."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ABOVE, BELOW = "<!-- figures: written by `make docs` -->\n", "<!-- end of figures -->\n"
"""The lines in README.md around them."""
_TABLE = Path(__file__).with_suffix(".toml")


def with_figures(readme: str, root: Path) -> str:
    """README.md with the figures of the pages below `root`."""
    before, _, rest = readme.partition(ABOVE)
    return before + ABOVE + _table(root) + BELOW + rest.partition(BELOW)[2]


def _table(root: Path) -> str:
    lines = ["| measured | result | how |", "| --- | --- | --- |"]
    for row in tomllib.loads(_TABLE.read_text(encoding="utf-8"))["figure"]:
        page = f"docs/{row['page']}.md"
        found = re.search(row["pattern"], (root / page).read_text(encoding="utf-8"))
        if found is None:
            raise SystemExit(f"{page} has no figure for README.md: {row['what']}")
        figures = {name: _readable(text) for name, text in found.groupdict().items()}
        lines.append(f"| {row['what']} | {row['result'].format(**figures)} | [{row['how']}]({page}) |")
    return "\n".join(lines) + "\n"


def _readable(figure: str) -> str:
    return f"{int(figure):,}" if figure.isdigit() else figure
