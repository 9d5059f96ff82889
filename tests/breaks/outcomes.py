"""The inputs that dfix once broke, with what is right for each: read from two tables, put on disk, rewritten."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source
from tests.build_context import put

FOLDER = Path(__file__).parent
HIDDEN = {"dot-git": ".git"}
"""What the folders call a file or folder that git would not keep, and its real name."""


class Outcome(NamedTuple):
    """What is right for one input."""

    name: str
    kind: str
    """The kind of fault that it belongs to: "K3"."""
    what: str
    """What is special about it, in a few words; "" where its folder says that."""
    files: Mapping[str, str] | None
    """The build context, the Dockerfile too; None if the input is a folder of the shared data."""
    executable: tuple[str, ...]
    """Those of the files that are programs."""
    after: str | None
    """The whole Dockerfile afterwards; None if it must not change."""
    ignore_file: str | None
    """The whole ignore file afterwards; None if it must not change."""
    reasons: frozenset[str]
    """What must be refused, as "RULE CODE"."""
    says: tuple[str, ...]
    """Parts of the sentences that dfix must say."""
    options: Options
    links: dict[str, str]
    """Symbolic links that the folder holds as files: their targets."""


def outcomes() -> list[Outcome]:
    """Every row of both tables."""
    rows: dict[str, dict[str, Any]] = {}
    for table in ("outcomes.toml", "described.toml"):
        rows |= tomllib.loads((FOLDER / table).read_text(encoding="utf-8"))
    return [_outcome(name, row) for name, row in rows.items()]


def _outcome(name: str, row: dict[str, Any]) -> Outcome:
    return Outcome(
        name,
        row["kind"],
        row.get("what", ""),
        {**row.get("files", {}), "Dockerfile": row["before"]} if "before" in row else None,
        tuple(row.get("executable", ())),
        row.get("after"),
        row.get("ignore-file"),
        frozenset(row.get("reasons", ())),
        tuple(row.get("says", ())),
        Options(
            unsafe=row.get("unsafe", False),
            select=frozenset((row["select"],)) if "select" in row else None,
        ),
        row.get("links", {}),
    )


def unpack(outcome: Outcome, shared: Path | None, to: Path) -> Path:
    """Put an input on disk below `to`, with its links, and its hidden files under their real names; return its folder.

    `shared` is the folder of third-party data; without it only inputs with files of their own can be unpacked.
    """
    copy = to / outcome.name
    if outcome.files is not None:
        put(copy, outcome.files)
    else:
        assert shared is not None
        shutil.copytree(folders(shared)[outcome.name], copy, symlinks=True)
    for name, real in HIDDEN.items():
        for path in copy.rglob(name):
            path.rename(path.with_name(real))
    for name, target in outcome.links.items():
        (copy / name).unlink()
        (copy / name).symlink_to(target)
    for name in outcome.executable:
        (copy / name).chmod(0o755)
    return copy


def folders(shared: Path) -> dict[str, Path]:
    """The inputs of the shared data, by name."""
    found = [path for path in (shared / "breaks").iterdir() if path.is_dir()]
    found += [path for path in (shared / "asked").iterdir() if path.is_dir() and path.name.startswith("W")]
    return {path.name: path for path in found}


def rewrite(folder: Path, options: Options) -> Result:
    """Run dfix on the Dockerfile of a folder, which is its build context."""
    path = folder / "Dockerfile"
    return run(Source.from_bytes(str(path), path.read_bytes()), options._replace(context=str(folder)))
