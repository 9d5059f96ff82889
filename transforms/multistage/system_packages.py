"""Which of the system packages that a stage installs the runtime stage needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from functools import cache
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.language_facts import LanguageFacts
from dfix.rewriter.knowledge.runtime import FOLDER, has_packages, runtime_packages
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.runtime_stage import BuildStage

_UPGRADES = frozenset(("upgrade", "dist-upgrade", "full-upgrade"))
_NAME = expression(r"[a-z0-9][a-z0-9+.-]*(?:[=~<>]\S+)?")


class PackageChoice(NamedTuple):
    """What becomes of the system packages that a stage installs."""

    manager: str
    """"apt", "apk", or "" where nothing is installed."""
    kept: tuple[str, ...]
    """Packages that the runtime stage installs."""
    left_behind: tuple[str, ...]
    """Packages that only the build stage installs."""
    recommends: bool
    """Whether the author installs recommended packages too, and the runtime stage therefore does."""
    megabytes: int
    """About how much space the packages left behind take."""
    upgrade: str = ""
    """The command with which the author brings the base image's packages up to date ("upgrade"); "" where not."""


def choose_packages(commands: Iterable[ClassifiedCommand], release: str, extra: tuple[str, ...] = ()) -> PackageChoice:
    """Which installed packages the runtime stage keeps, given the distribution's release ("bookworm").

    `extra` are packages that it installs besides. Raises LeaveAlone where a package's purpose is unknown.
    """
    manager = ""
    kept: list[str] = []
    left_behind: list[str] = []
    kept_as_named = False
    upgrade = ""
    options: list[str] = []
    commands = list(commands)
    removed = removed_packages(commands)
    autoremove = any(
        word.strip("-").replace("-", "") == "autoremove" for command in commands for word in command.arguments
    )
    for command in commands:
        usage = command.usage
        if command.purpose != "packages" or usage is None or usage.verb != "install":
            continue
        if removed.intersection(option.value or "" for option in usage.options if option.name in usage.manager.virtual):
            continue
        if not has_packages(usage.manager.name):
            raise LeaveAlone(
                "packages",
                f"`{command.shortened}`: dfix does not know which {usage.manager.name} packages only the build needs",
            )
        subcommand = usage.subcommand.literal_or_text if usage.subcommand is not None else "install"
        if subcommand in _UPGRADES and not usage.operands:
            manager, upgrade = usage.manager.name, subcommand
            continue
        if subcommand not in ("install", "add"):
            raise LeaveAlone("packages", f"`{command.shortened}` changes packages of the base image")
        manager = usage.manager.name
        options += [option.word.literal_or_text for option in usage.options]
        for word in usage.operands:
            name = word.literal_or_text
            if name in removed and (manager == "apk" or autoremove):
                continue
            if _NAME.fullmatch(name) is None:
                raise LeaveAlone("packages", f"`{command.shortened}` does not name its packages literally")
            needed = _needed_at_run_time(manager, name, release)
            if name not in removed:
                kept_as_named = kept_as_named or needed == (name,)
                (kept if needed == (name,) else left_behind).append(name)
            # what apt installed along with a package that is removed later stays, unless autoremove runs
            kept += [package for package in needed if package != name]
    recommends = manager == "apt" and "--no-install-recommends" not in options and kept_as_named
    kept += extra
    sizes = _table(manager)["size"] if manager else {}
    return PackageChoice(
        manager,
        tuple(dict.fromkeys(kept)),
        tuple(dict.fromkeys(left_behind)),
        recommends,
        sum(sizes.get(name, 0) for name in dict.fromkeys(left_behind)),
        upgrade,
    )


