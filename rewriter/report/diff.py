"""The diff of one file, as `git apply` accepts it in any folder of the repository, and `patch -p1` at its root."""

from __future__ import annotations

import os
import re

from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.root import is_inside, real, repository_of
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
    return _unified(before, after, shown_name(before.path))


def _unified(before: Source, after: Source, name: str) -> str:
    if before.text == after.text:
        return ""
    from difflib import unified_diff

    old, new = header_name("a/" + name), header_name("b/" + name)
    lines = unified_diff(_lines(before), _lines(after), old, new)
    return "".join(line if line.endswith("\n") else line + _NO_NEWLINE for line in lines)


def git_diff(result: Result) -> str:
    """All changes of a result in git's own format: the Dockerfile, then the ignore file that they depend on."""
    ignore = result.ignore_file
    first = in_git_format(result.before, result.after, new=False)
    return first + (in_git_format(ignore.before, ignore.after, new=ignore.new) if ignore is not None else "")


def in_git_format(before: Source, after: Source, *, new: bool) -> str:
    """A diff whose first line tells git that names begin at the root of the repository, whatever the current folder."""
    name = _applied_name(before.path)
    diff = _unified(before, after, name)
    if not diff:
        return ""
    mode = "new file mode 100644\n" if new else ""
    if new:
        diff = "--- /dev/null\n" + diff.partition("\n")[2]
    old, changed = (header_name(f"{side}/{name}").rstrip("\t") for side in "ab")
    return f"diff --git {old} {changed}\n{mode}{diff}"


def _applied_name(path: str) -> str:
    """The name of a file from the folder in which git applies a diff.

    That is the root of the working directory's repository, or the working directory where it is in none. For a file
    that is elsewhere it is the root of the file's own repository, or `/`.
    """
    here, path = real(os.getcwd()), real(os.path.abspath(path))
    base = repository_of(here) or here
    if not is_inside(path, base):
        base = repository_of(os.path.dirname(path)) or os.path.abspath(os.sep)
    if os.path.splitdrive(path)[0] != os.path.splitdrive(base)[0]:
        return path.replace(os.sep, "/")
    return os.path.relpath(path, base).replace(os.sep, "/")


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
