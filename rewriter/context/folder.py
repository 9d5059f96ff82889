"""A build context: the folder that a build sends, minus what its ignore file excludes."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Hashable, Iterable

from dfix.rewriter.context.context_path import LONGEST_PATH, follow
from dfix.rewriter.context.ignore import NO_IGNORE_FILE, IgnoreFile, open_ignore_file
from dfix.rewriter.context.looked_up import LookedUp, looked_up
from dfix.rewriter.text.known import once
from dfix.rewriter.text.read import Unreadable, exact_text
from dfix.rewriter.text.root import leads_out

MOST_FILES = 200_000
LARGEST_READ = 5_000_000


class Context:
    """The files of a build context. Paths are relative to its root, with `/`; "" is the root itself.

    Only files that ship, that is, that the build sends, are visible. A link ships as a link; its target is read only if
    it is a file of the context that ships too. `fault` says why the ignore file cannot be used ("" if it can);
    `unreadable`: it is there, and not a file that dfix reads.
    `second_ignore_name` is that of an ignore file that other builders read instead, "" if there is none. `within` has
    the folders that the ignore file, if it is a link, may lead into: the root of the run and, where the user named a
    context outside of it, the context.
    """

    __slots__ = (
        "_seen",
        "answers",
        "fault",
        "ignore",
        "ignore_name",
        "ignore_path",
        "ignore_text",
        "root",
        "second_ignore_name",
        "unreadable",
        "within",
    )

    def __init__(
        self, root: str, ignore: IgnoreFile, ignore_name: str, fault: str = "", text: str = "", path: str = ""
    ) -> None:
        self.root = root
        self.ignore_text = text
        self.ignore_path = path
        self.ignore = ignore
        self.ignore_name = ignore_name
        self.fault = fault
        self.second_ignore_name = ""
        self.within: tuple[str, ...] = (root,)
        self.unreadable = False
        self._seen = LookedUp()
        self.answers: dict[Hashable, object] = {}  # from what files contain, so that each run of the pipeline clears it

    @classmethod
    def open(cls, root: str, dockerfile: str, within: tuple[str, ...] = ()) -> Context:
        """Open `root` as a Dockerfile's context. `NAME.dockerignore` next to the file wins over `.dockerignore`.

        `within` is (the context and the Dockerfile's folder) if not given.
        """
        folder = os.path.realpath(root)
        within = within or (folder, os.path.realpath(os.path.dirname(dockerfile)))
        paths = (f"{dockerfile}.dockerignore", os.path.join(root, ".dockerignore"))
        opened = ((path, found) for path in paths if (found := open_ignore_file(path, within)) is not None)
        path, found = next(opened, (paths[1], NO_IGNORE_FILE))
        context = cls(folder, found.patterns, os.path.basename(path), found.fault, found.text, path * (not found.fault))
        context.unreadable, context.within = found.unreadable, within
        context._seen = once(looked_up, folder, found.text)
        return context if found.fault else context._checked(dockerfile)

    def _checked(self, dockerfile: str) -> Context:
        """Return the context itself, with a fault where builders disagree on what it sends.

        podman and buildah read `.containerignore` (or `NAME.containerignore`) and then no `.dockerignore`
        (containers/common, docs/containerignore.5.md). A path must be sent by all builders or by none.
        """
        found = (f"{dockerfile}.containerignore", os.path.join(self.root, ".containerignore"))
        path = next((path for path in found if os.path.lexists(path)), "")
        if path:
            self.second_ignore_name = os.path.basename(path)
            self.fault = self._fault_of(path)
        return self

    def _fault_of(self, path: str) -> str:
        name = self.second_ignore_name
        found = open_ignore_file(path, self.within) or NO_IGNORE_FILE
        if found.fault or found.text == self.ignore_text:
            self.unreadable = found.unreadable
            return found.fault
        other = Context(self.root, found.patterns, name)
        differing = set(self.below("")) ^ set(other.below(""))
        if not differing:
            return ""
        shown = min(differing)
        sends, omits = (self.ignore_name, name) if self.ships(shown) else (name, self.ignore_name)
        return f"{omits} leaves out {shown}, but a build that uses {sends} sends it"

    def with_lines(self, lines: tuple[str, ...]) -> Context:
        """The same folder with lines added to its ignore file. Raises BadPatternError."""
        text = self.ignore_text
        end = "\r\n" if "\r\n" in text else "\n"
        text += "" if not text or text.endswith("\n") else end
        return self.with_ignore_text(text + "".join(line + end for line in lines))

    def with_ignore_text(self, text: str) -> Context:
        """The same folder with another text of its ignore file. Raises BadPatternError."""
        found = Context(self.root, IgnoreFile.parse(text), self.ignore_name, "", text, self.ignore_path)
        found.second_ignore_name = self.second_ignore_name
        found.within = self.within
        return found

    def ships(self, path: str) -> bool:
        """Whether `path` is a file or link that the build sends."""
        known = self._seen.ships.get(path)
        if known is None:
            known = self._seen.ships[path] = self._is_file(path) and not self.ignore.ignored(path)
        return known

    def ships_any(self, folder: str) -> bool:
        """Whether any file below a folder ships; stops at the first."""
        known = self._seen.below.get(folder)
        if known is not None:
            return bool(known)
        if not self._opens(folder):
            return False
        first: list[str] = []
        self._walk(folder, first, most=1)
        return bool(first)

    def exists(self, path: str) -> bool:
        """Whether `path` exists on disk, whether it ships or not."""
        return self._inside(path) and os.path.lexists(self._disk(path))

    def below(self, folder: str) -> tuple[str, ...]:
        """The files below a folder that ship, sorted; at most MOST_FILES."""
        found = self._seen.below.get(folder)
        if found is None:
            listed: list[str] = []
            if self._opens(folder):
                self._walk(folder, listed)
            self._seen.ships.update(dict.fromkeys(listed, True))
            found = self._seen.below[folder] = tuple(sorted(listed))
        return found

    def some_below(self, folder: str, most: int) -> tuple[str, ...]:
        """Like `below`, but stops soon after `most` files."""
        found = self._seen.below.get(folder, self._seen.some.get((folder, most)))
        if found is None:
            listed: list[str] = []
            if self._opens(folder):
                self._walk(folder, listed, most=most + 1)
            found = tuple(sorted(listed))
            if len(found) > most:
                self._seen.some[folder, most] = found
            else:
                self._seen.below[folder] = found
        return found

    def some_without(self, skipped: frozenset[str], most: int) -> tuple[str, ...]:
        """The files that ship, except those below folders of these names; stops soon after `most` files."""
        key = ("/".join(("", *sorted(skipped))), most)  # no folder's path begins with a slash
        found = self._seen.some.get(key)
        if found is None:
            listed: list[str] = []
            self._walk("", listed, most=most + 1, skipped=skipped)
            found = self._seen.some[key] = tuple(sorted(listed))
        return found

    def folders_in(self, folder: str) -> list[str]:
        """The names of a folder's subfolders that are not completely ignored, sorted."""
        if not self._may_list(folder):
            return []
        try:
            with os.scandir(self._disk(folder)) as entries:
                names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            return []
        return sorted(name for name in names if not self.never_ships(posixpath.join(folder, name)))

    def folders(self) -> list[str]:
        """Every folder that ships, including empty ones; parents come before their subfolders."""
        found: list[str] = []
        pending = [""]
        while pending:
            above = pending.pop()
            for name in self.folders_in(above):
                path = posixpath.join(above, name)
                pending.append(path)
                if not self.ignore.ignored(path):
                    found.append(path)
        return sorted(found)

    def names_in(self, folder: str) -> list[str]:
        """The names of all files and folders in a folder, ignored or not, sorted."""
        try:
            return sorted(os.listdir(self._disk(folder))) if self._may_list(folder) else []
        except OSError:
            return []

    def files_of(self, folder: str, names: Iterable[str]) -> list[str]:
        """The paths of those files in a folder that ship; listing it once is cheaper than a question for each name."""
        there = set(self.names_in(folder))
        paths = (posixpath.join(folder, name) for name in names if name.partition("/")[0] in there)
        return [path for path in paths if self.ships(path)]

    def links_in(self, folder: str) -> list[str]:
        """The names of all symbolic links in a folder, ignored or not, sorted."""
        if not self._inside(folder):
            return []
        try:
            with os.scandir(self._disk(folder)) as entries:
                return sorted(entry.name for entry in entries if entry.is_symlink())
        except OSError:
            return []

    def read(self, path: str, limit: int = LARGEST_READ) -> str | None:
        """The text of a file that ships; None if there is none or it has more than `limit` bytes."""
        question = ("text", path, limit)
        if question not in self.answers:
            self.answers[question] = self._read(path, limit)
        text = self.answers[question]
        return text if isinstance(text, str) else None

    def _read(self, path: str, limit: int) -> str | None:
        if not self.ships(path):
            return None
        disk = self._disk(path)
        if self.is_link(path):  # no folder on the way is one, or it would not ship
            disk = os.path.realpath(disk)
            target = os.path.relpath(disk, self.root).replace(os.sep, "/")
            if not self._inside(target) or not self.ships(target):
                return None
        text = exact_text(disk, limit, (self.root,))
        return None if isinstance(text, Unreadable) else text.removeprefix("\ufeff")

    def on_disk(self, path: str) -> str:
        """The path on disk of a file that `read` has returned."""
        return os.path.realpath(self._disk(path))

    def link(self, path: str) -> str | None:
        """What a symbolic link says, as written; None if `path` is not a link."""
        if path not in self._seen.links:
            try:
                self._seen.links[path] = os.readlink(self._disk(path)) if path and self._inside(path) else None
            except (OSError, ValueError):
                self._seen.links[path] = None
        return self._seen.links[path]

    def followed(self, path: str) -> str | None:
        """`path` with every link on its way followed inside the context, as for the source of a COPY.

        An absolute target begins at the root of the context. None for links that lead in a circle.
        """
        found = follow(f"/{path}", lambda here: self.link(here[1:]))
        return None if found is None else found[1:]

    def never_ships(self, path: str) -> bool:
        """Whether the ignore file leaves out a path, and everything below it, whether it exists or not."""
        return self.ignore.ignored(path) and not self.ignore.may_include_below(path)

    def left_out_by(self, path: str) -> int:
        """The line of the ignore file that leaves out a path; 0 if none does."""
        return self.ignore.line_for(path)

    def absence(self, path: str) -> tuple[str, str]:
        """Why an install cannot read a path that does not exist, and what to do about it: a sentence each."""
        return f"{path} is not in the build context", "if the build uses another context, name it with --context"

    def put_elsewhere(self, path: str) -> str:
        """Where the content of a folder is instead, as a clause; "" where it is at its path, as in a build context."""
        return ""

    def is_link(self, path: str) -> bool:
        """Whether `path` is a symbolic link."""
        return self._inside(path) and os.path.islink(self._disk(path))

    def mode(self, path: str) -> int:
        """The permissions of a file that ships (0o644); 0 if there is none."""
        return stat.S_IMODE(os.lstat(self._disk(path)).st_mode) if self.ships(path) else 0

    def is_folder(self, path: str) -> bool:
        """Whether `path` is a folder on disk, not a link."""
        known = self._seen.folders.get(path)
        if known is None:
            try:
                known = self._inside(path) and stat.S_ISDIR(os.lstat(self._disk(path)).st_mode)
            except OSError:
                known = False
            self._seen.folders[path] = known
        return known

    def _disk(self, path: str) -> str:
        return os.path.join(self.root, path) if path else self.root

    @staticmethod
    def _inside(path: str) -> bool:
        return len(path) <= LONGEST_PATH and not path.startswith(("/", "../")) and path != ".." and "\0" not in path

    def _may_list(self, folder: str) -> bool:
        """Whether a folder is in the context, links followed."""
        return self._inside(folder) and not (folder and leads_out(self._disk(folder), (self.root,)))

    def _is_file(self, path: str) -> bool:
        if not path or not self._inside(path):
            return False
        if not self.is_folder(posixpath.dirname(path)):
            return False  # many paths are only guessed, and few folders have to be asked for them
        try:
            mode = os.lstat(self._disk(path)).st_mode
        except (OSError, ValueError):
            return False
        return (stat.S_ISREG(mode) or stat.S_ISLNK(mode)) and not self._through_link(path)

    def _through_link(self, path: str) -> bool:
        """Whether a parent folder is a link: then its files do not ship at this path."""
        folder = posixpath.dirname(path)
        known = self._seen.linked.get(folder)
        if known is None:
            known = self._seen.linked[folder] = os.path.islink(self._disk(folder)) or self._through_link(folder)
        return known

    def _opens(self, folder: str) -> bool:
        """Whether any file below a folder can ship."""
        return self.is_folder(folder) and not (folder and (self.never_ships(folder) or self._through_link(folder)))

    def _walk(
        self, folder: str, listed: list[str], most: int = MOST_FILES, skipped: frozenset[str] = frozenset()
    ) -> None:
        pending = [folder] if self._inside(folder) else []
        while pending and len(listed) < most:
            current = pending.pop()
            try:
                entries = list(os.scandir(self._disk(current)))
            except OSError:
                continue
            for entry in entries:
                path = f"{current}/{entry.name}" if current else entry.name
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in skipped and not self.never_ships(path):
                        pending.append(path)
                elif not self.ignore.ignored(path) and (entry.is_file(follow_symlinks=False) or entry.is_symlink()):
                    listed.append(path)
