"""Reading the table of inputs that dfix once broke, and running dfix on one of them."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import NamedTuple

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source

TABLE = Path(__file__).parent / "outcomes.toml"
HIDDEN = {"dot-git": ".git"}
"""What the folders call a file or folder that git would not keep, and its real name."""


class Outcome(NamedTuple):
    """What is right for one input."""

    name: str
    kind: str
    """The kind of fault that it belongs to: "K3"."""
    after: str | None
    """The whole Dockerfile afterwards; None if it must not change."""
    ignore_file: str | None
    """The whole ignore file afterwards; None if it must not change."""
    reasons: frozenset[str]
    """What must be refused, as "RULE CODE"."""
    options: Options
    links: dict[str, str]
    """Symbolic links that the folder holds as files: their targets."""


def outcomes() -> list[Outcome]:
    """Every row of the table."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return [
        Outcome(
            name,
            row["kind"],
            row.get("after"),
            row.get("ignore-file"),
            frozenset(row.get("reasons", ())),
            Options(
                unsafe=row.get("unsafe", False),
                select=frozenset((row["select"],)) if "select" in row else None,
            ),
            row.get("links", {}),
        )
        for name, row in rows.items()
    ]


def unpack(folder: Path, to: Path, links: dict[str, str]) -> Path:
    """Copy an input, with its links, and its hidden files under their real names; return the copy."""
    copy = to / folder.name
    shutil.copytree(folder, copy, symlinks=True)
    for name, real in HIDDEN.items():
        for path in copy.rglob(name):
            path.rename(path.with_name(real))
    for name, target in links.items():
        path = copy / name
        path.unlink()
        path.symlink_to(target)
    return copy


def rewrite(folder: Path, options: Options) -> Result:
    """Run dfix on the Dockerfile of a folder, which is its build context."""
    path = folder / "Dockerfile"
    return run(Source.from_bytes(str(path), path.read_bytes()), options._replace(context=str(folder)))
