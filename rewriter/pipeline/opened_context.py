"""Opening the build context of a Dockerfile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.dockerfile import Tree

if TYPE_CHECKING:
    from dfix.rewriter.context.folder import Context


def open_context(tree: Tree, folder: str | None) -> Context:
    """The build context of a Dockerfile: `folder` if given, else the one found for it."""
    from dfix.rewriter.context.find_context import find_context
    from dfix.rewriter.context.folder import Context
    from dfix.rewriter.context.work_folders import work_folders

    path = tree.source.path
    root = folder if folder is not None else find_context(path, literal_sources(tree), work_folders(tree)).root
    return Context.open(root, path)


def literal_sources(tree: Tree) -> list[str]:
    """The context paths that COPY and ADD name without variables, wildcards or another stage."""
    found = []
    for instruction in tree.instructions:
        inner = instruction.inner or instruction
        if inner.keyword not in ("COPY", "ADD") or inner.flag("from") is not None:
            continue
        for word in inner.words[:-1]:
            text = word.text
            if not any(mark in text for mark in "$*?[<'\"") and "://" not in text and not text.startswith("git@"):
                found.append(text)
    return found
