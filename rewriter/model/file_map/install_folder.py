"""The folder in which an install works, where an option names another one than that of the command."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from itertools import pairwise

from dfix.rewriter.knowledge.load import load


def folder_by_option(manager: str, texts: Sequence[str], folder: str | None) -> str | None:
    """The image folder of an install in `folder` with the arguments `texts`; None if unknown."""
    options = {name for project in load(manager).projects for name in project.folder_by}
    if not options.intersection(text.partition("=")[0] for text in texts):
        return folder
    named = [value for text in texts for name, sign, value in (text.partition("="),) if sign and name in options]
    named += [after for text, after in pairwise(texts) if text in options]
    known = len(named) == 1 and not any(mark in named[0] for mark in "$`~")
    if not known or (folder is None and not named[0].startswith("/")):
        return None
    return posixpath.normpath(posixpath.join(folder or "/", named[0]))
