"""Installs that another program runs, or that are for a part of a workspace: dfix does not follow them."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.effects.of_command import effects
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.split_manifests.fetching_commands import install_in_text

_OF_WORKSPACES = frozenset(("workspace", "workspaces", "recursive", "multi", "m"))
"""Sub-commands that run the rest of their words in some packages of a workspace.

Sources: https://classic.yarnpkg.com/en/docs/cli/workspace https://yarnpkg.com/cli/workspaces/foreach
https://pnpm.io/cli/recursive
"""


def check_indirect(step: Step) -> None:
    """Raises LeaveAlone for an install within the words of a command: `xargs npm ci`, `yarn workspace a install`."""
    for command in located(step):
        if not command.words:
            continue
        if _is_of_workspace(command):
            reason = (
                f"`{shown(command)}` installs for a part of the workspace, and dfix does not follow for which files"
            )
            raise LeaveAlone("nothing-gained", reason, "install for the whole workspace, in a RUN of its own")
        install = _inner(command)
        if install:
            reason = f"dfix does not follow `{shown(command)}`, which runs `{install}`"
            raise LeaveAlone("nothing-gained", reason, f"write `{install}` itself, in a RUN of its own")


def _is_of_workspace(command: Located) -> bool:
    used = usage(command.words)
    if used is None or not used.arguments or used.arguments[0].literal_or_text not in _OF_WORKSPACES:
        return False
    return any(used.manager.verbs.get(word.literal_or_text) == "install" for word in used.arguments[1:])


def _inner(command: Located) -> str:
    """The install that the words of an unknown command contain; "" for none."""
    install = _install_within(command)
    if not install or program_name(command.words[0]) in of_kind("prints") | of_kind("asks"):
        return ""
    return install if effects(command).anything else ""


def _install_within(command: Located) -> str:
    is_runner = usage(command.words) is None
    for at in range(1, len(command.words) if is_runner else 0):
        used = usage(command.words[at:])
        if used is not None and used.verb == "install" and used.subcommand is not None and not used.manager.system:
            return f"{program_name(command.words[at])} {used.subcommand.text}"
    found = install_in_text(" ".join(word.literal_or_text for word in command.words[1:]))
    return found if " " in found else ""
