"""Building the sample plug-in, as it is or changed, and installing it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.built import build

SOURCE = Path(__file__).parent / "distribution"
LOWER = "from debian:12\nRUN mkdir /a\nRUN chmod 700 /a\n"
"""A Dockerfile that the plug-in's rule changes, and merge-runs too."""
UPPER = "FROM debian:12\nRUN mkdir /a\nRUN chmod 700 /a\n"
MERGED = "debian:12\nRUN mkdir /a \\\n    && chmod 700 /a\n"
"""What follows on the first word when merge-runs has run."""


class Answer(NamedTuple):
    """What a command did."""

    status: int
    out: str
    err: str


def sources(folder: Path, *changes: tuple[str, str]) -> Path:
    """A copy of the plug-in's sources, with texts replaced in each of its files."""
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder / "pyproject.toml", folder / "acme_rules" / "keyword_case.py"):
        text = path.read_text()
        for old, new in changes:
            text = text.replace(old, new)
        path.write_text(text)
    return folder


def install(site: Path, *changes: tuple[str, str]) -> Path:
    """Build the plug-in, changed, and unpack its wheel into a folder of packages; the folder."""
    work = site.with_name(f"{site.name}-sources-{len(list(site.parent.iterdir()))}")
    return unpack(sources(work, *changes), site)


def unpack(project: Path, site: Path) -> Path:
    """Build a project's wheel and unpack it into a folder of packages; the folder."""
    with zipfile.ZipFile(build("build_wheel", project, project)) as wheel:
        wheel.extractall(site)
    return site


def environment(*sites: Path) -> dict[str, str]:
    """The variables of a command that finds packages in these folders too."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, sites))}


def dfix(
    folder: Path, words: list[str], variables: Mapping[str, str], stdin: str = "", python: str = sys.executable
) -> Answer:
    """Run the command in a folder."""
    command = [python, "-P", "-m", "dfix", *words]
    done = subprocess.run(
        command, cwd=folder, env=dict(variables), input=stdin, capture_output=True, text=True, check=False
    )
    return Answer(done.returncode, done.stdout, done.stderr)
