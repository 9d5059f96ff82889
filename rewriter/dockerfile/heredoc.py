"""Which heredocs an instruction's line opens (BuildKit's heredocsFromLine and ParseHeredoc)."""

from __future__ import annotations

from dfix.rewriter.dockerfile.expansion import Expansion, ExpansionError, UnknownEnvironment
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_HEREDOC = expression(r"[0-9]*<<(-?)([^<]+)")
_ESCAPE = "\\"
"""BuildKit reads heredocs with a backslash, whatever the file's escape directive says."""


class HeredocMark(NamedTuple):
    """`<<-"EOF"` on an instruction's line."""

    name: str
    expands: bool
    """Whether the body is expanded: no character of the name is quoted."""
    strips_tabs: bool
    """Whether it is `<<-`."""


def heredoc_marks(line: str) -> list[HeredocMark]:
    """Every heredoc that a logical line opens, in order.

    None at all when BuildKit's word expansion cannot read the line (an open quote, `${#x}`): BuildKit then sees no
    heredoc in it, whatever a shell would see. Raises ExpansionError for what BuildKit refuses: a heredoc whose name
    it cannot read, as in `<<a${x:- }`, where the blank ends the word.
    """
    try:
        words = Expansion(line, UnknownEnvironment(), _ESCAPE, keeps_variables=True, keeps_quotes=True).words()
    except ExpansionError:
        return []
    marks = []
    for word in words:
        match = _HEREDOC.fullmatch(word) if "<<" in word else None
        if match is None:
            continue
        names = Expansion(match[2], UnknownEnvironment(), _ESCAPE, keeps_variables=True).words()
        if len(names) == 1:
            marks.append(HeredocMark(names[0], _quotes(names[0]) == _quotes(match[2]), bool(match[1])))
    return marks


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')
