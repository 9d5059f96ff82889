"""One pass over a word of an instruction, by the rules of BuildKit's `shell.Lex`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dfix.rewriter.dockerfile.lexing import SPACE
from dfix.rewriter.dockerfile.pattern import Pattern, PatternError, replace_all

LONGEST = 131_072
"""Characters of a result. Linux passes no longer string to a process, and `ENV A=$A$A` doubles on each line."""

_DEEPEST = 100
_MATCHING_STEPS = 20_000


class ExpansionError(ValueError):
    """BuildKit refuses the word; the text says why in BuildKit's terms."""


class UnknownEnvironment(dict[str, None]):
    """An environment in which every name is set to an unknown value."""

    def __missing__(self, name: str) -> None:
        return None

    def __contains__(self, name: object) -> bool:
        return True


class Expansion:
    """One pass over one word: ask for its `text` or its `words`, once.

    `env` has None for a variable whose value is unknown; a text that depends on one is None, at any depth. `names`
    are the variables that were looked up. `open_names` are set or not as the builder likes: `${x:-y}` and the like take
    them for unset, and a text that has such a value in it is None. `keeps_variables` leaves `$x` and `${x}` as they are
    (BuildKit's SkipUnsetEnv in an empty environment), `keeps_quotes` leaves quotes and escapes (RawQuotes and
    RawEscapes).
    """

    __slots__ = (
        "at",
        "depth",
        "end",
        "env",
        "escape",
        "keeps_quotes",
        "keeps_variables",
        "names",
        "open_names",
        "steps",
        "unsure",
        "word",
    )

    def __init__(
        self,
        word: str,
        env: Mapping[str, str | None],
        escape: str,
        *,
        open_names: Collection[str] = (),
        keeps_variables: bool = False,
        keeps_quotes: bool = False,
    ) -> None:
        self.word = word
        self.env = env
        self.escape = escape
        self.open_names = open_names
        self.keeps_variables = keeps_variables
        self.keeps_quotes = keeps_quotes
        self.at = 0
        self.end = len(word)
        self.depth = 0
        self.steps = _MATCHING_STEPS
        self.names: set[str] = set()
        self.unsure = False

    def text(self) -> str | None:
        """The word's text; None when it depends on an unknown value."""
        text = self._join([piece for piece, _ in self._until("", raw=False)])
        return None if self.unsure else text

    def words(self) -> list[str]:
        """The word split at unquoted blanks, without empty words; an unknown value counts as empty."""
        words = []
        word = ""
        pieces = self._until("", raw=False)
        self._join([piece for piece, _ in pieces])
        for piece, splits in pieces:
            for char in piece or "":
                if not splits or char not in SPACE:
                    word += char
                elif word:
                    words.append(word)
                    word = ""
        return [*words, word] if word else words

    def _take(self) -> str:
        char = self.word[self.at : self.at + 1]
        self.at += 1 if char else 0
        return char

    def _join(self, pieces: list[str | None]) -> str | None:
        known = [piece for piece in pieces if piece is not None]
        self._check_length(sum(map(len, known)))
        return "".join(known) if len(known) == len(pieces) else None

    def _check_length(self, length: int) -> None:
        if length > LONGEST:
            raise ExpansionError(f"the result is longer than {LONGEST} characters")

    def _until(self, stop: str, *, raw: bool) -> list[tuple[str | None, bool]]:
        r"""Read pieces up to and including `stop` ("" is the end). The flag says whether blanks in a piece split words.

        `raw` keeps escape characters, because a pattern needs them: in `${x%\*}` the star is literal.
        """
        raw = raw or self.keeps_quotes
        pieces: list[tuple[str | None, bool]] = []
        word, escape = self.word, self.escape
        special = f"$'\"{escape}{stop}"
        while self.at < self.end:
            char = word[self.at]
            if char == stop:
                self.at += 1
                return pieces
            if char == "$":
                pieces.append((self._dollar(), True))
            elif char in "'\"":
                pieces.append((self._quoted(raw), False))
            elif char == escape:
                self.at += 1
                pieces.append(((escape if raw else "") + self._take(), False))
            else:
                begin = self.at
                while self.at < self.end and word[self.at] not in special:
                    self.at += 1
                pieces.append((word[begin : self.at], True))
        if stop:
            raise ExpansionError(f"unexpected end of statement while looking for matching {stop}")
        return pieces

    def _quoted(self, raw: bool) -> str | None:
        begin = self.at
        value = self._single_quoted() if self.word[begin] == "'" else self._double_quoted(raw)
        return self.word[begin : self.at] if self.keeps_quotes else value

    def _single_quoted(self) -> str:
        begin = self.at + 1
        close = self.word.find("'", begin)
        if close < 0:
            self.at = self.end
            raise ExpansionError("unexpected end of statement while looking for matching single-quote")
        self.at = close + 1
        return self.word[begin:close]

    def _double_quoted(self, raw: bool) -> str | None:
        self.at += 1
        word, escape = self.word, self.escape
        pieces: list[str | None] = []
        while self.at < self.end:
            if word[self.at] == "$":
                pieces.append(self._dollar())
                continue
            char = self._take()
            if char == '"':
                return self._join(pieces)
            if char == escape:
                if raw:
                    pieces.append(char)
                if self.at < self.end and word[self.at] in ('"', "$", escape):
                    char = self._take()
            pieces.append(char)
        raise ExpansionError("unexpected end of statement while looking for matching double-quote")

    def _dollar(self) -> str | None:
        begin = self.at
        value = self._variable()
        return self.word[begin : self.at] if self.keeps_variables else value

    def _variable(self) -> str | None:
        self.at += 1
        if self.word[self.at : self.at + 1] != "{":
            name = self._name()
            return self._look_up(name)[1] if name else "$"
        self.at += 1
        first = self.word[self.at : self.at + 1]
        if not first:
            raise ExpansionError("syntax error: missing '}'")
        if first in "{}:":
            raise ExpansionError("syntax error: bad substitution")
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ExpansionError(f"substitutions are nested more than {_DEEPEST} deep")
        value = self._braced(self._name())
        self.depth -= 1
        return value

    def _name(self) -> str:
        word, begin = self.word, self.at
        first = word[begin : begin + 1]
        if first and first in "@*#?-$!":
            self.at += 1
            return first
        digits = first.isdecimal()
        while self.at < self.end:
            char = word[self.at]
            if not (char.isdecimal() or (not digits and (char.isalpha() or char == "_"))):
                break
            self.at += 1
        return word[begin : self.at]

    def _look_up(self, name: str) -> tuple[bool, str | None]:
        """Whether the variable is set, and its value: "" when it is not set, None when it is unknown."""
        if name:
            self.names.add(name)
        if name in self.open_names:
            return True, None
        if name in self.env:
            return True, self.env[name]
        return False, ""

    def _braced(self, name: str) -> str | None:
        operator = self._take()
        if operator == "}":
            return self._look_up(name)[1]
        if operator == "/":
            return self._replaced(name)
        modifier = operator
        if operator == ":":
            operator = self._take()
            modifier += operator
        elif not operator:
            raise ExpansionError("syntax error: missing '}'")
        elif operator not in "+-?#%":
            raise ExpansionError(f"unsupported modifier ({modifier}) in substitution")
        operand = self._operand("}", "'}'", raw=operator in ("#", "%"))
        if operator == "?":
            return self._demanded(name, operand, empty_counts=modifier == ":?")
        is_set, value = self._look_up(name)
        if operator in ("#", "%"):
            return None if value is None or operand is None else self._trimmed(value, operand, operator)
        if operator not in ("-", "+"):
            raise ExpansionError(f"unsupported modifier ({modifier}) in substitution")
        if name in self.open_names:
            is_set, value = False, ""
        if value is None:
            return None
        missing = not is_set or (modifier[0] == ":" and not value)
        if operator == "-":
            return operand if missing else value
        return "" if missing else operand

    def _operand(self, stop: str, missing: str, *, raw: bool) -> str | None:
        try:
            pieces = self._until(stop, raw=raw)
        except ExpansionError:
            if self.at >= self.end:
                raise ExpansionError(f"syntax error: missing {missing}") from None
            raise
        return self._join([piece for piece, _ in pieces])

    def _demanded(self, name: str, message: str | None, *, empty_counts: bool) -> str | None:
        is_set, value = self._look_up(name)
        if value is None:
            self.unsure = True
            return None
        if not is_set:
            raise ExpansionError(f"{name}: {message or 'is not allowed to be unset'}")
        if empty_counts and not value:
            raise ExpansionError(f"{name}: {message or 'is not allowed to be empty'}")
        return value

    def _trimmed(self, value: str, pattern: str, operator: str) -> str:
        """`value` without the shortest match of `pattern` at its start (#) or end (%), the longest for ## and %%."""
        greedy = pattern.startswith(operator)
        parsed = self._pattern(pattern[1:] if greedy else pattern, value)
        if operator == "#":
            return value[max(parsed.ends(value, greedy=greedy)[0], 0) :]
        return value[: len(value) - max(parsed.backwards().ends(value[::-1], greedy=greedy)[0], 0)]

    def _replaced(self, name: str) -> str | None:
        everywhere = self.word.startswith("/", self.at)
        if everywhere:
            self.at += 1
        pattern = self._operand("/", "'/' in ${}", raw=True)
        replacement = self._operand("}", "'}'", raw=True)
        value = self._look_up(name)[1]
        if value is None or pattern is None or replacement is None:
            return None
        ends = self._pattern(pattern, value).ends(value, greedy=True)
        if everywhere:
            return self._join(list(replace_all(value, ends, replacement, LONGEST)))
        for start, end in enumerate(ends):
            if end >= 0:
                return value[:start] + replacement + value[end:]
        return value

    def _pattern(self, text: str, value: str) -> Pattern:
        try:
            pattern = Pattern(text)
        except PatternError as error:
            raise ExpansionError(f"invalid pattern ({text}) in substitution: {error}") from None
        self.steps -= pattern.steps(value)
        if self.steps < 0:
            raise ExpansionError("the pattern and the value are too long to be matched")
        return pattern
