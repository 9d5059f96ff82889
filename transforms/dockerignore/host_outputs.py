"""Folders that builds create on the user's machine, and that a COPY would bring into the image."""

from __future__ import annotations

import posixpath
from collections.abc import Collection
from fnmatch import fnmatch

from dfix.rewriter.context.context_path import normal
from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge import Manager, usage
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.text.named_tuple import NamedTuple

_MOST_LEVELS = 4
"""How many folders deep outputs are looked for."""
_MOST_FOLDERS = 2_000
"""In how many folders others of the same names are looked for."""
GIT = ".git"


class HostOutputs(NamedTuple):
    """Such folders of a context: those that no COPY names, and the names of folders that are none."""

    paths: tuple[str, ...]
    others: frozenset[str]

    def lines(self, copy: Copied) -> tuple[str, ...]:
        """The ignore-file lines for those that `copy` brings."""
        brought = [path for path in self.paths if path.count("/") <= _MOST_LEVELS and copy.brought.may_bring(path)]
        others = self.others.union(posixpath.basename(path) for path in self.paths if path not in brought)
        return tuple(dict.fromkeys(_line(path, others) for path in brought))


def host_outputs(model: Model, context: Context) -> HostOutputs:
    """Such folders in the context, except those that the Dockerfile names itself."""
    managers = _managers(model)
    makers = {folder: manager for manager in managers.values() for folder in manager.outputs}
    outputs: list[str] = []
    others: set[str] = set()
    pending = [""]
    looked_into = 0
    while pending:
        folder = pending.pop(0)
        looked_into += 1
        names = context.names_in(folder)
        others.update(name for name in names if name in makers and context.ships(posixpath.join(folder, name)))
        for name in context.folders_in(folder):
            path = posixpath.join(folder, name)
            if path == GIT or (name in makers and _is_output(context, path, names, makers[name])):
                if not context.ships_any(path):
                    continue
                if _is_named(model, path):
                    others.add(name)
                else:
                    outputs.append(path)
            elif name != GIT:
                others.update({name} & makers.keys())
                pending.append(path)
        if looked_into > _MOST_FOLDERS:
            others.update(makers)
            break
    return HostOutputs(tuple(outputs), frozenset(others))


def _is_output(context: Context, path: str, names_beside: Collection[str], maker: Manager) -> bool:
    """Whether a folder was made by a manager: by what is next to it and, where that is not enough, by what is in it."""
    if not any(fnmatch(name, pattern) for name in names_beside for pattern in maker.outputs_beside):
        return False
    inside = {*context.names_in(path), *context.folders_in(path)}
    return not maker.outputs_hold or not inside.isdisjoint(maker.outputs_hold)


def _line(path: str, others: Collection[str]) -> str:
    """The line for an output; those below the top are ignored at any depth, unless that hides something else."""
    name = posixpath.basename(path)
    return path if "/" not in path or name in others else f"**/{name}"


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
