"""Write docs/rules: a page for each transform, from its docstring and its examples, and an index.

`python scripts/rule_pages.py` writes them, `--check` exits 1 when they are not what the transforms say.
"""

from __future__ import annotations

import argparse
import sys
from difflib import unified_diff
from pathlib import Path

from dfix.rewriter.answers.example import Example
from dfix.rewriter.pipeline.run import RuleInfo, rules

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "rules"

_INDEX = """\
# Rules

Each rule rewrites one kind of place and says what it promises about the image ([contracts](#contracts)). A page shows
what the rule does, when it refuses, and its examples, which are its tests as well. `dfix rule NAME` prints the same.

{table}
## Contracts

| contract | what a build of both versions must show | applied by |
| --- | --- | --- |
| `same-image` | the same configuration and the same file system: paths, types, modes, owners, content | default |
| `same-but-caches` | the same, except for paths in the package managers' declared cache folders | default |
| `changed-image` | a declared difference | `--unsafe` only |
"""


def pages() -> dict[str, str]:
    """Every page by its file name."""
    found = rules()
    return {"README.md": _index(found)} | {f"{rule.name}.md": _page(rule) for rule in found}


def _index(found: tuple[RuleInfo, ...]) -> str:
    lines = ["| rule | what it does | promises | answers |", "| --- | --- | --- | --- |"]
    for rule in found:
        codes = ", ".join(rule.codes) or "-"
        lines.append(f"| [{rule.name}]({rule.name}.md) | {rule.summary} | `{rule.contract}` | {codes} |")
    return _INDEX.format(table="\n".join(lines) + "\n")


def _page(rule: RuleInfo) -> str:
    codes = ", ".join(rule.codes) or "none"
    parts = [
        f"# {rule.name}",
        rule.doc.strip(),
        f"Contract: [`{rule.contract}`](README.md#contracts). Checks of other tools that it answers: {codes}.",
        "## Rewritten",
        *(_changed(example) for example in rule.examples if example.after is not None),
        "## Left alone",
        *(_untouched(example) for example in rule.examples if example.after is None),
    ]
    return "\n\n".join(parts) + "\n"


def _changed(example: Example) -> str:
    before, after = example.before.splitlines(keepends=True), (example.after or "").splitlines(keepends=True)
    diff = "".join(list(unified_diff(before, after, n=100))[3:])
    return f"### {example.name}\n\n```diff\n{diff.rstrip()}\n```{_files(example)}"


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


def stale(folder: Path) -> list[str]:
    """Files of the folder that are missing, differ from what they should be, or should not be."""
    wanted = {name: text.encode() for name, text in pages().items()}
    found = {path.name: path.read_bytes() for path in folder.glob("*.md")}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def main() -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is not up to date")
    arguments = parser.parse_args()
    wrong = stale(FOLDER)
    if arguments.check:
        for name in wrong:
            print(f"docs/rules/{name} is not what the transforms say: run `make docs`", file=sys.stderr)
        return 1 if wrong else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = pages()
    for name in wrong:
        path = FOLDER / name
        if name in made:
            path.write_bytes(made[name].encode())
        else:
            path.unlink()
    print(f"{len(made)} pages, {len(wrong)} written or removed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
