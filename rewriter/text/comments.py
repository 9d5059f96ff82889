"""Removing comments that have an end, such as `/* */`, in linear time."""

from __future__ import annotations

import re


def without_comments(text: str, opens: re.Pattern[str], closes: str) -> str:
    """The text without its comments. One that is not closed is kept.

    `opens` matches the begin of a comment as its group "block", or otherwise a whole comment of another kind.
    """
    last_close = text.rfind(closes)
    kept: list[str] = []
    copied = at = 0
    while (found := opens.search(text, at)) is not None:
        at = found.end()
        if found["block"] is not None:
            if at > last_close:  # a regular expression would look for the end from each begin anew
                continue
            at = text.index(closes, at) + len(closes)
        kept.append(text[copied : found.start()])
        copied = at
    kept.append(text[copied:])
    return "".join(kept)
