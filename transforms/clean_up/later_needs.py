"""Whether something needs the caches of a RUN later: instructions of its stage, or of stages that build on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.cache_folders import mounted, names_cache, relation
from dfix.rewriter.model.cache_use import CacheUse, RunCommands, RunIndex, updates
from dfix.rewriter.model.commands import Located
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.clean_up.branches import Scope, scopes
from dfix.transforms.clean_up.unread_scripts import hidden_use, mentions, unread_script

if TYPE_CHECKING:
    from dfix.rewriter.model import Model, Stage, Step

_CONTEXT_HINT = "name the build context with --context, so that dfix can read the script"


class _Removal(NamedTuple):
    """What a clean-up would remove."""

    model: Model
    cache_use: CacheUse
    lists: bool
    """Whether it removes package lists, without which an install fails that has no update of its own."""
    runs: RunIndex


def unneeded_later(model: Model, step: Step, cache_use: CacheUse, runs: RunIndex, *, lists: bool) -> None:
    """Raise LeaveAlone for the first later instruction that needs what the clean-up removes.

    With `lists`, an install without an update of its own needs it too.
    """
    removal = _Removal(model, cache_use, lists, runs)
    stages = _built_on(model, step.stage)
    for stage in stages:
        for later in stage.steps:
            if later.keyword == "RUN" and (stage is not step.stage or _runs_after(step, later)):
                _unneeded_by(removal, later)
    _not_copied(model, stages, cache_use)


def _built_on(model: Model, stage: Stage) -> list[Stage]:
    """The stage, and those that build FROM it, directly or indirectly."""
    family = [stage]
    for candidate in model.stages:
        if candidate.parent is not None and any(candidate.parent is member for member in family):
            family.append(candidate)
    return family


def _runs_after(step: Step, candidate: Step) -> bool:
    """Whether a step of the same stage runs after `step`; ONBUILD runs in another build, after all the others."""
    return candidate.index > step.index if step.onbuild == candidate.onbuild else candidate.onbuild


def _unneeded_by(removal: _Removal, step: Step) -> None:
    """Raise LeaveAlone where a later RUN needs what the clean-up removes."""
    line = step.instruction.line
    manager, clean_up = removal.cache_use.manager, removal.cache_use.clean_up
    script = step.script
    if script.opaque:
        if removal.lists and mentions(manager, step.source_text):
            raise LeaveAlone("needed-later", f"the RUN on line {line} also uses {manager.name}, and {script.opaque}")
        return
    run = removal.runs.of(step)
    usages = {use.order: use.usage for use in run.uses if use.usage.manager is manager}
    network = step.instruction.flag("network")
    without_network = network is not None and network.value == "none"
    scope_of = scopes(script)
    updated: list[Scope] = [()] if mounted(step, clean_up.empties) else []
    for index, command in enumerate(run.commands):
        usage = usages.get(index)
        shown = f"`{_shown(command)}` on line {line}"
        scope = scope_of[id(command.command)]
        # an `apt-get update` in an `if` is certain to have run only for later commands of the same branch
        has_lists = any(scope[: len(branch)] == branch for branch in updated)
        if usage is None:
            unused_by(removal.cache_use, command, shown)
            if removal.lists and not has_lists:
                _no_hidden_use(removal, step, command, shown)
            continue
        if usage.has(clean_up.offline) or (without_network and usage.verb == "install"):
            raise LeaveAlone("needed-later", f"{shown} installs from the cache")
        if clean_up.empty_fails and any(map(usage.says, clean_up.done_by)):
            raise LeaveAlone("cleaned-later", f"{shown} empties the cache, and fails if it is already empty")
        if updates(usage, clean_up):
            updated.append(scope)
        elif (
            removal.lists and not has_lists and usage.verb in ("install", "query") and not usage.has(clean_up.uncached)
        ):
            reason = f"{shown} uses the package lists that this RUN fetches"
            raise LeaveAlone("needed-later", reason, "install everything in one RUN, or update the lists in each RUN")


def unused_afterwards(cache_use: CacheUse, run: RunCommands) -> None:
    """Raise LeaveAlone for a later command of the same RUN that names the cache folder, which would be missing."""
    orders = {use.order for use in cache_use.uses}
    for index, command in enumerate(run.commands):
        if index > cache_use.filled_by[0].order and index not in orders:
            unused_by(cache_use, command, f"`{_shown(command)}` in the same RUN")


def unused_by(cache_use: CacheUse, command: Located, shown: str) -> None:
    """Raise LeaveAlone for a command that names the cache folder, unless it creates it or removes it with `rm -f`."""
    words = command.words
    if not words:
        return
    program = program_name(words[0])
    if program in ("echo", "printf", "mkdir", "export", "install"):
        return
    if program == "rm" and any(w.text[:1] == "-" and ("f" in w.text or w.text == "--force") for w in words):
        return
    for word in words[1:]:
        for cache in cache_use.clean_up.empties:
            if _depends(word.literal_or_text, cache, names_cache(word, (cache,))):
                raise LeaveAlone("needed-later", f"{shown} uses {word.text}")


def _depends(path: str, cache: str, relation_to_cache: str) -> bool:
    """Whether a path may be missing without the cache: the folder itself, what is in it, or `~/.cache` above it.

    `~/.cache` may exist only because pip created it; `/var/lib` exists without `/var/lib/apt/lists`.
    """
    return relation_to_cache == "within" or (relation_to_cache == "above" and cache[0] == "~" and "/.cache" in path)


def _no_hidden_use(removal: _Removal, step: Step, command: Located, shown: str) -> None:
    """Raise LeaveAlone for a command that may install packages although it does not look like it."""
    manager = removal.cache_use.manager
    if hidden_use(command, manager):
        raise LeaveAlone("needed-later", f"{shown} may run {manager.name} without updating the package lists")
    words = command.words
    if words and program_name(words[0]) in removal.cache_use.clean_up.needed_by:
        raise LeaveAlone("needed-later", f"{shown} may install packages from the lists that this RUN fetches")
    script = unread_script(command, step, manager, removal.model)
    if script:
        hint = _CONTEXT_HINT if removal.model.context is None else ""
        raise LeaveAlone(
            "unread-script", f"line {step.instruction.line} runs {script}, which may install packages", hint
        )


def _not_copied(model: Model, stages: list[Stage], cache_use: CacheUse) -> None:
    """Raise LeaveAlone for a COPY, ADD or mount that takes the cache folder from one of the stages."""
    names = {name for stage in stages for name in (str(stage.index), stage.name) if name is not None}
    for stage in model.stages:
        for step in stage.steps:
            for path in _taken_from(step, names):
                if any(_depends(path, cache, relation(path, cache)) for cache in cache_use.clean_up.empties):
                    raise LeaveAlone("needed-later", f"line {step.instruction.line} copies {path} from this stage")


def _taken_from(step: Step, names: set[str]) -> list[str]:
    """The paths that a step copies or mounts from the stages with these names."""
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
