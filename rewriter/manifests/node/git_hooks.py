"""Packages that write git hooks during the install: with .git in the image they do, without it they do nothing.

After a split, .git would only come with the sources, after the install.
"""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.hook_programs import hook_programs
from dfix.rewriter.manifests.node.lock_files import versions_in_lock
from dfix.rewriter.manifests.node.package_json import Manifest, first_number


def ships_git(context: Context) -> bool:
    """Whether the history of the project is a part of the build context."""
    return context.exists(".git") and not context.ignore.ignored(".git")


def without_git(context: Context) -> str:
    """The hint for a reason that .git is in the build context."""
    return f"add `.git` to {context.ignore_name}"


def refuse_git_hooks(context: Context, manifest: Manifest, locks: list[str]) -> None:
    """Raises LeaveAlone where a package that the install installs writes to .git, and .git ships.

    Without a lock file, only the dependencies that the manifest names are known.
    """
    if not ships_git(context):
        return
    ranges = manifest.every_dependency()
    for name in hook_programs().git_hook_packages:
        majors = {first_number(ranges[name])} if name in ranges else set()
        majors |= {major for lock in locks for major, _ in versions_in_lock(context, lock, name)}
        if any(_writes(name, major) for major in majors):
            reason = f"{manifest.path}: the install of {name} writes to .git, which the build context ships"
            raise LeaveAlone("git-history", reason, without_git(context))


def _writes(name: str, major: int | None) -> bool:
    first = hook_programs().first_without_git_hook.get(name)
    return first is None or (major is not None and major < first)
