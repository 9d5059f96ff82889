"""An install that installs the project itself too: its dependencies first, then the author's own command again.

`poetry install` builds the project in place and so needs the sources, but most of its time goes into dependencies. The
same command with `--no-root` installs those alone (python-poetry.org/docs, "install"). uv has such an option too, but
real builds showed that the scripts of a project come out otherwise in two steps (uv 0.4).
"""

from __future__ import annotations

import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.load import load
from dfix.rewriter.model.build import Model
from dfix.transforms.split_manifests.installs import InstallRun

INSTALLS_PROJECT = "installs-project"
_CONTINUED = re.compile(r"[ \t]*\\[ \t]*\r?\n[ \t]*")


def dependencies_first(model: Model, run: InstallRun) -> tuple[InstallRun, str] | None:
    """The run with the install of dependencies in the place of its only install, and that command as text.

    None where the manager has no such option.
    """
    install = run.installs[0]
    options = [p.dependencies_only for p in load(install.manager).projects if p.reader == install.reader]
    if not any(options) or len(run.installs) > 1:
        return None
    if not run.chained or install.located.depth:
        raise LeaveAlone("not-a-chain", f"`{install.shown}` is part of a longer command")
    span = install.located.command.span
    written = _CONTINUED.sub(" ", model.source.text[span.start : span.end])
    if "\n" in written:
        raise LeaveAlone("comment", f"`{install.shown}` has a comment between its lines")
    only = options[0]
    alone = install._replace(added=(only,))
    return run._replace(installs=(alone,)), f"{written} {only}"
