"""Read pnpm-lock.yaml as pnpm writes it, in linear time: YAML's general parser takes a minute for five megabytes."""

from __future__ import annotations

from typing import Any

from dfix.rewriter.text.expression import expression

_QUOTED_KEY = expression(r"('(?:[^']|'')*'):(?: (?=\S)|$)")
_NOT_PLAIN = tuple("&*!|>%@`\"'{}[],#?")
"""What a plain text does not start with."""
_BLOCKS = ("|", ">")


def pnpm_lock(text: str) -> dict[str, Any] | None:
    """The lock file's tables and values, all as text; None if a line is not of the form that pnpm writes.

    Values in braces and lists stay as they are written (`{integrity: sha512-…}`), texts of several lines are left out.
    """
    root: dict[str, Any] = {}
    levels: list[dict[str, Any] | None] = [root]  # None for a list, whose items are not needed
    skipped = -1  # the depth of a key whose text follows on the next lines
    for line in text.split("\n"):
        content = line.strip()
        if not content:
            continue
        spaces = len(line) - len(line.lstrip(" "))
        if 0 <= skipped < spaces:
            continue
        skipped = -1
        depth, odd = divmod(spaces, 2)
        if odd or depth >= len(levels):
            return None
        if content.startswith("- ") and depth:
            if levels[depth]:
                return None
            levels[depth:] = [None]
            continue
        table = levels[depth]
        key, value = _parts(content)
        if table is None or not key or key in table:
            return None
        del levels[depth + 1 :]
        if not value:
            below: dict[str, Any] = {}
            table[key] = below
            levels.append(below)
        elif value.startswith(_BLOCKS):
            table[key], skipped = "", spaces
        else:
            table[key] = _value(value)
            if table[key] is None:
                return None
    return root


def _parts(content: str) -> tuple[str, str]:
    """The key of a line and what is after it; an empty key for a line of another form."""
    quoted = _QUOTED_KEY.match(content)
    if quoted is not None:
        return quoted[1][1:-1].replace("''", "'"), content[quoted.end() :]
    key, colon, value = content.partition(": ")
    if not colon:
        key = content.removesuffix(":") if content.endswith(":") else ""
    return (key, value) if _is_plain(key) else ("", "")


def _value(written: str) -> Any:
    """A text without its quotation marks, or an empty table; None for a form that pnpm does not write."""
    if written == "{}":
        return {}
    if written.startswith(("{", "[")):
        return written if written.endswith(("}", "]")) else None
    if written.startswith("'"):
        return written[1:-1].replace("''", "'") if len(written) > 1 and written.endswith("'") else None
    if written.startswith('"'):  # a text with line ends, which stands for nothing that is compared
        return "" if len(written) > 1 and written.endswith('"') else None
    return written if _is_plain(written) else None


def _is_plain(written: str) -> bool:
    return not written.startswith(_NOT_PLAIN) and " #" not in written and ": " not in written
