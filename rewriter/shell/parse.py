"""Reading the script of a RUN into nodes."""

from __future__ import annotations

from functools import lru_cache

from dfix.rewriter.shell.cursor import UnreadableError
from dfix.rewriter.shell.lexer import Lexer
from dfix.rewriter.shell.nodes import Script
from dfix.rewriter.shell.parser import Parser, skip_substitution
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.source import Span

_CONTROL = expression(r"[\x00-\x08\x0b-\x1f\x7f]")
_LINE_END = expression(r"(?<!\\)\n")
_SHORT = 1000
"""Characters of a script of which many are remembered. A script's nodes take forty bytes for each, and an editor sends
one with every key pressed."""


def parse(mask: str, start: int, text: str) -> Script:
    """Read a shell script in a Dockerfile. Every span of the answer is one of `text`.

    `text` is the whole file's text. `mask` stands for `text[start : start + len(mask)]` and has the same length: the
    Dockerfile's continuations, comment lines and blank lines are blanks in it, or escape + newline where a blank would
    split a word. A mask with any other newline, or with one at its end, is a heredoc's body, whose line ends the
    shell reads.

    A script that cannot be read with certainty has `opaque` set and no statements. `opaque` is a clause that completes
    "left alone, since …". Scripts with compound commands or substitutions are also parsed by tree-sitter; both must
    agree. The latest scripts are remembered, because each round over a file reads most of them again.
    """
    remembered = _parsed if len(mask) <= _SHORT else _parsed_long
    return remembered(mask, start, text[start : start + len(mask)])


def _read(mask: str, start: int, source: str) -> Script:
    text = " " * start + source  # the lexer counts from the file's beginning, and reads nothing before the script
    span = Span(start, start + len(mask))
    if _CONTROL.search(mask):
        return Script(span, (), (), "its script contains a control character")
    joined = not (mask.endswith("\n") or _LINE_END.search(mask))
    try:
        lexer = Lexer(mask, start, text, joined=joined, substitution=skip_substitution)
        statements = Parser(lexer).script()
        bodies = lexer.heredocs.bodies
        if bodies:
            # a heredoc's body comes after its command, so only a second reading can hand it to the command's redirect
            lexer = Lexer(mask, start, text, joined=joined, substitution=skip_substitution, bodies=bodies)
            statements = Parser(lexer).script()
    except UnreadableError as why:
        return Script(span, (), (), str(why))
    script = Script(span, statements, tuple(lexer.comments), "")
    if not lexer.cursor.plain:
        from dfix.rewriter.shell.agreement import disagreement

        why_not = disagreement(mask, script)
        if why_not:
            return Script(span, (), (), why_not)
    return script


_parsed = lru_cache(maxsize=2048)(_read)
_parsed_long = lru_cache(maxsize=64)(_read)
