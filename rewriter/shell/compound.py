"""Compound commands and function definitions (Shell Command Language, 2.9.4 and 2.9.5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from dfix.rewriter.shell.lists import ListReader
from dfix.rewriter.shell.nodes import Compound, Statement, Word
from dfix.rewriter.shell.quoting import UnreadableError

_THEN = frozenset(("then",))
_BRANCH = frozenset(("elif", "else", "fi"))
_FI = frozenset(("fi",))
_DO = frozenset(("do",))
_DONE = frozenset(("done",))
_CLOSE = frozenset(("}",))
_ESAC = frozenset(("esac",))
_BEFORE_PATTERN = frozenset(("=~", "==", "=", "!="))
_NO_ARITHMETIC = re.compile(r"[;\n'\"]|[\w)}][ \t]+[\w$(]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_ARGUMENTS = re.compile(r"[ \t]*\([ \t]*\)")


class _Parts(NamedTuple):
    kind: str
    body: tuple[Statement, ...]
    words: tuple[Word, ...] = ()


class ScriptReader(ListReader):
    """Reads whole scripts."""

    __slots__ = ()

    def script(self) -> tuple[Statement, ...]:
        """Read all of the mask."""
        statements = self.statements()
        if self.at < self.end:
            raise UnreadableError(f"its script is not understood {self.near()}")
        if self.pending:
            raise UnreadableError(f"a heredoc in it has no end: {self.pending[0].end}")
        return statements

    def substitution(self) -> None:
        """Go past the script of `$(…)` or `<(…)` and its closing parenthesis."""
        self.enter()
        comments = len(self.comments)
        self.statements()
        self._take(")")
        del self.comments[comments:]
        self.depth -= 1

    def compound(self, word: str) -> Compound:
        """Read the compound command that begins with `word` at `at`."""
        reader = _READERS.get(word)
        if reader is None:
            raise UnreadableError(f"its script has an unexpected `{word}`")
        start = self.at
        self.plain = False
        self.enter()
        self.at += len(word)
        parts = reader(self)
        redirects = self.redirects()
        self.depth -= 1
        return Compound(self.span(start, self.at), parts.kind, parts.body, redirects, parts.words)

    def function(self, start: int, name: Word) -> Compound:
        """Read the function of that name whose body starts at `at`."""
        self.plain = False
        parts = self._function_body(name)
        return Compound(self.span(start, self.at), parts.kind, parts.body, (), parts.words)

    def _take(self, word: str) -> None:
        found = self.char() if word == ")" else self.reserved()
        if found != word:
            raise UnreadableError(f"its script lacks a `{word}` {self.near()}")
        self.at += len(word)

    def _parenthesis(self) -> _Parts:
        start = self.at - 1
        if self.char() == "(":
            self.at = start
            if self.arithmetic():
                whole = self.as_word(start, self.mask[start : self.at], None)
                if _NO_ARITHMETIC.search(whole.text):
                    raise UnreadableError(f"a `((` in it can be read in two ways: {whole.text[:20]}")
                return _Parts("test", (), (whole,))
            self.at = start + 1
        body = self.some()
        self._take(")")
        return _Parts("subshell", body)

    def _group(self) -> _Parts:
        body = self.some(_CLOSE)
        self._take("}")
        return _Parts("group", body)

    def _if(self) -> _Parts:
        body = list(self.some(_THEN))
        self._take("then")
        while True:
            body += self.some(_BRANCH)
            word = self.reserved()
            if word == "elif":
                self._take(word)
                body += self.some(_THEN)
                self._take("then")
                continue
            if word == "else":
                self._take(word)
                body += self.some(_FI)
            self._take("fi")
            return _Parts("if", tuple(body))

    def _while(self) -> _Parts:
        return _Parts("while", self.some(_DO) + self._do_group())

    def _do_group(self) -> tuple[Statement, ...]:
        self._take("do")
        body = self.some(_DONE)
        self._take("done")
        return body

    def _for(self) -> _Parts:
        self.skip_blanks()
        start = self.at
        if self.mask.startswith("((", start):
            if not self.arithmetic():
                raise UnreadableError(f"its script is not understood {self.near()}")
            words = [self.as_word(start, self.mask[start : self.at], None)]
            self.skip_blanks()
        else:
            words = [self._needed_word()]
            if not _VARIABLE.fullmatch(words[0].text):
                raise UnreadableError(f"`{words[0].text}` is no variable for a `for`")
            self.skip_lines()
            words += self._for_list()
        if self.char() == ";":
            self.at += 1
        self.skip_lines()
        return _Parts("for", self._do_group(), tuple(words))

    def _for_list(self) -> list[Word]:
        words: list[Word] = []
        if not self._take_in():
            return words
        while True:
            self.skip_blanks()
            word = self.word()
            if word is None:
                break
            words.append(word)
        if self.char() not in (";", "\n"):
            raise UnreadableError(f"its script lacks a `do` {self.near()}")
        return words

    def _take_in(self) -> bool:
        at = self.at
        word = self.word()
        if word is not None and word.text == "in":
            return True
        self.at = at
        return False

    def _case(self) -> _Parts:
        self.skip_blanks()
        words = [self._needed_word()]
        body: list[Statement] = []
        self.skip_lines()
        if not self._take_in():
            raise UnreadableError(f"its script lacks an `in` {self.near()}")
        while True:
            self.skip_lines()
            if self.reserved() == "esac":
                break
            words += self._patterns()
            body += self.statements(_ESAC)
            if self.char() != ";":
                break
            self.at += 3 if self.mask.startswith(";;&", self.at) else 2
        self._take("esac")
        return _Parts("case", tuple(body), tuple(words))

    def _patterns(self) -> list[Word]:
        words: list[Word] = []
        if self.char() == "(":
            self.at += 1
        while True:
            self.skip_blanks()
            words.append(self._needed_word())
            self.skip_blanks()
            if self.char() != "|":
                break
            self.at += 1
        self._take(")")
        return words

    def _needed_word(self) -> Word:
        word = self.word()
        if word is None:
            raise UnreadableError(f"a word is missing in its script {self.near()}")
        return word

    def _function_keyword(self) -> _Parts:
        self.skip_blanks()
        name = self._needed_word()
        match = _NO_ARGUMENTS.match(self.mask, self.at)
        if match is not None:
            self.at = match.end()
        return self._function_body(name)

    def _function_body(self, name: Word) -> _Parts:
        self.skip_lines()
        word = self.char() if self.char() == "(" else self.reserved()
        if not word or word == "function":
            raise UnreadableError(f"a function in it has no body {self.near()}")
        body = self.compound(word)
        end = body.span.end
        return _Parts("function", (Statement(body.span, body, "", type(body.span)(end, end)),), (name,))

    def _test(self) -> _Parts:
        """`[[ … ]]`: its operands and operators, apart from what joins and groups them."""
        words: list[Word] = []
        pattern = False
        while True:
            self.skip_lines()
            if self.mask.startswith(("&&", "||"), self.at):
                self.at += 2
            elif self.char() in ("<", ">") or (self.char() in ("(", ")") and not pattern):
                self.at += 1
            else:
                word = self._operand(pattern)
                if word.text == "]]":
                    return _Parts("test", (), tuple(words))
                words.append(word)
                pattern = word.text in _BEFORE_PATTERN and not pattern
                continue
            pattern = False

    def _operand(self, pattern: bool) -> Word:
        """A word of `[[ ]]`; one that is a pattern may hold parentheses and bars."""
        word = self.word()
        if not pattern or self.char() not in ("(", "|"):
            if word is None:
                raise UnreadableError(f"its script lacks a `]]` {self.near()}")
            return word
        start = self.at if word is None else word.span.start - self.offset
        level = 0
        while self.at < self.end:
            char = self.mask[self.at]
            if char in " \t\n" and level == 0:
                break
            if char in "'\"$`\\":
                self.quoted()
                continue
            level += (char == "(") - (char == ")")
            if level < 0:
                break
            self.at += 1
        return self.as_word(start, self.mask[start : self.at], None)


_READERS: dict[str, Callable[[ScriptReader], _Parts]] = {
    "(": ScriptReader._parenthesis,
    "{": ScriptReader._group,
    "if": ScriptReader._if,
    "while": ScriptReader._while,
    "until": ScriptReader._while,
    "for": ScriptReader._for,
    "case": ScriptReader._case,
    "[[": ScriptReader._test,
    "function": ScriptReader._function_keyword,
}
