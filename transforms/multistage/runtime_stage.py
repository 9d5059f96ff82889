"""What a language's module gets to judge a stage by, and what it answers."""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.official_images import BaseImage
from dfix.rewriter.model.stage import Stage
from dfix.rewriter.text.source import Edit
from dfix.transforms.multistage.command_purpose import Act
from dfix.transforms.multistage.entry_point import Start

MOVERS = of_kind("moves")
"""Programs that put a built file in its place."""
LACKS = frozenset(("curl", "wget", "git", "gcc", "make", "go", "ssh", "gpg"))
"""Programs that the images to build with have, and the smaller ones lack."""


class Work(NamedTuple):
    """A stage that builds and runs. `copies` are those from the build context."""

    model: Model
    stage: Stage
    context: Context
    base: BaseImage
    start: Start
    acts: tuple[Act, ...]
    copies: tuple[Copied, ...]

    @property
    def installed(self) -> frozenset[str]:
        """The names of the system packages that the stage installs."""
        return frozenset(
            word.literal_or_text
            for act in self.acts
            if act.kind == "packages" and act.usage is not None and act.usage.verb == "install"
            for word in act.usage.operands
        )

    @property
    def builds(self) -> tuple[Act, ...]:
        """The commands of the build."""
        return tuple(act for act in self.acts if act.kind == "build")

    def origin(self, path: str) -> str:
        """Where the file at an image path was built, before the RUNs copied or moved it to its place."""
        for act in reversed(self.acts):
            if act.program in MOVERS:
                moved = destination(act)
                if moved is not None and path in moved:
                    path = moved[path]
        return path


class Brought(NamedTuple):
    """One COPY from the build stage: a file or folder of it, and where it comes to lie."""

    source: str
    target: str


class Parts(NamedTuple):
    """What the stage that runs is made of.

    `image` is its base, `brought` what it takes from the build stage and cannot do without, `beside` are places of
    files that it may read besides. `covered` are image folders whose files need no
    other COPY; copies from the context that put files elsewhere are repeated, unless `sources_only`: then they were
    there to be built from. `packages` are needed besides those that the author installs, `environment` are lines to
    add, `last` are RUN lines behind the copies, and `finish` RUN lines at the end of the build stage. `edits` change
    the build stage. `left` says what stays behind, `megabytes` how much smaller the base image is, and `lacks` which
    programs of the old base image the new one lacks.
    """

    image: str
    brought: tuple[Brought, ...]
    beside: tuple[str, ...] = ()
    covered: tuple[str, ...] = ()
    sources_only: bool = False
    packages: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    finish: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    left: str = ""
    megabytes: int = 0
    lacks: frozenset[str] = frozenset()


def destination(act: Act) -> dict[str, str] | None:
    """For `cp`, `mv` and `install`: from each path where a file comes to lie to the one it had; None if not known."""
    operands = [word for word in act.arguments if not word.startswith("-")]
    if act.program == "install":
        operands = _without_values(act.arguments)
    if len(operands) < 2:
        return None
    target = act.path(operands[-1])
    found = {}
    for written in operands[:-1]:
        source = act.path(written)
        if source is None or target is None:
            return None
        found[posixpath.join(target, posixpath.basename(source))] = source
        if len(operands) == 2 and not operands[-1].endswith("/"):
            found[target] = source
    return found


def _without_values(arguments: tuple[str, ...]) -> list[str]:
    """The operands of `install -m 755 -o root a b`."""
    operands = []
    skip = False
    for word in arguments:
        if skip:
            skip = False
        elif word in ("-m", "-o", "-g", "--mode", "--owner", "--group"):
            skip = True
        elif not word.startswith("-"):
            operands.append(word)
    return operands
