"""An escape character at the end of the file, which would join whatever is added after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.text.source import Edit, Span

if TYPE_CHECKING:
    from dfix.rewriter.dockerfile.tree import Tree


def without_dangling(tree: Tree) -> Edit | None:
    r"""The edit that removes a `\` which continues the last instruction where no line follows; None if there is none.

    BuildKit ignores it at the end of a file. Comments and blank lines after it stay, lines of a lone `\` don't.
    """
    last = tree.instructions[-1]
    if last.heredocs or not last.pieces:
        return None
    text = last.text
    if text[last.pieces[-1].end : last.pieces[-1].end + 1] != tree.escape:
        return None
    end = next(piece.end for piece in reversed(last.pieces) if text[piece.start : piece.end].strip())
    start = end - (len(text[:end]) - len(text[:end].rstrip(" \t")))
    first, *lines = text[end : last.span.end].split("\n")
    kept = [line for line in lines if line.strip() != tree.escape]
    return Edit(Span(start, last.span.end), "\n".join([first.partition(tree.escape)[2].lstrip(" \t"), *kept]))