def install_run(chosen: PackageChoice) -> str:
    """The RUN that upgrades and installs packages and leaves no package lists; "" where it would do nothing."""
    if not chosen.kept and not chosen.upgrade:
        return ""
    names = " ".join(chosen.kept)
    if chosen.manager == "apk":
        commands = ["apk upgrade --no-cache"] if chosen.upgrade else []
        return f"RUN {' && '.join([*commands, *([f'apk add --no-cache {names}'] if names else [])])}\n"
    recommends = "" if chosen.recommends else " --no-install-recommends"
    lines = ["RUN apt-get update"]
    lines += [f"apt-get {chosen.upgrade} -y"] if chosen.upgrade else []
    lines += [f"apt-get install -y{recommends} {names}"] if names else []
    return " \\\n    && ".join([*lines, "rm -rf /var/lib/apt/lists/*"]) + "\n"


def is_build_package(manager: str, name: str) -> bool:
    """Whether a package is a compiler or another build tool."""
    table = _table(manager)
    return name in table["build"] or _without_number(name) in table["numbered"]


def removed_packages(commands: Iterable[ClassifiedCommand]) -> set[str]:
    """The names of packages, and of Alpine's virtual packages, that the commands remove."""
    return {
        word.literal_or_text
        for command in commands
        if command.purpose == "packages" and command.usage is not None and command.usage.verb == "remove"
        for word in command.usage.operands
    }


def linked_libraries(build: BuildStage, names: Set[str], facts: LanguageFacts) -> tuple[str, ...]:
    """The system packages that a program's dependencies load at run time, and that only the full base image has.

    `names` are the dependencies ("psycopg2"). Raises LeaveAlone where a package depends on an unknown release.
    """
    libraries: list[str] = []
    for name in sorted(names & {*facts.dev_packages, *facts.system_packages}):
        libraries += facts.system_packages.get(name, ())
        for dev_package in facts.dev_packages.get(name, "").split():
            packages = runtime_packages(dev_package, build.base.release)
            if packages is None:
                hint = f"name the release in the tag: {build.base.name}:{build.base.version}-bookworm"
                raise LeaveAlone(
                    "libraries", f"each release has another package for the library that {name} links", hint
                )
            libraries += packages
    return tuple(dict.fromkeys(libraries))


def ships_build_packages(build: BuildStage) -> bool:
    """Whether the stage's layers contain build packages that it installs itself, on a base image without them."""
    if build.base.full:
        return False
    for command in build.commands:
        # packages that a later RUN removes are still in the layer of this one
        removed = removed_packages(other for other in build.commands if other.step is command.step)
        usage = command.usage
        if command.purpose != "packages" or usage is None or usage.verb != "install":
            continue
        names = {word.literal_or_text for word in usage.operands} - removed
        virtual = {option.value for option in usage.options if option.name in usage.manager.virtual}
        if not virtual & removed and any(_is_for_building(usage.manager.name, name) for name in names):
            return True
    return False


def _is_for_building(manager: str, name: str) -> bool:
    return has_packages(manager) and (is_build_package(manager, name) or name.endswith("-dev"))


def _needed_at_run_time(manager: str, name: str, release: str) -> tuple[str, ...]:
    """What the runtime stage installs for a package: itself, another (libpq-dev: libpq5), or nothing (make)."""
    bare = re.split(r"[=~<>]", name)[0]
    table = _table(manager)
    instead = table["instead"].get(bare)
    if instead is not None:
        return (instead,)
    if is_build_package(manager, bare):
        library = table["libraries"].get(bare)
        return () if library is None else (library,)
    if not bare.endswith("-dev"):
        return (name,)
    libraries = runtime_packages(bare, release) if manager == "apt" else None
    if libraries is None:
        if manager == "apt" and not release:
            raise LeaveAlone(
                "libraries",
                f"the libraries of {bare} depend on the release, which the base image's tag does not name",
                "name the release in the tag of the base image",
            )
        where = f" in {release}" if release else ""
        raise LeaveAlone(
            "libraries", f"dfix does not know which libraries of {bare} a program needs at run time{where}"
        )
    return libraries


def _without_number(name: str) -> str:
    return re.sub(r"(?:-|(?<![\d.]))[\d.]+(?:-(?:base|dev))?$", "", name)


@cache
def _table(manager: str) -> dict[str, Any]:
    return own_table(FOLDER, f"{manager}.toml")
