"""Which context files a COPY or ADD copies, and to which image paths (BuildKit's rules).

A source folder copies its content; a file keeps its name if the destination is a folder. A wildcard that matches
nothing copies nothing; a plain source that is missing fails the build.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Sequence

from dfix.rewriter.context.context_path import normal
from dfix.rewriter.context.file_rights import hard_linked, has_rights
from dfix.rewriter.context.folder import Context
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.wildcard import IN_NAME, NOT_SLASH, OneOf, Token, Wildcard

_WILDCARDS = frozenset("*?[\\")
_ARCHIVES = (".tar", ".gz", ".tgz", ".xz", ".txz", ".bz2", ".tbz2", ".tbz", ".zst")


_HOLD_FILES = ("bin", "sbin", "init.d", "cron.d", "profile.d", "sudoers.d")
"""Folders of a system that hold files and no folders (the Filesystem Hierarchy Standard 3.0, 3.4 and 3.7)."""


class Missing(NamedTuple):
    """Why it is not known what a COPY copies, as a phrase that begins with "its"."""

    reason: str

    def __str__(self) -> str:
        return self.reason


class CopyEntry(NamedTuple):
    """One file or folder that a COPY copies."""

    source: str
    """Its context path; of a link, the path to which it leads."""
    folder: bool
    image: str
    """The image path of the file, or of the folder that gets the content of a folder."""


class Brought:
    """The mapping between context paths and image paths of one COPY. Lists the context only when necessary."""

    __slots__ = ("_names", "context", "entries")

    def __init__(self, context: Context, entries: tuple[CopyEntry, ...]) -> None:
        self.context = context
        self._names: frozenset[str] | None = None  # every part of the image paths, for `ending_in`
        self.entries = entries

    def mode(self, path: str) -> int:
        """The permissions of a context file that ships; 0 if there is none."""
        return self.context.mode(path)

    def paths(self) -> Iterator[str]:
        """Every context path that is copied."""
        for entry in self.entries:
            if entry.folder:
                yield from self.context.below(entry.source)
            else:
                yield entry.source

    def image_path_of(self, path: str) -> str | None:
        """The image path of a context path, or None if it is not copied."""
        found = None
        for entry in self.entries:
            if not entry.folder:
                found = entry.image if path == entry.source else found
            elif (not entry.source or path.startswith(entry.source + "/")) and self.context.ships(path):
                found = posixpath.join(entry.image, path[len(entry.source) :].lstrip("/"))
        return found

    def is_executable(self, path: str) -> bool:
        """Whether a file of the context has a mode with which it may be run."""
        return os.access(os.path.join(self.context.root, path), os.X_OK)

    def context_path_of(self, image_path: str) -> str | None:
        """The context path of the file copied to an image path, or None."""
        for entry in reversed(self.entries):
            if not entry.folder:
                if image_path == entry.image:
                    return entry.source
            else:
                path = _below(entry, image_path)
                if path and self.context.ships(path):
                    return path
        return None

    def context_folder_at(self, image_folder: str) -> str | None:
        """The context folder whose content is copied to an image folder, or None."""
        for entry in reversed(self.entries):
            if entry.folder:
                path = _below(entry, image_folder)
                if path is not None and (path == entry.source or self.context.is_folder(path)):
                    return path
        return None

    def mode_of(self, path: str) -> int:
        """The permission bits of a context file."""
        return self.context.mode(path)

    def has_rights(self, path: str) -> bool:
        """Whether a context file runs with its owner's or group's rights, or has capabilities of its own."""
        return has_rights(self.context, path)

    def hard_linked(self, path: str) -> tuple[int, int] | None:
        """What two context files have in common that are hard links to each other; None for a file without others."""
        return hard_linked(self.context, path)

    def source_of(self, image_path: str) -> str | None:
        """The context path whose file or folder would be at an image path, whether it ships, or exists, or not."""
        paths = (_below(entry, image_path) for entry in reversed(self.entries))
        return next((path for path in paths if path is not None), None)

    def may_come_to(self, image_path: str) -> bool:
        """Whether a file would be copied to an image path, or below it, if only the context had one of that name.

        True below a copied folder, unless the ignore file leaves the path out. Below `/`, which has folders of its own,
        only where the context has the topmost of the path's folders.
        """
        for entry in self.entries:
            path = _below(entry, image_path) if entry.folder else None
            if path is None or path == entry.source or self.context.never_ships(path):
                continue
            topmost = posixpath.join(entry.source, image_path[1:].partition("/")[0])
            if entry.image != "/" or self.context.exists(topmost):
                return True
        return False

    def brings_somewhere(self, end: str) -> bool:
        """Whether a file is copied to a path that ends in `end`, or below one. Lists all that is copied."""
        image_paths = (self.image_path_of(path) or "" for path in self.paths())
        return any(f"{image_path}/".endswith(f"/{end}/") or f"/{end}/" in image_path for image_path in image_paths)

    def ending_in(self, end: str) -> Iterator[str]:
        """The context paths that are copied to a path that ends in `end`, or below one if it names a folder, too.

        Lists all that is copied, unless nothing has that name.
        """
        if self._names is None:
            image_paths = (self.image_path_of(path) or "" for path in self.paths())
            self._names = frozenset(name for path in image_paths for name in path.split("/"))
        for path in self.paths() if posixpath.basename(end) in self._names else ():
            image_path = self.image_path_of(path) or ""
            if image_path.endswith(f"/{end}") or ("/" in end and f"/{end}/" in image_path):
                yield path

    def brings_below(self, image_folder: str) -> bool:
        """Whether a file is copied to somewhere below an image folder; does not list the context."""
        prefix = image_folder.rstrip("/") + "/"
        for entry in self.entries:
            path = _below(entry, image_folder) if entry.folder else None
            if path is not None and self.context.ships_any(path):
                return True
            if entry.image.startswith(prefix) and (not entry.folder or self.context.ships_any(entry.source)):
                return True
        return False

    def image_paths_below(self, image_folder: str, most: int) -> list[str]:
        """The image paths of the files that are copied below an image folder; stops soon after `most`."""
        prefix = image_folder.rstrip("/") + "/"
        found: list[str] = []
        for entry in self.entries:
            path = _below(entry, image_folder) if entry.folder else None
            at = prefix
            if path is None:
                if not entry.image.startswith(prefix):
                    continue
                if not entry.folder:
                    found.append(entry.image)
                    continue
                path, at = entry.source, entry.image + "/"
            skipped = len(path) + 1 if path else 0
            found += [at + file[skipped:] for file in self.context.some_below(path, max(most - len(found), 1))]
        return found

    def may_put_into(self, image_folder: str) -> bool:
        """Whether a file may be copied into an image folder itself, judging by paths only."""
        return any(
            _below(entry, image_folder) is not None if entry.folder else posixpath.dirname(entry.image) == image_folder
            for entry in self.entries
        )

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
                if path is not None and (self.context.ships(path) or self.context.ships_any(path)):
                    return True
        return False


def _below(entry: CopyEntry, image_path: str) -> str | None:
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
        return Missing(f"its source cannot be looked up: the ignore file cannot be used ({context.fault})")
    image = posixpath.normpath(posixpath.join(workdir, target))
    resolved: list[_Source] = []
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
    for path, folder, name in resolved:
        if unpacks and not folder and path.endswith(_ARCHIVES):
            return Missing(f"its source {path} may be an archive that ADD unpacks")
        if folder or not to_folder:
            if not folder and not names_a_file(image, name):
                return Missing(f"its destination {target} may be a file or a folder: it has no `/` at its end")
            entries.append(CopyEntry(path, folder, image))
        else:
            entries.append(CopyEntry(path, False, posixpath.join(image, name)))
    return Brought(context, tuple(entries))


def names_a_file(image: str, name: str) -> bool:
    """Whether an image path without a slash at its end is a file for certain, and not a folder for the file `name`."""
    last = posixpath.basename(image)
    return last == name or "." in last or posixpath.basename(posixpath.dirname(image)) in _HOLD_FILES


class _Source(NamedTuple):
    path: str
    """In the context, links followed."""
    folder: bool
    name: str
    """The file's name in the folder to which it is copied: that of the link, if a link was named."""


