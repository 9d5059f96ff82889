"""Two minutes with dfix: what is wrong, what it would do, what that is worth, how to go on. It works on copies."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
STORY = (
    (
        "1. What is wrong",
        "A guest book in Node.js, with the Dockerfile that many people write first. What does a rebuild cost?",
        "layers node/Dockerfile",
        "`npm ci` is slow, and it re-runs when any file of the application changes: each edit of server.js installs "
        "every dependency again.",
    ),
    (
        "2. What dfix would do",
        "Without a flag, dfix shows what it would change and why. It writes nothing.",
        "node/Dockerfile",
        "In parentheses is what each change promises. All three keep the image; npm's cache is all that is gone.",
    ),
    (
        "3. Do it",
        "On this copy. In a repository, `git diff` shows the rest.",
        "--write --quiet node/Dockerfile",
        "",
    ),
    (
        "4. What it is worth",
        "The same question again.",
        "layers node/Dockerfile",
        "`npm ci` now re-runs only when a manifest changes. On two cores, a rebuild after an edit of server.js took "
        "1.1 s before and 0.2 s after, and there were 11.8 kB to push instead of 1.9 MB (docs/verify.md). "
        "`dfix verify` builds and measures yours.",
    ),
    (
        "5. What dfix leaves alone, and why",
        "A second application installs tools with apt. dfix joins some of its RUNs; why not the others?",
        "--write --quiet apt/Dockerfile",
        "",
    ),
    (
        "",
        "",
        "--explain apt/Dockerfile",
        "Each reason has a page that says what you can do: docs/reasons.",
    ),
)
"""Heading, what comes before, the command, and what to see in what it printed."""
_NEXT = (
    ("dfix .", "in your own repository; writes nothing"),
    ("dfix --diff --history .", "how often each slow step ran in 200 commits, before and after"),
    ("dfix verify .", "build before and after, compare the images, measure"),
    ("dfix --write .", "apply it"),
)


def tell(console: Console, folder: Path) -> int:
    """Tell the story in a folder that holds the examples."""
    for heading, before, command, after in STORY:
        if heading:
            console.rule(Text(heading, "bold"), align="left", style="dim")
            console.print()
        for line in _shown(before, command):
            console.print(line)
        colour = ("--color", "always" if console.is_terminal else "never")
        done = subprocess.run([sys.executable, "-P", "-m", "dfix", *command.split(), *colour], cwd=folder, check=False)
        if done.returncode not in (0, 1):
            return done.returncode
        console.print(Text(f"\n{after}\n" if after else ""))
    console.rule(Text("6. How to go on", "bold"), align="left", style="dim")
    console.print()
    for command, what in _NEXT:
        console.print(Text.assemble((f"  {command:26}", "bold"), what))
    console.print(Text("\nIn this checkout, dfix is .venv/bin/dfix. docs/start.md goes on from here."))
    return 0


def _shown(before: str, command: str) -> Iterator[Text]:
    if before:
        yield Text(f"{before}\n")
    yield Text.assemble(("$ ", "bold cyan"), (f"dfix {command}", "bold"))


def main() -> int:
    """Run the program."""
    with tempfile.TemporaryDirectory(prefix="dfix-demo-") as name:
        folder = Path(name) / "examples"
        shutil.copytree(ROOT / "examples", folder)
        (folder / ".git").mkdir()  # a repository of its own
        os.environ["XDG_STATE_HOME"] = name  # measured times of earlier builds would change what is shown
        return tell(Console(highlight=False, soft_wrap=False), folder)


if __name__ == "__main__":
    sys.exit(main())
