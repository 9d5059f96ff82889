r"""The lines of a requirements file, read as pip reads them.

Source: pip.pypa.io ("Requirements file format"). pip first joins lines that end in a backslash, then removes comments;
what begins with a hyphen after a space is an option. Values of options may be quoted as in a shell.
"""

from __future__ import annotations

import codecs
import re
import shlex
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.manifests.python.pip_options import options
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_BOMS = ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CODING = expression(r"#[^\n]*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_ENCODINGS = ("utf-8", "ascii", "iso8859-", "cp125")
"""Begins of the names of codecs that take linear time. pip knows all of Python's."""
_COMMENT = expression(r"(?:^|(?<=\s))#.*")
_OPTIONS = expression(r"(?:^|(?<= ))-")
_NAMED = expression(r"[A-Za-z0-9][\w.-]*+[ \t]*+(?:\[[^\]]*\][ \t]*+)?@[ \t]*+(?=[a-z][a-z0-9+.-]*+:)", re.IGNORECASE)
"""The name in `NAME @ URL`."""
_URL = expression(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_MOST_LINES = 200_000
"""5 MB may have two million; pip installs none of such a file in a reasonable time."""
_LONGEST_LINE = 20_000
"""Characters of a line with quotes: shlex copies a word for each character of it."""


class Line(NamedTuple):
    """A line that may name a file.

    `requirement` is a path, a URL or a name with versions, "" if the line has only options. `options` are full names or
    letters of options, with their values.
    """

    requirement: str
    options: tuple[tuple[str, str], ...]


def lines(path: str, text: str) -> Iterator[Line]:
    """The lines of a requirements file with this text, which was decoded as UTF-8 with surrogateescape.

    `path` names it in messages. Raises LeaveAlone where pip would fail or dfix cannot follow it.
    """
    written = _decoded(path, text).splitlines()
    if len(written) > _MOST_LINES:
        raise LeaveAlone("broken-manifest", f"{path} has more than {_MOST_LINES:,} lines")
    for line in _joined(written):
        bare = _COMMENT.sub("", line, count=1).strip() if "#" in line else line.strip()
        if bare:
            found = _OPTIONS.search(bare)
            if found:
                given = tuple(options(_words(path, bare[found.start() :])))
                yield Line(_target(bare[: found.start()].strip()), given)
            else:
                yield Line(_target(bare), ())


def _decoded(path: str, text: str) -> str:
    """The text in the encoding that its first characters or a comment in its first two lines name."""
    declared = _CODING.match(text) or _CODING.match(text, text.find("\n") + 1)
    if not declared and not text.startswith(("\udcff", "\udcfe")):
        return text
    data = text.encode("utf-8", "surrogateescape")
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decode(path, data.removeprefix(mark), encoding)
    try:
        name = codecs.lookup(declared[1]).name if declared else "utf-8"
    except (LookupError, ValueError):
        name = ""
    if not name.startswith(_ENCODINGS):
        raise LeaveAlone("broken-manifest", f"{path} declares an encoding that dfix does not read")
    return _decode(path, data, name)


def _decode(path: str, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise LeaveAlone("broken-manifest", f"{path} is not valid {encoding.upper()}") from None


def _joined(written: list[str]) -> Iterator[str]:
    """Whole lines: one that ends in a backslash goes on in the next. A line that is a comment ends it."""
    parts: list[str] = []
    for line in written:
        if line.lstrip().startswith("#"):
            parts.append(f" {line}")
        elif line.endswith("\\"):
            parts.append(line.strip("\\"))
            continue
        else:
            parts.append(line)
        yield "".join(parts) if len(parts) > 1 else parts[0]
        parts = []
    if parts:
        yield "".join(parts)


def _words(path: str, text: str) -> tuple[str, ...]:
    if not any(char in text for char in "'\"\\"):
        return tuple(text.split())
    if len(text) > _LONGEST_LINE:
        raise LeaveAlone("broken-manifest", f"{path} has a line that is too long to be a requirement")
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise LeaveAlone("broken-manifest", f"{path} has a line whose quotes are not closed") from None


def _target(requirement: str) -> str:
    """What a requirement names, without its condition and without the name before `@`."""
    condition = requirement.find("; " if _URL.match(requirement) else ";")
    target = requirement[:condition].rstrip() if condition >= 0 else requirement
    name = _NAMED.match(target)
    return target[name.end() :] if name else target
