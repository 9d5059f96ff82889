"""The Dockerfile that an agent names, and its options: nothing outside of the server's root is read."""

from __future__ import annotations

import os

from dfix.rewriter.agents.tools import BadArgumentError
from dfix.rewriter.pipeline import run as pipeline
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.settings.baseline_file import baselined
from dfix.rewriter.settings.files import SettingsFinder, hint_for
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.text.discover import discover
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read
from dfix.rewriter.text.root import is_inside, leads_out, real, root_of
from dfix.rewriter.text.source import Source

_MOST_NAMED = 10


def located(path: str, root: str) -> str:
    """The absolute path of a file that an agent names. Raises BadArgumentError for one outside of the root."""
    found = os.path.abspath(os.path.join(root, path)) if "\0" not in path else ""
    if not found or not is_inside(found, root) or leads_out(found, (root,)):
        raise BadArgumentError(f"{path[:200]!r} is not a file below {root}, or is in its version control")
    if os.path.isdir(found):
        raise BadArgumentError(f"{path[:200]!r} is a folder. {_named(found, root)}")
    return found


def own_root(path: str, root: str) -> str:
    """The root of a file: that of its repository where that is inside of the server's, else the server's."""
    found = root_of(path, root)
    return found if is_inside(found, root) else root


def source(path: str, text: str | None, root: str) -> Source:
    """The file, or the text in its place. Raises BadArgumentError."""
    data = read(path, (root,)) if text is None else text.encode("utf-8", "surrogateescape")
    if isinstance(data, Problem):
        raise BadArgumentError(said(data))
    return Source.from_bytes(path, data)


def options(path: str, root: str, select: list[str] | None, *, unsafe: bool) -> Options:
    """The options of a file: its settings, overridden by what the agent asks for. Raises BadArgumentError."""
    own = own_root(path, root)
    known = pipeline.rule_names()
    for name in select or ():
        if name not in known:
            raise BadArgumentError(f"unknown rule `{name[:40]}`. {hint_for(name[:40], known)}")
    try:
        settings = SettingsFinder().nearest(path, own)
        settings.check_rules(known)
        found = baselined(settings.options(path), settings.baseline, path, own)
    except SettingsError as error:
        raise BadArgumentError(said(error.problem)) from None
    return found._replace(root=own, select=frozenset(select) if select else found.select, unsafe=unsafe or found.unsafe)


def said(problem: Problem) -> str:
    """A problem in one line."""
    place = f"{problem.path}:{problem.line}" if problem.line else problem.path
    return f"{place}: {problem.message}. {problem.hint}".rstrip(". ")


def _named(folder: str, root: str) -> str:
    names = []
    for found in discover((folder,), lambda path, root: False, git_ignores=False):
        if not isinstance(found, Problem) and is_inside(real(found.path), root):
            names.append(os.path.relpath(found.path, root))
        if len(names) > _MOST_NAMED:
            break
    if not names:
        return "There is no Dockerfile in it"
    more = ", and more" if len(names) > _MOST_NAMED else ""
    return f"Dockerfiles in it: {', '.join(names[:_MOST_NAMED])}{more}"
