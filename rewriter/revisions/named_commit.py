"""The commits that flags of the command line name."""

from __future__ import annotations

from dfix.rewriter.revisions.git import GitError, Repository
from dfix.rewriter.text.expression import expression

_HASH = expression(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HINT = "Name a commit, a branch or a tag"


def named_commit(repo: Repository, ref: str, flag: str) -> str:
    """The hash of the commit that a flag names. Raises GitError for an unknown one."""
    if not ref:
        raise GitError(f"{flag} names no commit: it is empty", f"{_HINT}; a variable of the command may be unset")
    if ref.startswith("-") or "\0" in ref:
        raise GitError(f"{flag} names no commit", _HINT)
    found = repo.answers("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if found is None or not found.strip():
        repo.ask("rev-parse", "--git-dir")  # raises where git can't read the repository at all
        fetch = "The clone is shallow: fetch the commit first, as in `git fetch --unshallow`"
        hint = fetch if is_shallow(repo) else _HINT
        raise GitError(f"{flag} names no commit of this repository: {ref}", hint)
    if not _HASH.fullmatch(found.strip()):  # `^HEAD` names all commits but those, and git takes it
        raise GitError(f"{flag} names no single commit: {ref}", _HINT)
    return found.strip()


def fork_of(repo: Repository, base: str, head: str) -> str | None:
    """The commit at which two commits part, as the one that a pull request begins at; None where git knows none."""
    return (repo.answers("merge-base", base, head) or "").strip() or None


def is_shallow(repo: Repository) -> bool:
    """Whether the clone has only the end of the history."""
    return (repo.answers("rev-parse", "--is-shallow-repository") or "").strip() == "true"
