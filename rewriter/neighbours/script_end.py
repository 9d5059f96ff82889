"""Whether a command that empties caches can come after a whole script, in the same shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.neighbours.run_summary import shown
from dfix.rewriter.shell.errexit import needs_errexit, turns_on_errexit
from dfix.rewriter.shell.state import Leak, leaks
from dfix.rewriter.shell.walk import commands
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located

_ENDS = frozenset(("exit", "exec"))
_SETS = frozenset(("set", "shopt"))
_SETTING = expression(r"set(?: [-+](?:[euxv]+|[euxv]*o (?:errexit|nounset|pipefail|xtrace)))+")
"""Options of the shell with which `rm -rf x/*` is the same; not `set -f`."""
_OTHER_PROGRAM = expression(r"\b(?:PATH|GLOBIGNORE)\b|\brm\b")
_EXPANDS = expression(r"[$`~]")


def holds_the_end(step: Step) -> bool:
    """Whether a command cannot come after a script: it may not run, do something else, or change the script itself."""
    return hides(step) or ends_shell(step) != "" or stops_on_error(step) != ""


def ends_shell(step: Step) -> str:
    """The first command of a script that may end its shell, as `exit 0` does; "" if there is none."""
    return next((leak.what for leak in leaks(step.script) if leak.kind in _ENDS), "")


def stops_on_error(step: Step) -> str:
    """What makes a failure end a script, if it would not do so once `&&` followed (`set -e; a; b`); "" if nothing."""
    statements = step.script.statements
    if len(statements) == 1 and not needs_errexit(statements[0].node, step.script):
        return ""
    if step.stops_on_error:
        return " ".join(step.shell)
    if not turns_on_errexit(step.script):
        return ""
    return next(shown(c) for c in commands(step.script) if c.words and c.words[0].value in _SETS)


def hides(step: Step) -> bool:
    """Whether a script may make another command of an `rm` with an absolute path."""
    return any(map(_hides, leaks(step.script)))


def _hides(leak: Leak) -> bool:
    if leak.kind == "set":
        return _SETTING.fullmatch(leak.what) is None
    return leak.kind == "unknown" or _OTHER_PROGRAM.search(leak.what) is not None


def names_the_same(command: Located) -> bool:
    """Whether the operands of `rm` are the same paths in every folder and with every variable."""
    operands = (word for word in command.words[1:] if not word.text.startswith("-"))
    return all(word.literal_or_text.startswith("/") and not _EXPANDS.search(word.text) for word in operands)
