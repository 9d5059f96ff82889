"""The unified diff of one file, as `git apply` and `patch -p1` accept it."""

from __future__ import annotations

import os
import re

from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.source import Source

_NO_NEWLINE = "\n\\ No newline at end of file\n"
_QUOTED = expression(r'[\x00-\x1f"\\\x7f]|[^\x00-\x7f]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f"}
_ESCAPES["\r"] = "\\r"


def unified(before: Source, after: Source) -> str:
    r"""The diff between two texts of `before.path`, "" when they are equal.

    Lines end as in the file (also with `\r\n`); bytes that are not UTF-8 are surrogate escapes. The headers have no
    timestamps, so the same change always gives the same diff.
    """
    if before.text == after.text:
        return ""
    from difflib import unified_diff

    name = shown_name(before.path)
    old, new = header_name("a/" + name), header_name("b/" + name)
    lines = unified_diff(_lines(before), _lines(after), old, new)
    return "".join(line if line.endswith("\n") else line + _NO_NEWLINE for line in lines)


def ignore_diff(result: Result) -> str:
    """The diff of the ignore file that a result's changes depend on, "" if there is none."""
    ignore = result.ignore_file
    if ignore is None:
        return ""
    diff = unified(ignore.before, ignore.after)
    return diff if not ignore.new else "--- /dev/null\n" + diff.partition("\n")[2]


def shown_name(path: str) -> str:
    """The path as shown to people and in diffs: with `/`, and relative if it is below the working directory."""
    path = os.path.normpath(path)
    if os.path.isabs(path):
        inside = os.path.relpath(path) if os.path.splitdrive(path)[0] == os.path.splitdrive(os.getcwd())[0] else path
        path = path if inside.startswith(os.pardir) else inside
    return path.replace(os.sep, "/")


def header_name(name: str) -> str:
    """`a/…` or `b/…` as git writes it: quoted like a C string if necessary, with a tab after a name with spaces."""
    name = name.replace("//", "/", 1)  # an absolute path
    if _QUOTED.search(name):
        return f'"{_QUOTED.sub(_escape, name)}"'
    return name + "\t" if " " in name else name


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    return _ESCAPES.get(char) or "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape"))


def _lines(source: Source) -> list[str]:
    text = "\ufeff" + source.text if source.bom else source.text
    lines = text.split("\n")
    last = lines.pop()
    lines = [line + "\n" for line in lines]
    if last:
        lines.append(last)
    return lines
