"""Write the generated docs: docs/rules, docs/reasons, and the tables of rules and figures in README.md.

`python scripts/rule_pages.py` writes them, `--check` exits 1 if one is out of date.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from difflib import unified_diff
from pathlib import Path

import readme_figures
import reason_pages

from dfix.rewriter.answers.code_table import codes_of
from dfix.rewriter.answers.example import Example
from dfix.rewriter.pipeline.registry import transforms
from dfix.rewriter.pipeline.run import RuleInfo, rules
from dfix.rewriter.pipeline.transform import Transform, is_opt_in
from dfix.rewriter.report.terminal import PROMISES

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path("docs/rules")
COUNTS = Path("docs/rule-counts.toml")
_TABLE = ("<!-- rules: written by `make docs` -->\n", "<!-- end of rules -->\n")
"""The lines in README.md around the table of rules."""

_INDEX = """\
# Rules

Each rule rewrites one kind of place and says what it promises about the image ([contracts](#contracts)). A page shows
what the rule does, when it refuses, and its examples, which are its tests as well. `dfix rule NAME` prints the same.
[Reasons](../reasons/README.md) explains every code of a place that a rule leaves alone.

{table}
## Contracts

| contract | what a build of both versions must show | applied by |
| --- | --- | --- |
| `same-image` | the same configuration and the same file system: paths, types, modes, owners, content | default |
| `same-but-caches` | the same, except for paths in the package managers' declared cache folders | default |
| `repairs` | nothing to compare: today the build fails, or leaves out packages | only with `--select` |
| `changed-image` | a declared difference | `--unsafe` |

A rule that says "only with `--select`" runs only if it is named there or in the settings, and then without `--unsafe`.
"""


def pages(root: Path) -> dict[Path, str]:
    """Every page, by its path in the project's folder `root`; in README.md, only its two tables change."""
    found = rules(with_plugins=False)
    return {
        Path("README.md"): readme_figures.with_figures(
            _with_table((root / "README.md").read_text(encoding="utf-8")), root
        ),
        FOLDER / "README.md": _index(found),
        **{FOLDER / f"{rule.name}.md": _page(rule) for rule in found},
        **reason_pages.pages(),
    }


def _with_table(readme: str) -> str:
    begin, end = _TABLE
    before, _, rest = readme.partition(begin)
    return before + begin + _readme_table() + end + rest.partition(end)[2]


def _readme_table() -> str:
    lines = ["| rule | what it does | promise |", "| --- | --- | --- |"]
    for transform in sorted(transforms(), key=lambda rule: rule.CONTRACT == "changed-image"):
        page = FOLDER / f"{transform.NAME}.md"
        lines.append(f"| [{transform.NAME}]({page}) | {transform.SUMMARY} | {_promise(transform)} |")
    return "\n".join(lines) + "\n"


def _promise(transform: Transform) -> str:
    asked = ""
    if is_opt_in(transform):
        asked = f"--select {transform.NAME}"
    elif transform.CONTRACT == "changed-image":
        asked = "--unsafe"
    return PROMISES[transform.CONTRACT] + (f"; only with `{asked}`" if asked else "")


def _index(found: tuple[RuleInfo, ...]) -> str:
    lines = ["| rule | what it does | promises | answers |", "| --- | --- | --- | --- |"]
    for rule in found:
        codes = ", ".join(rule.codes) or "-"
        lines.append(f"| [{rule.name}]({rule.name}.md) | {rule.summary} | `{rule.contract}`{_asked(rule)} | {codes} |")
    return _INDEX.format(table="\n".join(lines) + "\n")


def _asked(rule: RuleInfo) -> str:
    return f"; only with `--select {rule.name}`" if rule.opt_in else ""


def _page(rule: RuleInfo) -> str:
    summary, _, rest = rule.doc.strip().partition("\n\n")
    changed = [example for example in rule.examples if example.changes]
    parts = [
        f"# {rule.name}",
        summary,
        f"Promise: [{PROMISES[rule.contract]}](README.md#contracts){_asked(rule)}.{_answered(rule)}",
        _counted(rule),
        _shown(changed[0]),
        rest,
        "## Rewritten",
        *(_changed(example) for example in changed),
        "## Left alone",
        *(_untouched(example) for example in rule.examples if not example.changes),
        *_reasons(rule),
    ]
    return "\n\n".join(parts) + "\n"


def _reasons(rule: RuleInfo) -> list[str]:
    found = codes_of(rule.name)
    return ["## Reasons", reason_pages.table(found, "../reasons/").rstrip()] if found else []


def _counted(rule: RuleInfo) -> str:
    counts = tomllib.loads((ROOT / COUNTS).read_text(encoding="utf-8"))
    own = counts.get(rule.name)
    if own is None:
        return "Not counted on real Dockerfiles yet."
    there = f"{own['contexts']:,} of {counts['contexts']:,}" if own["contexts"] else f"none of {counts['contexts']:,}"
    alone = f", and {own['files']:,} of {counts['files']:,} without one" if own["files"] else "; it needs one"
    return f"By itself, it changes {there} real Dockerfiles that have their build context{alone} ({counts['date']})."


def _answered(rule: RuleInfo) -> str:
    return f" It answers {', '.join(rule.codes)}, and obeys the comments that turn these off." if rule.codes else ""


def _changed(example: Example) -> str:
    return f"### {example.name}\n\n{_shown(example)}{_files(example)}"


def _shown(example: Example) -> str:
    if example.ignore_file:
        written = f"The ignore file becomes:\n\n```text\n{example.ignore_file.rstrip()}\n```"
        return f"```dockerfile\n{example.before.rstrip()}\n```\n\n{written}"
    before, after = example.before.splitlines(keepends=True), (example.after or "").splitlines(keepends=True)
    diff = "".join(list(unified_diff(before, after, n=100))[3:])
    return f"```diff\n{diff.rstrip()}\n```"


def _untouched(example: Example) -> str:
    because = f"Refused: {example.because}." if example.because else "Nothing to do."
    return f"### {example.name}\n\n```dockerfile\n{example.before.rstrip()}\n```\n\n{because}{_files(example)}"


def _files(example: Example) -> str:
    if not example.files:
        return ""
    listed = "\n".join(_file(name, text) for name, text in sorted(example.files.items()))
    return f"\n\nThe build context:\n\n{listed}"


def _file(name: str, text: str) -> str:
    content = text.strip()
    if not content:
        return f"- `{name}`"
    if "\n" not in content and "`" not in content and len(content) <= 100:
        return f"- `{name}`: `{content}`"
    indented = "\n".join(f"  {line}" if line else "" for line in content.split("\n"))
    return f"- `{name}`:\n\n  ```text\n{indented}\n  ```"


def stale(root: Path) -> list[Path]:
    """Pages below `root` that are missing, out of date, or of a rule or code that no longer exists."""
    wanted = {path: text.encode() for path, text in pages(root).items()}
    there = [root / "README.md", *(root / FOLDER).glob("*.md"), *(root / reason_pages.FOLDER).glob("*.md")]
    found = {path.relative_to(root): path.read_bytes() for path in there}
    return sorted(path for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path))


def main() -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is out of date")
    arguments = parser.parse_args()
    wrong = stale(ROOT)
    if arguments.check:
        for path in wrong:
            print(f"{path} is out of date: run `make docs`", file=sys.stderr)
        return 1 if wrong else 0
    current = pages(ROOT)
    for path in wrong:
        if path in current:
            (ROOT / path).parent.mkdir(exist_ok=True)
            (ROOT / path).write_text(current[path], encoding="utf-8")
        else:
            (ROOT / path).unlink()
    print(f"{len(current)} pages: {len(wrong)} written or removed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
