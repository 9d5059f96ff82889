"""The files among the sources that a compiled program may read at run time."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from dfix.rewriter.model.source_evidence import data, sources
from dfix.rewriter.text.expression import expression
from dfix.transforms.multistage.runtime_stage import BuildStage

_TEXTS = tuple(
    ".go .rs .c .h .cc .cpp .cs .fs .vb .java .kt .scala .groovy .py .js .rb .sh .yml .yaml .json .toml .properties "
    ".xml .service Procfile".split()
)
"""Files that may name a script which something runs."""
_RUNS_SHELL = expression(r"\"(?:/bin/|/usr/bin/)?(?:ba|da)?sh\"")
"""A program that starts a shell may give it a script whose name it puts together."""


def data_files(build: BuildStage, is_source: Callable[[str], bool]) -> tuple[str, ...]:
    """The image paths of these files; a folder without sources is one path.

    A shell script at the top of the context is among them only if the Dockerfile or another file names it. Raises
    LeaveAlone where they are in too many places.
    """
    texts: dict[str, str] = {}

    def is_needless(path: str) -> bool:
        if not path.endswith(".sh") or "/" in path:
            return False
        if not texts:
            texts.update(sources(build.context, _TEXTS))
            texts[""] = "\n".join(step.instruction.logical for step in build.stage.steps)
        name = posixpath.basename(path)
        return not any(name in text or _RUNS_SHELL.search(text) for other, text in texts.items() if other != path)

    return data(build.context_copies, is_source, is_needless)
