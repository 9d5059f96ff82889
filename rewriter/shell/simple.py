"""Simple commands: assignments, words, redirects and heredocs (Shell Command Language, 2.7 and 2.9.1)."""

from __future__ import annotations

import re
from typing import NamedTuple

from dfix.rewriter.shell.lexing import PLAIN_WORD, Lexer
from dfix.rewriter.shell.nodes import Command, Compound, Redirect, Word
from dfix.rewriter.shell.quoting import UnreadableError
from dfix.rewriter.text.source import Span

RESERVED = frozenset(
    "if then elif else fi for while until do done case esac function select coproc { } ! [[ ]]".split()
)
_REDIRECT = re.compile(r"(?:([0-9]*)(<<<|<<-|<<|<&|<>|<(?!\()|>>|>&|>\||>(?!\())|(&>>|&>))")
_MAY_REDIRECT = frozenset("<>&0123456789")
_DESCRIPTOR = re.compile(r"[0-9]+-?|-")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\[[^\]]*\])?\+?=")
_OPEN_SUBSCRIPT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\[[^\]]*")
_DECLARES = frozenset(("declare", "typeset", "local", "export", "readonly"))
_NO_ARGUMENTS = re.compile(r"\([ \t]*\)")
_FUNCTION_NAME = re.compile(r"[A-Za-z0-9_.:+@/-]+")


class HeredocMark(NamedTuple):
    """A heredoc that is opened and not yet read. `at` is where its redirect starts."""

    at: int
    end: str
    strips_tabs: bool
    expands: bool


class SimpleReader(Lexer):
    """Reads simple commands. `bodies` holds the heredocs' contents by their redirect's offset, once known."""

    __slots__ = ("bodies", "pending")

    def __init__(self, mask: str, offset: int, text: str, *, joined: bool) -> None:
        super().__init__(mask, offset, text, joined=joined)
        self.pending: list[HeredocMark] = []
        self.bodies: dict[int, Word] = {}

    def function(self, start: int, name: Word) -> Compound:
        """Read the function of that name whose body starts at `at`."""
        raise NotImplementedError

    def simple(self) -> Command | Compound:
        """Read a simple command, or a function definition `name() …`."""
        start = stop = self.at
        assigns: list[Word] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        while True:
            if words:
                self._plain_words(words)
                stop = max(stop, words[-1].span.end - self.offset)
            self.skip_blanks()
            redirect = self.redirect()
            if redirect is not None:
                redirects.append(redirect)
                stop = self.at
                continue
            word = self.word(arrays=not words or words[0].value in _DECLARES)
            if word is None:
                break
            stop = self.at
            if words:
                words.append(word)
            elif _ASSIGNMENT.match(word.text):
                assigns.append(word)
            else:
                words.append(self._first(word))
        if words and words[0].text == "time" and len(words) > 1 and words[1].text in RESERVED:
            raise UnreadableError(f"its script has an unexpected `{words[1].text}`")
        if self.char() == "(" or stop == start:
            if len(words) == 1 and not assigns and not redirects and _FUNCTION_NAME.fullmatch(words[0].text):
                match = _NO_ARGUMENTS.match(self.mask, self.at)
                if match is not None:
                    self.at = match.end()
                    return self.function(start, words[0])
            raise UnreadableError(f"its script is not understood {self.near()}")
        return Command(self.span(start, stop), tuple(assigns), tuple(words), tuple(redirects))

    def _first(self, word: Word) -> Word:
        """The word as a command's name, which it may be: a reserved word was looked for before, where it may stand."""
        if word.text in RESERVED:
            raise UnreadableError(f"its script has an unexpected `{word.text}`")
        if _OPEN_SUBSCRIPT.fullmatch(word.text):
            raise UnreadableError(f"`{word.text}` in it can be read in two ways")
        if word.text.startswith(("{{", "{%")):
            raise UnreadableError(f"it holds a template's `{word.text}`")
        return word

    def _plain_words(self, words: list[Word]) -> None:
        """Take the words that need no look at quotes: nearly all of them, so this is what reading costs."""
        mask, offset, match_at = self.mask, self.offset, PLAIN_WORD.match
        at = self.at
        match = match_at(mask, at)
        while match is not None:
            start, at = match.span(1)
            text = match[1]
            words.append(Word(Span(offset + start, offset + at), text, text))
            match = match_at(mask, at)
        self.at = at

    def redirect(self) -> Redirect | None:
        """Read the redirect at `at`, None where none starts."""
        if self.at >= self.end or self.mask[self.at] not in _MAY_REDIRECT:
            return None
        match = _REDIRECT.match(self.mask, self.at)
        if match is None:
            return None
        start = self.at
        op = match[2] or match[3]
        self.at = match.end()
        self.skip_blanks()
        target = self.word()
        if target is None:
            raise UnreadableError(f"a redirect in it has no target {self.near()}")
        if op in ("<<", "<<-"):
            self._open_heredoc(start, target, strips_tabs=op == "<<-")
            return Redirect(self.span(start, self.at), op, None, self.bodies.get(start))
        if op == ">&" and target.value is not None and not _DESCRIPTOR.fullmatch(target.value):
            op = "&>"
        return Redirect(self.span(start, self.at), op, target)

    def redirects(self) -> tuple[Redirect, ...]:
        """Read the redirects that follow a compound command."""
        found: list[Redirect] = []
        while True:
            stop = self.at
            self.skip_blanks()
            redirect = self.redirect()
            if redirect is None:
                self.at = stop
                return tuple(found)
            found.append(redirect)

    def _open_heredoc(self, at: int, mark: Word, *, strips_tabs: bool) -> None:
        if self.joined or mark.value is None or "\n" in mark.value:
            raise UnreadableError(f"a heredoc in it has no end: {mark.text}")
        expands = not any(quote in mark.text for quote in "'\"\\")
        self.pending.append(HeredocMark(at, mark.value, strips_tabs, expands))

    def line_end(self) -> None:
        """Go past the newline at `at` and the bodies of the heredocs that the line opened."""
        self.at += 1
        if self.pending:
            pending, self.pending = self.pending, []
            for mark in pending:
                self._heredoc(mark)

    def _heredoc(self, mark: HeredocMark) -> None:
        start = at = self.at
        while at < self.end:
            stop = self.mask.find("\n", at) + 1 or self.end
            line = self.mask[at:stop].removesuffix("\n")
            if (line.lstrip("\t") if mark.strips_tabs else line) == mark.end:
                break
            at = stop
        else:
            raise UnreadableError(f"a heredoc in it has no end: {mark.end}")
        content = self.mask[start:at]
        if mark.expands and content.endswith("\\\n"):
            raise UnreadableError(f"a heredoc in it can be read in two ways: {mark.end}")
        certain = not (mark.expands and any(char in content for char in "$`\\"))
        lines = content.splitlines(keepends=True) if mark.strips_tabs else []
        value = "".join(line.lstrip("\t") for line in lines) if mark.strips_tabs else content
        self.bodies[mark.at] = Word(self.span(start, at), content, value if certain else None)
        self.at = stop
