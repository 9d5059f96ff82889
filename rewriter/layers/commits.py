"""The last commits of a repository as pairs: a commit, and the paths of the build context that it changes."""

from __future__ import annotations

import os
from collections.abc import Iterator

from dfix.rewriter.revisions.git import NO_PROGRAMS, GitError, Repository
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.root import is_inside, real, repository_of

_MARK = "\x01"
_WITH_TWO_PATHS = ("R", "C")
_NO_REPOSITORY = "Leave out --history and --since, or run dfix in a clone"


GIT_FILE = ".git/HEAD"
"""Stands for what each commit changes in the `.git` of a build context."""


class Commit(NamedTuple):
    """One commit; a merge is one, with all that it brings."""

    name: str
    """Its abbreviated hash."""
    paths: tuple[str, ...]
    """What it adds, deletes or changes, below the build context. A renamed file has the name that it has today."""


class LastCommits(NamedTuple):
    """The last commits, newest first, and what is worth knowing about them, in sentences."""

    commits: tuple[Commit, ...]
    notes: tuple[str, ...]


def repository(context: str) -> Repository:
    """The repository that a build context is in. Raises GitError."""
    root = repository_of(real(context))
    if not root:
        raise GitError("its build context is not in a git repository, so it has no history", _NO_REPOSITORY)
    found = Repository(root)
    if found.answers("rev-parse", "--verify", "--quiet", "HEAD^{commit}") is None:
        found.ask("rev-parse", "--git-dir")  # raises where git can't read the repository at all
        raise GitError("the repository has no commits yet", "Commit first")
    return found


def history(context: str, dockerfile: str, most: int) -> LastCommits:
    """The last `most` commits of the repository of a build context, merges as one. Raises GitError.

    Commits without a parent are left out: they begin the history, or what a shallow clone has of it.
    """
    repo = repository(context)
    begin = below(repo.root, context)
    words = ["log", f"--max-count={most}", "--first-parent", "-m", "--name-status", "-z", "--no-notes"]
    words += [f"--format={_MARK}%h %p", "--no-decorate", "--no-show-signature", *NO_PROGRAMS]
    out = repo.answers(*words, "--find-renames", "-l400", "HEAD", "--")
    if out is None:  # a clone without the files' content can't compare them
        out = repo.ask(*words, "--no-renames", "HEAD", "--")
    commits = tuple(_in_context(_entries(out), begin))
    return LastCommits(commits, tuple(_notes(repo, dockerfile, len(commits), most)))


def below(root: str, folder: str) -> str:
    """A folder as a prefix of the repository's paths: "" or `docker/web/`."""
    path = os.path.relpath(real(folder), root).replace(os.sep, "/")
    return "" if path == "." else f"{path}/"


def _entries(out: str) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """Each commit that has a parent, with its changes: one path each, or the old and the new one."""
    tokens = iter(out.split("\0"))
    name = ""
    changes: list[tuple[str, ...]] = []
    for token in tokens:
        status = token.lstrip("\n")
        if status.startswith(_MARK):
            if name:
                yield name, changes
            name, _, parents = status[1:].strip().partition(" ")
            name, changes = name if parents else "", []
        elif status:
            count = 2 if status[0] in _WITH_TWO_PATHS else 1
            changes.append(tuple(next(tokens, "") for _ in range(count)))
    if name:
        yield name, changes


def _in_context(entries: Iterator[tuple[str, list[tuple[str, ...]]]], begin: str) -> Iterator[Commit]:
    """The commits with their paths below the context. Older paths get the name under which the file is there today."""
    today: dict[str, str] = {}
    for name, changes in entries:
        paths: dict[str, None] = {}
        older: dict[str, str] = {}
        for change in changes:
            paths.update(dict.fromkeys(today.get(path, path) for path in change))
            if len(change) == 2:
                older[change[0]] = today.get(change[1], change[1])
        today.update(older)
        inside = (path[len(begin) :] for path in paths if path.startswith(begin))
        yield Commit(name, tuple(inside))


def _notes(repo: Repository, dockerfile: str, found: int, most: int) -> Iterator[str]:
    if found < most and (repo.answers("rev-parse", "--is-shallow-repository") or "").strip() == "true":
        yield "the clone is shallow: `git fetch --unshallow` fetches the rest of the history"
    if os.path.isfile(os.path.join(repo.root, ".git")):
        gitdir = repo.answers("rev-parse", "--show-superproject-working-tree")
        if gitdir and gitdir.strip():
            yield "the build context is in a submodule: this is the history of the submodule alone"
    if is_inside(real(dockerfile), repo.root):
        path = below(repo.root, dockerfile).rstrip("/")
        if not repo.answers("ls-files", "-z", "--", path):
            yield "git does not track the Dockerfile: it is replayed as it is now"
        elif (old := _old_name(repo, path)) is not None:
            yield f"the Dockerfile was {old} before: it is replayed as it is now"
    modules = repo.answers("ls-files", "-z", "--stage") or ""
    if any(entry.startswith("160000 ") for entry in modules.split("\0")):
        yield "a commit that moves a submodule counts as one changed file"


def _old_name(repo: Repository, path: str) -> str | None:
    """The name from which the last commit that added the Dockerfile renamed it."""
    words = ["log", "--max-count=1", "--diff-filter=A", "--format=%H", "--first-parent", *NO_PROGRAMS]
    added = (repo.answers(*words, "HEAD", "--", path) or "").strip()
    if not added:
        return None
    words = ["diff-tree", "-z", "-r", "--name-status", "--find-renames", "-l400", "--no-commit-id", *NO_PROGRAMS]
    tokens = (repo.answers(*words, f"{added}^", added) or "").split("\0")
    for at, token in enumerate(tokens):
        if token[:1] == "R" and tokens[at + 2 : at + 3] == [path]:
            return tokens[at + 1]
    return None
