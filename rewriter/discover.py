"""Finding Dockerfiles: names that are given, and folders that are searched."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_Ignore = tuple[str, "GitIgnoreSpec"]

_NAMES = re.compile(r"(?:dockerfile|containerfile)(?:[._-].*|[0-9]*)?|.*\.(?:dockerfile|containerfile)", re.IGNORECASE)
_TEMPLATES = (".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".template", ".in", ".erb", ".mustache", ".gotmpl", ".ejs")
_NO_DOCKERFILES = (
    ".dockerignore",
    ".containerignore",
    ".swp",
    ".bak",
    ".orig",
    ".rej",
    ".md",
    ".sh",
    ".py",
    ".yml",
    ".yaml",
)
_SKIPPED = frozenset((".git", ".hg", ".svn", "node_modules", ".venv", "__pycache__", ".tox", ".mypy_cache"))


def is_dockerfile(name: str) -> bool:
    """Whether a file of this name is taken when a folder is searched."""
    lowered = name.lower()
    return bool(_NAMES.fullmatch(name)) and not lowered.endswith((*_TEMPLATES, *_NO_DOCKERFILES))


def discover(paths: Sequence[str], exclude: Sequence[str] = (), *, force_exclude: bool = False) -> list[str]:
    """The files to look at, in order and each once.

    A file that is named is taken whatever it is called, unless `force_exclude` holds it against `exclude` too.
    """
    found: dict[str, None] = {}
    for path in paths:
        if os.path.isdir(path):
            for file in _search(path, exclude):
                found.setdefault(file)
        elif not (force_exclude and _excluded(path, exclude)):
            found.setdefault(path)
    return list(found)


def _excluded(path: str, patterns: Sequence[str]) -> bool:
    parts = os.path.normpath(path).replace(os.sep, "/")
    for pattern in patterns:
        bare = pattern.rstrip("/")
        if fnmatch.fnmatch(parts, bare) or fnmatch.fnmatch(parts, f"*/{bare}") or fnmatch.fnmatch(parts, f"{bare}/*"):
            return True
        if fnmatch.fnmatch(parts, f"*/{bare}/*"):
            return True
    return False


def _search(root: str, exclude: Sequence[str]) -> Iterator[str]:
    """Every Dockerfile below a folder; .gitignore files count, links to folders are not followed."""
    pending: list[tuple[str, tuple[_Ignore, ...]]] = [(root, ())]
    while pending:
        folder, ignores = pending.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        ignores = (*ignores, *_gitignore(folder, entries))
        below = []
        for entry in entries:
            path = os.path.normpath(entry.path)
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and entry.name in _SKIPPED:
                continue
            if not is_folder and not is_dockerfile(entry.name):
                continue
            if _excluded(path, exclude) or _ignored(path, is_folder, ignores):
                continue
            if is_folder:
                below.append((entry.path, ignores))
            elif not entry.is_dir():
                yield path
        pending += reversed(below)


def _gitignore(folder: str, entries: list[os.DirEntry[str]]) -> tuple[_Ignore, ...]:
    if not any(entry.name == ".gitignore" for entry in entries):
        return ()
    from pathspec import GitIgnoreSpec

    try:
        with open(os.path.join(folder, ".gitignore"), encoding="utf-8", errors="replace") as file:
            return ((folder, GitIgnoreSpec.from_lines(file)),)
    except (OSError, ValueError):
        return ()


def _ignored(path: str, is_folder: bool, ignores: tuple[_Ignore, ...]) -> bool:
    ignored = False
    for folder, spec in ignores:
        relative = os.path.relpath(path, folder).replace(os.sep, "/") + ("/" if is_folder else "")
        verdict = spec.check_file(relative).include
        if verdict is not None:
            ignored = verdict
    return ignored
