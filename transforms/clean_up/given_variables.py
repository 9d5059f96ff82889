"""Variables that only an install is given (`NPM_TOKEN=x yarn install`) and that the manager's clean-up needs as well.

npm before 7 and Yarn 1 fail on a `${NAME}` of their settings files that is not set, whatever the command
(https://docs.npmjs.com/cli/v6/configuring-npm/npmrc; seen in builds on 2026-11-29).
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.values_in_force import values_in_force
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.clean_up.cache_settings import settings_files

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.cache_use import CacheUse, ManagerUse
    from dfix.rewriter.shell.nodes import Word
    from dfix.transforms.clean_up.removed_files import Search

_ASSIGNMENT = expression(r"[\"']?([A-Za-z_]\w*)=")
_READS = r"\s*(?:(?:cat|printenv|echo|printf|head|tail|base64|tr|cut|jq|grep)\b|<)[^()`;&|]*"
_READING = expression(rf"\$\({_READS}(?:\|{_READS})*\)|`{_READS}`")
"""What gives the same text the second time."""
_SUBSTITUTION = expression(r"\$\((?!\()|`")
_CREDENTIAL = expression(r"TOKEN|AUTH|SECRET|PASS|KEY|USER|CRED|REGISTRY|(?:^|_)PAT(?:_|$)", re.IGNORECASE)
"""Names of variables that a settings file uses which dfix cannot read: those of accounts and registries."""

_ON_NODE = frozenset(("npm", "yarn"))
"""Managers that Node.js runs, and that have a clean-up of their own."""
_PRELOADS = expression(r"(?:^|\s)(?:-r|--require|--import|--(?:experimental-)?loader)(?![\w-])")
"""Options of Node.js that run a file before any program (https://nodejs.org/api/cli.html, 2026-11-29)."""
_HINT = "set the variable for the whole RUN (`export NAME=… && …`)"


class Given(NamedTuple):
    """Assignments that the clean-up command repeats, as the author wrote them."""

    before: tuple[str, ...] = ()
    """Those before the whole command."""
    through_wrapper: tuple[str, ...] = ()
    """Those that `sudo` or `env` sets, with `env` itself unless it comes after `sudo`."""


def given_variables(search: Search, step: Step, cache_use: CacheUse) -> Given:
    """What the clean-up command has to be given. Raises LeaveAlone where a value cannot be had twice."""
    asking = [use for use in cache_use.uses if not use.usage.asks]
    use = asking[-1] if asking else cache_use.uses[-1]
    command = use.located.command
    wrapper = command.words[: len(command.words) - len(use.located.words)]
    _runs_nothing_more(step, cache_use, use)
    before = _needed(search, step, cache_use, use, command.assigns)
    through = _needed(search, step, cache_use, use, wrapper)
    for word in (*before, *through):
        name, _, value = word.text.partition("=")
        fixed = word.value is not None or "$" not in value
        if (use.located.depth and not fixed) or _SUBSTITUTION.search(_READING.sub("", value)):
            told = f"`{cache_use.clean_up.append}` needs {name} too, which is set only for `{use.shown}`"
            raise LeaveAlone("given-variable", told, _HINT)
    wrappers = {program_name(word) for word in wrapper}
    # what comes after `sudo` is repeated with it
    by_env = through and "env" in wrappers and "sudo" not in wrappers
    texts = tuple(word.text for word in through)
    return Given(tuple(word.text for word in before), ("env", *texts) if by_env else texts)


def _runs_nothing_more(step: Step, cache_use: CacheUse, use: ManagerUse) -> None:
    """Raise LeaveAlone where each command of the manager first runs a file that NODE_OPTIONS names."""
    options = values_in_force(step, use.located).get("NODE_OPTIONS", "")
    if cache_use.manager.name in _ON_NODE and (_PRELOADS.search(options) or options == "$"):
        told = (
            f"NODE_OPTIONS may run code in each command of {cache_use.manager.name}, and so once more in the clean-up"
        )
        raise LeaveAlone("given-variable", told, "set NODE_OPTIONS where the application starts")


def _needed(
    search: Search, step: Step, cache_use: CacheUse, use: ManagerUse, words: tuple[Word, ...]
) -> tuple[Word, ...]:
    named = [(found[1], word) for word in words if (found := _ASSIGNMENT.match(word.text)) is not None]
    own = cache_use.clean_up.needs_variables
    return tuple(
        word for name, word in named if name.startswith(own) or _in_settings(search, step, cache_use, use, name)
    )


def _in_settings(search: Search, step: Step, cache_use: CacheUse, use: ManagerUse, name: str) -> bool:
    """Whether a settings file of the manager uses a variable, or may use it where dfix cannot read the file."""
    names = cache_use.clean_up.settings_files
    if not names:
        return False
    used = re.compile(rf"\$\{{?{name}\b")
    texts = [search.scripts.whole_text(path) for path in settings_files(search, step, use.located.folder, names)]
    if any(text is not None and used.search(text) for text in texts) or _written(step, names, cache_use, used):
        return True
    unread = None in texts or (not texts and _may_be_there(search, step, names))
    return unread and _CREDENTIAL.search(name) is not None


def _written(step: Step, names: tuple[str, ...], cache_use: CacheUse, used: re.Pattern[str]) -> bool:
    """Whether a RUN up to a step writes the variable's name into the manager's settings."""
    texts = (s.source_text for stage in step.stage.ancestry() for s in stage.steps if s.keyword == "RUN")
    sets = f"{cache_use.manager.name} config"
    return any(used.search(text) and (sets in text or any(name in text for name in names)) for text in texts)


def _may_be_there(search: Search, step: Step, names: tuple[str, ...]) -> bool:
    """Whether a COPY, ADD or mount may bring a settings file whose text dfix does not have."""
    for stage in step.stage.ancestry():
        for other in stage.steps:
            if other.keyword in ("COPY", "ADD"):
                if search.model.context is None and other.instruction.flag("from") is None:
                    return True
                if any(posixpath.basename(word.text) in names for word in other.instruction.words):
                    return True
    return any(mount.kind != "cache" and posixpath.basename(mount.target or "") in names for mount in step.mounts)
