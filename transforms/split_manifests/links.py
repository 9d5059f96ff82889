"""Symbolic links that lead to copied files: who names one of them names the file."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import NamedTuple

from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.stage import Step
from dfix.rewriter.shell.walk import program_name


class Link(NamedTuple):
    """A symbolic link of the image, and what it leads to."""

    path: str
    target: str


def made_before(step: Step) -> list[Link]:
    """The links that the RUNs before a step make, as far as their words tell."""
    earlier = list(step.stage.steps[: step.index])
    for stage in list(step.stage.ancestry())[1:]:
        earlier += stage.steps
    return [
        link for other in earlier if other.keyword == "RUN" for command in located(other) for link in made_by(command)
    ]


def made_by(command: Located) -> list[Link]:
    """The links of `ln -s TARGET NAME`; NAME may be a folder, which gets a link with the target's own name."""
    words = command.words
    if not words or program_name(words[0]) != "ln":
        return []
    operands = [word.value for word in words[1:] if not word.text.startswith("-")]
    symbolic = any(
        w.text == "--symbolic" or (w.text[:1] == "-" and w.text[:2] != "--" and "s" in w.text) for w in words
    )
    if not symbolic or len(operands) != 2 or operands[0] is None or operands[1] is None:
        return []
    target, name = operands[0], operands[1]
    path = posixpath.normpath(posixpath.join(command.folder or "?", name))
    inside = posixpath.join(path, posixpath.basename(target.rstrip("/")))
    return [
        Link(path, posixpath.normpath(posixpath.join(posixpath.dirname(path), target))),
        Link(inside, posixpath.normpath(posixpath.join(path, target))),
    ]


def through(links: list[Link], brought: Callable[[str], bool], path: str) -> bool:
    """Whether a path is, or lies below, a link that leads to something brought."""
    return any(within(path, link.path) and brought(link.target) for link in links)
