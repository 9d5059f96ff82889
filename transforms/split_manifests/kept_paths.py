"""A command that names a copied file may read it, or leave its path in the image where a later program finds it.

The table of programs says what most do with their operands; this is about all other words, and about text that goes
into a file: settings, symbolic links, lists of sources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set

from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.install_table import reads, settings_files
from dfix.rewriter.knowledge.program_table import ProgramRow, of_kind
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.effects.command_row import described
from dfix.rewriter.model.effects.of_command import effects
from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.neighbours.image_links import makes_symbolic_links
from dfix.rewriter.shell.nodes import Script, Word
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.split_manifests.links import symbolic_link
from dfix.transforms.split_manifests.mentioned_paths import (
    CommandTexts,
    Mention,
    bare_mentions,
    mentioned_in,
    parts_of,
)
from dfix.transforms.split_manifests.outputs import Receivers, outputs
from dfix.transforms.split_manifests.settings_places import is_looked_at
from dfix.transforms.split_manifests.settings_text import install_folders, mentioned_in_settings

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
    return next(
        (mention for mention in _told(command, step.script, step, run, frozenset()) if late(mention.path)), None
    )


def kept_late(
    command: Located, script: Script, step: Step, run: Step, late: Callable[[str], bool], roots: Set[str]
) -> Mention | None:
    """Like `named_late`, for a command before all copies today: it can't read what they bring, but name it to others.

    `script` is that of the step, or one that the step runs. An unknown program that names one of `roots`, where the
    copies go, only means that folder.
    """
    told = _told(command, script, step, run, roots, keeps=True)
    return next((mention for mention in told if late(mention.path)), None)


def _told(
    command: Located, script: Script, step: Step, run: Step, roots: Set[str], *, keeps: bool = False
) -> Iterator[Mention]:
    """The paths in a command that count; with `keeps` only those that it may leave in the image."""
    if not command.words:
        return
    what = described(command.words)
    row = None if what is None else what[0]
    texts = CommandTexts(command, step)
    output = outputs(script).get(id(command.command), Receivers())
    is_unread = row is not None and "prints" in row.kinds and _is_unread(command, output, run)
    if not is_unread:
        yield from _written(texts, row, output, run)
    link = symbolic_link(command, texts)
    if link is not None:
        if link.path is None or is_looked_at(link.path, run, named=1):
            yield Mention(link.target, link.target)
    elif row is not None and "plain" in row.kinds and row.operands in ("words", "text"):
        if "prints" in row.kinds and not is_unread:
            yield from _in_text(command, " ".join(text for _, text in texts.words()), output, run)
    elif row is not None and row.script:
        if _is_looked_at(command, command.words[-1], run):
            for _, text in texts.words():
                yield from mentioned_in_settings(text, named_by(command, command.words[-1]), install_folders(run))
    elif (not keeps or _may_keep(command, row)) and not _has_own_operands(command, row):
        is_known = _sets(command) or not _is_unknown(command, row)
        yield from (mention for mention in _by_words(texts, row, run) if is_known or mention.path not in roots)


def _written(texts: CommandTexts, row: ProgramRow | None, output: Receivers, run: Step) -> Iterator[Mention]:
    """The paths in the heredocs of a command, and in the words of one that writes something made of them (`awk`)."""
    command = texts.command
    for body in texts.bodies() if not _is_tee_of_unread(command, run) else ():
        yield from _in_text(command, body, output, run)
    if output.files and not (row is not None and "plain" in row.kinds) and not _goes_unread(command, output, run):
        yield from _in_text(command, " ".join(text for _, text in texts.words()), output, run)


def _in_text(command: Located, text: str, output: Receivers, run: Step) -> Iterator[Mention]:
    """The paths in a text that a command writes."""
    paths = [named_by(command, word) for word in output.files]
    for path in paths or [None]:
        yield from mentioned_in_settings(text, path, (command.folder, *install_folders(run)))


def _has_own_operands(command: Located, row: ProgramRow | None) -> bool:
    return row is not None and row.operands in _OWN_OPERANDS and not makes_symbolic_links(command)


def _by_words(texts: CommandTexts, row: ProgramRow | None, run: Step) -> Iterator[Mention]:
    """The paths in the words of a command, apart from the values of harmless settings.

    An option of a package manager, and a setting, may also name a file without a slash.
    """
    command = texts.command
    used = usage(command.words)
    files = () if used is None else _settings_of(used.manager.name)
    is_setting = _sets(command) or (_is_unknown(command, row) and _names_place(texts, run))
    before = ""
    for word, text in texts.words():
        key, sign, value = text.partition("=")
        name = key if sign else before
        before = text
        if _is_harmless(command, name, files) and "file:" not in text:
            continue
        yield from mentioned_in(text, command.folder)
        if is_setting:  # the path may begin where the install runs
            yield from _in_setting(command, text, value, run, is_value=bool(sign) or word is command.words[-1])
    if used is not None:
        named = [o for o in used.options if reads("option", used.manager.name, o.name) != "nothing"]
        for option in named:
            yield from bare_mentions(option.value or "", [command.folder])


def _in_setting(command: Located, text: str, value: str, run: Step, *, is_value: bool) -> Iterator[Mention]:
    """The paths in a word that is a setting, or a part of one: `GOFLAGS=-modfile=ci.mod` names ci.mod."""
    folders = tuple(dict.fromkeys((command.folder, *install_folders(run))))
    for folder in folders[1:]:
        yield from mentioned_in(value or text, folder)
    for part in parts_of(value or text):
        if is_value or "." in part:
            yield from bare_mentions(part, folders)


def _names_place(texts: CommandTexts, run: Step) -> bool:
    """Whether a command names a file in which programs look for settings: `crudini --set /etc/pip.conf …`."""
    mentions = (mention for _, text in texts.words() for mention in mentioned_in(text, texts.command.folder))
    return any(is_looked_at(mention.path, run, named=1) for mention in mentions)


def _is_harmless(command: Located, name: str, files: tuple[str, ...]) -> bool:
    """Whether a command sets a setting in whose value no install looks for a path."""
    program = program_name(command.words[0])
    if program == "git":
        return reads("setting", "git config", name) == "nothing"
    return _sets(command) and any(reads("setting", file, name) == "nothing" for file in files)


def _settings_of(manager: str) -> tuple[str, ...]:
    """The names of a manager's settings files, apart from those that it takes whole, whatever their keys are (.env)."""
    files = {name: None for kind in settings_files(manager) for name in kind.names}
    return tuple(file for file in files if reads("setting", file, "") is None)


