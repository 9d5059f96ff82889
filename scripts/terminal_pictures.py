"""Draw what dfix prints in a terminal, in colour, as the SVG pictures of README.md and the docs.

`python scripts/terminal_pictures.py` runs the present dfix and writes them; `--check` exits 1 if one is out of date.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path("docs/pictures")
PICTURES = {
    "findings": ("examples/node",),
    "layers": ("layers", "examples/node"),
}
"""The arguments of dfix, by the name of the picture."""
COLUMNS = 100
_DARK = TerminalTheme(
    (13, 17, 23),
    (230, 237, 243),
    [
        *((72, 79, 88), (255, 123, 114), (86, 211, 100), (227, 179, 65)),
        *((121, 192, 255), (210, 168, 255), (86, 212, 221), (177, 186, 196)),
    ],
)
"""Colours that can be read on their background (contrast of 4.5 and more)."""
_FORMAT = """\
<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}">
<title>TITLE</title>
<style>
.{unique_id}-matrix {{
font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
font-size: {char_height}px;
line-height: {line_height}px;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
<rect fill="#0d1117" width="100%" height="100%" rx="10"/>
<g transform="translate({terminal_x}, 24)" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""A frame without rich's own: no font from elsewhere, and no window buttons."""


def picture(root: Path, name: str) -> str:
    """What the present dfix prints for a picture's command in the project's folder `root`, as SVG."""
    words = PICTURES[name]
    console = Console(record=True, width=COLUMNS + 1, file=io.StringIO(), force_terminal=True, legacy_windows=False)
    console.print(Text.assemble(("$ ", "bold cyan"), (" ".join(("dfix", *words)), "bold")))
    console.print(Text.from_ansi(_printed(root, words).rstrip()))
    console.print()  # or the clip of the last line would cut its descenders
    title = f"The command dfix {' '.join(words)} and what it prints"
    return console.export_svg(theme=_DARK, code_format=_FORMAT.replace("TITLE", title), unique_id=name)


def _printed(root: Path, words: tuple[str, ...]) -> str:
    """Both streams, in the order in which a terminal shows them."""
    command = [sys.executable, "-P", "-m", "dfix", *words, "--color", "always"]
    environment = {"PATH": os.defpath, "COLUMNS": str(COLUMNS), "PYTHONPATH": str(root), "XDG_STATE_HOME": os.devnull}
    done = subprocess.run(
        command, cwd=root, env=environment, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout)
    return done.stdout


def stale(root: Path) -> list[Path]:
    """The pictures below `root` that the present dfix would not draw."""
    found = {path.relative_to(root): path.read_text(encoding="utf-8") for path in (root / FOLDER).glob("*.svg")}
    wanted = {FOLDER / f"{name}.svg": picture(root, name) for name in PICTURES}
    return sorted(path for path in found.keys() | wanted.keys() if found.get(path) != wanted.get(path))


def main() -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a picture is out of date")
    arguments = parser.parse_args()
    wrong = stale(ROOT)
    for path in wrong:
        if arguments.check:
            print(f"{path} is out of date: run `make docs`", file=sys.stderr)
        elif path.stem in PICTURES:
            (ROOT / path).parent.mkdir(exist_ok=True)
            (ROOT / path).write_text(picture(ROOT, path.stem), encoding="utf-8")
        else:
            (ROOT / path).unlink()
    return 1 if wrong and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
