"""Moves a COPY with its comment, and writes COPY lines in the author's style."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from dfix.rewriter.dockerfile import Instruction, Tree, Trivia
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Span

_NEEDS_JSON = frozenset(" \t\"'\\[]*?$")
_KEPT_FLAGS = ("chown", "chmod", "link")


class Block(NamedTuple):
    """An instruction with the comment lines directly above it."""

    span: Span
    text: str
    """With "\\n" as line ending, also at the end."""
    blanks_after: int
    """How many blank lines follow."""
    after: int
    """The offset after those blank lines."""


def block(tree: Tree, instruction: Instruction) -> Block:
    """The lines that move together with an instruction."""
    nodes = tree.nodes
    at = nodes.index(instruction)
    first = at
    while first > 0 and _is(nodes[first - 1], "comment"):
        first -= 1
    last = at + 1
    while last < len(nodes) and _is(nodes[last], "blank"):
        last += 1
    span = Span(nodes[first].span.start, instruction.span.end)
    text = tree.source.text[span.start : span.end].replace("\r\n", "\n")
    after = nodes[last - 1].span.end
    return Block(span, text if text.endswith("\n") else text + "\n", last - at - 1, after)


def blank_above(text: str, start: int) -> bool:
    """Whether a blank line comes before the line that begins at an offset."""
    return text[:start].endswith(("\n\n", "\n\r\n"))


def _is(node: Trivia | Instruction, kind: str) -> bool:
    return isinstance(node, Trivia) and node.kind == kind


def copy_line(like: Instruction, sources: Iterable[str], destination: str) -> str:
    """A COPY line with the ownership flags and the keyword's case of `like`; unusual paths are written in JSON form."""
    keyword = like.text[like.keyword_span.start : like.keyword_span.end]
    keyword = "copy" if keyword.islower() else "Copy" if keyword.istitle() else "COPY"
    flags = [like.text[flag.span.start : flag.span.end] for flag in like.flags if flag.name in _KEPT_FLAGS]
    words = [*sources, destination]
    if any(_NEEDS_JSON.intersection(word) for word in words[:-1]) or any(c in destination for c in " \t\"'"):
        import json

        return " ".join([keyword, *flags, json.dumps(words, ensure_ascii=False)]) + "\n"
    return " ".join([keyword, *flags, *words]) + "\n"


def folder_below(destination: str, relative: str) -> str:
    """The destination folder for a file in the folder `relative` below a COPY's destination.

    Where that destination is the file itself, `relative` begins with `..`.

    >>> folder_below(".", ""), folder_below("/app", "client"), folder_below("./", "a/b")
    ('./', '/app/client/', './a/b/')
    >>> folder_below("./package.json", ".."), folder_below("/app/a.json", "../b")
    ('./', '/app/b/')
    """
    if f"{relative}/".startswith("../") and "$" not in posixpath.basename(destination.rstrip("/")):
        folder = posixpath.normpath(posixpath.join(destination, relative))
        if not f"{folder}/".startswith("../"):
            destination, relative = folder if folder[0] in "/.$" else f"./{folder}", ""
    base = destination.rstrip("/") or ("" if destination.startswith("/") else ".")
    return f"{base}/{relative}/" if relative else f"{base}/"
