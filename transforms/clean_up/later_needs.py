"""Whether something needs the caches of a RUN later: instructions of its stage, or of stages that build on it."""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.start_folders import start_folders
from dfix.rewriter.model.cache_folders import mounted
from dfix.rewriter.model.cache_use import CacheUse, ManagerUse, RunCommands, run_commands, updates
from dfix.rewriter.model.commands import chain, located
from dfix.rewriter.shell.nodes import Command
from dfix.transforms.clean_up.branches import Scope, scopes
from dfix.transforms.clean_up.cache_settings import offline_setting
from dfix.transforms.clean_up.context_scripts import MOST_SCRIPTS, TooManyScriptsError
from dfix.transforms.clean_up.hidden_needs import hint_for, no_hidden_need
from dfix.transforms.clean_up.image_family import Family, family_of
from dfix.transforms.clean_up.mentions import mentions, need, without_comments
from dfix.transforms.clean_up.named_paths import depends
from dfix.transforms.clean_up.removed_files import Removal, Search
from dfix.transforms.clean_up.started import Started, at_run_time, started_in_exec_form
from dfix.transforms.clean_up.told_folders import asked_for
from dfix.transforms.clean_up.within_words import shown_command, unneeded_by_conditions, unneeded_within, unused_by

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator

    from dfix.rewriter.knowledge import Usage
    from dfix.rewriter.model import Model, Stage, Step

_IN_ONE_RUN = "install everything in one RUN, or update the lists in each RUN"
_IN_ONE_COMMAND = "update the lists in the same command"


def unneeded_later(search: Search, step: Step, cache_use: CacheUse, *, lists: bool) -> None:
    """Raise LeaveAlone for the first later instruction that needs what the clean-up removes.

    With `lists`, an install without an update of its own needs it too. Other Dockerfiles that build on the image, and
    containers that other files start from it, count as well.
    """
    updated: set[Stage] = set()
    for family in _families(search, step.stage):
        removal = Removal(family.search, cache_use, lists)
        for stage in family.stages:
            _unneeded_by_stage(removal, step, stage, updated)
        family.search.once(("by-itself", removal.kind), partial(_not_started_by_itself, removal))
        question = ("copied", cache_use.manager.name, family.names)
        family.search.once(question, partial(_not_copied, family.search, family.names, cache_use))


def _families(search: Search, stage: Stage) -> Iterator[Family]:
    """What builds on a stage: in this Dockerfile, then in others."""
    own = search.once(("family", stage), partial(_own_family, search, stage))
    yield own
    if search.model.context is not None:
        yield from search.once(("elsewhere", stage), partial(_elsewhere, search, own.stages))


def _own_family(search: Search, stage: Stage) -> Family:
    own = family_of(search.model, [stage])
    names = frozenset(name for member in own for name in (str(member.index), member.name) if name is not None)
    return Family(search, own, names)


def _elsewhere(search: Search, own: list[Stage]) -> list[Family]:
    from dfix.transforms.clean_up.built_on_image import families_elsewhere

    return list(families_elsewhere(search, own))


def _unneeded_by_stage(removal: Removal, step: Step, stage: Stage, updated: set[Stage]) -> None:
    """Raise LeaveAlone where a stage needs what the clean-up removes. `updated`: stages that fetched other lists."""
    first = step.index + 1 if stage is step.stage else 0
    if stage is not step.stage and stage.parent in updated:
        updated.add(stage)
    _unneeded_from(removal, stage, first, updated, onbuild=False)
    _unneeded_from(removal, stage, 0, updated, onbuild=True)  # ONBUILD runs in another build, after all the others
    at_start = removal._replace(lists=removal.lists and stage not in updated)
    removal.search.once(("at-start", at_start.kind, stage), partial(_unneeded_at_start, at_start, stage))


def _unneeded_from(removal: Removal, stage: Stage, first: int, updated: set[Stage], *, onbuild: bool) -> None:
    """Raise LeaveAlone where a RUN from an index on, of ONBUILD or not, needs what is removed.

    All RUNs that leave the same cache ask for the rest of their stage: what holds from a RUN on is kept, so that each
    is only looked at twice, before and after the stage has fetched lists of its own.
    """
    answers = removal.search.runs.answers
    passed: list[Hashable] = []
    outcome: object = None
    has_lists = stage in updated
    runs = removal.search.once(("runs", stage, onbuild), partial(_runs, stage, onbuild=onbuild))
    for later in runs[bisect_left(runs, first, key=lambda run: run.index) :]:
        question = ("from", removal.kind, later, has_lists)
        outcome = answers.get(question)
        if outcome is not None:
            break
        passed.append(question)
        try:
            by_run = removal._replace(lists=removal.lists and (onbuild or not has_lists))
            has_lists = (_unneeded_by_run(by_run, later) and not onbuild) or has_lists
        except LeaveAlone as no:
            outcome = no
            break
    if outcome is None:
        outcome = has_lists
    answers.update(dict.fromkeys(passed, outcome))
    if isinstance(outcome, LeaveAlone):
        raise outcome.with_traceback(None)
    if outcome:
        updated.add(stage)


