"""Shell words, each with its span and, where it is certain, its value.

The rules are those of POSIX (Shell Command Language, 2.2 and 2.6). Where bash, dash and BusyBox ash would end a
word at different places the script is unreadable; where they only expand it differently its value is None.
"""

from __future__ import annotations

from collections.abc import Callable

from dfix.rewriter.shell.cursor import Cursor, UnreadableError
from dfix.rewriter.shell.heredocs import Heredocs
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.shell.quotes import OPENING, Quotes
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.source import Span

RESERVED = frozenset(
    "if then elif else fi for while until do done case esac function select coproc { } ! [[ ]]".split()
)
"""The words that are no command's name."""

_RESERVED = expression(
    r"(?:if|then|elif|else|fi|for|while|until|do|done|case|esac|function|select|coproc|[{}!]|\[\[)"
    r"(?=[ \t\n;&|()]|[<>](?!\()|\\\n|\Z)"
)
_PLAIN_WORD = expression(r"[ \t]*([^ \t\n\\'\"$`;&|<>()#~*?\[{]++)(?=[ \t\n;&|)]|\Z)")
"""Blanks and a word that is its own value."""
_BLANKS = expression(r"(?:[ \t]|\\\n)*")
_BLANK_OR_COMMENT = " \t\\#"
_CHUNK = expression(r"[^ \t\n\\'\"$`;&|<>()]+")
_HOME = expression(r"(?:\A|[=:])~")
_ARRAY_NAME = expression(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_DESCRIPTOR_NAME = expression(r"\{[A-Za-z_][A-Za-z0-9_]*\}")


class Lexer:
    """Reads what the parser asks for at the cursor: a word, a reserved word, the blanks or lines before the next one.

    What a word is depends on where it is, so the parser says which kind it wants. `mask`, `offset` and `text` are
    those of `parse`. `joined` says that every escape + newline is a continuation of the Dockerfile's, which the shell
    never sees; otherwise the shell reads the line ends itself. `substitution` reads the script of a `$(…)` at the
    cursor and its closing parenthesis. `bodies` are the heredocs' bodies that an earlier reading found.
    """

    __slots__ = ("_joined", "_quotes", "_substitution", "_text", "comments", "cursor", "heredocs")

    def __init__(
        self,
        mask: str,
        offset: int,
        text: str,
        *,
        joined: bool,
        substitution: Callable[[Lexer], None],
        bodies: dict[int, Word] | None = None,
    ) -> None:
        self.cursor = Cursor(mask, offset)
        self.heredocs = Heredocs(self.cursor, bodies or {})
        self.comments: list[Span] = []
        self._text = text
        self._joined = joined
        self._substitution = substitution
        self._quotes = Quotes(self.cursor, self._substituted)

    def _substituted(self) -> None:
        self._substitution(self)

    def skip_blanks(self) -> None:
        """Move past blanks and a comment to the next token or the line's end."""
        cursor = self.cursor
        if cursor.at >= cursor.end or cursor.mask[cursor.at] not in _BLANK_OR_COMMENT:
            return
        match = _BLANKS.match(cursor.mask, cursor.at)
        if match is not None:
            cursor.at = match.end()
        if cursor.at < cursor.end and cursor.mask[cursor.at] == "#":
            start = cursor.at
            stop = -1 if self._joined else cursor.mask.find("\n", start)
            cursor.at = cursor.end if stop < 0 else stop
            self.comments.append(cursor.span(start, start + len(cursor.mask[start : cursor.at].rstrip(" \t"))))

    def line_end(self) -> None:
        """Move past the newline at the cursor and the bodies of the heredocs that the line opened."""
        self.cursor.at += 1
        self.heredocs.read_bodies()

    def skip_lines(self) -> None:
        """Move past blanks, comments and newlines."""
        cursor = self.cursor
        self.skip_blanks()
        while cursor.at < cursor.end and cursor.mask[cursor.at] == "\n":
            self.line_end()
            self.skip_blanks()

    def reserved(self) -> str:
        """The reserved word at the cursor, which stays before it; "" for none."""
        match = _RESERVED.match(self.cursor.mask, self.cursor.at)
        return match[0] if match is not None else ""

    def plain_words(self, words: list[Word]) -> None:
        """Append the words that need no look at quotes: nearly all of them, so they decide how long reading takes."""
        cursor = self.cursor
        mask, offset, match_at = cursor.mask, cursor.offset, _PLAIN_WORD.match
        at = cursor.at
        match = match_at(mask, at)
        while match is not None:
            start, at = match.span(1)
            text = match[1]
            words.append(Word(Span(offset + start, offset + at), text, text))
            match = match_at(mask, at)
        cursor.at = at

    def word(self, *, arrays: bool = False) -> Word | None:
        """Read the word at the cursor; None where none starts. `arrays` allows `name=(…)`."""
        cursor = self.cursor
        start = cursor.at
        match = _PLAIN_WORD.match(cursor.mask, start)
        if match is not None and match.start(1) == start:
            cursor.at = match.end()
            text = match[1]
            return Word(cursor.span(start, cursor.at), text, text)
        text, value = self._quoted_word(arrays)
        if cursor.at == start:
            return None
        return self._as_word(start, text, value)

    def needed_word(self) -> Word:
        """Read the word at the cursor. Raises UnreadableError where none starts."""
        word = self.word()
        if word is None:
            raise UnreadableError(f"a word is missing in its script {self.cursor.near()}")
        return word

    def arithmetic(self) -> Word | None:
        """Read `((…))`. None, with the cursor where it was, when the two closing parentheses are apart."""
        start = self.cursor.at
        if not self._quotes.arithmetic():
            return None
        return self._as_word(start, self.cursor.mask[start : self.cursor.at], None)

    def pattern(self, beginning: Word | None) -> Word:
        """Read the rest of a pattern of `[[ ]]`, such as `^(a|b c)$`, which may hold parentheses and bars.

        `beginning` is the part of it that was read as a word, None where the pattern starts at the cursor.
        """
        cursor = self.cursor
        start = cursor.at if beginning is None else beginning.span.start - cursor.offset
        level = 0
        while cursor.at < cursor.end:
            char = cursor.mask[cursor.at]
            if char in " \t\n" and level == 0:
                break
            if char in OPENING:
                self._quotes.quoted()
                continue
            level += (char == "(") - (char == ")")
            if level < 0:
                break
            cursor.at += 1
        return self._as_word(start, cursor.mask[start : cursor.at], None)

    def open_heredoc(self, at: int, delimiter: Word, *, strips_tabs: bool) -> None:
        """Note a heredoc whose redirect starts at `at`. The Dockerfile's continuations leave no line for its body."""
        if self._joined:
            raise UnreadableError(f"a heredoc in it has no end: {delimiter.text}")
        self.heredocs.open(at, delimiter, strips_tabs=strips_tabs)

    def _as_word(self, start: int, text: str, value: str | None) -> Word:
        """The word from `start` to the cursor, its text and value without the Dockerfile's continuations."""
        cursor = self.cursor
        span = cursor.span(start, cursor.at)
        source = self._text[span.start : span.end]
        if self._joined and "\n" in source:
            text = without_continuations(source, cursor.mask[start : cursor.at])
            if value is not None:
                # in `'a \⏎b'` the mask has a blank for each character of the continuation, which the value lacks
                again = Lexer(text, 0, text, joined=False, substitution=self._substitution)
                value = again._quoted_word(arrays=False)[1]
        return Word(span, text, value)

    def _quoted_word(self, arrays: bool) -> tuple[str, str | None]:
        """The text and value of a word with quotes or expansions."""
        cursor, mask = self.cursor, self.cursor.mask
        start = stop = cursor.at
        continuations = self._quotes.continuations
        first_continuation = len(continuations)
        value: list[str] = []
        unquoted: list[str] = []
        certain = True
        while cursor.at < cursor.end:
            match = _CHUNK.match(mask, cursor.at)
            if match is not None:
                cursor.at = stop = match.end()
                value.append(match[0])
                unquoted.append(match[0])
                continue
            char = mask[cursor.at]
            if char == "\\" and mask.startswith("\n", cursor.at + 1):
                continuations.append(cursor.at)
                cursor.at += 2
                continue
            if char in OPENING:
                piece = self._quotes.quoted()
            elif self._opens_parenthesis(start, char, arrays):
                self._parenthesized()
                piece = None
            else:
                break
            stop = cursor.at
            certain = certain and piece is not None
            value.append(piece or "")
            unquoted.append("\0")
        cursor.at = stop  # a continuation after the word is not a part of it
        text = _without(continuations[first_continuation:], mask, start, stop)
        if not certain or _may_expand("".join(unquoted)):
            return text, None
        return text, "".join(value)

    def _opens_parenthesis(self, start: int, char: str, arrays: bool) -> bool:
        """Whether `<(` or, in a word that started at `start`, the `(` of `name=(` is at the cursor."""
        cursor = self.cursor
        if char in "<>":
            if cursor.mask.startswith("(", cursor.at + 1):
                return True
            if _DESCRIPTOR_NAME.fullmatch(cursor.mask, start, cursor.at):
                raise UnreadableError(f"it names a descriptor by a variable {cursor.near()}")
        return char == "(" and arrays and _ARRAY_NAME.fullmatch(cursor.mask, start, cursor.at) is not None

    def _parenthesized(self) -> None:
        """Read `<(script)` or the elements of an array."""
        cursor = self.cursor
        cursor.plain = False
        if cursor.mask[cursor.at] != "(":
            cursor.at += 2
            self._substituted()
            return
        cursor.at += 1
        while True:
            self.skip_lines()
            char = cursor.char()
            if char == ")":
                cursor.at += 1
                return
            if char == "[" or self.word() is None:
                raise UnreadableError(f"an array in it is not understood {cursor.near()}")


def _without(continuations: list[int], mask: str, start: int, stop: int) -> str:
    """`mask[start:stop]` without the continuations at the given offsets."""
    pieces = []
    for at in continuations:
        if start <= at < stop:
            pieces.append(mask[start:at])
            start = at + 2
    pieces.append(mask[start:stop])
    return "".join(pieces)


def _may_expand(unquoted: str) -> bool:
    """Whether the unquoted characters of a word may be a glob, a brace list or a home folder."""
    if "*" in unquoted or "?" in unquoted:
        return True
    if "[" in unquoted and unquoted.find("[") < unquoted.rfind("]"):
        return True
    if "{" in unquoted and unquoted.find("{") < unquoted.rfind("}") and ("," in unquoted or ".." in unquoted):
        return True
    return "~" in unquoted and _HOME.search(unquoted) is not None


def without_continuations(text: str, mask: str) -> str:
    r"""A word of a Dockerfile's continued line as the shell sees it: `a\⏎# comment⏎b` is `ab`.

    `mask` has the same length as `text`. A continuation reaches from the escape character, which the mask blanks or
    leaves before a newline, to the next line that is neither empty nor a comment.
    """
    kept = []
    at = 0
    while at < len(text):
        if text[at] == mask[at] and not mask.startswith("\\\n", at):
            kept.append(text[at])
            at += 1
            continue
        at = text.find("\n", at) + 1 or len(text)
        while at < len(text):
            stop = text.find("\n", at) + 1 or len(text)
            line = text[at:stop].strip()
            if line and line[0] != "#":
                break
            at = stop
    return "".join(kept)
