"""Telling a command's options from its operands, by the row of its program."""

from __future__ import annotations

import re
from typing import NamedTuple

from dfix.rewriter.knowledge import Usage
from dfix.rewriter.knowledge.program_table import ProgramRow
from dfix.rewriter.shell.nodes import Word

_BUNDLE = re.compile(r"[A-Za-z]+")


class GivenOption(NamedTuple):
    """An option without its value ("--file", "-f"), and the value. `word` holds the value."""

    name: str
    value: str | None
    word: Word
    attached: bool
    """Whether the value is a part of the word that holds the option."""


class Parted(NamedTuple):
    """The options and operands of a command. `unknown` is the first option that the row does not name, "" for none."""

    options: tuple[GivenOption, ...]
    operands: tuple[Word, ...]
    unknown: str

    def has(self, names: frozenset[str]) -> bool:
        """Whether one of these options is given."""
        return any(option.name in names for option in self.options)


def parted(words: tuple[Word, ...], row: ProgramRow) -> Parted:
    """The words after the program's name. Where the row names no options, each word with a dash is one."""
    reader = _Reader(row)
    at = 0
    while at < len(words):
        word = words[at]
        written = word.literal_or_text
        if at == 0 and row.bundled and _BUNDLE.fullmatch(written):
            written = "-" + written
        at += 1
        if written == "--" and row.flags is not None:
            reader.operands += words[at:]
            break
        if len(written) < 2 or written[0] not in "-" or (written[0] == "(" and row.operands == "leading"):
            reader.operands.append(word)
        elif row.flags is None:
            reader.any_option(word, written)
        else:
            at += reader.option(word, written, words[at] if at < len(words) else None)
    return Parted(tuple(reader.options), tuple(reader.operands), reader.unknown)


def of_usage(found: Usage, row: ProgramRow, named: int) -> Parted:
    """The options and operands of a package manager's command, without the `named` words of its sub-command."""
    known = (row.flags or frozenset()) | row.values | row.read_options | row.write_options
    unknown = "" if row.flags is None else next((one.name for one in found.options if one.name not in known), "")
    options = []
    for option in found.options:
        options.append(GivenOption(option.name, option.value, option.word, True))
        if option.value is not None:
            # some rows ask for an option with one value: --location=global
            options.append(GivenOption(f"{option.name}={option.value}", None, option.word, True))
    return Parted(tuple(options), found.arguments[named:], unknown)


class _Reader:
    """What has been read. `takes` are the options with a value."""

    def __init__(self, row: ProgramRow) -> None:
        self.flags = row.flags or frozenset()
        self.takes = row.values | row.read_options | row.write_options
        self.options: list[GivenOption] = []
        self.operands: list[Word] = []
        self.unknown = ""

    def any_option(self, word: Word, written: str) -> None:
        name, sign, value = written.partition("=")
        if not written.startswith("--"):
            self.options += [GivenOption("-" + letter, None, word, False) for letter in written[1:]]
        self.options.append(GivenOption(name, value if sign else None, word, bool(sign)))

    def option(self, word: Word, written: str, following: Word | None) -> int:
        """Read one word; the number of words after it that belong to it."""
        name, sign, value = written.partition("=")
        if written in self.flags or (name in self.flags and name in ("--in-place",)):
            self.options.append(GivenOption(name, None, word, False))
            return 0
        if sign and name in self.takes:
            self.options.append(GivenOption(name, value, word, True))
            return 0
        if written in self.takes:
            return self._with_next(written, word, following)
        if written.startswith("--"):
            self.unknown = self.unknown or written
            return 0
        return self._cluster(word, written, following)

    def _cluster(self, word: Word, written: str, following: Word | None) -> int:
        for index, letter in enumerate(written[1:], 2):
            name = "-" + letter
            if name in self.takes:
                if written[index:]:
                    self.options.append(GivenOption(name, written[index:], word, True))
                    return 0
                return self._with_next(name, word, following)
            if name not in self.flags:
                self.unknown = self.unknown or written
                return 0
            self.options.append(GivenOption(name, None, word, False))
        return 0

    def _with_next(self, name: str, word: Word, following: Word | None) -> int:
        if following is None:
            self.unknown = self.unknown or word.text
            return 0
        value = following.literal_or_text
        self.options.append(GivenOption(name, value, following, False))
        return 1
