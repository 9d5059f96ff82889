"""Installs that also install the project: first its dependencies, then the author's own command again.

`poetry install` builds the project in place and needs the sources for that, but it spends most of its time on
dependencies. With `--no-root` it installs just those (python-poetry.org/docs, "install"). uv has such an option too,
but in real builds the scripts of a project came out differently in two steps (uv 0.4).
"""

from __future__ import annotations

import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.load import load
from dfix.rewriter.model import Model
from dfix.transforms.split_manifests.installs import InstallRun

INSTALLS_PROJECT = "installs-project"
"""The code of the reason that an install also installs the project."""
_LINE_BREAK = re.compile(r"(?<![ \t])[ \t]*\\[ \t]*\r?\n[ \t]*")


def dependencies_first(model: Model, run: InstallRun) -> tuple[InstallRun, str] | None:
    """The run as if its only install were that of the dependencies, and the command that installs just those.

    None where the manager has no option for it.
    """
    install = run.installs[0]
    options = [p.dependencies_only for p in load(install.manager).projects if p.reader == install.reader]
    if not any(options) or len(run.installs) > 1:
        return None
    if not run.chained or install.located.depth:
        raise LeaveAlone("not-a-chain", f"`{install.shown}` is part of a longer command", "give it a RUN of its own")
    span = install.located.command.span
    command = _LINE_BREAK.sub(" ", model.source.text[span.start : span.end])
    if "\n" in command:
        raise LeaveAlone("comment", f"`{install.shown}` has a comment between its lines", "move it above the RUN")
    option = options[0]
    return run._replace(installs=(install._replace(added=(option,)),)), f"{command} {option}"
