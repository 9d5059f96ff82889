"""Finding Dockerfiles: paths of files are taken as they are, folders are searched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import Unreadable, beginning, exact_text, why
from dfix.rewriter.text.root import is_inside, is_repository, leads_out, root_of

if TYPE_CHECKING:
    from dfix.rewriter.text.gitignore import GitIgnore

SKIPPED_FOLDERS = frozenset((".git", ".hg", ".jj", ".svn", ".nox", ".tox", ".venv", "node_modules"))
_TEMPLATES = ("j2", "jinja", "jinja2", "tmpl", "tpl", "template", "gotmpl", "in", "erb", "ejs", "m4", "mustache", "hbs")
_OTHERS = ("dockerignore", "md", "orig", "rej", "swp")
_NO_DOCKERFILE = (*(f".{ending}" for ending in (*_TEMPLATES, *_OTHERS)), "-template", "_template", "~")
_LANGUAGES = frozenset(
    "c cpp cs go html java js json jsx kt lua php pl py rb rs rst sh toml ts tsx txt xml yaml yml".split()
)
"""Extensions of programs about Dockerfiles (`dockerfile.go`), or of Dockerfiles for a language (`Dockerfile.go`)."""
_FIRST_WORDS = (b"FROM", b"ARG")
_LARGEST_GITIGNORE = 1_000_000


Excludes = Callable[[str, str], bool]
"""Whether the settings or the command line exclude a path (a folder's ends in `/`) with this root."""


class FoundFile(NamedTuple):
    """A Dockerfile, and its root (dfix.rewriter.text.root)."""

    path: str
    root: str


def discover(
    paths: Iterable[str],
    excludes: Excludes,
    *,
    force_exclude: bool = False,
    git_ignores: bool = True,
    empty: Callable[[str], None] = lambda _: None,
) -> Iterator[FoundFile | Problem]:
    """Each Dockerfile once, in the order of `paths` and sorted by name within a folder.

    A named file is taken whatever its name is, even if excluded (unless `force_exclude`). A folder is searched for
    `Dockerfile*`, `*.Dockerfile` and `Containerfile*`, ignoring case, except templates, `SKIPPED_FOLDERS` and what git
    ignores (`git_ignores` is off where git is known to track all files); links to folders are not followed. A missing
    path yields a `Problem`, and so do a link that leads out of the root and a .gitignore that cannot be read. `empty`
    is told each folder in which there is nothing.
    """
    seen: set[str] = set()
    for path in paths:
        is_folder = os.path.isdir(path)
        root = root_of(os.path.join(path, ""), path) if is_folder else root_of(path)
        if is_folder:
            if force_exclude and excludes(os.path.join(path, ""), root):
                continue
            if leads_out(path, (root,)):
                hint = "Name the folder that it leads to"
                yield Problem(path, 0, f"a link to a folder outside of {root}, which dfix does not follow", hint)
                continue
            found: Iterable[FoundFile | Problem] = _Search(excludes, git_ignores).below(path, root)
        elif force_exclude and excludes(path, root):
            continue
        else:
            found = (FoundFile(path, root),)
        count = 0
        for count, item in enumerate(found, 1):  # noqa: B007  # the last count is read below
            if isinstance(item, Problem):
                yield item
                continue
            real = os.path.realpath(item.path)
            if real not in seen:
                seen.add(real)
                yield item
        if is_folder and not count:
            empty(path)


def is_dockerfile_name(name: str) -> bool:
    """Whether a file name alone identifies a Dockerfile in a searched folder."""
    lower = name.lower()
    if not lower.startswith(("dockerfile", "containerfile")) and not lower.endswith(".dockerfile"):
        return False
    return not lower.endswith(_NO_DOCKERFILE)


def is_dockerfile(path: str, root: str) -> bool:
    """Whether a search takes a path for a Dockerfile: by its name and, for names like `dockerfile.go`, its content."""
    return is_dockerfile_name(os.path.basename(path)) and os.path.isfile(path) and _looks_like_one(path, root)


class _Ignored(NamedTuple):
    """The patterns of one .gitignore and the folder that they are relative to."""

    folder: str
    rules: GitIgnore


class _Folder(NamedTuple):
    """A folder to search: as written and in the file system, the .gitignore files that apply, and its root."""

    path: str
    real: str
    ignored: tuple[_Ignored, ...]
    root: str


class _Search:
    """A search through a folder. `faults` are .gitignore files that could not be read."""

    def __init__(self, excludes: Excludes, git_ignores: bool) -> None:
        self._excludes, self._git_ignores = excludes, git_ignores
        self._faults: list[Problem] = []

    def below(self, path: str, root: str) -> Iterator[FoundFile | Problem]:
        real = os.path.realpath(path)
        waiting = [_Folder(path, real, self._ignored_above(real, root), root)]
        yield from self._told()
        while waiting:
            folder = waiting.pop()
            try:
                entries = sorted(os.scandir(folder.path), key=lambda entry: entry.name)
            except OSError as error:
                yield Problem(folder.path, 0, f"the folder cannot be searched: {why(error)}", "Check its permissions")
                continue
            folder = self._entered(folder, {entry.name for entry in entries})
            yield from self._told()
            inner: list[_Folder] = []
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    inner += self._folders(folder, entry)
                elif self._is_wanted(folder, entry):
                    yield FoundFile(os.path.normpath(entry.path), folder.root)
            waiting += reversed(inner)

    def _told(self) -> Iterator[Problem]:
        yield from self._faults
        self._faults.clear()

    def _entered(self, folder: _Folder, names: set[str]) -> _Folder:
        """The folder with its own .gitignore, and as a root if a repository begins there."""
        if ".git" in names and folder.real != folder.root and is_repository(folder.real):
            folder = folder._replace(root=folder.real)
        if ".gitignore" in names:
            folder = folder._replace(ignored=(*folder.ignored, *self._read_gitignore(folder.real, folder.path)))
        return folder

    def _folders(self, above: _Folder, entry: os.DirEntry[str]) -> Iterator[_Folder]:
        real = os.path.join(above.real, entry.name)
        if entry.name in SKIPPED_FOLDERS or _is_ignored(real, above.ignored, folder=True):
            return
        if not self._excludes(os.path.join(entry.path, ""), above.root):
            yield _Folder(entry.path, real, above.ignored, above.root)

    def _is_wanted(self, folder: _Folder, entry: os.DirEntry[str]) -> bool:
        if not is_dockerfile(entry.path, folder.root):
            return False
        ignored = _is_ignored(os.path.join(folder.real, entry.name), folder.ignored, folder=False)
        return not ignored and not self._excludes(os.path.normpath(entry.path), folder.root)

    def _ignored_above(self, real: str, root: str) -> tuple[_Ignored, ...]:
        """The .gitignore files from the top of the repository down to a folder, outermost first."""
        found: list[_Ignored] = []
        while real != root and is_inside(real, root):
            real = os.path.dirname(real)
            found[:0] = self._read_gitignore(real, real)
        return tuple(found)

    def _read_gitignore(self, folder: str, shown: str) -> tuple[_Ignored, ...]:
        """The patterns of a folder's .gitignore. Git does not follow it if it is a link."""
        from dfix.rewriter.text.gitignore import MOST_PATTERNS, GitIgnore

        path = os.path.join(folder, ".gitignore")
        if not self._git_ignores or os.path.islink(path) or os.path.isdir(path):
            return ()
        text = exact_text(path, _LARGEST_GITIGNORE, (folder,))
        if isinstance(text, str) and text.count("\n") >= MOST_PATTERNS:
            text = Unreadable(f"has more than {MOST_PATTERNS:,} lines", "")
        if isinstance(text, Unreadable):
            if text.kind != "absent":
                hint = "dfix searches as if it were empty"
                self._faults.append(Problem(os.path.join(shown, ".gitignore"), 0, text.message, hint))
            return ()
        return (_Ignored(folder, GitIgnore(text)),)


def _looks_like_one(path: str, root: str) -> bool:
    """For names like `dockerfile.go`, check that the first instruction is FROM or ARG."""
    ending = os.path.basename(path).rpartition(".")[2].lower()
    if ending not in _LANGUAGES:
        return True
    data = beginning(path, 10_000, (root,))
    if isinstance(data, Unreadable):
        return True  # reading the file later reports why
    for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        words = line.split(None, 1)
        if words and not words[0].startswith(b"#"):
            return words[0].upper() in _FIRST_WORDS
    return False


def _is_ignored(path: str, ignored: tuple[_Ignored, ...], *, folder: bool) -> bool:
    """Whether git ignores the path: the innermost .gitignore with a matching pattern decides."""
    for top, rules in reversed(ignored):
        inner = os.path.relpath(path, top).replace(os.sep, "/")
        said = rules.ignores(inner, folder=folder)
        if said is not None:
            return said
    return False
