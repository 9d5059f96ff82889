"""The words of `test`, `[` and `[[` that are paths: `[ -f a ]` has one, `[ "$A" = b ]` and `[ -z "$A" ]` have none."""

from __future__ import annotations

from collections.abc import Sequence

from dfix.rewriter.shell.nodes import Word

_COMPARES = frozenset(("=", "==", "!=", "=~", "<", ">", "\\<", "\\>", "-eq", "-ne", "-lt", "-le", "-gt", "-ge"))
_OF_TEXT = frozenset(("-z", "-n", "-t", "-v", "-R"))
_BETWEEN = frozenset(("]", "]]", "!", "&&", "||", "(", ")", "\\(", "\\)", "-a", "-o"))


def tested_paths(words: Sequence[Word]) -> list[Word]:
    """Those of a test's words, without its name, that may be paths."""
    paths: list[Word] = []
    at = 0
    while at < len(words):
        text = words[at].text
        following = words[at + 1].text if at + 1 < len(words) else ""
        if text in _BETWEEN:
            at += 1
        elif following in _COMPARES:
            at += 3
        elif text in _OF_TEXT and following not in ("", *_BETWEEN):
            at += 2
        else:
            paths += [] if text.startswith("-") else [words[at]]
            at += 1
    return paths
