"""Folders that builds create on the user's machine, and that a COPY would bring into the image."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatch

from dfix.rewriter.context.context_path import normal
from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge import Manager, usage
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.copied import Copied

_MOST_LEVELS = 4
"""How many folders deep outputs are looked for."""
GIT = ".git"


def host_outputs(model: Model, context: Context, copy: Copied) -> tuple[str, ...]:
    """Ignore-file lines for such folders that `copy` brings, except those that the Dockerfile names itself."""
    managers = _managers(model)
    beside = {folder: manager.outputs_beside for manager in managers.values() for folder in manager.outputs}
    outputs: list[str] = []
    pending = [""]
    while pending:
        folder = pending.pop(0)
        names = context.names_in(folder)
        below = context.folders_in(folder)
        for name in below:
            path = posixpath.join(folder, name)
            patterns = beside.get(name, ())
            is_output = any(fnmatch(other, pattern) for other in names for pattern in patterns)
            if is_output or path == GIT:
                if context.ships_any(path) and copy.brought.may_bring(path) and not _is_named(model, path):
                    outputs.append(path)
            elif path.count("/") < _MOST_LEVELS and name != GIT:
                pending.append(path)
    return tuple(dict.fromkeys(p if "/" not in p else f"**/{posixpath.basename(p)}" for p in outputs))


def _managers(model: Model) -> dict[str, Manager]:
    """The package managers that the Dockerfile runs, by name."""
    managers: dict[str, Manager] = {}
    for step in (step for stage in model.stages for step in stage.steps if step.keyword == "RUN"):
        for command in located(step):
            manager_usage = usage(command.words)
            if manager_usage is not None:
                managers[manager_usage.manager.name] = manager_usage.manager
    return managers


def _is_named(model: Model, path: str) -> bool:
    """Whether a COPY, ADD or mount of the Dockerfile names the folder, or something in it."""
    for step in (step for stage in model.stages for step in stage.steps):
        words = [word.text for word in step.instruction.words[:-1]] if step.keyword in ("COPY", "ADD") else []
        words += [mount.source or "" for mount in step.mounts] if step.keyword == "RUN" else []
        for word in words:
            source = normal(word)
            if source == path or source.startswith(f"{path}/"):
                return True
    return False