def _resolve(context: Context, source: str) -> list[_Source] | Missing:
    """What a source names. BuildKit follows links: that of a file copies the file, that of a folder its content."""
    path = normal(source)
    if not _WILDCARDS.intersection(path):
        real = _real(context, path)
        if real is not None:
            return [real]
        if context.exists(path):
            if context.ships(path):
                return Missing(f"its source {source} is a link that leads to no file of the build context")
            return Missing(f"its source {source} is excluded by {context.ignore_name}")
        return Missing(f"its source {source} is not in the build context")
    found = [""]
    for part in path.split("/"):
        if not _WILDCARDS.intersection(part):
            found = [posixpath.join(folder, part) for folder in found]
            continue
        try:
            matches = Wildcard(name_tokens(part)).matches
        except re.error:
            return Missing(f"its source {source} is not a valid pattern")
        found = [posixpath.join(folder, name) for folder in found for name in context.names_in(folder) if matches(name)]
    return [real for match in found if (real := _real(context, match)) is not None]


def _real(context: Context, path: str) -> _Source | None:
    """The file or folder to which a path leads; None if nothing is there or the file does not ship."""
    real = context.followed(path)
    if real is None:
        return None
    if context.is_folder(real):
        return _Source(real, True, posixpath.basename(path))
    return _Source(real, False, posixpath.basename(path)) if context.ships(real) else None


def name_tokens(part: str) -> Iterator[Token]:
    """Read one path component of a pattern of Go's filepath.Match."""
    at, last_close = 0, part.rfind("]")
    while at < len(part):
        char = part[at]
        if char == "*":
            yield IN_NAME
        elif char == "?":
            yield NOT_SLASH
        elif char == "[" and last_close >= at + 2:
            close = part.index("]", at + 2)
            yield OneOf("[" + part[at + 1 : close].replace("[", r"\[") + "]")
            at = close
        elif char == "\\" and at + 1 < len(part):
            at += 1
            yield part[at]
        else:
            yield char
        at += 1
