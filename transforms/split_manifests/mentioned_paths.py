"""The paths that the words of a command, its heredocs and other text mention, whatever the program does with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from typing import NamedTuple

from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.paths import resolve
from dfix.rewriter.model.values_in_force import filled
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
        yield from mentioned_in(_filled(word.literal_or_text, command), command.folder)


def mentioned_in_bodies(command: Located) -> Iterator[Mention]:
    """The paths in the command's heredocs."""
    for redirect in command.command.redirects:
        if redirect.body is not None:
            yield from mentioned_in(_filled(redirect.body.literal_or_text, command), command.folder)


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


def _filled(text: str, command: Located) -> str:
    values = {**command.env, **command.assigned}
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
