"""The words of a `[[ … ]]`, which has a grammar of its own."""

from __future__ import annotations

from dfix.rewriter.shell.cursor import UnreadableError
from dfix.rewriter.shell.lexer import Lexer
from dfix.rewriter.shell.nodes import Word

_BEFORE_PATTERN = frozenset(("=~", "==", "=", "!="))


def condition(lexer: Lexer) -> tuple[Word, ...]:
    """Read `… ]]`, after `[[`: its operands and operators, without what joins and groups them."""
    cursor = lexer.cursor
    words: list[Word] = []
    wants_pattern = False
    while True:
        lexer.skip_lines()
        if cursor.precedes("&&", "||"):
            cursor.at += 2
        elif cursor.char() in ("<", ">") or (cursor.char() in ("(", ")") and not wants_pattern):
            cursor.at += 1
        else:
            word = _operand(lexer, wants_pattern)
            if word.text == "]]":
                return tuple(words)
            words.append(word)
            wants_pattern = word.text in _BEFORE_PATTERN and not wants_pattern
            continue
        wants_pattern = False


def _operand(lexer: Lexer, wants_pattern: bool) -> Word:
    word = lexer.word()
    if wants_pattern and lexer.cursor.char() in ("(", "|"):
        return lexer.pattern(word)
    if word is None:
        raise UnreadableError(f"its script lacks a `]]` {lexer.cursor.near()}")
    return word
