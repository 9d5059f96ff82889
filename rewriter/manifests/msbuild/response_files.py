"""Response files: switches that MSBuild adds to each of its commands.

Source: learn.microsoft.com/visualstudio/msbuild/msbuild-response-files (read on 2026-11-30): MSBuild.rsp beside the
project or solution, and the nearest Directory.Build.rsp in its folder or above.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import above
from dfix.rewriter.context.folder import Context
from dfix.rewriter.text.expression import expression

_HARMLESS = expression(
    r"(?:--?|/)(?:(?:m|maxcpucount|nr|nodereuse|v|verbosity|clp|consoleloggerparameters|tl|terminallogger|ds|"
    r"detailedsummary|low|lowpriority)(?::.*)?|nologo|noconlog)"
)
"""Switches that decide how much is printed and how many processes run."""


def response_files(context: Context, folder: str) -> Iterator[str]:
    """The response files for a project or solution in `folder`. Raises LeaveAlone for what may change a restore."""
    paths = [posixpath.join(folder, "MSBuild.rsp")]
    paths += [posixpath.join(one, "Directory.Build.rsp") for one in (folder, *above(folder))]
    for path in paths:
        if context.ships(path):
            text = context.read(path)
            for line in ["?"] if text is None else text.splitlines():
                _check(path, line)
            yield path


def _check(path: str, line: str) -> None:
    for switch in () if line.lstrip().startswith("#") else line.split():
        if _HARMLESS.fullmatch(switch.lower()) is None:
            raise LeaveAlone("setting", f"{path} has the switch {switch[:60]}, which may change what the restore reads")
