"""The second reader of scripts that are more than plain lists: tree-sitter's bash grammar.

Both must find the same commands at the same places. tree-sitter alone is not enough: it takes the words after `>&2`
for redirect targets, accepts `a; then b`, and attaches the redirect of a list's last command to the whole list.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cache
from typing import TYPE_CHECKING

from dfix.rewriter.shell.nodes import Script
from dfix.rewriter.shell.walk import commands
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from tree_sitter import Parser, Query, Tree

_NOT_ASCII = expression(r"[^\x00-\x7f]")
_NOTHING_IN_BACKQUOTES = expression(r"`[ \t]*(?:#[^`\\]*)?`")
_QUERY = """
(command) @command (declaration_command) @command (unset_command) @command
(test_command) @test (variable_assignment) @assignment
(command_substitution) @substitution (process_substitution) @substitution
"""


@cache
def _reader() -> tuple[Parser, Query]:
    import tree_sitter_bash
    from tree_sitter import Language, Parser, Query

    language = Language(tree_sitter_bash.language())
    return Parser(language), Query(language, _QUERY)


def disagreement(mask: str, script: Script) -> str:
    """Why tree-sitter reads the script of that mask differently, as a clause; "" when it agrees."""
    from tree_sitter import QueryCursor

    parser, query = _reader()
    # tree-sitter counts bytes, and takes a comment in backquotes for an error
    code = _NOTHING_IN_BACKQUOTES.sub(lambda match: "x" * len(match[0]), mask)
    if not code.isascii():
        code = _NOT_ASCII.sub("x", code)
    tree = parser.parse(code.encode("ascii"))
    if tree.root_node.has_error:
        return f"its script is not understood {_near(mask, _first_error(tree))}"
    captures = QueryCursor(query).captures(tree.root_node)
    starts = {name: {node.start_byte for node in nodes} for name, nodes in captures.items()}
    substitutions = [(node.start_byte, node.end_byte) for node in captures.get("substitution", ())]
    theirs = _outside(starts.get("command", set()), substitutions)
    possible = theirs | starts.get("test", set()) | starts.get("assignment", set())
    offset = script.span.start
    ours = {command.span.start - offset for command in commands(script)}
    # in `>f a b` tree-sitter takes the command's name for a second target
    certain = {
        command.span.start - offset
        for command in commands(script)
        if not (command.redirects and command.redirects[0].span.start == command.span.start)
    }
    differing = (theirs - ours) | (certain - possible)
    return f"its script can be read in two ways {_near(mask, min(differing))}" if differing else ""


def _first_error(tree: Tree) -> int:
    """Where the first error of a tree that has one begins. A query would take time that is quadratic in its depth."""
    cursor = tree.walk()
    while (node := cursor.node) is not None and not (node.is_error or node.is_missing):
        if node.has_error:
            if not cursor.goto_first_child():
                break
        elif not cursor.goto_next_sibling():
            break
    return node.start_byte if node is not None else 0


def _outside(offsets: set[int], spans: list[tuple[int, int]]) -> set[int]:
    """The offsets that are not within a span. Of two spans one contains the other or they are apart."""
    outer_spans: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not outer_spans or start >= outer_spans[-1][1]:
            outer_spans.append((start, end))
    outside = set()
    for offset in offsets:
        before = bisect_left(outer_spans, (offset,))
        if not before or offset >= outer_spans[before - 1][1]:
            outside.add(offset)
    return outside


def _near(mask: str, at: int) -> str:
    shown = mask[at : at + 20].split("\n", 1)[0].strip()
    return f"near `{shown}`" if shown else "at its end"
