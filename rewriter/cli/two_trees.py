"""`dfix verify --base`: both revisions as folders, and the Dockerfiles that differ between them."""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Callable, Iterator
from functools import cached_property

from dfix.rewriter.cli.request import Request
from dfix.rewriter.cli.selected_files import SelectedFiles
from dfix.rewriter.cli.verify_request import VerifyRequest
from dfix.rewriter.cli.verify_tasks import not_built
from dfix.rewriter.cli.workshop import Workshop
from dfix.rewriter.context.folder import Context
from dfix.rewriter.context.ignore import BadPatternError
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.pipeline.job import failed
from dfix.rewriter.pipeline.opened_context import open_context, unusable
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.revisions.checkout import check_out
from dfix.rewriter.revisions.git import GitError, Repository
from dfix.rewriter.revisions.named_commit import fork_of, is_shallow, named_commit
from dfix.rewriter.settings.files import SettingsError
from dfix.rewriter.text.discover import discover
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read
from dfix.rewriter.text.root import is_inside, real, repository_of
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.proof import Compared, Proof
from dfix.rewriter.verify.snapshot import ContextError
from dfix.rewriter.verify.two_revisions import Revision, TwoRevisions, changed, judge

_SIMILAR = 0.6
"""From this ratio on, a new Dockerfile is one that was renamed."""
_MOST_NAMED = 3


class RevisionTask:
    """A Dockerfile at two revisions."""

    def __init__(self, pair: TwoRevisions | Result, options: Options) -> None:
        self._pair, self.options = pair, options
        self.result = pair if isinstance(pair, Result) else pair.result

    @cached_property
    def builds(self) -> bool:
        """Whether a build has to tell what changed."""
        pair = self._pair
        if isinstance(pair, Result) or pair.new is None:
            return False
        return pair.old is None or _may_differ(pair.old, pair.new)

    def unbuilt(self) -> Proof:
        """The Dockerfile is gone, or nothing that its build reads has changed."""
        gone = isinstance(self._pair, TwoRevisions) and self._pair.new is None
        return Proof("gone", self.result, self.result) if gone else not_built(self.result)

    def proof(self, shop: Workshop, name: str, tell: Callable[[str], None]) -> Proof:
        """Build both revisions as far as needed, and compare."""
        pair = self._pair
        assert isinstance(pair, TwoRevisions)
        trials, runs = (shop.trial(f"{name}-base", tell), shop.trial(name, tell)), shop.runs()
        return shop.finished(self.result, trials, lambda: judge(pair, trials, self.options, runs, shop.show()))


class _Tree(NamedTuple):
    """The files of one revision, and the Dockerfiles and settings in them."""

    root: str
    files: SelectedFiles

    def options(self, name: str) -> Options:
        """The options for one Dockerfile. Raises SettingsError."""
        return self.files.options(os.path.join(self.root, name), self.root)

    def is_file(self, name: str) -> bool:
        """Whether it has a file of that name."""
        return os.path.isfile(os.path.join(self.root, name))

    def is_folder(self, name: str) -> bool:
        """Whether it has a folder of that name."""
        return os.path.isdir(os.path.join(self.root, name))

    def dockerfiles(self, folder: str) -> list[str]:
        """The names of the Dockerfiles in a folder; "" is the whole revision."""
        found = []
        for item in discover((self.root,), self.files.excludes):
            name = os.path.relpath(item.path, self.root)
            if not isinstance(item, Problem) and is_inside(name, folder or name):
                found.append(name)
        return found


