"""Which versions of a package manager run, after what the image brings and what the RUNs before have installed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, cast

from dfix.rewriter.model.values_in_force import filled, values_in_force
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.clean_up.pinned_version import Effect, effect_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dfix.rewriter.model import Stage, Step
    from dfix.rewriter.model.cache_use import CacheUse, ManagerUse, RunCommands, RunIndex
    from dfix.rewriter.model.commands import Located

_UPGRADES = frozenset(("-U", "--upgrade"))
_PROGRAM = expression(r"(?P<folder>(?:\S*/)?)[A-Za-z]+(?P<major>[23]?)(?:\.\d+)?(?: .*)?")
_SYSTEM = ("/usr/bin/", "/usr/local/bin/")
_PUBLISHED = frozenset(("pip", "setuptools", "wheel"))
"""Packages of which every version has a wheel, so that neither the version of pip nor its cache matters."""
_OTHER_INPUT = frozenset(("-r", "--requirement", "--requirements", "-e", "--editable", "--group"))


class Versions(NamedTuple):
    """What is known of the versions of a manager, of which each interpreter may have its own."""

    old: bool
    """Whether one may be so old that the flag changes more than the cache."""
    environments_old: bool
    """Whether one that a new virtual environment brings may be so."""
    packages_old: bool
    """Whether one that a package of the distribution brings may be so."""
    renewed: frozenset[str] = frozenset()
    """The programs that run a newer one nevertheless."""

    def may_run(self, use: ManagerUse) -> bool:
        """Whether an old one may run a command."""
        return self.old and _program(use) not in self.renewed

    def after(self, effect: Effect, program: str) -> Versions:
        """The versions after a program has installed one."""
        if effect == "older":
            return self._replace(old=True, renewed=frozenset())
        if effect == "newer":
            # `pip3 install -U pip` writes the program `pip` too
            return self._replace(renewed=self.renewed | {program, program.removesuffix("3")})
        return self


def may_be_old(runs: RunIndex, step: Step, cache_use: CacheUse, at_first: Callable[[Stage], Versions]) -> bool:
    """Whether an old version may run a command of a RUN that fills the cache.

    `at_first` tells the versions with which a stage begins that is based on an image.
    """
    versions = _with_packages(_before(runs, step, cache_use, at_first), step, cache_use)
    run, filling = runs.of(step), {use.order for use in cache_use.filled_by}
    uses = {use.order: use for use in run.uses}
    for order, command in enumerate(run.commands):
        use = uses.get(order)
        if use is not None and order in filling and not _is_published(use) and versions.may_run(use):
            return True
        versions = _after_command(versions, step, command, use, cache_use)
    return False


def _before(runs: RunIndex, step: Step, cache_use: CacheUse, at_first: Callable[[Stage], Versions]) -> Versions:
    """The versions before a RUN. Each stage is gone through once, for all of its RUNs."""
    known: dict[Step, Versions] = {}
    versions: Versions | None = None
    for stage in reversed(list(step.stage.ancestry())):
        key = ("versions", cache_use.manager.name, stage)
        if key not in runs.answers:
            begin = at_first(stage) if versions is None else versions
            runs.answers[key] = _of_stage(runs, stage, cache_use, begin)
        known, versions = cast("tuple[dict[Step, Versions], Versions]", runs.answers[key])
    return known[step]


def _of_stage(
    runs: RunIndex, stage: Stage, cache_use: CacheUse, versions: Versions
) -> tuple[dict[Step, Versions], Versions]:
    """The versions before each RUN of a stage, and at its end."""
    known: dict[Step, Versions] = {}
    for step in stage.steps:
        if step.keyword == "RUN":
            known[step] = versions
            versions = _after_run(_with_packages(versions, step, cache_use), step, runs.of(step), cache_use)
    return known, versions


def _with_packages(versions: Versions, step: Step, cache_use: CacheUse) -> Versions:
    """The versions where a RUN may install packages of the distribution that bring the manager."""
    brought = versions.packages_old and any(word in step.source_text for word in cache_use.clean_up.old_packages)
    return versions._replace(old=True) if brought else versions


def _after_run(versions: Versions, step: Step, run: RunCommands, cache_use: CacheUse) -> Versions:
    if not run.commands:  # a script that dfix does not read
        words = step.source_text.split()
        older = any(_effect(word, cache_use, upgrades=False) == "older" for word in words)
        return versions.after("older", "") if older else versions
    uses = {use.order: use for use in run.uses}
    for order, command in enumerate(run.commands):
        versions = _after_command(versions, step, command, uses.get(order), cache_use)
    return versions


def _after_command(
    versions: Versions, step: Step, command: Located, use: ManagerUse | None, cache_use: CacheUse
) -> Versions:
    if use is not None and use.usage.manager.name == cache_use.manager.name:
        if use.usage.verb == "install":
            for word in use.usage.operands:
                requirement = _with_values(word.literal_or_text, step, command, cache_use)
                effect = _effect(requirement, cache_use, upgrades=use.usage.has(_UPGRADES))
                versions = versions.after(effect, _program(use))
        return versions
    if versions.environments_old and _makes_environment(command):
        return versions.after("older", "")
    # `python get-pip.py pip==9.0.3`, `conda install pip=18`
    words = (_with_values(word.literal_or_text, step, command, cache_use) for word in command.words)
    older = any(_effect(word, cache_use, upgrades=False) == "older" for word in words)
    return versions.after("older", "") if older else versions


def _with_values(word: str, step: Step, command: Located, cache_use: CacheUse) -> str:
    """A word with the values of the variables that the Dockerfile and the script set."""
    named = "$" in word and word.strip("\"'").startswith(tuple(cache_use.clean_up.changed_until))
    return filled(word, values_in_force(step, command)) if named else word


def _effect(word: str, cache_use: CacheUse, *, upgrades: bool) -> Effect:
    return effect_of(word.strip("\"'"), cache_use.clean_up, upgrades=upgrades)


def _makes_environment(command: Located) -> bool:
    """Whether it is `python -m venv`, `virtualenv` or `pyvenv`."""
    if not command.words:
        return False
    words = [word.literal_or_text for word in command.words]
    modules = [after for before, after in pairwise(words) if before == "-m"]
    return not {"venv", "virtualenv", "pyvenv"}.isdisjoint((program_name(command.words[0]), *modules))


def _is_published(use: ManagerUse) -> bool:
    """Whether a command installs nothing but packages that have a wheel: `pip install -U pip setuptools`."""
    named = [word.literal_or_text for word in use.usage.operands]
    if not named or use.usage.has(_OTHER_INPUT):
        return False
    return all(_name_of(word) in _PUBLISHED for word in named)


def _name_of(word: str) -> str:
    for at, char in enumerate(word):
        if not (char.isalnum() or char in "-_."):
            return word[:at]
    return word


def _program(use: ManagerUse) -> str:
    """The program that runs a command, by what tells interpreters apart: "3" for pip3.8, "/venv/bin/", "" for pip."""
    before = use.located.words[: len(use.located.words) - len(use.usage.words)]
    found = _PROGRAM.fullmatch(" ".join(word.literal_or_text for word in before))
    if found is None:
        return " ".join(word.literal_or_text for word in before)
    folder = "" if found["folder"] in _SYSTEM else found["folder"]
    return folder or found["major"]