def _is_unread(command: Located, output: Receivers, run: Step) -> bool:
    """Whether what the command prints goes only to the log, or to where no program looks by itself."""
    if not set(output.programs) <= _TAKES_TEXT | of_kind("prints") | of_kind("account"):
        return False
    return _goes_unread(command, output, run)


def _goes_unread(command: Located, output: Receivers, run: Step) -> bool:
    """Whether no program looks by itself at the files that receive what a command prints."""
    paths = [named_by(command, word) for word in output.files]
    return all(
        path is not None and (path.startswith("/dev/") or not is_looked_at(path, run, named=0)) for path in paths
    )


def _is_tee_of_unread(command: Located, run: Step) -> bool:
    words = [word for word in command.words[1:] if not word.text.startswith("-")]
    return program_name(command.words[0]) == "tee" and not any(_is_looked_at(command, word, run) for word in words)


def _is_looked_at(command: Located, word: Word, run: Step) -> bool:
    path = named_by(command, word)
    return path is None or is_looked_at(path, run, named=1)


def _may_keep(command: Located, row: ProgramRow | None) -> bool:
    """Whether a command may leave a path that it is given in the image, for others to read it."""
    used = usage(command.words)
    if used is not None:
        return not used.verb or _sets(command)
    words = [word.literal_or_text for word in command.words[:2]]
    if row is None or _is_unknown(command, row):
        return words != ["git", "clone"]
    return bool(row.prepares) or "places" in row.kinds or row.names == ("git config",)


def _is_unknown(command: Located, row: ProgramRow | None) -> bool:
    """Whether a command may do anything: an unknown program, or options that its row does not cover (`node -e`)."""
    return row is None or row.operands == "anything" or bool(effects(command).anything)


def _sets(command: Located) -> bool:
    """Whether it is a command that changes settings: `npm config set`, `go env -w`, `git config`."""
    if program_name(command.words[0]) == "git":
        return any(word.value == "config" for word in command.words[1:4])
    used = usage(command.words)
    arguments = () if used is None else used.arguments[:2]
    return any(word.literal_or_text in _SETS for word in arguments)