def _runs(stage: Stage, *, onbuild: bool) -> list[Step]:
    return [step for step in stage.steps if step.keyword == "RUN" and step.onbuild == onbuild]


def _unneeded_at_start(removal: Removal, stage: Stage) -> None:
    """Raise LeaveAlone where a container of a stage needs what is removed when it starts."""
    for step, started in at_run_time(stage):
        _unneeded_by(removal, step, started, builds=False)


def _not_started_by_itself(removal: Removal) -> None:
    """Raise LeaveAlone for a file that needs what is removed, in a folder whose files a container runs by itself."""
    scripts = removal.search.scripts
    for folder in start_folders() if removal.matters_to_texts else ():
        for path in scripts.placed.below(folder, MOST_SCRIPTS):
            try:
                found = [(reached, scripts.text(reached) or "") for reached in scripts.reached([path], anything=False)]
            except TooManyScriptsError:
                told = f"{path} in {folder} may run more scripts than dfix reads ({MOST_SCRIPTS})"
                raise LeaveAlone("unread-script", told) from None
            for reached, text in found:
                how = need(removal, text)
                if how:
                    where = f"from {folder}" if reached == path else f"through {path} in {folder}"
                    told = f"{reached}, which a container may run {where}, {how}"
                    raise LeaveAlone("needed-later", told, hint_for(how))


def _unneeded_by_run(removal: Removal, step: Step) -> bool:
    """Whether a later RUN certainly fetches new package lists. Raises LeaveAlone where it needs what is removed."""
    script = step.script
    if not script.opaque:
        commands = removal.search.runs.of(step).commands
        if not all(isinstance(part, Command) for part in chain(script) or (None,)):
            unneeded_by_conditions(removal, step, commands)
        return _unneeded_by(removal, step, Started(script, commands), builds=True)
    if step.instruction.json is not None:
        words = [word.text for word in step.instruction.json]
        return _unneeded_by(removal, step, started_in_exec_form(step, words), builds=True)
    _unneeded_by_text(removal, step)
    return False


def _no_cache_needed(removal: Removal, step: Step, use: ManagerUse, shown: str) -> None:
    """Raise LeaveAlone for a command of the manager that installs from its cache, or cannot empty an empty one."""
    used, clean_up = use.usage, removal.cache_use.clean_up
    network = step.instruction.flag("network")
    if used.verb == "install":
        setting = offline_setting(removal, step, use.located)
        if setting:
            raise LeaveAlone("needed-later", f"{setting} makes {shown} install from the cache")
        if network is not None and network.value == "none":
            raise LeaveAlone("needed-later", f"{shown} installs from the cache")
    if used.has(clean_up.offline):
        raise LeaveAlone("needed-later", f"{shown} installs from the cache")
    if any(map(used.says, clean_up.fails_empty)):
        raise LeaveAlone("cleaned-later", f"{shown} empties the cache, and fails if it is already empty")


def _unneeded_by_text(removal: Removal, step: Step) -> None:
    """Raise LeaveAlone where a script that cannot be parsed names the manager, or a file that needs the cache."""
    manager, text, line = removal.cache_use.manager, step.source_text, removal.search.line(step)
    if removal.lists and mentions(manager, text):
        raise LeaveAlone("needed-later", f"the RUN on {line} also uses {manager.name}, and {step.script.opaque}")
    scripts = removal.search.scripts
    told = ""
    try:
        for path in scripts.reached(scripts.named_by(without_comments(text, ""), ""), anything=True):
            found = need(removal, scripts.text(path) or "")
            if found:
                told = f"the RUN on {line} may run {path}, which {found}"
                break
    except TooManyScriptsError:
        told = f"the RUN on {line} may run more scripts than dfix reads ({MOST_SCRIPTS})"
    if told:
        raise LeaveAlone("needed-later", told)


