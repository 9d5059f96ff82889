"""Build contexts of tests: files on disk, and what dfix makes of a Dockerfile among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from dfix.rewriter.context.folder import Context
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source

MakeContext = Callable[[Mapping[str, str]], Context]


def put(folder: Path, files: Mapping[str, str]) -> None:
    """Write files, line ends as they stand."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


def rewritten(folder: Path, files: Mapping[str, str], dockerfile: str, options: Options) -> Result:
    """What becomes of a Dockerfile in a context of these files."""
    put(folder, {**files, "Dockerfile": dockerfile})
    path = folder / "Dockerfile"
    return run(Source.from_bytes(str(path), path.read_bytes()), options)
