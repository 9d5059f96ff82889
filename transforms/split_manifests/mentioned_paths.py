"""The paths that the words of a command, its heredocs and other text mention, whatever the program does with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.paths import resolve, within
from dfix.rewriter.model.values_in_force import filled
from dfix.rewriter.shell.nodes import Word
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
    yield from mentioned_in(with_values(word.literal_or_text, command), command.folder)


def mentioned_in_bodies(command: Located) -> Iterator[Mention]:
    """The paths in the command's heredocs and here-strings (`<<< text`)."""
    for redirect in command.command.redirects:
        body = redirect.target if redirect.op == "<<<" else redirect.body
        if body is not None:
            yield from mentioned_in(with_values(body.literal_or_text, command), command.folder)


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


def with_values(text: str, command: Located) -> str:
    """The text with the variables whose values are known, PWD too."""
    values = {"PWD": command.folder, **command.env, **command.assigned}
    return filled(text, {name: value for name, value in values.items() if value is not None and "$" not in value})


def late_source(copies: Sequence[Copied], first: Set[str], path: str) -> str | None:
    """The context path of a file or folder that one of the copies brings to an image path; "" is the root.

    None where that is copied before, as one of `first` or below one of them, and where no file comes to the path.
    """
    for copy in copies:
        file = copy.brought.context_path_of(path)
        if file is not None:
            return None if is_below(first, file) else file
        folder = copy.brought.context_folder_at(path)
        if folder is not None and not (folder and is_below(first, folder)) and copy.brought.brings_below(path):
            return folder
    return None


def is_below(first: Set[str], path: str) -> bool:
    """Whether a context path is one of `first`, or below one of them."""
    return path in first or any(within(path, folder) for folder in first)
