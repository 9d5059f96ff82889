"""The symbolic link that a command makes, as far as its words are known."""

from __future__ import annotations

import posixpath

from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.model.paths import resolve
from dfix.rewriter.neighbours.image_links import makes_symbolic_links
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.split_manifests.mentioned_paths import UNKNOWN, CommandTexts


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


def _is_folder(written: str) -> bool:
    """Whether the name of a link is that of a folder, so that the link is made in it: `ln -s /app/x /usr/bin`."""
    return written.endswith(("/", ".d")) or posixpath.basename(written) in ("bin", "sbin", "lib", "etc", "root", "~")
