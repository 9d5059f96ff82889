"""Build the website from docs, README.md and the other pages: `make site`.

Pages are collected in .site/pages, where links between them lead to each other and links to other files lead to the
repository. Then MkDocs builds .site/html and checks every link and anchor. It runs in an environment of its own, made
from requirements-docs.lock.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(".site")
_TOP = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
_SHOWN = frozenset((".md", ".svg", ".png", ".json", ".css", ".js"))
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#|/)([^)#\s]+)")
_FENCE = re.compile(r" *(```+|~~~+)")
_ITEM = re.compile(r" *(?:[-*]|\d+\.) ")


def pages(root: Path) -> dict[Path, Path]:
    """The place in the website of each file of the project in `root` that has one."""
    docs = [path.relative_to(root) for path in (root / "docs").rglob("*") if path.suffix in _SHOWN]
    editors = [path.relative_to(root) for path in (root / "editors").glob("*/README.md")]
    return {
        **{Path(name): Path("index.md" if name == "README.md" else name) for name in _TOP},
        **{path: path.relative_to("docs") for path in docs},
        **{path: path for path in (Path("editors/README.md"), *editors)},
    }


def page(root: Path, path: Path, places: dict[Path, Path], source: str) -> str:
    """The text of a page in the website; `source` is the address of the repository."""
    text = (root / path).read_text(encoding="utf-8")
    return _with_lists(_LINK.sub(lambda link: _link(root, path, link[1], places, source), text))


def _link(root: Path, page: Path, link: str, places: dict[Path, Path], source: str) -> str:
    target = Path(os.path.normpath(page.parent / link))
    if target in places:
        return Path(os.path.relpath(places[target], places[page].parent)).as_posix()
    if not (root / target).exists():
        return link  # MkDocs reports it
    return f"{source}/{'tree' if (root / target).is_dir() else 'blob'}/main/{target.as_posix()}"


def _with_lists(text: str) -> str:
    """Python-Markdown wants what GitHub does not: a blank line before a list, four spaces before what is in an item."""
    lines: list[str] = []
    fence, in_list = "", False
    for line in text.split("\n"):
        opens = _FENCE.match(line)
        if fence:
            fence = "" if opens and opens[1].startswith(fence) and line.strip() == opens[1] else fence
        elif opens:
            fence = opens[1]
            in_list = in_list and line.startswith(" ")
        elif _ITEM.match(line) and (in_list or not line.startswith(" ")):
            if not in_list and lines and lines[-1].strip():
                lines.append("")
            in_list = True
        elif line.strip() and not line.startswith(" "):
            in_list = in_list and bool(lines[-1].strip())
        lines.append(f"  {line}" if in_list and line.startswith("  ") else line)
    return "\n".join(lines)


def collect(root: Path, folder: Path) -> None:
    """Write the pages of the project in `root` to a folder of nothing else."""
    source: str = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Source"]
    places = pages(root)
    shutil.rmtree(folder, ignore_errors=True)
    for path, place in places.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            (folder / place).write_text(page(root, path, places, source), encoding="utf-8")
        else:
            shutil.copy(root / path, folder / place)


def main() -> int:
    """Run the program."""
    collect(ROOT, ROOT / FOLDER / "pages")
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    command = [str(ROOT / FOLDER / "venv/bin/mkdocs"), "build", "--strict"]
    status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if not status:
        print(f"{FOLDER}/html/index.html")
    return status


if __name__ == "__main__":
    sys.exit(main())