def _unneeded_by(removal: Removal, step: Step, started: Started, *, builds: bool) -> bool:
    """Whether what runs later, in the build or when a container starts, certainly fetches new package lists.

    Raises LeaveAlone where it needs what is removed.
    """
    place = removal.search.at(step)
    manager, clean_up = removal.cache_use.manager, removal.cache_use.clean_up
    usages = {use.order: use for use in run_commands(started.commands).uses}
    scope_of = scopes(started.script)
    in_mount = mounted(step, clean_up.empties)
    asked = asked_for(manager, step.source_text, started.commands)
    if asked:
        raise LeaveAlone("needed-later", f"`{asked}` {place} tells where the cache is, and what it names is used")
    updated: list[Scope] = [()] if in_mount else []
    for index, command in enumerate(started.commands):
        shown = f"`{shown_command(command)}` {place}"
        scope = scope_of.get(id(command.command), ())
        # an `apt-get update` in an `if` is certain to have run only for later commands of the same branch
        has_lists = any(scope[: len(branch)] == branch for branch in updated)
        use = usages.get(index)
        if not has_lists:
            unneeded_within(removal, step, command)
        if use is None or use.usage.manager is not manager:
            unused_by(removal.cache_use, step, command, shown)
            if not has_lists:
                no_hidden_need(removal, step, command, shown, builds=builds)
            continue
        used = use.usage
        _no_cache_needed(removal, step, use, shown)
        if updates(used, clean_up) and not _of_some_sources(used):
            updated.append(scope)
        elif removal.lists and not has_lists and used.verb in ("install", "query") and not used.has(clean_up.uncached):
            hint = _IN_ONE_RUN if builds else _IN_ONE_COMMAND
            raise LeaveAlone("needed-later", f"{shown} uses the package lists that this RUN fetches", hint)
        elif not removal.lists:
            no_hidden_need(removal, step, command, shown, builds=builds)
    return () in updated and not in_mount


def _of_some_sources(used: Usage) -> bool:
    """Whether an update only fetches the lists of the sources that an option names (apt.conf(5), "Dir")."""
    return any(option.name in ("-o", "--option") and "Dir::Etc" in (option.value or "") for option in used.options)


def unneeded_in_rest(search: Search, step: Step, cache_use: CacheUse, *, lists: bool, after: int) -> None:
    """Raise LeaveAlone for a command of the same RUN that needs what a clean-up before it removes.

    `after` is where the command ends that the clean-up follows, in the file.
    """
    commands = search.runs.of(step).commands
    rest = tuple(command for command in commands if command.command.span.start >= after)
    if rest:
        _unneeded_by(Removal(search, cache_use, lists), step, Started(step.script, rest), builds=True)


def unneeded_besides_manager(search: Search, step: Step, cache_use: CacheUse, *, after: int) -> None:
    """Raise LeaveAlone for what needs package lists from a place of the RUN on, but for the manager's own commands."""
    removal = Removal(search, cache_use, lists=True)
    own = {id(use.located.command) for use in cache_use.uses}
    run = {id(command.command) for command in search.runs.of(step).commands}
    for command in located(step, conditions=True):
        if command.command.span.start < after:
            continue
        unneeded_within(removal, step, command)
        if id(command.command) in run - own:
            shown = f"`{shown_command(command)}` {search.at(step)}"
            no_hidden_need(removal, step, command, shown, builds=True)


def unused_afterwards(cache_use: CacheUse, step: Step, run: RunCommands) -> None:
    """Raise LeaveAlone for a later command of the same RUN that names the cache folder, which would be missing."""
    orders = {use.order for use in cache_use.uses}
    for index, command in enumerate(run.commands):
        if index > cache_use.filled_by[0].order and index not in orders:
            unused_by(cache_use, step, command, f"`{shown_command(command)}` in the same RUN")


def _not_copied(search: Search, names: Collection[str], cache_use: CacheUse) -> None:
    """Raise LeaveAlone for a COPY, ADD or mount that takes the cache folder from one of the stages or images."""
    taken = search.once("taken", partial(_taken, search.model))
    found = sorted((one for name in names for one in taken.get(name, ())), key=lambda one: one[0])
    for _, path, step in found:
        if any(depends(path, cache) for cache in cache_use.clean_up.empties):
            raise LeaveAlone("needed-later", f"{search.line(step)} copies {path} from this stage")


def _taken(model: Model) -> dict[str, list[tuple[tuple[int, int], str, Step]]]:
    """What steps copy or mount from stages and images, by their names: a place in the file, the path, and the step."""
    taken: dict[str, list[tuple[tuple[int, int], str, Step]]] = {}
    for step in (step for stage in model.stages for step in stage.steps):
        for at, (name, path) in enumerate(_taken_from(step)):
            place = (step.instruction.span.start, at)
            taken.setdefault(name, []).append((place, f"/{path.lstrip('/')}", step))
    return taken


def _taken_from(step: Step) -> list[tuple[str, str]]:
    """The stages or images that a step takes something from, in lower case, with the paths."""
    if step.keyword in ("COPY", "ADD"):
        flag = step.instruction.flag("from")
        if flag is None or flag.value is None:
            return []
        return [(flag.value.lower(), word.text) for word in step.instruction.words[:-1]]
    if step.keyword != "RUN":
        return []
    return [(mount.from_.lower(), mount.source or "") for mount in step.mounts if mount.from_ is not None]
