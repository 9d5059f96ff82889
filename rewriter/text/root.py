"""The root: the one folder that dfix reads and writes in for a Dockerfile.

It is the root of the repository that the Dockerfile is in, or, outside of any repository, the folder that was searched
or the Dockerfile's own. What the files of a repository say never leads out of it: a link, a build context that a
compose file names, a path in a settings file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import cache

_HISTORY = frozenset((".git", ".hg", ".jj", ".svn"))
"""Folders of version control. Their files may contain credentials, and nothing that a build needs to be understood."""
_SHARED = ("/", "/dev/shm", "/home", "/root", "/tmp", "/Users", "/var/tmp")
"""Folders that belong to no single project, besides those that the environment names."""


def root_of(path: str, named: str = "") -> str:
    """The root for the Dockerfile at `path`, as a real path.

    `named` is the folder on the command line that the file was found in, "" if the file itself was named.
    """
    folder = os.path.dirname(os.path.abspath(path))
    return real(repository_of(folder) or repository_of(real(folder)) or named or folder)


def repository_of(folder: str) -> str:
    """The root of the repository that an absolute path of a folder is in; "" if it is in none.

    It has `.git`: a folder, or a file where it is a worktree or a submodule.
    """
    return next((above for above in _and_above(folder) if is_repository(above)), "")


def is_repository(folder: str) -> bool:
    """Whether a folder is the root of a repository, worktree or submodule."""
    try:
        mode = os.stat(os.path.join(folder, ".git")).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISDIR(mode) or stat.S_ISREG(mode)


def upwards(folder: str, root: str) -> Iterator[str]:
    """A folder and those above it, up to the root; of a folder outside of the root, only itself."""
    for above in _and_above(folder):
        yield above
        if above == root or not is_inside(above, root):
            return


def real(path: str) -> str:
    """The path with every link followed; unchanged if it cannot be a path of the file system."""
    try:
        return os.path.realpath(path)
    except ValueError:  # a null character, or one that has no bytes in the file system's encoding
        return path


def is_inside(path: str, folder: str) -> bool:
    """Whether a path is that folder or below it, both taken as they are written."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def leads_out(path: str, within: tuple[str, ...]) -> bool:
    """Whether a path, with links followed, is outside of these folders, or in one of version control in them.

    The folders are real paths. It need not exist.
    """
    for folder in within:
        top = folder.rstrip(os.sep) + os.sep
        if path.startswith(top) and not _has_link(top, path[len(top) :]):
            return not _HISTORY.isdisjoint(path[len(top) :].split(os.sep))
    found = real(path)
    for folder in within:
        if is_inside(found, folder):
            return not _HISTORY.isdisjoint(found[len(folder) :].split(os.sep))
    return True


def is_shared(folder: str) -> bool:
    """Whether a folder is `/`, a home folder or one for temporary files: no build context, and without settings.

    One with a repository in it, such as a home folder under version control, is a project; `/` never is.
    """
    shared = _shared(tuple(os.environ.get(name, "") for name in ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP")))
    return folder in shared and (folder == os.path.dirname(folder) or not is_repository(folder))


@cache
def _shared(environment: tuple[str, ...]) -> frozenset[str]:
    return frozenset(
        (*_SHARED, os.path.abspath(os.sep), *(real(path) for path in (*environment, os.path.expanduser("~")) if path))
    )


def _and_above(folder: str) -> Iterator[str]:
    while True:
        yield folder
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above


def _has_link(top: str, path: str) -> bool:
    """Whether a path below a real folder goes through a link or up again."""
    names = path.split(os.sep)
    if ".." in names:
        return True
    at = top
    for name in names:
        at = os.path.join(at, name)
        try:
            if stat.S_ISLNK(os.lstat(at).st_mode):
                return True
        except (OSError, ValueError):
            return False
    return False
