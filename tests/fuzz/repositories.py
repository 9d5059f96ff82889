"""What the fuzzer tries: a Dockerfile and the repository around it, as bytes that one can read, cut and join.

First the Dockerfile, then one record for each other file: a separator, a letter for its kind, its path, a line end and
its content.
"""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

SEPARATOR = b"\x1e"
_ESCAPE = b"\x1d"
FILE, PROGRAM, LINK, PIPE, FOLDER, WORD = "fxlpdo"
"""A file, one that may be executed, a link, a named pipe, a folder, and a word of the command line (its path)."""
OPTIONS = (
    "--unsafe",
    "--isolated",
    "--select=dockerignore,split-manifests",
    "--select=slim-base,multistage,clean-up",
    "--select=merge-runs",
    "--ignore=split-manifests",
    "--context=.",
    "--exclude=sub",
    "--force-exclude",
)
NO_REPOSITORY = "no-repository"
"""A word that leaves out the folder .git, so that the root is the folder of the command line."""


class Entry(NamedTuple):
    """One record: for a link, the content is where it leads."""

    kind: str
    path: str
    content: bytes = b""


class Repository(NamedTuple):
    """A Dockerfile, empty if there is none, and the other files."""

    dockerfile: bytes
    entries: tuple[Entry, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the command line, each known to be harmless."""
        return tuple(entry.path for entry in self.entries if entry.kind == WORD and entry.path in OPTIONS)

    @property
    def is_repository(self) -> bool:
        """Whether it has a folder .git."""
        return (WORD, NO_REPOSITORY) not in {(entry.kind, entry.path) for entry in self.entries}


def from_bytes(data: bytes) -> Repository:
    """The repository that bytes stand for; a record that is none is left out."""
    dockerfile, *records = map(_unescaped, data.split(SEPARATOR))
    entries = []
    for record in records:
        head, _, content = record.partition(b"\n")
        kind, path = chr(head[0]) if head else "", head[1:].decode("utf-8", "surrogateescape")
        if kind in (FILE, PROGRAM, LINK, PIPE, FOLDER, WORD) and path:
            entries.append(Entry(kind, path, content))
    return Repository(dockerfile, tuple(entries))


def to_bytes(repository: Repository) -> bytes:
    """The bytes that stand for a repository."""
    parts = [repository.dockerfile]
    for kind, path, content in repository.entries:
        parts.append(b"%c%s\n%s" % (ord(kind), path.encode("utf-8", "surrogateescape"), content))
    return SEPARATOR.join(map(_escaped, parts))


def _escaped(part: bytes) -> bytes:
    """A part in which no byte is taken for a separator."""
    return part.replace(_ESCAPE, _ESCAPE + b"1").replace(SEPARATOR, _ESCAPE + b"0")


def _unescaped(part: bytes) -> bytes:
    return part.replace(_ESCAPE + b"0", SEPARATOR).replace(_ESCAPE + b"1", _ESCAPE)


def put(repository: Repository, folder: Path) -> None:
    """Write a repository to an empty folder. What cannot be there, or would be outside of it, is left out."""
    root = os.fsencode(folder)
    if repository.is_repository:
        os.mkdir(os.path.join(root, b".git"))
    if repository.dockerfile:
        _put(root, Entry(FILE, "Dockerfile", repository.dockerfile))
    # links last, so that nothing is written through one
    for entry in sorted(repository.entries, key=lambda entry: entry.kind == LINK):
        if entry.kind != WORD:
            with suppress(OSError, ValueError):
                _put(root, entry)


def _put(root: bytes, entry: Entry) -> None:
    path = posixpath.normpath(entry.path.encode("utf-8", "surrogateescape"))
    names = path.split(b"/")
    if path.startswith(b"/") or not {b"..", b".", b""}.isdisjoint(names):
        return
    target = os.path.join(root, path)
    above = os.path.dirname(target)
    os.makedirs(above, exist_ok=True)
    if os.path.realpath(above) != above:
        return
    match entry.kind:
        case "l":
            with suppress(FileNotFoundError):
                os.unlink(target)
            os.symlink(entry.content.split(b"\n", 1)[0] or b".", target)
        case "p":
            os.mkfifo(target)
        case "d":
            os.makedirs(target, exist_ok=True)
        case _:
            mode = 0o755 if entry.kind == PROGRAM else 0o644
            with open(
                os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK, mode), "wb"
            ) as file:
                file.write(entry.content)


def of_files(dockerfile: str, files: Sequence[tuple[str, bytes]], words: Sequence[str] = ()) -> Repository:
    """A repository of ordinary files."""
    entries = [Entry(FILE, path, content) for path, content in files]
    return Repository(dockerfile.encode("utf-8", "surrogateescape"), (*entries, *(Entry(WORD, word) for word in words)))


def to_json(repository: Repository) -> str:
    """A repository on one line, for the inputs that are kept; bytes that are not UTF-8 are escaped."""
    entries = [[kind, path, content.decode("utf-8", "surrogateescape")] for kind, path, content in repository.entries]
    return json.dumps([repository.dockerfile.decode("utf-8", "surrogateescape"), entries])


def from_json(line: str) -> Repository:
    """The repository that `to_json` wrote."""
    dockerfile, entries = json.loads(line)
    found = (Entry(kind, path, content.encode("utf-8", "surrogateescape")) for kind, path, content in entries)
    return Repository(dockerfile.encode("utf-8", "surrogateescape"), tuple(found))
