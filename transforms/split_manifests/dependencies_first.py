"""Installs that also install the project: first its dependencies, then the author's own command again.

`poetry install` builds the project in place and needs the sources for that, but it spends most of its time on
dependencies. With `--no-root` it installs just those (python-poetry.org/docs, "install"). uv's own guide for Docker
does the same with `--no-install-project`; before 0.13, uv then writes `python3` instead of `python`, a link to the same
interpreter in the same folder, into the first line of the project's scripts (0.4 to 0.9, and 0.13.9, compared on
2026-11-29).
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


def dependencies_first(model: Model, run: InstallRun) -> list[tuple[InstallRun, str]]:
    """The run as if its only install were that of the dependencies, and the command that installs just those.

    One for each option that the manager has for it: the first counts that leaves out all that the sources make.
    """
    install = run.installs[0]
    options = [
        option for p in load(install.manager).projects if p.reader == install.reader for option in p.dependencies_only
    ]
    if not options or len(run.installs) > 1:
        return []
    if not run.chained or install.located.depth:
        raise LeaveAlone("not-a-chain", f"`{install.shown}` is part of a longer command", "give it a RUN of its own")
    span = install.located.command.span
    command = _LINE_BREAK.sub(" ", model.source.text[span.start : span.end])
    if "\n" in command:
        raise LeaveAlone("comment", f"`{install.shown}` has a comment between its lines", "move it above the RUN")
    return [(run._replace(installs=(install._replace(added=(option,)),)), f"{command} {option}") for option in options]
