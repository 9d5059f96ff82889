"""Whether the commands of a RUN may read a variable that ENV or ARG sets."""

from __future__ import annotations

from dfix.rewriter.knowledge import usage
from dfix.rewriter.model import Step
from dfix.rewriter.neighbours.early_run import EarlyRun
from dfix.rewriter.text.expression import expression

_WORD = expression(r"\w+")
_SHOW_ALL = frozenset(("env", "printenv", "set", "export", "declare", "envsubst", "compgen", "environ", "proc"))
"""Words of commands that read every variable, or hand all of them on; /proc/self has all of a process."""
_INDIRECT = "${!"
"""Bash reads the variable whose name another one has, or lists names by their beginning: `${!BUILD*}`."""


def words_of(step: Step) -> frozenset[str]:
    """What may be the name of a variable in the text of a step."""
    return frozenset(_WORD.findall(step.source_text))


def may_read_any(step: Step) -> bool:
    """Whether the text of a RUN may read variables that it does not name."""
    return not _SHOW_ALL.isdisjoint(words_of(step)) or _INDIRECT in step.source_text


def language_install(run: EarlyRun) -> str:
    """The command that installs packages of a language, whose scripts may read any variable, for messages; or ""."""
    for command in run.commands:
        used = usage(command.located.words)
        if used is not None and not used.manager.system and command.effects.cost == "slow":
            return command.effects.shown
    return ""
