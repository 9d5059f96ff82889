"""Splits a command's words into options and operands, by the row of its program."""

from __future__ import annotations

from dfix.rewriter.knowledge import Usage
from dfix.rewriter.knowledge.program_table import ProgramRow
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_BUNDLE = expression(r"[A-Za-z]+")


class GivenOption(NamedTuple):
    """An option of a command whose program has a row."""

    name: str
    """Without its value: "--file", "-f"."""
    value: str | None
    word: Word
    """The word that contains the value, or the option if there is none."""
    attached: bool
    """Whether option and value are one word."""


class Arguments(NamedTuple):
    """The options and operands of a command."""

    options: tuple[GivenOption, ...]
    operands: tuple[Word, ...]
    unknown: str
    """The first option that the row does not name; "" for none."""

    def has(self, names: frozenset[str]) -> bool:
        """Whether one of these options is given."""
        return any(option.name in names for option in self.options)


def split_arguments(words: tuple[Word, ...], row: ProgramRow) -> Arguments:
    """Split the words after the program's name. If the row lists no options, every word with a dash is one."""
    reader = _Reader(row)
    at = 0
    while at < len(words):
        word = words[at]
        text = word.literal_or_text
        if at == 0 and row.bundled and _BUNDLE.fullmatch(text):
            text = "-" + text
        at += 1
        if text == "--" and row.flags is not None:
            reader.operands += words[at:]
            break
        if len(text) < 2 or text[0] != "-":
            reader.operands.append(word)
        elif row.flags is None:
            at += reader.any_option(word, text, words[at] if at < len(words) else None)
        else:
            at += reader.option(word, text, words[at] if at < len(words) else None)
    return Arguments(tuple(reader.options), tuple(reader.operands), reader.unknown)


def of_usage(usage: Usage, row: ProgramRow, verb_words: int) -> Arguments:
    """The options and operands of a package manager's command, without the first `verb_words` (its sub-command)."""
    listed = (row.flags or frozenset()) | row.values | row.read_options | row.write_options
    unlisted = (option.name for option in usage.options if option.name not in listed)
    unknown = "" if row.flags is None else next(unlisted, "")
    options = []
    for option in usage.options:
        options.append(GivenOption(option.name, option.value, option.word, True))
        if option.value is not None:
            # some rows list an option with a certain value: --location=global
            options.append(GivenOption(f"{option.name}={option.value}", None, option.word, True))
    return Arguments(tuple(options), usage.arguments[verb_words:], unknown)


class _Reader:
    """Collects options and operands. `takes_value` are the options with a value."""

    def __init__(self, row: ProgramRow) -> None:
        self.flags = row.flags or frozenset()
        self.ends_word = row.ends_word
        self.takes_value = row.values | row.read_options | row.write_options
        self.options: list[GivenOption] = []
        self.operands: list[Word] = []
        self.unknown = ""

    def any_option(self, word: Word, text: str, following: Word | None) -> int:
        """Read one word of a row that lists no flags; returns how many of the words after it belong to it."""
        name, sign, value = text.partition("=")
        if text in self.takes_value:
            return self._with_next(text, word, following)
        at = next((at for at in range(1, len(text)) if f"-{text[at]}" in self.takes_value), None)
        if text[1] != "-" and at is not None:  # `-mk folder`, `-kfolder`
            return self._cluster_value(word, text, at, following)
        if not text.startswith("--"):
            self.options += [GivenOption("-" + letter, None, word, False) for letter in text[1:]]
        self.options.append(GivenOption(name, value if sign else None, word, bool(sign)))
        return 0

    def _cluster_value(self, word: Word, text: str, at: int, following: Word | None) -> int:
        """Read one-letter options in one word, of which the one at `at` takes a value."""
        self.options += [GivenOption("-" + letter, None, word, False) for letter in text[1:at]]
        if not text[at + 1 :]:
            return self._with_next(f"-{text[at]}", word, following)
        self.options.append(GivenOption(f"-{text[at]}", text[at + 1 :], word, True))
        return 0

    def option(self, word: Word, text: str, following: Word | None) -> int:
        """Read one word; returns how many of the words after it belong to it."""
        name, sign, value = text.partition("=")
        if text in self.flags or (name in self.flags and name in ("--in-place",)):
            self.options.append(GivenOption(name, None, word, False))
            return 0
        if sign and name in self.takes_value:
            self.options.append(GivenOption(name, value, word, True))
            return 0
        if text in self.takes_value:
            return self._with_next(text, word, following)
        if text.startswith("--"):
            self.unknown = self.unknown or text
            return 0
        return self._cluster(word, text, following)

    def _cluster(self, word: Word, text: str, following: Word | None) -> int:
        for index, letter in enumerate(text[1:], 2):
            name = "-" + letter
            if name in self.takes_value:
                return self._cluster_value(word, text[:1] + text[index - 1 :], 1, following)
            if name not in self.flags or (name in self.ends_word and text[index:]):
                self.unknown = self.unknown or text
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
