"""`--since REF`: what runs again in a build of the working tree, if the cache has the build of another commit."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator

from dfix.rewriter.context.folder import Context
from dfix.rewriter.context.ignore import BadPatternError
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.layers.commits import GIT_FILE, below, repository
from dfix.rewriter.layers.opened import Opened
from dfix.rewriter.model import Model, Step, build
from dfix.rewriter.model.reruns import Cause, Reruns, edited
from dfix.rewriter.revisions.git import GitError, Repository
from dfix.rewriter.revisions.listing import LINK, SUBMODULE, entries
from dfix.rewriter.revisions.named_commit import named_commit
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.read import content
from dfix.rewriter.text.root import is_inside, real
from dfix.rewriter.text.source import Source

_LARGEST = 100_000_000
_DIGITS_OF_SHA256 = 64
_LATER = "Name a later commit"


class Again(NamedTuple):
    """A step that runs again."""

    line: int
    step: Step
    cause: Cause
    paths: tuple[str, ...]
    """The changed files that it reads itself."""


class Since(NamedTuple):
    """What changed since a commit, and the steps that run again for that, in the order of the file."""

    ref: str
    paths: tuple[str, ...]
    """The files of the build context that were added, deleted or changed."""
    dockerfile: bool
    """Whether an instruction was changed."""
    steps: tuple[Again, ...]


def since(found: Opened, ref: str) -> Since:
    """What runs again since a commit. Raises GitError."""
    context = found.context
    repo = repository(context.root)
    commit = named_commit(repo, ref, "--since")
    paths = set(_changed(repo, commit, context))
    if context.is_folder(".git") and commit != named_commit(repo, "HEAD", "--since"):
        paths.add(GIT_FILE)
    then = _then(repo, commit, found)
    dropped: set[str] = set()
    if then is not None:
        dropped = set(then.context.below("")) - set(context.below(""))
        paths |= set(context.below("")) - set(then.context.below(""))
    sent = {path for path in paths if not context.ignore.ignored(path)}
    old = _old_model(repo, commit, found)
    changed = edited(old, found.model) if old is not found.model else frozenset()
    also = frozenset[tuple[Step, str | None]]().union(*map(then.touched, dropped)) if then is not None else frozenset()
    again = found.reruns.again(sorted(sent), changed, also)
    steps = []
    for step, cause in sorted(again.items(), key=lambda item: item[0].instruction.line):
        own = {*_read_by(step, found.reruns, sent), *_read_by(step, then, dropped)}
        steps.append(Again(step.instruction.line, step, cause, tuple(sorted(own))))
    return Since(ref, tuple(sorted(sent | dropped)), bool(changed), tuple(steps))


def _read_by(step: Step, reruns: Reruns | None, paths: set[str]) -> set[str]:
    reads = reruns.reads(step) if reruns is not None else None
    return {path for path in paths if reads.reads(path)} if reads is not None else set()


def _changed(repo: Repository, commit: str, context: Context) -> Iterator[str]:
    """Every path of the context that differs between a commit and the working tree; what git ignores is left out.

    git only tells names and what the commit has. The files are compared here, because git would run the filters that
    the repository's settings name.
    """
    begin = below(repo.root, context.root)
    old = dict(entries(repo.ask("ls-tree", "-r", "-z", commit, "--", begin or ".")))
    index = {path: entry[1] for path, entry in entries(repo.ask("ls-files", "-z", "--stage", "--", begin or "."))}
    others = repo.ask("ls-files", "-z", "--others", "--exclude-standard", "--", begin or ".").split("\0")
    for name in {*old, *index, *filter(None, others)}:
        path, entry = name[len(begin) :], old.get(name)
        if entry is not None and entry[0] == SUBMODULE:
            same = index.get(name) == entry[1]
        else:
            same = _entry(context, path, len(commit)) == entry
        if not same:
            yield path


def _entry(context: Context, path: str, digits: int) -> tuple[str, str] | None:
    """The mode and the object that git would give a file of the context; None if it is not there."""
    disk = os.path.join(context.root, path)
    try:
        mode = os.lstat(disk).st_mode
        if stat.S_ISLNK(mode):
            return LINK, _object(os.fsencode(os.readlink(disk)), digits)
    except (OSError, ValueError):
        return None
    data = content(disk, _LARGEST, context.within)
    if not isinstance(data, bytes):
        return None
    return "100755" if mode & stat.S_IXUSR else "100644", _object(data, digits)


def _object(data: bytes, digits: int) -> str:
    maker = hashlib.sha256 if digits == _DIGITS_OF_SHA256 else hashlib.sha1
    return maker(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _old_text(repo: Repository, commit: str, path: str) -> str | None:
    if not is_inside(real(path), repo.root):
        return None
    return repo.answers("cat-file", "blob", f"{commit}:{below(repo.root, path).rstrip('/')}")


def _then(repo: Repository, commit: str, found: Opened) -> Reruns | None:
    """The same with the ignore file of that commit; None where it is the same file, or none that a build accepts."""
    context = found.context
    old = _old_text(repo, commit, context.ignore_path or os.path.join(context.root, ".dockerignore")) or ""
    if old == context.ignore_text:
        return None
    try:
        return Reruns(found.model, context.with_ignore_text(old))
    except BadPatternError:
        return None


def _old_model(repo: Repository, commit: str, found: Opened) -> Model:
    """What the Dockerfile of that commit means. Raises GitError if there was none, or none that BuildKit accepts."""
    text = _old_text(repo, commit, found.source.path)
    if text is None:
        raise GitError("that commit does not have this Dockerfile, so everything runs", _LATER)
    text = text.removeprefix("\ufeff")
    if text == found.source.text:
        return found.model
    tree = parse(Source(found.source.path, text))
    if check(tree) is not None:
        raise GitError("the Dockerfile of that commit can't be built, so everything runs", _LATER)
    return build(tree)
