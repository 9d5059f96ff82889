"""Opening the build context of a Dockerfile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.dockerfile import Tree
from dfix.rewriter.model.paths import is_address
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import UsedContext
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.root import is_inside, real, root_of

if TYPE_CHECKING:
    from dfix.rewriter.context.find_context import FoundContext
    from dfix.rewriter.context.folder import Context


class OpenedContext(NamedTuple):
    """The build context, None if there is none to look at, and why that is so, "" if nothing has asked for it."""

    context: Context | None
    why: str

    @property
    def used(self) -> UsedContext | None:
        """What reports say of it; None if nothing asked for it."""
        return UsedContext(self.context.root if self.context is not None else "", self.why) if self.why else None


def choose_context(tree: Tree, options: Options) -> FoundContext:
    """Which folder is the build context of a Dockerfile: the one in the options, else the one found for it."""
    from dfix.rewriter.context.find_context import FoundContext, find_context
    from dfix.rewriter.context.work_folders import work_folders

    if options.context is not None:
        return FoundContext(options.context, options.context_from)
    return find_context(tree.source.path, literal_sources(tree), work_folders(tree), options.root)


def open_context(tree: Tree, options: Options) -> OpenedContext:
    """The build context of a Dockerfile."""
    from dfix.rewriter.context.folder import Context

    folder, why = choose_context(tree, options)
    if not folder:
        return OpenedContext(None, why)
    root = options.root or root_of(tree.source.path)
    named = real(folder)
    within = (root,) if is_inside(named, root) else (root, named)
    return OpenedContext(Context.open(folder, tree.source.path, within), why)


def unusable(context: Context | None, dockerfile: str) -> Problem | None:
    """Why a Dockerfile cannot be handled with this context: its ignore file is there, but is not read."""
    if context is None or not context.unreadable:
        return None
    return Problem(dockerfile, 0, f"its ignore file cannot be used ({context.fault})", "Replace it with a regular file")


def literal_sources(tree: Tree) -> list[str]:
    """The context paths that COPY and ADD name without variables, wildcards or another stage."""
    found = []
    for instruction in tree.instructions:
        inner = instruction.inner or instruction
        if inner.keyword not in ("COPY", "ADD") or inner.flag("from") is not None:
            continue
        for word in inner.words[:-1]:
            text = word.text
            if not any(mark in text for mark in "$*?[<'\"") and not is_address(text):
                found.append(text)
    return found
