"""Finding Dockerfiles: paths of files are taken as they are, folders are searched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import why

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SKIPPED_FOLDERS = frozenset((".git", ".hg", ".jj", ".svn", ".nox", ".tox", ".venv", "node_modules"))
_TEMPLATES = ("j2", "jinja", "jinja2", "tmpl", "tpl", "template", "gotmpl", "in", "erb", "ejs", "m4", "mustache", "hbs")
_OTHERS = ("dockerignore", "md", "orig", "rej", "swp")
_NO_DOCKERFILE = (*(f".{ending}" for ending in (*_TEMPLATES, *_OTHERS)), "-template", "_template", "~")
_LANGUAGES = frozenset(
    "c cpp cs go html java js json jsx kt lua php pl py rb rs rst sh toml ts tsx txt xml yaml yml".split()
)
"""Extensions of programs about Dockerfiles (`dockerfile.go`), or of Dockerfiles for a language (`Dockerfile.go`)."""
_FIRST_WORDS = (b"FROM", b"ARG")


Excludes = Callable[[str], bool]
"""Whether the settings or the command line exclude a path (a folder's ends in `/`)."""


def discover(paths: Iterable[str], excludes: Excludes, *, force_exclude: bool = False) -> Iterator[str | Problem]:
    """Each Dockerfile once, in the order of `paths` and sorted by name within a folder.

    A named file is taken whatever its name is, even if excluded (unless `force_exclude`). A folder is searched for
    `Dockerfile*`, `*.Dockerfile` and `Containerfile*`, ignoring case, except templates, files that git ignores and
    `SKIPPED_FOLDERS`; links to folders are not followed. A missing path yields a `Problem`.
    """
    seen: set[str] = set()
    for path in paths:
        if os.path.isdir(path):
            if force_exclude and excludes(os.path.join(path, "")):
                continue
            found: Iterable[str | Problem] = _search(path, excludes)
        elif force_exclude and excludes(path):
            continue
        else:
            found = (path,)
        for item in found:
            if isinstance(item, Problem):
                yield item
                continue
            real = os.path.realpath(item)
            if real not in seen:
                seen.add(real)
                yield item


def is_dockerfile_name(name: str) -> bool:
    """Whether a file name alone identifies a Dockerfile in a searched folder."""
    lower = name.lower()
    if not lower.startswith(("dockerfile", "containerfile")) and not lower.endswith(".dockerfile"):
        return False
    return not lower.endswith(_NO_DOCKERFILE)


class _Ignored(NamedTuple):
    """The patterns of one .gitignore and the folder that they are relative to."""

    folder: str
    spec: GitIgnoreSpec


def _search(root: str, excludes: Excludes) -> Iterator[str | Problem]:
    waiting = [(root, os.path.realpath(root), _ignored_above(root))]
    while waiting:
        folder, real, ignored = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            yield Problem(folder, 0, f"the folder cannot be searched: {why(error)}", "Check its permissions")
            continue
        if any(entry.name == ".gitignore" for entry in entries):
            ignored = (*ignored, *_read_gitignore(real))
        folders = []
        for entry in entries:
            inner = os.path.join(real, entry.name)
            if entry.is_dir(follow_symlinks=False):
                if entry.name in SKIPPED_FOLDERS or _is_ignored(inner, ignored, folder=True):
                    continue
                if not excludes(os.path.join(entry.path, "")):
                    folders.append((entry.path, inner, ignored))
            elif is_dockerfile_name(entry.name) and os.path.isfile(entry.path) and _looks_like_one(entry):
                path = os.path.normpath(entry.path)
                if not _is_ignored(inner, ignored, folder=False) and not excludes(path):
                    yield path
        waiting += reversed(folders)


def _looks_like_one(entry: os.DirEntry[str]) -> bool:
    """For names like `dockerfile.go`, check that the first instruction is FROM or ARG."""
    ending = entry.name.rpartition(".")[2].lower()
    if ending not in _LANGUAGES:
        return True
    try:
        with open(entry.path, "rb") as file:
            lines = file.read(10_000).removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError:
        return True  # reading the file later reports why
    for line in lines:
        words = line.split(None, 1)
        if words and not words[0].startswith(b"#"):
            return words[0].upper() in _FIRST_WORDS
    return False


def _ignored_above(root: str) -> tuple[_Ignored, ...]:
    """The .gitignore files from the top of the repository down to `root`, outermost first."""
    folder = os.path.realpath(root)
    found: list[_Ignored] = []
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return ()  # not in a repository, so no .gitignore above applies
        folder = parent
        found[:0] = _read_gitignore(folder)
    return tuple(found)


def _read_gitignore(folder: str) -> tuple[_Ignored, ...]:
    try:
        with open(os.path.join(folder, ".gitignore"), encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().split("\n")
    except OSError:
        return ()
    return (_Ignored(folder, patterns(lines)),)


def patterns(lines: Iterable[str]) -> GitIgnoreSpec:
    """Parse .gitignore patterns; like git, skip those that are malformed."""
    from pathspec import GitIgnoreSpec

    lines = list(lines)
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _is_ignored(path: str, ignored: tuple[_Ignored, ...], *, folder: bool) -> bool:
    """Whether git ignores the path: the innermost .gitignore with a matching pattern decides."""
    for top, spec in reversed(ignored):
        inner = os.path.relpath(path, top).replace(os.sep, "/")
        said = spec.check_file(inner + "/" if folder else inner).include
        if said is not None:
            return said
    return False