class TwoTrees:
    """Two revisions of a repository; the files of commits are in `space`. Raises GitError, SettingsError, OSError."""

    def __init__(self, request: VerifyRequest, space: str) -> None:
        self._paths = request.files.paths or (os.curdir,)
        self._whole = not request.files.paths
        first = os.path.abspath(self._paths[0])
        root = repository_of(real(first if os.path.isdir(first) else os.path.dirname(first)))
        if not root:
            raise GitError(f"{self._paths[0]} is not in a git repository", "--base compares revisions of a repository")
        self._root, self._repo = root, Repository(root)
        base = named_commit(self._repo, request.base, "--base")
        head = named_commit(self._repo, request.head or "HEAD", "--head" if request.head else "--base")
        notes = []
        fork = fork_of(self._repo, base, head)
        if fork is None:
            why = "the clone is shallow" if is_shallow(self._repo) else "they have no commit in common"
            notes.append(f"compared with {request.base} itself, not with the commit where it parts from HEAD: {why}")
        self._base = self._checked_out(request.files, fork or base, os.path.join(space, "base-revision"), notes)
        if request.head:
            self._head = self._checked_out(request.files, head, os.path.join(space, "head-revision"), notes)
            self._carried: tuple[str, ...] = ()
        else:
            self._head = _Tree(root, SelectedFiles(request.files))
            self._carried = (".git", *self._listed("--ignored", "--directory"))
            notes += _of_untracked(self._listed())
        self.compared = Compared(fork or base, head if request.head else "", tuple(dict.fromkeys(notes)))

    def tasks(self) -> Iterator[RevisionTask]:
        """Every named Dockerfile; in a folder, those that differ or whose build reads what differs."""
        for path in self._paths:
            name = "" if self._whole else self._name_of(path)
            if self._base.is_file(name) or self._head.is_file(name):
                yield self._task(name, name)
            elif os.path.isdir(os.path.join(self._base.root, name)) or os.path.isdir(
                os.path.join(self._head.root, name)
            ):
                for task in self._below(name):
                    if task.builds or task.unbuilt().verdict != "unchanged":
                        yield task
            else:
                problem = Problem(path, 0, "neither of the revisions has it", "Name a Dockerfile or a folder")
                yield RevisionTask(failed(path, problem).result, Options())

    def _below(self, folder: str) -> Iterator[RevisionTask]:
        old, new = self._base.dockerfiles(folder), self._head.dockerfiles(folder)
        gone = [name for name in old if not self._head.is_file(name)]
        for name in new:
            was = name if self._base.is_file(name) else self._renamed(name, gone)
            if was in gone:
                gone.remove(was)
            yield self._task(was, name)
        for name in gone:
            yield self._task(name, name)

    def _renamed(self, name: str, gone: list[str]) -> str:
        """Which of the Dockerfiles that are gone has that name now; "" for none."""
        now = _text(self._head.root, name)
        ratios = {was: difflib.SequenceMatcher(None, _text(self._base.root, was), now).ratio() for was in gone}
        best = max(ratios, key=lambda was: ratios[was], default="")
        return best if best and ratios[best] >= _SIMILAR else ""

    def _task(self, was: str, name: str) -> RevisionTask:
        """The Dockerfile that has this name, and had that one; "" if it had none."""
        shown = os.path.join(self._root, name)
        try:
            new = self._revision(self._head, name, shown) if self._head.is_file(name) else None
            options = self._head.options(name) if new is not None else self._base.options(was)
            old = None
            if was and self._base.is_file(was):
                old = self._revision(self._base, was, shown)
                if isinstance(old, Revision) and isinstance(new, Revision) and self._carry(old.context, new.context):
                    old = self._revision(self._base, was, shown)
        except SettingsError as error:
            return RevisionTask(failed(shown, error.problem).result, Options())
        for found in (new, old):
            if isinstance(found, Problem):
                return RevisionTask(failed(shown, found).result, options)
        assert not isinstance(old, Problem) and not isinstance(new, Problem)
        return RevisionTask(TwoRevisions(old, new), options)

    def _revision(self, tree: _Tree, name: str, shown: str) -> Revision | Problem:
        path = os.path.join(tree.root, name)
        data = read(path, (tree.root,))
        if isinstance(data, Problem):
            return data._replace(path=shown)
        context, why = open_context(parse(Source.from_bytes(path, data)), tree.options(name))
        if context is None:
            return Problem(shown, 0, f"no build context: {why}", "Name it with --context")
        return unusable(context, shown) or Revision(Source.from_bytes(shown, data), path, context)

    def _carry(self, old: Context, new: Context) -> bool:
        """Copy what git ignores and a build sends to the old revision, too: it is no part of the change.

        Returns whether anything was copied.
        """
        if not self._carried or not is_inside(new.root, self._root):
            return False
        begin = os.path.relpath(new.root, self._root)
        copied = False
        for path in {*new.below(""), *_by_its_ignore_file(old, new)}:
            name = os.path.normpath(os.path.join(begin, path))
            target = os.path.join(self._base.root, name)
            inside = is_inside(real(os.path.dirname(target)), self._base.root)  # a link of the commit may lead out
            if inside and any(is_inside(name, one) for one in self._carried) and not os.path.lexists(target):
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copy2(os.path.join(new.root, path), target, follow_symlinks=False)
                copied = True
        return copied

    def _checked_out(self, request: Request, commit: str, folder: str, notes: list[str]) -> _Tree:
        os.mkdir(folder)
        root = real(folder)
        notes += check_out(self._repo, commit, root, self._root)
        context = request.context
        if context is not None and is_inside(real(context), self._root):
            context = os.path.join(root, os.path.relpath(real(context), self._root))
        return _Tree(root, SelectedFiles(request._replace(context=context)))

    def _listed(self, *words: str) -> tuple[str, ...]:
        """The files of the working tree that git does not track."""
        found = self._repo.ask("ls-files", "-z", "--others", "--exclude-standard", *words)
        return tuple(name.rstrip("/") for name in found.split("\0") if name)

    def _name_of(self, path: str) -> str:
        """A path relative to the repository; a link at its end is not followed. Raises GitError."""
        folder, last = os.path.split(os.path.abspath(path))
        name = os.path.relpath(os.path.join(real(folder), last), self._root)
        if name.startswith(os.pardir):
            raise GitError(f"{path} is not in the repository {self._root}", "Name files of one repository")
        return "" if name == os.curdir else name


def _may_differ(old: Revision, new: Revision) -> bool:
    try:
        return changed(old, new).anything
    except ContextError:  # the proof says which
        return True


def _by_its_ignore_file(old: Context, new: Context) -> tuple[str, ...]:
    """The files of the new context that ship by the old ignore file."""
    try:
        return new.below("") if old.ignore_text == new.ignore_text else new.with_ignore_text(old.ignore_text).below("")
    except BadPatternError:
        return ()


def _of_untracked(names: tuple[str, ...]) -> Iterator[str]:
    if names:
        shown = ", ".join(names[:_MOST_NAMED])
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        yield f"git does not track {shown}{more}: the working tree is compared as it is, with them"


def _text(root: str, name: str) -> str:
    data = read(os.path.join(root, name), (root,))
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else ""
