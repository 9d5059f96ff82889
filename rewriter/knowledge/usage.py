"""Parses one command of a package manager: its sub-command, operands and options."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dfix.rewriter.knowledge.load import Manager, named
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.knowledge.program_table import ProgramRow
    from dfix.rewriter.shell.nodes import Word

_PYTHON = "python"
_FEW = 100
"""Words of a command of which the answer is remembered: an editor sends a new one with every key pressed."""


class Option(NamedTuple):
    """An option of a command."""

    name: str
    """As written, without its value: "--prefix", "-r"."""
    value: str | None
    word: Word


class Usage(NamedTuple):
    """A command of a package manager."""

    manager: Manager
    verb: str
    """What the sub-command does (`Manager.verbs`), "" if that is unknown."""
    subcommand: Word | None
    """The last word of the sub-command; None where there is none."""
    operands: tuple[Word, ...]
    """The arguments after the sub-command."""
    options: tuple[Option, ...]
    words: tuple[Word, ...]
    """All words after the program's name (or after `python -m pip`)."""
    arguments: tuple[Word, ...]
    """The words that are not options: sub-command and operands."""
    as_module: bool = False
    """Whether Python runs it: `python -m pip`."""

    def says(self, command: str) -> bool:
        """Whether manager, verb and first operands are those of `command` ("dnf clean all"); options don't count."""
        name, *rest = command.split()
        arguments = [word.literal_or_text for word in self.arguments[: len(rest)]]
        return self.manager.name == name and arguments == rest

    @property
    def row_of_verb(self) -> tuple[ProgramRow, int] | None:
        """The row of the sub-command, and how many arguments name it; None if the manager's file has no row for it.

        `python -m pip install` has a row of its own, because Python also looks for modules in the current folder.
        """
        first = [word.literal_or_text for word in self.arguments[:3]]
        before = f"-m {self.manager.module} " if self.as_module else ""
        for length in (3, 2, 1):
            row = self.manager.rows.get(before + " ".join(first[:length])) if len(first) >= length else None
            if row is not None:
                return row, length
        return None

    @property
    def asks(self) -> bool:
        """Whether it only prints something: `cargo --version`, but not `cargo install --version 1.2 tool`."""
        return any(option.name in self.manager.asks and option.value is None for option in self.options)

    def has(self, names: frozenset[str]) -> bool:
        """Whether one of these options is given."""
        return any(option.name in names for option in self.options)


def usage(words: tuple[Word, ...]) -> Usage | None:
    """How a command uses a package manager; None if it does not run a known one.

    `words` are those of the program that really runs (`invoked`). `python -m pip` is pip. The latest answers are
    remembered, because each rule asks about most commands of a file.
    """
    if not words:
        return None
    return _remembered(words) if len(words) <= _FEW else _usage(words)


def _usage(words: tuple[Word, ...]) -> Usage | None:
    program = program_name(words[0]).strip("\"'")
    at = 1
    manager = named(program)
    as_module = manager is None
    if manager is None and program.startswith(_PYTHON):
        at = _after_module(words)
        manager = named(words[at - 1].literal_or_text) if at else None
        if manager is not None and manager.module != words[at - 1].literal_or_text:
            return None
    if manager is None:
        return None
    rest = words[at:]
    operands, options = _split(rest, manager)
    first = operands[0] if operands else None
    verb = manager.verbs.get(first.literal_or_text, "") if first is not None else ""
    if first is None and any(project.bare for project in manager.projects):
        verb = "install"
    if not verb and options:
        # `pacman -Syu` and `pacman -Scc`
        both = options[0].name + (options[1].name[1:] if len(options) > 1 else "")
        verb = manager.verbs.get(both) or manager.verbs.get(options[0].name, "")
    if len(operands) > 1:
        two = manager.verbs.get(f"{operands[0].literal_or_text} {operands[1].literal_or_text}")
        if two is not None:
            return Usage(manager, two, operands[1], operands[2:], options, rest, operands, as_module)
    return Usage(manager, verb, first, operands[1:], options, rest, operands, as_module)


_remembered = lru_cache(maxsize=1024)(_usage)


def _after_module(words: tuple[Word, ...]) -> int:
    """The index after the module's name in `python -u -m pip …`; 0 if no module is run."""
    for at in range(1, len(words) - 1):
        text = words[at].text
        if text == "-m":
            return at + 2
        if not text.startswith("-"):
            break
    return 0


def _split(words: tuple[Word, ...], manager: Manager) -> tuple[tuple[Word, ...], tuple[Option, ...]]:
    """Operands, and options with their values: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-abn value`."""
    values = manager.values
    operands: list[Word] = []
    options: list[Option] = []
    at = 0
    while at < len(words):
        word = words[at]
        text = word.literal_or_text
        at += 1
        if text == "--":
            operands += words[at:]
            break
        if len(text) < 2 or text[0] != "-":
            operands.append(word)
            continue
        name, sign, value = text.partition("=")
        if manager.single_dash or text.startswith("--") or name in values:
            if not sign and name in values and at < len(words):
                value, sign = words[at].literal_or_text, "="
                at += 1
            options.append(Option(name, value if sign else None, word))
            continue
        letters, value = _cluster(text, values)
        options += [Option(letter, None, word) for letter in letters[:-1]]
        if not value and letters[-1] in values and at < len(words):
            value = words[at].literal_or_text
            at += 1
        options.append(Option(letters[-1], value or None, word))
    return tuple(operands), tuple(options)


def _cluster(text: str, values: frozenset[str]) -> tuple[list[str], str]:
    """The one-letter options of a word, up to the first that takes a value, and that value if it is attached."""
    letters = []
    for index, letter in enumerate(text[1:], 2):
        letters.append("-" + letter)
        if letters[-1] in values:
            return letters, text[index:].removeprefix("=")
    return letters, ""
