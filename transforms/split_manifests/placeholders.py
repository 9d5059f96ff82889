"""Empty files for a fetch that needs its project's sources to be there, but reads none of them.

Cargo refuses every command for a package of which it finds no target. An empty src/main.rs satisfies `cargo fetch`,
which compiles nothing. It is removed in the same RUN, so that the RUN leaves nothing but what it fetched: a source that
is edited, added or removed later is never mixed up with it.
"""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.file_map.file_map import ImageFile
from dfix.rewriter.model.file_map.install_reads import Needed
from dfix.rewriter.text.expression import expression
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.move import Move

_PLAIN = expression(r"[\w@][\w.@+/-]*")
"""Paths that no shell reads otherwise than literally."""
_LONGEST = 100
"""A command with more characters gets a line for each of its parts."""
_MOST = 20
"""More empty files than this are not readable; the number is a choice."""


def check_needs_none(move: Move, read: Needed, shown: str) -> None:
    """Raises LeaveAlone where the author's own command, run before the copy, would lack a source that it looks for."""
    if _missing(move, read, shown):
        reason = f"`{shown}` looks for the sources of the project's targets, though it reads none of them"
        raise LeaveAlone("reads-sources", reason, "remove it: dfix then adds a step that fetches for the build")


def with_placeholders(command: str, move: Move, read: Needed, run: InstallRun) -> str:
    """The command, with the empty files that it needs made before it and removed after it.

    Raises LeaveAlone where a file is not in the build context either, or the user may not be able to make it.
    """
    install = run.installs[0]
    folder = install.located.folder
    files = _missing(move, read, install.shown)
    if not files:
        return command
    if folder is None or run.step.user not in (None, "root", "0"):
        reason = f"`{install.shown}` looks for sources, and {run.step.user} may not be able to make empty ones"
        raise LeaveAlone("reads-sources", reason)
    paths = [posixpath.relpath(file.path, folder) for file in files]
    odd = next((path for path in paths if not _PLAIN.fullmatch(path)), None)
    if odd is not None:
        raise LeaveAlone("odd-name", f"`{install.shown}` looks for {odd}, a name that a shell may not take literally")
    if len(paths) > _MOST:
        raise LeaveAlone("too-many-files", f"a separate download would need {len(paths)} empty sources")
    there = {posixpath.dirname(file.path) for file in read.files} | {folder}
    missing = {path: None for path, file in zip(paths, files, strict=True) if posixpath.dirname(file.path) not in there}
    folders = " ".join(dict.fromkeys(map(posixpath.dirname, missing)))
    named = " ".join(paths)
    parts = [*([f"mkdir -p {folders}"] if folders else []), f"touch {named}", command, f"rm {named}"]
    line = " && ".join(parts)
    return line if len(line) <= _LONGEST else " \\\n    && ".join(parts)


def _missing(move: Move, read: Needed, shown: str) -> list[ImageFile]:
    """A file of each group of which none is there before the copies that move."""
    first = move.copied_first()
    found: list[ImageFile] = []
    for group in read.any_of:
        if not group:
            reason = f"`{shown}` needs the sources of a target that no COPY brings"
            raise LeaveAlone("missing-file", reason, "check the targets in Cargo.toml")
        if not any(file.copy not in move.copies or file.source in first or file in found for file in group):
            found.append(group[0])
    return found
