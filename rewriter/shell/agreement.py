"""The second reader of scripts that are more than plain lists: tree-sitter's bash grammar.

Both must find the same commands at the same places. tree-sitter alone would not do: it takes the words after `>&2` for
redirect targets, accepts `a; then b`, and hangs the redirect of a list's last command on the whole list.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from dfix.rewriter.shell.nodes import Script
from dfix.rewriter.shell.walk import commands

if TYPE_CHECKING:
    from tree_sitter import Parser, Query

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_NOTHING_IN_BACKQUOTES = re.compile(r"`[ \t]*(?:#[^`\\]*)?`")
_QUERY = """
(command) @command (declaration_command) @command (unset_command) @command
(test_command) @test (variable_assignment) @assignment
(command_substitution) @substitution (process_substitution) @substitution
(ERROR) @error (MISSING) @error
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
    # offsets are bytes there; a comment in backquotes is an error to it
    code = _NOTHING_IN_BACKQUOTES.sub(lambda match: "x" * len(match[0]), mask)
    if not code.isascii():
        code = _NOT_ASCII.sub("x", code)
    found = QueryCursor(query).captures(parser.parse(code.encode("ascii")).root_node)
    if "error" in found:
        return f"its script is not understood {_near(mask, min(node.start_byte for node in found['error']))}"
    within = [(node.start_byte, node.end_byte) for node in found.get("substitution", ())]
    theirs = {
        node.start_byte
        for node in found.get("command", ())
        if not any(start < node.start_byte < end for start, end in within)
    }
    possible = theirs.union(node.start_byte for name in ("test", "assignment") for node in found.get(name, ()))
    offset = script.span.start
    ours = {command.span.start - offset for command in commands(script)}
    # where a redirect comes first, tree-sitter takes the command's name for a second target
    sure = {
        command.span.start - offset
        for command in commands(script)
        if not (command.redirects and command.redirects[0].span.start == command.span.start)
    }
    differing = (theirs - ours) | (sure - possible)
    return f"its script can be read in two ways {_near(mask, min(differing))}" if differing else ""


def _near(mask: str, at: int) -> str:
    shown = mask[at : at + 20].split("\n", 1)[0].strip()
    return f"near `{shown}`" if shown else "at its end"
