"""Symbolic links to copied files: a command that names such a link uses the file."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import NamedTuple

from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.stage import Step
from dfix.rewriter.shell.walk import program_name


class Link(NamedTuple):
    """A symbolic link in the image, and the image path that it leads to."""

    path: str
    target: str


def links_before(step: Step) -> list[Link]:
    """The links that `ln` makes in the RUNs before a step, also in the stages that its stage is based on."""
    earlier = list(step.stage.steps[: step.index])
    for stage in list(step.stage.ancestry())[1:]:
        earlier += stage.steps
    return [
        link
        for other in earlier
        if other.keyword == "RUN"
        for command in located(other)
        for link in links_made_by(command)
    ]


def links_made_by(command: Located) -> list[Link]:
    """The links of `ln -s TARGET NAME`, both the link NAME and, since NAME may be a folder, one below it."""
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


def leads_to(links: list[Link], brought: Callable[[str], bool], path: str) -> bool:
    """Whether a path is, or is below, a link to something for which `brought` is true."""
    return any(within(path, link.path) and brought(link.target) for link in links)
