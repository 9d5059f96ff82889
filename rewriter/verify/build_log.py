"""What a build says: a log that only its owner can read, in which the values that were passed to it are masked."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TextIO

from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.read import Unreadable, loose_text
from dfix.rewriter.verify.engine import BuildOptions

MASK = "***"
SHORTEST = 4
"""Shorter values are not masked: they are everywhere, and not secret."""
_LARGEST_SECRET = 1_000_000
"""BuildKit takes 500 kB (session/secrets, MaxSecretSize)."""
Mask = Callable[[str], str]
_EPILOGUE = expression(
    r"npm (?:error|ERR!)(?: A complete log of this run can be found in:.*|\s+/\S+\.log|)$|\[notice\] .*pip"
    r"|note: This (?:error originates from a subprocess|is an issue with the package)|hint: See above for"
    r"|(?:│ exit code: \d+|╰─> See above for output\.)$|\[end of output\]$"
)
"""How npm and pip (23 to 26) end what they say of an error: where its log is, whose fault it is, where to look."""


def open_log(path: str) -> TextIO:
    """A new log."""
    return open(path, "w", encoding="utf-8", errors="replace", opener=_private)


@cache
def mask_of(options: BuildOptions) -> Mask:
    """A function that masks the values of `--set` and the contents of `--secret` in a text."""
    found = {value for value in _values(options) if len(value) >= SHORTEST}
    values = sorted({*found, *(json.dumps(value)[1:-1] for value in found)}, key=len, reverse=True)

    def mask(text: str) -> str:
        for value in values:
            text = text.replace(value, MASK)
        return text

    return mask


def masked(item: Any, mask: Mask, kept: tuple[type, ...] = ()) -> Any:
    """A record (tuples, within each other) with its texts masked, but for those in records of the types `kept`."""
    if isinstance(item, kept):
        return item
    if isinstance(item, str):
        return mask(item)
    if isinstance(item, tuple):
        parts = [masked(part, mask, kept) for part in item]
        return type(item)(*parts) if hasattr(item, "_fields") else tuple(parts)
    return item


def tells(line: str) -> bool:
    """Whether a line of a build's output tells something: not an epilogue of npm or pip."""
    return bool(line.strip()) and _EPILOGUE.match(line.strip()) is None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _values(options: BuildOptions) -> Iterator[str]:
    for arg in options.args:
        name, equals, value = arg.partition("=")
        yield from _parts(value if equals else os.environ.get(name, ""))
    for secret in options.secrets:
        yield from _parts(_content(secret))


def _parts(value: str) -> Iterator[str]:
    """A value as a whole, and its lines: a log prints them one by one."""
    yield value.strip()
    for line in value.splitlines():
        yield line.strip()


def _content(secret: str) -> str:
    """The content of `id=…,src=…` or `id=…,env=…`; without either, a variable or file has the name of the id."""
    fields = dict(field.strip().partition("=")[::2] for field in secret.split(","))
    name = fields.get("id", "")
    path = fields.get("src") or fields.get("source")
    if not path:
        variable = fields.get("env") or name
        if fields.get("type") != "file" and variable in os.environ:
            return os.environ[variable]
        path = name
    text = loose_text(path, _LARGEST_SECRET, None) if path else ""
    return "" if isinstance(text, Unreadable) else text
