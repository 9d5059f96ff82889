"""What `uv pip install -r …` and `uv pip sync …` read: what pip reads, and uv's settings.

Source: docs.astral.sh/uv ("The pip interface", "Compatibility with pip").
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python import pip
from dfix.rewriter.manifests.shared.inputs import Inputs, Install

_OTHER_FILES = frozenset("--override --overrides --build-constraint --config-file --directory --project".split())


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    for argument in install.arguments:
        if argument.partition("=")[0] in _OTHER_FILES:
            raise LeaveAlone("option", f"`{install.shown}` has {argument}, which changes what it reads")
    words = install.arguments[1:]
    if words[:1] == ("sync",):
        words = ("sync", *_as_requirements(words[1:]))
    reads = pip.inputs(context, install._replace(arguments=words))
    for name in ("pyproject.toml", "uv.toml"):
        path = posixpath.join(install.folder, name)
        text = context.read(path)
        if text is not None and (name == "uv.toml" or "[tool.uv" in text) and path not in reads.files:
            reads = reads._replace(files=(*reads.files, path))
    return reads


def _as_requirements(words: tuple[str, ...]) -> Iterator[str]:
    """The words of `uv pip sync a.txt -c b.txt` as pip has them: `-r a.txt -c b.txt`."""
    is_value = False
    for word in words:
        if not is_value and not word.startswith("-"):
            yield "-r"
        yield word
        is_value = not is_value and word.startswith("-") and "=" not in word and pip.takes_value(word)
