"""A command that names a copied file may read it, or leave its path in the image where a later program finds it.

The table of programs says what most do with their operands; this is about all other words, and about text that goes
into a file: settings, symbolic links, lists of sources.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Set
from itertools import chain

from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.install_table import EVERY, reads, settings_files
from dfix.rewriter.knowledge.program_table import ProgramRow, of_kind
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.effects.of_command import described
from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.split_manifests.links import links_made_by
from dfix.transforms.split_manifests.mentioned_paths import Mention, mentioned_by, mentioned_in_bodies
from dfix.transforms.split_manifests.outputs import Receivers, outputs
from dfix.transforms.split_manifests.settings_places import is_looked_at

_OWN_OPERANDS = frozenset(("reads", "writes", "to-last", "leading", "urls"))
"""Rows of programs that do nothing with a path but what effects say."""
_SETS = frozenset(("config", "env", "set"))
_TAKES_TEXT = frozenset(("chpasswd", "crontab"))
"""Programs that keep their input where no build looks."""


def named_late(command: Located, step: Step, run: Step, late: Callable[[str], bool]) -> Mention | None:
    """The path in a command that a copy brings too late for it, or for what finds the path there up to `run`.

    `late` tells of an image path whether a copy brings it late. None if the command names no such path, or none that
    anything reads.
    """
    return next((mention for mention in _told(command, step, run, frozenset()) if late(mention.path)), None)


def kept_late(command: Located, step: Step, run: Step, late: Callable[[str], bool], roots: Set[str]) -> Mention | None:
    """Like `named_late`, for a command before all copies today: it can't read what they bring, but name it to others.

    An unknown program that names one of `roots`, where the copies go, only means that folder.
    """
    return next((mention for mention in _told(command, step, run, roots, keeps=True) if late(mention.path)), None)


def _told(command: Located, step: Step, run: Step, roots: Set[str], *, keeps: bool = False) -> Iterator[Mention]:
    """The paths in a command that count; with `keeps` only those that it may leave in the image."""
    if not command.words:
        return
    output = outputs(step.script).get(id(command.command), Receivers())
    if not _is_unread(command, output, run):
        yield from mentioned_in_bodies(command)
    links = links_made_by(command)
    if links:
        link = links[1] if _names_a_folder(command.words[-1].literal_or_text) else links[0]
        if is_looked_at(link.path, run, named=1):
            yield Mention(link.target, link.target)
        return
    what = described(command.words)
    row = None if what is None else what[0]
    if row is not None and "plain" in row.kinds and row.operands in ("words", "text"):
        if "prints" in row.kinds and not _is_unread(command, output, run):
            yield from mentioned_by(command)
        return
    if row is not None and row.script:
        if any(_is_settings_file(command, word.literal_or_text, run) for word in command.words[-1:]):
            yield from mentioned_by(command)
        return
    if row is not None and row.operands in _OWN_OPERANDS and program_name(command.words[0]) != "ln":
        return
    if (keeps and not _may_keep(command, row)) or _sets_harmless_key(command):
        return
    is_known = _sets(command) or (row is not None and row.operands != "anything")
    yield from (mention for mention in mentioned_by(command) if is_known or mention.path not in roots)


def _names_a_folder(written: str) -> bool:
    """Whether the name of a link is a folder that exists: `ln -s /app/x /usr/bin`."""
    return written.endswith(("/", ".d")) or posixpath.basename(written) in ("bin", "sbin", "lib", "etc")


def _is_unread(command: Located, output: Receivers, run: Step) -> bool:
    """Whether what the command prints goes only to the log, or to where no program looks by itself."""
    if not set(output.programs) <= _TAKES_TEXT | of_kind("prints") | of_kind("account"):
        return False
    paths = [named_by(command, word) for word in output.files]
    return all(path is not None and (path.startswith("/dev/") or not _is_read(path, run)) for path in paths)


def _is_read(path: str, run: Step) -> bool:
    return is_looked_at(path, run, named=0)


def _is_settings_file(command: Located, written: str, run: Step) -> bool:
    path = None if not written.startswith("/") else posixpath.normpath(written)
    return path is not None and is_looked_at(path, run, named=1)


def _may_keep(command: Located, row: ProgramRow | None) -> bool:
    """Whether a command may leave a path that it is given in the image, for others to read it."""
    used = usage(command.words)
    if used is not None:
        return _sets(command)
    words = [word.literal_or_text for word in command.words[:2]]
    if row is None or row.operands == "anything":
        return words != ["git", "clone"]
    return bool(row.prepares) or "places" in row.kinds or row.names == ("git config",)


def _sets(command: Located) -> bool:
    """Whether it is a command that changes settings: `npm config set`, `go env -w`."""
    used = usage(command.words)
    arguments = () if used is None else used.arguments[:2]
    return any(word.literal_or_text in _SETS for word in arguments)


def _sets_harmless_key(command: Located) -> bool:
    """Whether it sets a key, or a variable, whose value is no path that an install reads."""
    words = [word.literal_or_text for word in command.words[1:]]
    keys = [word.partition("=")[0] for word in words]
    program = program_name(command.words[0])
    if program == "export":
        return all(reads("variable", EVERY, key) in ("nothing", "followed") for key in keys)
    if program == "git":
        return any(reads("setting", "git config", key) == "nothing" for key in keys)
    used = usage(command.words)
    if used is None or not _sets(command):
        return False
    files = set(chain.from_iterable(kind.names for kind in settings_files(used.manager.name)))
    # a file for whose every key that is true (.env) is not the one in which the command sets a key
    own = [file for file in files if reads("setting", file, "") is None]
    return any(reads("setting", file, key) == "nothing" for file in own for key in keys)
