"""Whether a sed script only edits lines, and neither names a file nor runs a command.

The commands `r`, `R`, `w`, `W` and `e`, and the flags `w` and `e` of `s`, name files or run commands
(https://www.gnu.org/software/sed/manual/sed.html).
"""

from __future__ import annotations

from dfix.rewriter.text.expression import expression

_ADDRESS = expression(r"\s*(?:\d+|\$|/(?:[^/\\\n]|\\.)*/I?)?(?:\s*,\s*[+~]?(?:\d+|\$|/(?:[^/\\\n]|\\.)*/I?))?\s*!?\s*")
_PART = r"(?:\\.|(?!(?P=mark))[^\\])*"
_SUBSTITUTE = expression(rf"s(?P<mark>[^\w\s\\])(?P<pattern>{_PART})(?P=mark){_PART}(?P=mark)[gpIim\d]*")
_TRANSLATE = expression(rf"y(?P<mark>[^\w\s\\])(?P<pattern>{_PART})(?P=mark){_PART}(?P=mark)")
_BRACKETS = expression(r"\[\^?\]?[^\]]*+\]")
_TEXT = expression(r"[aic][^\n]*")
_PLAIN = expression(r"[dDpPgGhHxnNq=]")
_BETWEEN = expression(r"[;\s]*")


def is_harmless(script: str) -> bool:
    """Whether the script only edits its input lines. False for a script that dfix does not understand."""
    at = _BETWEEN.match(script).end()  # type: ignore[union-attr]
    if at == len(script):
        return False
    while at < len(script):
        address = _ADDRESS.match(script, at)
        at = address.end() if address is not None else at
        command = next((m for kind in (_SUBSTITUTE, _TRANSLATE, _TEXT, _PLAIN) if (m := kind.match(script, at))), None)
        # in brackets the delimiter is an ordinary character
        if command is None or "[" in _BRACKETS.sub("", command.groupdict().get("pattern") or "").replace("\\[", ""):
            return False
        between = _BETWEEN.match(script, command.end())
        assert between is not None
        if between.end() == command.end() and command.end() < len(script):
            return False
        at = between.end()
    return True
