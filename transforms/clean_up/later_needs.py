"""Who needs the caches of a RUN after it: later instructions of its stage, and of the stages that build on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.cache_folders import mounted, names_cache, relation, written
from dfix.rewriter.model.cache_use import Filling, Run, Runs, updates
from dfix.rewriter.model.commands import Located
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.clean_up.branches import Scope, scopes
from dfix.transforms.clean_up.unread_scripts import hidden_use, mentions, unread_script

if TYPE_CHECKING:
    from dfix.rewriter.model import Model, Stage, Step

_CONTEXT_HINT = "name the folder of the build context with --context, so that dfix can read the script"


class _Asked(NamedTuple):
    model: Model
    filling: Filling
    lists: bool
    runs: Runs


def unneeded_later(model: Model, step: Step, filling: Filling, runs: Runs, *, lists: bool) -> None:
    """Raise LeaveAlone for the first later instruction that needs what the clean-up takes away.

    With `lists`, that may also be an install without an update of its own.
    """
    asked = _Asked(model, filling, lists, runs)
    stages = _built_on(model, step.stage)
    for stage in stages:
        for other in stage.steps:
            if other.keyword == "RUN" and (stage is not step.stage or _runs_after(step, other)):
                _needs(asked, other)
    _copied(model, stages, filling)


def _built_on(model: Model, stage: Stage) -> list[Stage]:
    """The stage, and those that build FROM it, directly or not."""
    found = [stage]
    for other in model.stages:
        if other.parent is not None and any(other.parent is one for one in found):
            found.append(other)
    return found


def _runs_after(step: Step, other: Step) -> bool:
    """ONBUILD instructions run in another build, after every other instruction of the stage."""
    return other.index > step.index if step.onbuild == other.onbuild else other.onbuild


def _needs(asked: _Asked, step: Step) -> None:
    line = step.instruction.line
    manager, clean_up = asked.filling.manager, asked.filling.clean_up
    script = step.script
    if script.opaque:
        if asked.lists and mentions(manager, written(step)):
            raise LeaveAlone("needed-later", f"the RUN on line {line} uses {manager.name} too, and {script.opaque}")
        return
    run = asked.runs.of(step)
    own = {use.order: use.usage for use in run.uses if use.usage.manager is manager}
    network = step.instruction.flag("network")
    without_network = network is not None and network.value == "none"
    place = scopes(script)
    updated: list[Scope] = [()] if mounted(step, clean_up.empties) else []
    for index, command in enumerate(run.commands):
        one = own.get(index)
        shown = f"`{_shown(command)}` on line {line}"
        scope = place[id(command.command)]
        has_lists = any(scope[: len(known)] == known for known in updated)
        if one is None:
            unused_by(asked.filling, command, shown)
            if asked.lists and not has_lists:
                _out_of_sight(asked, step, command, shown)
            continue
        if one.has(clean_up.offline) or (without_network and one.verb == "install"):
            raise LeaveAlone("needed-later", f"{shown} installs from the cache")
        if clean_up.empty_fails and any(map(one.says, clean_up.done_by)):
            raise LeaveAlone("cleaned-later", f"{shown} empties the cache, and fails where there is none")
        if updates(one, clean_up):
            updated.append(scope)
        elif asked.lists and not has_lists and one.verb in ("install", "query") and not one.has(clean_up.uncached):
            reason = f"{shown} uses the lists of packages that this RUN fetches"
            raise LeaveAlone("needed-later", reason, "install all in one RUN, or update in each")


def unused_behind(filling: Filling, run: Run) -> None:
    """Raise LeaveAlone for a command of the same RUN that names the cache folder, which would not be there."""
    own = {use.order for use in filling.uses}
    for index, command in enumerate(run.commands):
        if index > filling.fills[0].order and index not in own:
            unused_by(filling, command, f"`{_shown(command)}` in the same RUN")


def unused_by(filling: Filling, command: Located, shown: str) -> None:
    """Raise LeaveAlone for a command that names the cache folder, other than to remove it by force or to make it."""
    words = command.words
    if not words:
        return
    program = program_name(words[0])
    if program in ("echo", "printf", "mkdir", "export", "install"):
        return
    if program == "rm" and any(w.text[:1] == "-" and ("f" in w.text or w.text == "--force") for w in words):
        return
    for word in words[1:]:
        for cache in filling.clean_up.empties:
            if _depends(word.literal_or_text, cache, names_cache(word, (cache,))):
                raise LeaveAlone("needed-later", f"{shown} names {word.text}")


def _depends(path: str, cache: str, found: str) -> bool:
    """Whether a path may be absent without the cache: the folder itself, what is in it, `~/.cache` above it."""
    return found == "within" or (found == "above" and cache[0] == "~" and "/.cache" in path)


def _out_of_sight(asked: _Asked, step: Step, command: Located, shown: str) -> None:
    manager = asked.filling.manager
    if hidden_use(command, manager):
        raise LeaveAlone("needed-later", f"{shown} may run {manager.name} without an update of its own")
    words = command.words
    if words and program_name(words[0]) in asked.filling.clean_up.needed_by:
        raise LeaveAlone("needed-later", f"{shown} may install packages from the lists that this RUN fetches")
    script = unread_script(command, step, manager, asked.model)
    if script:
        hint = _CONTEXT_HINT if asked.model.context is None else ""
        raise LeaveAlone(
            "unread-script", f"line {step.instruction.line} runs {script}, which may install packages", hint
        )


def _copied(model: Model, stages: list[Stage], filling: Filling) -> None:
    """Raise LeaveAlone for a COPY, ADD or mount that takes the cache folder out of one of the stages."""
    names = {name for stage in stages for name in (str(stage.index), stage.name) if name is not None}
    for stage in model.stages:
        for step in stage.steps:
            for path in _taken_from(step, names):
                if any(_depends(path, cache, relation(path, cache)) for cache in filling.clean_up.empties):
                    raise LeaveAlone("needed-later", f"line {step.instruction.line} copies {path} from this stage")


def _taken_from(step: Step, names: set[str]) -> list[str]:
    if step.keyword in ("COPY", "ADD"):
        flag = step.instruction.flag("from")
        if flag is None or flag.value is None or flag.value.lower() not in names:
            return []
        return ["/" + word.text.lstrip("/") for word in step.instruction.words[:-1]]
    if step.keyword != "RUN":
        return []
    return ["/" + (m.source or "").lstrip("/") for m in step.mounts if m.from_ is not None and m.from_.lower() in names]


def _shown(command: Located) -> str:
    shown = " ".join(word.text for word in command.command.words)
    return shown if len(shown) <= 50 else shown[:49] + "…"
