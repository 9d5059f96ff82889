"""Symbolic links in the image: where a path leads through those that earlier steps make or copy."""

from __future__ import annotations

import posixpath
from functools import cache
from typing import TYPE_CHECKING

from dfix.rewriter.model.commands import located
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.model.file_map.file_map import map_before, steps_before
from dfix.rewriter.model.paths import within
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dfix.rewriter.context.folder import Context
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located

_SYMBOLIC = ("--symbolic", "--symbolic-link")


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


def other_links(step: Step, command: Located) -> list[Link]:
    """The links that `ln` makes before a RUN or in it, but for those that one of its commands makes itself."""
    others = (other for other in located(step) if other.command is not command.command)
    return links_before(step) + [link for other in others for link in links_made_by(other)]


def links_made_by(command: Located) -> list[Link]:
    """The links of `ln -s TARGET… NAME`: the link NAME, unless it ends with `/`, and, as for a folder, those below."""
    if not command.words or not makes_symbolic_links(command):
        return []
    operands = [word.value for word in command.words[1:] if not word.text.startswith("-")]
    if len(operands) < 2 or None in operands:
        return []
    *targets, name = (operand or "" for operand in operands)
    path = posixpath.normpath(posixpath.join(command.folder or "?", name))
    is_folder = len(targets) > 1 or name.endswith("/")
    found = [] if is_folder else [Link(path, _target(path, targets[0]))]
    inside = [(posixpath.join(path, posixpath.basename(target.rstrip("/"))), target) for target in targets]
    return found + [Link(below, _target(below, target)) for below, target in inside]


def _target(link: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(link), target))


def makes_symbolic_links(command: Located) -> bool:
    """Whether it is `ln -s` or `cp -s`."""
    options = [word.text for word in command.words[1:] if word.text.startswith("-")]
    is_symbolic = any(option in _SYMBOLIC or (option[:2] != "--" and "s" in option) for option in options)
    return is_symbolic and program_name(command.words[0]) in ("ln", "cp")


def leads_to(links: Iterable[Link], is_near: Callable[[str], bool], path: str) -> bool:
    """Whether a path is, or is below, a link to something for which `is_near` is true."""
    return any(within(path, link.path) and is_near(link.target) for link in links)


def leading(step: Step, context: Context) -> Callable[[str], str]:
    """Where paths lead when a step runs, through links in folders of the build context that copies bring."""
    copies = [earlier for earlier in steps_before(step) if earlier.keyword in ("COPY", "ADD")]
    files = cache(lambda: map_before(step, context))

    def led_to(path: str) -> str:
        if not any(_is_below(path, copy) for copy in copies):
            return path
        return files().followed(path) or path

    return led_to


def copy_with_links(path: str, step: Step, context: Context | None, is_near: Callable[[str], bool]) -> Step | None:
    """The COPY or ADD before a step that may bring a link through which a path leads to where `is_near` is true."""
    led_to = (lambda path: path) if context is None else leading(step, context)
    for earlier in steps_before(step):
        if not _is_below(path, earlier):
            continue
        brought = None if context is None or earlier.instruction.flag("from") else copied(earlier, context)
        if context is None or not isinstance(brought, Copied) or is_near(led_to(path)):
            return earlier
    return None


def _is_below(path: str, copy: Step) -> bool:
    """Whether a path is below the destination of a COPY or ADD, so that folders on its way may come with that."""
    if copy.keyword not in ("COPY", "ADD") or copy.instruction.heredocs:
        return False
    destination = copy.destination
    return destination is None or (path != destination and within(path, destination))
