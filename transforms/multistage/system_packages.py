"""Which of the system packages that a stage installs have to be in the stage that runs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.runtime import FOLDER, has_packages, runtime_packages
from dfix.transforms.multistage.command_purpose import Act
from dfix.transforms.multistage.runtime_stage import Work

_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]*(?:[=~<>]\S+)?")


class Packages(NamedTuple):
    """`manager` is "apt", "apk" or "" where nothing was installed; `kept` go into the stage that runs, `left` do not.

    `recommends` says that packages stay whose author installs what they recommend, too. `megabytes` is about what the
    packages left behind take.
    """

    manager: str
    kept: tuple[str, ...]
    left: tuple[str, ...]
    recommends: bool
    megabytes: int


def packages(acts: Iterable[Act], release: str, extra: tuple[str, ...] = ()) -> Packages:
    """What the installs of a stage come to in a release of its distribution; `extra` are needed besides."""
    manager = ""
    kept: list[str] = []
    left: list[str] = []
    own: set[str] = set()
    options: list[str] = []
    acts = list(acts)
    removed = removed_again(acts)
    orphans = any(word.strip("-").replace("-", "") == "autoremove" for act in acts for word in act.arguments)
    for act in acts:
        found = act.usage
        if act.kind != "packages" or found is None or found.verb != "install":
            continue
        if removed.intersection(option.value or "" for option in found.options if option.name in found.manager.virtual):
            continue
        if not has_packages(found.manager.name):
            raise LeaveAlone("packages", f"`{act.shown}`: {found.manager.name} is not followed into a second stage")
        if found.subcommand is not None and found.subcommand.literal_or_text not in ("install", "add"):
            raise LeaveAlone("packages", f"`{act.shown}` changes packages that the base image brings")
        manager = found.manager.name
        options += [option.word.literal_or_text for option in found.options]
        for word in found.operands:
            name = word.literal_or_text
            if name in removed and (manager == "apk" or orphans):
                continue
            if _NAME.fullmatch(name) is None:
                raise LeaveAlone("packages", f"`{act.shown}` does not name its packages literally")
            needed = _needed(manager, name, release)
            if name not in removed:
                own |= {name} if needed == (name,) else set()
                (kept if needed == (name,) else left).append(name)
            kept += [one for one in needed if one != name]
    recommends = manager == "apt" and "--no-install-recommends" not in options and bool(own)
    kept += extra
    table = _table(manager) if manager else {"size": {}}
    sizes = table["size"]
    return Packages(
        manager,
        tuple(dict.fromkeys(kept)),
        tuple(dict.fromkeys(left)),
        recommends,
        sum(sizes.get(name, 0) for name in dict.fromkeys(left)),
    )


def installed(manager: str, chosen: tuple[str, ...], *, recommends: bool = False) -> str:
    """The RUN that installs packages, with what they recommend where the author has it, cleaned up."""
    if manager == "apk":
        return f"RUN apk add --no-cache {' '.join(chosen)}\n"
    return (
        "RUN apt-get update \\\n"
        f"    && apt-get install -y{'' if recommends else ' --no-install-recommends'} {' '.join(chosen)} \\\n"
        "    && rm -rf /var/lib/apt/lists/*\n"
    )


def builds(manager: str, name: str) -> bool:
    """Whether a package is one to build with."""
    table = _table(manager)
    return name in table["build"] or _without_number(name) in table["numbered"]


def removed_again(acts: Iterable[Act]) -> set[str]:
    """The names of packages, and of Alpine's virtual ones, that a stage removes after their use."""
    return {
        word.literal_or_text
        for act in acts
        if act.kind == "packages" and act.usage is not None and act.usage.verb == "remove"
        for word in act.usage.operands
    }


def linked(work: Work, names: set[str], links: Mapping[str, str]) -> tuple[str, ...]:
    """The packages of libraries that installed packages link, and that the full base image has.

    `links` says for some of `names` which -dev package they are built with.
    """
    found: list[str] = []
    for name in sorted(names & set(links)):
        libraries = runtime_packages(links[name], work.base.release)
        if libraries is None:
            hint = f"name the release in the tag: {work.base.name}:{work.base.version}-bookworm"
            raise LeaveAlone("libraries", f"the library that {name} links has another package in each release", hint)
        found += libraries
    return tuple(dict.fromkeys(found))


def leaves(work: Work) -> bool:
    """Whether the stage installs packages to build with that its base image does not bring anyway."""
    if work.base.full:
        return False
    for act in work.acts:
        # what a later RUN removes stays in the layer of this one
        removed = removed_again(other for other in work.acts if other.step is act.step)
        found = act.usage
        if act.kind != "packages" or found is None or found.verb != "install":
            continue
        names = {word.literal_or_text for word in found.operands} - removed
        virtual = {option.value for option in found.options if option.name in found.manager.virtual}
        if not virtual & removed and any(_for_building(found.manager.name, name) for name in names):
            return True
    return False


def _for_building(manager: str, name: str) -> bool:
    return has_packages(manager) and (builds(manager, name) or name.endswith("-dev"))


def _needed(manager: str, name: str, release: str) -> tuple[str, ...]:
    """The packages that have to be there at run time instead of `name`; (name,) where it stays."""
    bare = re.split(r"[=~<>]", name)[0]
    table = _table(manager)
    instead = table["instead"].get(bare)
    if instead is not None:
        return (instead,)
    if builds(manager, bare):
        library = table["libraries"].get(bare)
        return () if library is None else (library,)
    if not bare.endswith("-dev"):
        return (name,)
    libraries = runtime_packages(bare, release) if manager == "apt" else None
    if libraries is None:
        where = release or "the release of the base image, whose tag names none"
        hint = "name the release in the tag of the base image" if manager == "apt" and not release else ""
        raise LeaveAlone(
            "libraries", f"the packages that {bare} stands for at run time are not known for {where}", hint
        )
    return libraries


def _without_number(name: str) -> str:
    return re.sub(r"-?[\d.]+(?:-(?:base|dev))?$", "", name)


@cache
def _table(manager: str) -> dict[str, Any]:
    import tomllib

    with open(os.path.join(FOLDER, f"{manager}.toml"), "rb") as file:
        return tomllib.load(file)
