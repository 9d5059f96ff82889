"""Which context files a COPY or ADD copies, and to which image paths (BuildKit's rules).

A source folder copies its content; a file keeps its name if the destination is a folder. A wildcard that matches
nothing copies nothing; a plain source that is missing fails the build.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dfix.rewriter.context.folder import Context, normal

_WILDCARDS = frozenset("*?[\\")
_ARCHIVES = (".tar", ".gz", ".tgz", ".xz", ".txz", ".bz2", ".tbz2", ".tbz", ".zst")


class Missing(NamedTuple):
    """Why a source is unavailable; the text completes "its source …"."""

    reason: str

    def __str__(self) -> str:
        return self.reason


class _Entry(NamedTuple):
    source: str
    folder: bool
    image: str


class Brought:
    """The mapping between context paths and image paths of one COPY. Lists the context only when necessary."""

    __slots__ = ("_context", "entries")

    def __init__(self, context: Context, entries: tuple[_Entry, ...]) -> None:
        self._context = context
        self.entries = entries

    def paths(self) -> Iterator[str]:
        """Every context path that is copied."""
        for entry in self.entries:
            if entry.folder:
                yield from self._context.below(entry.source)
            else:
                yield entry.source

    def image_path_of(self, path: str) -> str | None:
        """The image path of a context path, or None if it is not copied."""
        found = None
        for entry in self.entries:
            if not entry.folder:
                found = entry.image if path == entry.source else found
            elif (not entry.source or path.startswith(entry.source + "/")) and self._context.ships(path):
                found = posixpath.join(entry.image, path[len(entry.source) :].lstrip("/"))
        return found

    def context_path_of(self, image_path: str) -> str | None:
        """The context path of the file copied to an image path, or None."""
        for entry in reversed(self.entries):
            if not entry.folder:
                if image_path == entry.image:
                    return entry.source
            else:
                path = _below(entry, image_path)
                if path and self._context.ships(path):
                    return path
        return None

    def context_folder_at(self, image_folder: str) -> str | None:
        """The context folder whose content is copied to an image folder, or None."""
        for entry in reversed(self.entries):
            if entry.folder:
                path = _below(entry, image_folder)
                if path is not None and (path == entry.source or self._context.is_folder(path)):
                    return path
        return None

    def files_in(self, image_folder: str) -> list[str]:
        """The context files copied individually, not with their folder, into an image folder."""
        return [e.source for e in self.entries if not e.folder and posixpath.dirname(e.image) == image_folder]

    def may_bring(self, folder: str) -> bool:
        """Whether any of a context folder may be copied, judging by paths only, without listing files."""
        return any(
            entry.source == folder
            or entry.source.startswith(f"{folder}/")
            or (entry.folder and (not entry.source or folder.startswith(f"{entry.source}/")))
            for entry in self.entries
        )

    def brings_anything_below(self, image_path: str) -> bool:
        """Whether anything is copied to an image path or below it."""
        for entry in self.entries:
            if not entry.folder:
                if entry.image == image_path or entry.image.startswith(image_path.rstrip("/") + "/"):
                    return True
            else:
                path = _below(entry, image_path)
                if path is not None and (self._context.ships(path) or self._context.below(path)):
                    return True
        return False


def _below(entry: _Entry, image_path: str) -> str | None:
    if image_path == entry.image:
        return entry.source
    base = entry.image if entry.image.endswith("/") else entry.image + "/"
    if not image_path.startswith(base):
        return None
    return posixpath.join(entry.source, image_path[len(base) :])


def brings(
    context: Context, sources: Sequence[str], target: str, workdir: str, *, unpacks: bool = False
) -> Brought | Missing:
    """What `COPY sources… target` copies with the given `workdir`; `unpacks`: it is an ADD, which unpacks archives."""
    if context.fault:
        return Missing(f"the ignore file cannot be used ({context.fault})")
    image = posixpath.normpath(posixpath.join(workdir, target))
    resolved: list[tuple[str, bool]] = []
    for source in sources:
        found = _resolve(context, source)
        if isinstance(found, Missing):
            return found
        resolved += found
    to_folder = (
        target.endswith("/") or posixpath.basename(target) in (".", "..") or len(sources) > 1 or len(resolved) > 1
    )
    to_folder = to_folder or image == workdir or workdir.startswith(image.rstrip("/") + "/")
    entries = []
    for path, folder in resolved:
        if unpacks and not folder and path.endswith(_ARCHIVES):
            return Missing(f"{path} may be an archive that ADD unpacks")
        name = posixpath.basename(path)
        if folder or not to_folder:
            if not folder and posixpath.basename(image) != name and "." not in posixpath.basename(image):
                return Missing(f"{target} may be a file or a folder: it has no `/` at its end")
            entries.append(_Entry(path, folder, image))
        else:
            entries.append(_Entry(path, False, posixpath.join(image, name)))
    return Brought(context, tuple(entries))


def _resolve(context: Context, source: str) -> list[tuple[str, bool]] | Missing:
    path = normal(source)
    if not _WILDCARDS.intersection(path):
        if context.is_folder(path):
            return [(path, True)]
        if context.ships(path):
            return [(path, False)]
        if context.exists(path):
            return Missing(f"{source} is excluded by {context.ignore_name}")
        return Missing(f"{source} is not in the build context")
    found = [""]
    for part in path.split("/"):
        if not _WILDCARDS.intersection(part):
            found = [posixpath.join(folder, part) for folder in found]
            continue
        matches = re.compile(_component(part)).match
        found = [posixpath.join(folder, name) for folder in found for name in context.names_in(folder) if matches(name)]
    kept: list[tuple[str, bool]] = []
    for match in found:
        if context.is_folder(match):
            kept.append((match, True))
        elif context.ships(match):
            kept.append((match, False))
    return kept


def _component(part: str) -> str:
    """One path component of a Go filepath.Match pattern as a regular expression."""
    out = []
    at = 0
    while at < len(part):
        char = part[at]
        if char == "*":
            out.append(".*")
        elif char == "?":
            out.append(".")
        elif char == "[" and "]" in part[at + 2 :]:
            close = part.index("]", at + 2)
            out.append("[" + part[at + 1 : close].replace("[", r"\[") + "]")
            at = close
        elif char == "\\" and at + 1 < len(part):
            at += 1
            out.append(re.escape(part[at]))
        else:
            out.append(re.escape(char))
        at += 1
    return "".join(out) + r"\Z"
