"""Writing the files of a commit to a folder, without the programs that a checkout by git would run.

git only hands out the content of each file, as the repository has it: no filter, hook or monitor is started, and the
index and the working tree of the repository stay as they are. What a filter would have put in the place of a file
(Git LFS) is looked up by its digest.

No name that a commit contains leads out of the folder: names that git would not check out and names that occur twice
are refused, each folder is a real one before anything is written to it, nothing that exists is replaced, and links
come last, when nothing can go through one any more.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from dfix.rewriter.revisions.git import GitError, Repository
from dfix.rewriter.revisions.lfs_pointers import LARGEST_POINTER, Pointer, pointer, put_content
from dfix.rewriter.revisions.listing import LINK, PROGRAM, SUBMODULE, entries
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.root import is_inside, real

MOST_FILES = 200_000
_PIECE = 1 << 20
_DEEPEST = 5
"""Submodules in submodules."""
_MOST_NAMED = 3
_LONGEST_NAME = 200
"""In characters, of a path in a message."""
_LONGEST_TARGET = 4095
"""In bytes (Linux, path_resolution(7)); git refuses a longer one, too."""
_UNFIT = frozenset((errno.EILSEQ, errno.EINVAL, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR))
"""Errors for which the names in the commit are the cause, not the disk."""
_FSCK = "See `git fsck`"
_CONVERTS = expression(r"^[^#\n]*?[ \t](eol=crlf|working-tree-encoding=\S+|filter=(?!lfs\b)\S+|ident)(?=\s|$)")


def check_out(repo: Repository, commit: str, folder: str, like: str = "", depth: int = 0) -> list[str]:
    """Write the files of a commit to an existing `folder`; returns what is worth knowing about them, in sentences.

    `like` is a working tree of the repository. Where that has the same file, the permissions are taken from it, so
    that the two folders don't differ in what git doesn't record. Raises GitError, and OSError for a full disk.
    """
    found = sorted(entries(repo.ask("ls-tree", "-r", "-z", "--full-tree", commit)))
    if len(found) > MOST_FILES:
        raise GitError(f"{commit[:12]} has more than {MOST_FILES} files", "Compare a smaller repository")
    for path, _ in found:
        _check(path)
    _check_together([path for path, _ in found])
    submodules = [(path, name) for path, (mode, name) in found if mode == SUBMODULE]
    for path in dict.fromkeys((*(os.path.dirname(path) for path, _ in found), *(path for path, _ in submodules))):
        _make_folders(folder, path, like)
    files = [(path, mode, name) for path, (mode, name) in found if mode not in (LINK, SUBMODULE)]
    pointers = _write_files(repo, files, folder, like)
    notes = list(_of_pointers(repo, pointers, folder, like))
    notes += _of_attributes(folder, [path for path, _, _ in files if path.split("/")[-1] == ".gitattributes"])
    for path, name in submodules:
        notes += _submodule(repo, path, name, folder, like, depth)
    _write_links(repo, [(path, name) for path, (mode, name) in found if mode == LINK], folder)
    return notes


def _check(path: str) -> None:
    """Raises GitError for a name that git itself would not check out."""
    names = path.split("/")
    if any(name in ("", ".", "..") or name.lower() == ".git" for name in names):
        raise GitError(f"the commit has a file that git does not check out: {_shown(path)}", _FSCK)


def _check_together(paths: Sequence[str]) -> None:
    """Raises GitError if a sorted list has a path twice, or one that is also the folder of another one."""
    folders: set[str] = set()
    for path in paths:
        above = os.path.dirname(path)
        while above and above not in folders:
            folders.add(above)
            above = os.path.dirname(above)
    for number, path in enumerate(paths):
        if path in folders or path in paths[number + 1 : number + 2]:
            raise GitError(f"the commit has two entries of the same name: {_shown(path)}", _FSCK)


@contextmanager
def _making(path: str) -> Iterator[None]:
    """Raises GitError where a path of the commit can't be made, whatever the disk's state is."""
    try:
        yield
    except FileExistsError:
        said = "the commit has two entries that are the same on this disk"
        raise GitError(f"{said}: {_shown(path)}", "Use a disk that tells capital letters apart") from None
    except OSError as error:
        if error.errno not in _UNFIT:
            raise
        raise GitError(f"the commit has {_shown(path)}, which cannot be made: {error.strerror}", _FSCK) from None


def _make_folders(folder: str, path: str, like: str) -> None:
    """Make a folder and those above it. Raises GitError if something else has its name, even a link to a folder."""
    at = ""
    for name in filter(None, path.split("/")):
        at = os.path.join(at, name)
        made = os.path.join(folder, at)
        with _making(at):
            if os.path.islink(made) or not os.path.isdir(made):
                os.mkdir(made)
                os.chmod(made, _mode_like(like, at, 0o755, stat.S_ISDIR))


def _write_files(repo: Repository, files: Sequence[tuple[str, str, str]], folder: str, like: str) -> list[Pointer]:
    pointers: list[Pointer] = []

    def take(number: int, stream: IO[bytes], size: int) -> None:
        path, mode, _ = files[number]
        usual = 0o755 if mode == PROGRAM else 0o644
        with _making(path), open(os.path.join(folder, path), "xb") as file:
            first = stream.read(min(size, LARGEST_POINTER))
            file.write(first)
            _copy(stream, file, size - len(first))
            os.fchmod(file.fileno(), _mode_like(like, path, usual, lambda is_: _is_as(is_, usual)))
        if size <= LARGEST_POINTER and (lfs := pointer(path, first)) is not None:
            pointers.append(lfs)

    repo.contents([name for _, _, name in files], take)
    return pointers


def _copy(stream: IO[bytes], file: IO[bytes], size: int) -> None:
    while size:
        piece = stream.read(min(size, _PIECE))
        if not piece:
            raise GitError("git ended before it had handed out all files", _FSCK)
        file.write(piece)
        size -= len(piece)


def _write_links(repo: Repository, links: Sequence[tuple[str, str]], folder: str) -> None:
    """Write the symbolic links, when nothing else is written any more that could go through one."""
    targets: list[bytes] = []

    def take(number: int, stream: IO[bytes], size: int) -> None:
        target = stream.read(min(size, _LONGEST_TARGET + 1))
        if not target or b"\0" in target or len(target) > _LONGEST_TARGET:
            raise GitError(f"the commit has a link that leads to no possible path: {_shown(links[number][0])}", _FSCK)
        targets.append(target)

    repo.contents([name for _, name in links], take)
    for (path, _), target in zip(links, targets, strict=True):
        with _making(path):
            os.symlink(target, os.fsencode(os.path.join(folder, path)))


def _is_as(mode: int, usual: int) -> bool:
    """Whether git would record that mode for a file of the usual one."""
    return stat.S_ISREG(mode) and (mode & stat.S_IXUSR) == (usual & stat.S_IXUSR)


def _mode_like(like: str, path: str, usual: int, fits: Callable[[int], bool]) -> int:
    """The permissions of a path of the working tree, where it fits; else the usual ones."""
    if like:
        try:
            mode = os.lstat(os.path.join(like, path)).st_mode
        except (OSError, ValueError):
            return usual
        if fits(mode):
            return stat.S_IMODE(mode) | stat.S_IRUSR | stat.S_IWUSR
    return usual


def _of_pointers(repo: Repository, pointers: Sequence[Pointer], folder: str, like: str) -> Iterator[str]:
    store = os.path.join(_git_folder(repo), "lfs", "objects") if pointers else ""
    left = [found.path for found in pointers if not put_content(found, folder, like, store)]
    if left:
        yield f"Git LFS has not fetched {_named(left)}, so the build gets pointers: `git lfs fetch --all` fetches them"


def _of_attributes(folder: str, paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        with open(os.path.join(folder, path), encoding="utf-8", errors="replace") as file:
            match = next((match for line in file if (match := _CONVERTS.search(line))), None)
        if match:
            yield f"{_shown(path)} has git convert files ({match[1]}): dfix takes them as the repository has them"


def _submodule(repo: Repository, path: str, commit: str, folder: str, like: str, depth: int) -> list[str]:
    """Check out a submodule that the working tree has, or say that it is missing. Its folder has been made."""
    _make_folders(folder, path, like)  # still a real one, whatever other submodules brought
    own = os.path.join(like, path) if like else ""
    if own and depth < _DEEPEST and os.path.lexists(os.path.join(own, ".git")) and is_inside(real(own), real(like)):
        inner = Repository(own)
        here = is_inside(_git_folder(inner), real(_git_folder(repo))) or is_inside(_git_folder(inner), real(own))
        if here and inner.answers("cat-file", "-e", f"{commit}^{{commit}}") is not None:
            return check_out(inner, commit, os.path.join(folder, path), own, depth + 1)
    fetch = "`git submodule update --init --recursive` fetches those of the working tree"
    return [f"the submodule {_shown(path)} is missing at {commit[:12]}, so its folder is empty there: {fetch}"]


def _git_folder(repo: Repository) -> str:
    return real(os.path.join(repo.root, (repo.answers("rev-parse", "--git-common-dir") or "").strip()))


def _named(paths: Sequence[str]) -> str:
    shown = ", ".join(_shown(path) for path in paths[:_MOST_NAMED])
    return f"{shown} and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else shown


def _shown(path: str) -> str:
    """A path, with its middle cut out if it is long."""
    half = _LONGEST_NAME // 2
    return path if len(path) <= _LONGEST_NAME else f"{path[:half]}…{path[-half:]}"
