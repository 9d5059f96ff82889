"""The paths that the words of a command, its heredocs and other text mention, whatever the program does with them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Set
from typing import NamedTuple

from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.model.paths import resolve
from dfix.rewriter.model.values_in_force import filled
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.split_manifests.given_paths import path_parts

_SEPARATES = re.compile(r"\\[nrt]|[|#<>&!\\]")
_INSTEAD = re.compile(r"url\.(.*)\.(?:push)?insteadof", re.IGNORECASE)
"""The key of git's setting that has a path in its middle."""


class Mention(NamedTuple):
    """A path in a text."""

    written: str
    path: str
    """The image path."""


def mentioned_by(command: Located) -> Iterator[Mention]:
    """The paths in the words after the program's name: absolute ones, and relative ones with a slash."""
    for word in command.words[1:]:
        yield from mentioned_in_word(command, word)


def mentioned_in_word(command: Located, word: Word) -> Iterator[Mention]:
    """The paths in one word of a command."""
    yield from mentioned_in(_filled(word.literal_or_text, command), command.folder)


def mentioned_in_bodies(command: Located) -> Iterator[Mention]:
    """The paths in the command's heredocs and here-strings (`<<< text`)."""
    for redirect in command.command.redirects:
        body = redirect.target if redirect.op == "<<<" else redirect.body
        if body is not None:
            yield from mentioned_in(_filled(body.literal_or_text, command), command.folder)


def mentioned_in(text: str, folder: str | None) -> Iterator[Mention]:
    """The paths in a text: absolute ones, and relative ones with a slash, which begin in `folder`."""
    instead = _INSTEAD.fullmatch(text)
    for part in path_parts(_SEPARATES.sub(" ", instead[1] if instead is not None else text)):
        written = part.rstrip("/") if len(part) > 1 else part
        if "/" not in part or "$" in part or "`" in part:
            continue
        path = resolve(folder, written)
        if path is not None and path != "/":
            yield Mention(part, path)


class NewLink(NamedTuple):
    """A symbolic link that a command makes."""

    path: str | None
    """None where it is not known before the build."""
    target: str


def symbolic_link(command: Located) -> NewLink | None:
    """The link of `ln -s TARGET NAME`; None for other commands, several links, and targets that are not known."""
    words = command.words
    operands = [word for word in words[1:] if not word.text.startswith("-")]
    if not makes_symbolic_links(command) or len(operands) != 2:
        return None
    target, path = _filled(operands[0].literal_or_text, command), named_by(command, operands[1])
    if "$" in target or "`" in target or "*" in target:
        return None
    if path is not None and _is_folder(operands[1].literal_or_text):
        path = posixpath.join(path, posixpath.basename(target.rstrip("/")))
    led = resolve(posixpath.dirname(path), target) if path is not None else target
    return NewLink(path, led or target)


def makes_symbolic_links(command: Located) -> bool:
    """Whether it is `ln -s`."""
    options = [word.text for word in command.words[1:] if word.text.startswith("-")]
    is_symbolic = any(option == "--symbolic" or (option[:2] != "--" and "s" in option) for option in options)
    return is_symbolic and program_name(command.words[0]) == "ln"


def _is_folder(written: str) -> bool:
    """Whether the name of a link is that of a folder, so that the link is made in it: `ln -s /app/x /usr/bin`."""
    return written.endswith(("/", ".d")) or posixpath.basename(written) in ("bin", "sbin", "lib", "etc", "root", "~")


def _filled(text: str, command: Located) -> str:
    values = {"PWD": command.folder, **command.env, **command.assigned}
    return filled(text, {name: value for name, value in values.items() if value is not None and "$" not in value})


def comes_late(copies: list[Copied], first: Callable[[], Set[str]], path: str) -> bool:
    """Whether one of the copies brings a file or folder of the context to an image path; `first` are copied before."""
    for copy in copies:
        file = copy.brought.context_path_of(path)
        if file is not None:
            return not _copied_first(first(), file)
        folder = copy.brought.context_folder_at(path)
        if folder is not None and copy.brought.brings_below(path):
            return not (folder and _copied_first(first(), folder))
    return False


def _copied_first(first: Set[str], path: str) -> bool:
    return path in first or any(path.startswith(f"{folder}/") for folder in first)
