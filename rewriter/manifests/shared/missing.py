"""Refusals about what the build context ships: too little (a manifest is missing) or too much (output of the host)."""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context


class MissingFile(LeaveAlone):
    """A file or folder that an install needs is not there. `path` is a context path, or an image path."""

    def __init__(self, code: str, text: str, hint: str, path: str) -> None:
        super().__init__(code, text, hint)
        self.path = path


def missing(context: Context, path: str) -> MissingFile:
    """The refusal for a file or folder that an install needs and that is absent, ignored or unreadable."""
    if context.exists(path):
        line = context.left_out_by(path)
        if line:
            return MissingFile("missing-file", f"{path} is left out by line {line} of {context.ignore_name}", "", path)
        if context.is_folder(path):
            return MissingFile("missing-file", f"the build context ships no file in {path}", "", path)
        return MissingFile(
            "missing-file", f"dfix can't read {path}: it is too large, or a link out of the build context", "", path
        )
    text, hint = context.absence(path)
    return MissingFile("missing-file", text, hint, path)


def refuse_host_output(
    context: Context, folder: str, *names: str, why: str = "which would overwrite what the install writes"
) -> None:
    """Raises LeaveAlone when the context ships one of `names` in `folder`: files or folders that the install writes.

    After a split, the COPY of the sources would put the host's version over the one that was installed.
    """
    for path in (posixpath.join(folder, name) for name in names):
        if context.ships(path) or context.ships_any(path):
            hint = f"add `{path}` to {context.ignore_name}"
            raise LeaveAlone("host-output", f"the build context ships {path}, {why}", hint)
