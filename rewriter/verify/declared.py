"""Checks of an image that a change declares to be different: its settings, and its programs' libraries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model.build import assignments
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.compare import Difference
from dfix.rewriter.verify.image import Entry, Image

MOST_PROGRAMS = 300
_OF_THE_DISTRIBUTION = expression(
    r"(?:usr/)?(?:bin|sbin|lib|lib32|lib64|libexec)/.*|usr/share/.*|(?:etc|var|proc|sys|dev|run|boot)/.*"
)
_LIBRARY = expression(r"\.so(?:\.[\d.]+)?$")
_MISSING = expression(r"(\S+) => not found|Error loading shared library ([^\s:]+)|version `([^']+)' not found")


def settings(source: Source, differences: tuple[Difference, ...], after: Image) -> tuple[Difference, ...]:
    """The configuration differences that a different base image doesn't explain; `source` is the original file.

    A variable or label that the file doesn't set came from its base image, and may go with it. PATH may lose folders
    that the new image doesn't have.
    """
    variables, labels = _set(source)
    return tuple(
        difference
        for difference in differences
        if difference.kind == "config" and not _explained(difference, variables, labels, after)
    )


def _set(source: Source) -> tuple[set[str], set[str]]:
    variables: set[str] = set()
    labels: set[str] = set()
    for instruction in parse(source).instructions:
        if instruction.keyword in ("ENV", "LABEL"):
            found = variables if instruction.keyword == "ENV" else labels
            found |= {name.strip("\"'") for name, _ in assignments(instruction)}
    return variables, labels


def _explained(difference: Difference, variables: set[str], labels: set[str], after: Image) -> bool:
    kind, _, name = difference.path.removeprefix("config ").partition(" ")
    if kind == "Env" and name == "PATH":
        match = re.fullmatch(r'is "([^"]*)", was "([^"]*)"', difference.what)
        if match is None:
            return False
        gone = set(match[2].split(":")) - set(match[1].split(":"))
        return not any(folder.strip("/") in after.entries for folder in gone)
    return (kind == "Env" and name not in variables) or (kind == "Labels" and name not in labels)


def programs(before: Image, after: Image) -> tuple[str, ...]:
    """The absolute paths of programs and shared libraries that ship and don't belong to the distribution."""
    found = [
        f"/{path}"
        for path, entry in after.entries.items()
        if _may_be_linked(path, entry) and not _OF_THE_DISTRIBUTION.fullmatch(path) and _came_along(path, entry, before)
    ]
    return tuple(sorted(found)[:MOST_PROGRAMS])


def _may_be_linked(path: str, entry: Entry) -> bool:
    return entry.kind == "file" and entry.size > 0 and bool(entry.mode & 0o111 or _LIBRARY.search(path))


def _came_along(path: str, entry: Entry, before: Image) -> bool:
    """Whether a file was not in the old image either as part of the new base: same content, or a new path."""
    was = before.entries.get(path)
    return was is None or was.digest == entry.digest


def missing(said: str) -> Iterator[str]:
    """The libraries that `ldd` did not find, according to its output."""
    for match in _MISSING.finditer(said):
        yield match[1] or match[2] or match[3]


def groups(differences: tuple[Difference, ...]) -> Mapping[str, tuple[int, int]]:
    """The removed paths by their first two folders: the number of paths and bytes, largest first."""
    found: dict[str, tuple[int, int]] = {}
    for difference in differences:
        if difference.kind == "presence" and "is gone" in difference.what:
            key = "/" + "/".join(difference.path.strip("/").split("/")[:2])
            count, size = found.get(key, (0, 0))
            found[key] = (count + 1 + len(difference.below), size - difference.bytes)
    return dict(sorted(found.items(), key=lambda item: -item[1][1]))
