"""`dfix verify --base`: both revisions as folders, and the Dockerfiles that differ between them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cached_property

from dfix.rewriter.cli.carried_files import CarriedFiles
from dfix.rewriter.cli.request import Request
from dfix.rewriter.cli.revision_tree import RevisionTree
from dfix.rewriter.cli.selected_files import SelectedFiles
from dfix.rewriter.cli.verify_request import VerifyRequest
from dfix.rewriter.cli.verify_tasks import not_built
from dfix.rewriter.cli.workshop import Workshop
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.pipeline.job import failed
from dfix.rewriter.pipeline.opened_context import open_context, unusable
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.revisions.checkout import check_out
from dfix.rewriter.revisions.git import GitError, Repository
from dfix.rewriter.revisions.named_commit import fork_of, is_shallow, named_commit
from dfix.rewriter.revisions.renames import renamed
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read
from dfix.rewriter.text.root import is_inside, real, repository_of
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.proof import Compared, Proof
from dfix.rewriter.verify.snapshot import ContextError
from dfix.rewriter.verify.two_revisions import Revision, TwoRevisions, changed, judge

_MOST_NAMED = 3


class RevisionTask:
    """A Dockerfile at two revisions."""

    def __init__(self, pair: TwoRevisions | Result, options: Options, was: str = "") -> None:
        """`was` is the path that the Dockerfile had; "" if it is the same one."""
        self._pair, self.options, self._was = pair, options, was
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
        proof = Proof("gone", self.result, self.result) if gone else not_built(self.result)
        return proof._replace(was=self._was)

    def proof(self, shop: Workshop, name: str, tell: Callable[[str], None]) -> Proof:
        """Build both revisions as far as needed, and compare."""
        pair = self._pair
        assert isinstance(pair, TwoRevisions)
        trials, runs = (shop.trial(f"{name}-base", tell), shop.trial(name, tell)), shop.runs()
        proof = shop.finished(self.result, trials, lambda: judge(pair, trials, self.options, runs, shop.show()))
        return proof._replace(was=self._was)


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
        base = named_commit(self._repo, request.base or "", "--base")
        committed = request.head is not None
        ref = "HEAD" if request.head is None else request.head
        head = named_commit(self._repo, ref, "--head" if committed else "--base")
        self._notes: list[str] = []
        fork = fork_of(self._repo, base, head)
        if fork is None:
            why = "the clone is shallow" if is_shallow(self._repo) else "they have no commit in common"
            self._notes.append(
                f"compared with {request.base} itself, not with the commit where it parts from {ref}: {why}"
            )
        self._commits = fork or base, head if committed else ""
        self._base = self._checked_out(request.files, self._commits[0], os.path.join(space, "base-revision"))
        ignored: tuple[str, ...] = ()
        if committed:
            self._head = self._checked_out(request.files, head, os.path.join(space, "head-revision"))
        else:
            self._head = RevisionTree(root, root, SelectedFiles(request.files), tracked=self._listed("--cached"))
            ignored = (".git", *self._listed("--others", "--exclude-standard", "--ignored", "--directory"))
            self._notes += _of_untracked(self._listed("--others", "--exclude-standard"))
        self._carried = CarriedFiles(root, self._base.root, ignored)

    @property
    def compared(self) -> Compared:
        """What is compared; its notes are complete once there are tasks."""
        return Compared(*self._commits, tuple(dict.fromkeys(self._notes)))

    def tasks(self) -> Iterator[RevisionTask]:
        """Every named Dockerfile; in a folder, those that differ or whose build reads what differs."""
        for path in self._paths:
            name = "" if self._whole else self._name_of(path)
            if self._is_file(name):
                yield self._task(*self._pair(name))
            elif self._base.is_folder(name) or self._head.is_folder(name):
                for task in self._below(name):
                    if task.builds or task.unbuilt().verdict != "unchanged":
                        yield task
            else:
                problem = Problem(path, 0, "neither of the revisions has it", "Name a Dockerfile or a folder")
                yield RevisionTask(failed(path, problem).result, Options())

    def _is_file(self, name: str) -> bool:
        return self._base.is_file(name) or self._head.is_file(name)

    def _below(self, folder: str) -> Iterator[RevisionTask]:
        for name in self._excluded:
            if is_inside(name, folder or name) and self._base.text(name) != self._head.text(name):
                self._notes.append(f"{name} has changed, but the settings exclude it: name it to have it compared")
        for was, name in dict.fromkeys(self._pair(name) for name in self._judged):
            if any(is_inside(one, folder or one) for one in (was, name) if one):
                yield self._task(was, name)

    def _pair(self, name: str) -> tuple[str, str]:
        """The old and the new name of a Dockerfile: "" if it had none, the same if it has none any more."""
        if self._base.is_file(name):
            now = name if self._head.is_file(name) else self._new_names.get(name, name)
            return name, now
        return self._old_names.get(name, ""), name

    @cached_property
    def _found(self) -> list[str]:
        """The Dockerfiles of both revisions, except what the command line leaves out."""
        names = sorted(self._base.dockerfiles() | self._head.dockerfiles())
        return [name for name in names if not self._head.files.leaves_out(os.path.join(self._root, name))]

    @cached_property
    def _excluded(self) -> list[str]:
        """Those that the settings of each revision that has them exclude: a change can't hide what it changes."""
        both = (self._base, self._head)
        return [name for name in self._found if all(tree.excludes(name) for tree in both if tree.is_file(name))]

    @cached_property
    def _judged(self) -> list[str]:
        excluded = frozenset(self._excluded)
        return [name for name in self._found if name not in excluded]

    @cached_property
    def _old_names(self) -> dict[str, str]:
        """By each Dockerfile with a new name, the old one, wherever in the repository that was."""
        named = () if self._whole else (self._name_of(path) for path in self._paths)
        names = dict.fromkeys((*self._judged, *filter(self._is_file, named)))
        gone = {name: self._base.text(name) for name in names if not self._head.is_file(name)}
        return renamed(gone, {name: self._head.text(name) for name in names if not self._base.is_file(name)})

    @cached_property
    def _new_names(self) -> dict[str, str]:
        return {was: name for name, was in self._old_names.items()}

    def _task(self, was: str, name: str) -> RevisionTask:
        """The Dockerfile that has this name, and had that one; "" if it had none."""
        shown = os.path.join(self._root, name)
        old_path = os.path.join(self._root, was) if was not in ("", name) else ""
        tree = self._head
        try:
            new = self._revision(self._head, name, shown) if self._head.is_file(name) else None
            options = self._head.options(name) if new is not None else Options()
            tree = self._base
            old = self._old_revision(was, new, shown) if was else None
        except SettingsError as error:
            return RevisionTask(failed(shown, tree.problem(error, shown)).result, Options(), old_path)
        for found in (new, old):
            if isinstance(found, Problem):
                return RevisionTask(failed(shown, found).result, options, old_path)
        assert not isinstance(old, Problem) and not isinstance(new, Problem)
        return RevisionTask(TwoRevisions(old, new), options, old_path)

    def _old_revision(self, was: str, new: Revision | Problem | None, shown: str) -> Revision | Problem:
        """The Dockerfile in the base, where its build has what git ignores, too."""
        found = self._revision(self._base, was, shown)
        if isinstance(found, Problem) or not isinstance(new, Revision):
            return found
        return self._revision(self._base, was, shown) if self._carried.carry(found.context, new.context) else found

    def _revision(self, tree: RevisionTree, name: str, shown: str) -> Revision | Problem:
        path = os.path.join(tree.root, name)
        data = read(path, (tree.root,))
        if isinstance(data, Problem):
            return data._replace(path=shown)
        context, why = open_context(parse(Source.from_bytes(path, data)), tree.options(name))
        if context is None:
            return Problem(shown, 0, f"no build context: {why}", "Name it with --context")
        return unusable(context, shown) or Revision(Source.from_bytes(shown, data), path, context)

    def _checked_out(self, request: Request, commit: str, folder: str) -> RevisionTree:
        os.mkdir(folder)
        root = real(folder)
        self._notes += check_out(self._repo, commit, root, self._root)
        return RevisionTree(root, self._root, SelectedFiles(request), commit)

    def _listed(self, *words: str) -> tuple[str, ...]:
        """Files of the working tree."""
        found = self._repo.ask("ls-files", "-z", *words)
        return tuple(name.rstrip("/") for name in found.split("\0") if name)

    def _name_of(self, path: str) -> str:
        """A path relative to the repository; a link at its end is not followed. Raises GitError."""
        folder, last = os.path.split(os.path.abspath(path))
        name = os.path.relpath(os.path.join(real(folder), last), self._root)
        if name.split(os.sep)[0] == os.pardir:
            raise GitError(f"{path} is not in the repository {self._root}", "Name files of one repository")
        return "" if name == os.curdir else name


def _may_differ(old: Revision, new: Revision) -> bool:
    try:
        return changed(old, new).anything
    except ContextError:  # the proof says which
        return True


def _of_untracked(names: tuple[str, ...]) -> Iterator[str]:
    if names:
        shown = ", ".join(names[:_MOST_NAMED])
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        yield f"git does not track {shown}{more}: the working tree is compared as it is, with them"
