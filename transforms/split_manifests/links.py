"""Symbolic links to copied files: a command that names such a link uses the file."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.model.paths import resolve, within
from dfix.rewriter.model.stage import Step
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.split_manifests.mentioned_paths import UNKNOWN, CommandTexts

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


def links_made_by(command: Located) -> list[Link]:
    """The links of `ln -s TARGET NAME`, both the link NAME and, since NAME may be a folder, one below it."""
    words = command.words
    if not words or not makes_symbolic_links(command):
        return []
    operands = [word.value for word in words[1:] if not word.text.startswith("-")]
    if len(operands) != 2 or operands[0] is None or operands[1] is None:
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


class NewLink(NamedTuple):
    """A symbolic link that a command makes."""

    path: str | None
    """None where it is not known before the build."""
    target: str


def symbolic_link(command: Located, texts: CommandTexts) -> NewLink | None:
    """The link of `ln -s TARGET NAME`; None for other commands, several links, and targets that are not known."""
    words = command.words
    operands = [word for word in words[1:] if not word.text.startswith("-")]
    if not makes_symbolic_links(command) or len(operands) != 2:
        return None
    target, path = texts.filled(operands[0].literal_or_text).strip("\"'"), named_by(command, operands[1])
    if UNKNOWN in target or target.startswith("~"):
        return None
    if path is not None and _is_folder(operands[1].literal_or_text):
        path = posixpath.join(path, posixpath.basename(target.rstrip("/")))
    led = resolve(posixpath.dirname(path), target) if path is not None else target
    return NewLink(path, led or target)


def makes_symbolic_links(command: Located) -> bool:
    """Whether it is `ln -s` or `cp -s`."""
    options = [word.text for word in command.words[1:] if word.text.startswith("-")]
    is_symbolic = any(option in _SYMBOLIC or (option[:2] != "--" and "s" in option) for option in options)
    return is_symbolic and program_name(command.words[0]) in ("ln", "cp")


def _is_folder(written: str) -> bool:
    """Whether the name of a link is that of a folder, so that the link is made in it: `ln -s /app/x /usr/bin`."""
    return written.endswith(("/", ".d")) or posixpath.basename(written) in ("bin", "sbin", "lib", "etc", "root", "~")
