"""The grammar of scripts: lists, pipelines, compound commands, functions (Shell Command Language, 2.9.2 to 2.9.5)."""

from __future__ import annotations

from collections.abc import Callable

from dfix.rewriter.shell.condition import condition
from dfix.rewriter.shell.cursor import UnreadableError
from dfix.rewriter.shell.lexer import Lexer
from dfix.rewriter.shell.nodes import AndOr, Command, Compound, CompoundKind, Node, Operator, Pipeline, Statement, Word
from dfix.rewriter.shell.simple_command import redirects_after_compound, simple_command
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Span

_NONE: frozenset[str] = frozenset()
_THEN = frozenset(("then",))
_BRANCH = frozenset(("elif", "else", "fi"))
_FI = frozenset(("fi",))
_DO = frozenset(("do",))
_DONE = frozenset(("done",))
_CLOSE = frozenset(("}",))
_ESAC = frozenset(("esac",))
_NO_ARITHMETIC = expression(r"[;\n'\"]|[\w)}][ \t]+[\w$(]")
_VARIABLE = expression(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_ARGUMENTS = expression(r"[ \t]*\([ \t]*\)")


class _Content(NamedTuple):
    """What is within a compound command, as `Compound` has it."""

    kind: CompoundKind
    body: tuple[Statement, ...]
    words: tuple[Word, ...] = ()


def skip_substitution(lexer: Lexer) -> None:
    """Read the script of `$(…)` or `<(…)` and its closing parenthesis; nothing of it is kept."""
    lexer.cursor.enter()
    comments = len(lexer.comments)
    parser = Parser(lexer)
    parser.statements()
    parser.take(")")
    del lexer.comments[comments:]
    lexer.cursor.leave()


class Parser:
    """Reads statements from a lexer, by recursive descent. Every method raises UnreadableError where it cannot."""

    __slots__ = ("_cursor", "_lexer")

    def __init__(self, lexer: Lexer) -> None:
        self._lexer = lexer
        self._cursor = lexer.cursor

    def script(self) -> tuple[Statement, ...]:
        """Read all that the lexer holds."""
        statements = self.statements()
        if self._cursor.at < self._cursor.end:
            raise UnreadableError(f"its script is not understood {self._cursor.near()}")
        self._lexer.heredocs.check_all_read()
        return statements

    def statements(self, stops: frozenset[str] = _NONE) -> tuple[Statement, ...]:
        """Read statements up to a reserved word of `stops`, a closing parenthesis, `;;` or the end."""
        cursor, lexer = self._cursor, self._lexer
        statements: list[Statement] = []
        while True:
            lexer.skip_lines()
            if cursor.at >= cursor.end or self._closes() or (stops and lexer.reserved() in stops):
                return tuple(statements)
            statement = self._statement()
            statements.append(statement)
            if not statement.terminator:
                return tuple(statements)

    def take(self, word: str) -> None:
        """Move past a reserved word or parenthesis that the grammar wants at the cursor."""
        at_cursor = self._cursor.char() if word == ")" else self._lexer.reserved()
        if at_cursor != word:
            raise UnreadableError(f"its script lacks a `{word}` {self._cursor.near()}")
        self._cursor.at += len(word)

    def _needed_statements(self, stops: frozenset[str] = _NONE) -> tuple[Statement, ...]:
        statements = self.statements(stops)
        if not statements:
            raise UnreadableError(f"a command is missing in its script {self._cursor.near()}")
        return statements

    def _closes(self) -> bool:
        return self._cursor.precedes(")", ";;", ";&")

    def _statement(self) -> Statement:
        node = self._and_or()
        self._lexer.skip_blanks()
        char = self._cursor.char()
        if char == "\n":
            self._lexer.line_end()
            return Statement(node.span, node, "\n")
        if char == ";" and not self._closes():
            self._cursor.at += 1
            return Statement(node.span, node, ";")
        if char == "&":
            self._cursor.at += 1
            return Statement(node.span, node, "&")
        return Statement(node.span, node, "")

    def _and_or(self) -> Node:
        cursor, lexer = self._cursor, self._lexer
        first = self._pipeline()
        parts = [first]
        operators: list[Operator] = []
        while True:
            lexer.skip_blanks()
            text = cursor.mask[cursor.at : cursor.at + 2]
            if text not in ("&&", "||"):
                break
            operators.append(Operator(cursor.span(cursor.at, cursor.at + 2), text))
            cursor.at += 2
            lexer.skip_lines()
            parts.append(self._pipeline())
        if not operators:
            return first
        return AndOr(Span(first.span.start, parts[-1].span.end), tuple(parts), tuple(operators))

    def _pipeline(self) -> Node:
        cursor, lexer = self._cursor, self._lexer
        start = cursor.at
        word = lexer.reserved()
        negated = word == "!"
        if negated:
            cursor.at += 1
            lexer.skip_blanks()
            word = lexer.reserved()
        first = self._command(word)
        parts: list[Node] = [first]
        while True:
            lexer.skip_blanks()
            if cursor.char() != "|" or cursor.precedes("||"):
                break
            cursor.at += 2 if cursor.precedes("|&") else 1
            lexer.skip_lines()
            parts.append(self._command(lexer.reserved()))
        if len(parts) == 1 and not negated:
            return first
        return Pipeline(Span(cursor.offset + start, parts[-1].span.end), negated, tuple(parts))

    def _command(self, reserved: str) -> Command | Compound:
        """The command at the cursor, where that reserved word ("" for none) is."""
        if reserved:
            return self._compound(reserved)
        if self._cursor.char() == "(":
            return self._compound("(")
        start = self._cursor.at
        command = simple_command(self._lexer)
        if isinstance(command, Command):
            return command
        self._cursor.plain = False
        content = self._function_body(command)
        return Compound(self._cursor.span(start, self._cursor.at), content.kind, content.body, (), content.words)

    def _compound(self, word: str) -> Compound:
        """The compound command that begins with `word` at the cursor."""
        read = _COMPOUND_COMMANDS.get(word)
        if read is None:
            raise UnreadableError(f"its script has an unexpected `{word}`")
        cursor = self._cursor
        start = cursor.at
        cursor.plain = False
        cursor.enter()
        cursor.at += len(word)
        content = read(self)
        redirects = redirects_after_compound(self._lexer)
        cursor.leave()
        return Compound(cursor.span(start, cursor.at), content.kind, content.body, redirects, content.words)

    def _parenthesis(self) -> _Content:
        """`(script)` or `((expression))`, after the first parenthesis."""
        if self._cursor.char() == "(":
            self._cursor.at -= 1
            expression = self._lexer.arithmetic()
            if expression is not None:
                # `((a; b))` and `((a b))` are subshells to some shells
                if _NO_ARITHMETIC.search(expression.text):
                    raise UnreadableError(f"a `((` in it can be read in two ways: {expression.text[:20]}")
                return _Content("test", (), (expression,))
            self._cursor.at += 1
        body = self._needed_statements()
        self.take(")")
        return _Content("subshell", body)

    def _group(self) -> _Content:
        body = self._needed_statements(_CLOSE)
        self.take("}")
        return _Content("group", body)

    def _if(self) -> _Content:
        body = list(self._needed_statements(_THEN))
        self.take("then")
        while True:
            body += self._needed_statements(_BRANCH)
            word = self._lexer.reserved()
            if word == "elif":
                self.take(word)
                body += self._needed_statements(_THEN)
                self.take("then")
                continue
            if word == "else":
                self.take(word)
                body += self._needed_statements(_FI)
            self.take("fi")
            return _Content("if", tuple(body))

    def _while(self) -> _Content:
        return _Content("while", self._needed_statements(_DO) + self._do_group())

    def _do_group(self) -> tuple[Statement, ...]:
        self.take("do")
        body = self._needed_statements(_DONE)
        self.take("done")
        return body

    def _for(self) -> _Content:
        """`for x in a b; do …; done`, `for x do …; done` or `for ((…)); do …; done`, after `for`."""
        cursor, lexer = self._cursor, self._lexer
        lexer.skip_blanks()
        if cursor.precedes("(("):
            expression = lexer.arithmetic()
            if expression is None:
                raise UnreadableError(f"its script is not understood {cursor.near()}")
            words = [expression]
            lexer.skip_blanks()
        else:
            words = [lexer.needed_word()]
            if not _VARIABLE.fullmatch(words[0].text):
                raise UnreadableError(f"`{words[0].text}` is not a variable for a `for`")
            lexer.skip_lines()
            words += self._for_list()
        if cursor.char() == ";":
            cursor.at += 1
        lexer.skip_lines()
        return _Content("for", self._do_group(), tuple(words))

    def _for_list(self) -> list[Word]:
        words: list[Word] = []
        if not self._take_in():
            return words
        while True:
            self._lexer.skip_blanks()
            word = self._lexer.word()
            if word is None:
                break
            words.append(word)
        if self._cursor.char() not in (";", "\n"):
            raise UnreadableError(f"its script lacks a `do` {self._cursor.near()}")
        return words

    def _take_in(self) -> bool:
        at = self._cursor.at
        word = self._lexer.word()
        if word is not None and word.text == "in":
            return True
        self._cursor.at = at
        return False

    def _case(self) -> _Content:
        cursor, lexer = self._cursor, self._lexer
        lexer.skip_blanks()
        words = [lexer.needed_word()]
        body: list[Statement] = []
        lexer.skip_lines()
        if not self._take_in():
            raise UnreadableError(f"its script lacks an `in` {cursor.near()}")
        while True:
            lexer.skip_lines()
            if lexer.reserved() == "esac":
                break
            words += self._patterns()
            body += self.statements(_ESAC)
            if cursor.char() != ";":
                break
            cursor.at += 3 if cursor.precedes(";;&") else 2
        self.take("esac")
        return _Content("case", tuple(body), tuple(words))

    def _patterns(self) -> list[Word]:
        """The patterns of a branch of a `case`, as in `(a|b)`; the first parenthesis is optional."""
        words: list[Word] = []
        if self._cursor.char() == "(":
            self._cursor.at += 1
        while True:
            self._lexer.skip_blanks()
            words.append(self._lexer.needed_word())
            self._lexer.skip_blanks()
            if self._cursor.char() != "|":
                break
            self._cursor.at += 1
        self.take(")")
        return words

    def _function_keyword(self) -> _Content:
        """`function name` or `function name ()` and its body, after `function`."""
        self._lexer.skip_blanks()
        name = self._lexer.needed_word()
        match = _NO_ARGUMENTS.match(self._cursor.mask, self._cursor.at)
        if match is not None:
            self._cursor.at = match.end()
        return self._function_body(name)

    def _function_body(self, name: Word) -> _Content:
        self._lexer.skip_lines()
        word = self._cursor.char() if self._cursor.char() == "(" else self._lexer.reserved()
        if not word or word == "function":
            raise UnreadableError(f"a function in it has no body {self._cursor.near()}")
        body = self._compound(word)
        return _Content("function", (Statement(body.span, body, ""),), (name,))

    def _test(self) -> _Content:
        return _Content("test", (), condition(self._lexer))


_COMPOUND_COMMANDS: dict[str, Callable[[Parser], _Content]] = {
    "(": Parser._parenthesis,
    "{": Parser._group,
    "if": Parser._if,
    "while": Parser._while,
    "until": Parser._while,
    "for": Parser._for,
    "case": Parser._case,
    "[[": Parser._test,
    "function": Parser._function_keyword,
}
"""How each compound command is read, by what it begins with."""
