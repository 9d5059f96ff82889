"""Reading the script of a RUN into nodes."""

from __future__ import annotations

import re
from functools import lru_cache

from dfix.rewriter.shell.compound import ScriptReader
from dfix.rewriter.shell.nodes import Script
from dfix.rewriter.shell.quoting import UnreadableError
from dfix.rewriter.text.source import Span

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LINE_END = re.compile(r"(?<!\\)\n")


def parse(mask: str, start: int, text: str) -> Script:
    """Read a shell script that stands in a Dockerfile.

    `text` is the whole file's text and `mask` a mask of `text[start : start + len(mask)]` of the same length, in which
    the Dockerfile's continuations, comment lines and blank lines are blanks, or escape + newline where a blank
    would part a word. A mask with any other newline, or one at its end, is a heredoc's body, whose line ends the
    shell reads. Every span of the answer is one of `text`.

    A script that is not read with certainty is answered with `opaque` set and no statements: a clause that completes
    "left alone, since …". One of more than words, heredocs and lists is also read by tree-sitter: both must agree.
    Scripts that were read last are remembered: each round over a file reads most of them again.
    """
    return _parsed(mask, start, text[start : start + len(mask)])


@lru_cache(maxsize=256)
def _parsed(mask: str, start: int, written: str) -> Script:
    text = " " * start + written  # readers count from the file's beginning, and look at nothing else of it
    span = Span(start, start + len(mask))
    if _CONTROL.search(mask):
        return Script(span, (), (), "its script holds a control character")
    joined = not (mask.endswith("\n") or _LINE_END.search(mask))
    try:
        reader = ScriptReader(mask, start, text, joined=joined)
        statements = reader.script()
        if reader.bodies:
            # a heredoc's body is known only after its command has been read
            again = ScriptReader(mask, start, text, joined=joined)
            again.bodies = reader.bodies
            statements = again.script()
    except UnreadableError as why:
        return Script(span, (), (), str(why))
    script = Script(span, statements, tuple(reader.comments), "")
    if not reader.plain:
        from dfix.rewriter.shell.agreement import disagreement

        why_not = disagreement(mask, script)
        if why_not:
            return Script(span, (), (), why_not)
    return script
