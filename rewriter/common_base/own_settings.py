"""The settings that a step needs, and what those may pass: ENV, ARG, USER, WORKDIR and SHELL."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from dfix.rewriter.context.image_records import ImageBuild
from dfix.rewriter.context.image_uses import image_uses
from dfix.rewriter.dockerfile.expand import names
from dfix.rewriter.dockerfile.expansion import ExpansionError
from dfix.rewriter.knowledge.early_steps import application_variables, volatile_names
from dfix.rewriter.model import Model, Step
from dfix.rewriter.model.build import assignments
from dfix.rewriter.model.container_commands import uses_of_image
from dfix.rewriter.model.values_in_force import OF_PLATFORM
from dfix.rewriter.neighbours.early_run import EarlyRun
from dfix.rewriter.neighbours.variable_readers import language_install, may_read_any, words_of
from dfix.rewriter.text.root import real, root_of

SETTINGS = frozenset(("ENV", "ARG", "USER", "WORKDIR", "SHELL"))
_USE_SHELL = frozenset(("CMD", "ENTRYPOINT", "HEALTHCHECK"))


class NotShared(Exception):  # noqa: N818  # an answer, not an error
    """Raised for a step that a base can't have. Its text is a clause: `it reads files of the build context`."""


def set_by(step: Step) -> frozenset[str]:
    """The variables that an ENV or ARG sets."""
    if step.keyword == "ENV":
        return frozenset(name for name, _ in assignments(step.instruction))
    if step.keyword == "ARG":
        return frozenset(word.text.partition("=")[0] for word in step.instruction.words)
    return frozenset()


def needed(step: Step, run: EarlyRun | None, before: Sequence[Step], follows: Callable[[Step], bool]) -> set[Step]:
    """The settings before a step without which it would not be the same step.

    `run` is the step as a RUN of which every command is known, None for one that may read anything. `follows` tells
    whether such a RUN may go above a WORKDIR.
    """
    found = {other for other in before if other.keyword in SETTINGS and _is_needed(other, run, follows)}
    folders = [other for other in before if other.keyword == "WORKDIR"]
    if not found.isdisjoint(folders):  # each is relative to the one before, or makes a folder
        found.update(folders[: 1 + max(folders.index(one) for one in found if one.keyword == "WORKDIR")])
    wanted: set[str] = set()
    for other in reversed(before):
        if other not in found and set_by(other) & wanted:
            found.add(other)
        if other in found:
            wanted |= set_by(other) | _used(other)
    return found


def _is_needed(setting: Step, run: EarlyRun | None, follows: Callable[[Step], bool]) -> bool:
    if run is None or setting.keyword in ("USER", "SHELL"):
        return True
    if setting.keyword == "WORKDIR":
        return not follows(setting)
    return any(may_read(run, name) for name in set_by(setting))


def may_read(run: EarlyRun, name: str) -> bool:
    """Whether a RUN of which every command is known may read a variable. Scripts of packages read many of them."""
    if name in words_of(run.step) or may_read_any(run.step) or language_install(run):
        return True
    bare = name.upper().replace("-", "_")
    volatile = volatile_names()
    return bare not in volatile.always | volatile.without_default and not application_variables().match(name.lower())


def _used(step: Step) -> frozenset[str]:
    """The variables in the text of a step."""
    try:
        return names(step.instruction.value, step.instruction.escape)
    except ExpansionError:
        return words_of(step)


def check_argument(model: Model, argument: Step) -> None:
    """Raise NotShared where the value of an ARG may come from outside of the file."""
    given = {name: build.file for build in builds_of(model) for name in build.arguments}
    for word in argument.instruction.words:
        name, sign, _ = word.text.partition("=")
        line = argument.instruction.line
        if not sign and name not in OF_PLATFORM:
            raise NotShared(f"it may read the build argument {name} on line {line}, whose value comes from outside")
        if name in given:
            file = os.path.basename(given[name])
            raise NotShared(f"it may read the build argument {name} on line {line}, to which {file} gives a value")


def given_names(model: Model) -> frozenset[str]:
    """The build arguments to which files near a Dockerfile give a value, and the images that they replace."""
    return frozenset(name for build in builds_of(model) for name in (*build.arguments, *build.contexts))


def builds_of(model: Model) -> list[ImageBuild]:
    """The builds of a Dockerfile that compose, bake and CI files near it declare."""
    path = real(model.source.path)
    uses = uses_of_image(model) if model.context is not None else image_uses(path, (root_of(path),))
    return [build for build in uses.builds if build.dockerfile == path]


def check_raised(setting: Step, staying: Sequence[Step]) -> None:
    """Raise NotShared where a setting that goes into the base would change what a step above it does, which stays."""
    for other in staying:
        if other.index < setting.index and _depends(other, setting):
            reason = f"it needs the {setting.keyword} on line {setting.instruction.line}, which can't go above the"
            raise NotShared(f"{reason} {other.keyword} on line {other.instruction.line}")


def _depends(other: Step, setting: Step) -> bool:
    """Whether a step would do something else below a setting than above it."""
    if setting.keyword in ("ENV", "ARG"):
        return not set_by(setting).isdisjoint(words_of(other))
    if setting.keyword == "WORKDIR":
        if other.keyword in ("COPY", "ADD"):
            return not other.instruction.words or not other.instruction.words[-1].text.startswith("/")
        return other.keyword in ("RUN", "WORKDIR")
    if setting.keyword == "SHELL" and other.keyword in _USE_SHELL:
        return True
    return other.keyword in ("RUN", "WORKDIR", "USER")
