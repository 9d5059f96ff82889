"""Simple commands: assignments, words and redirects (Shell Command Language, 2.7 and 2.9.1)."""

from __future__ import annotations

from dfix.rewriter.shell.cursor import UnreadableError
from dfix.rewriter.shell.lexer import RESERVED, Lexer
from dfix.rewriter.shell.nodes import Command, Redirect, Word
from dfix.rewriter.text.expression import expression

_REDIRECT = expression(r"(?:([0-9]*)(<<<|<<-|<<|<&|<>|<(?!\()|>>|>&|>\||>(?!\())|(&>>|&>))")
_MAY_REDIRECT = frozenset("<>&0123456789")
_DESCRIPTOR = expression(r"[0-9]+-?|-")
_ENDS_COMMAND = frozenset(("", "\n", ";", "|", ")"))
_ASSIGNMENT = expression(r"[A-Za-z_][A-Za-z0-9_]*(?:\[[^\]]*\])?\+?=")
_OPEN_SUBSCRIPT = expression(r"[A-Za-z_][A-Za-z0-9_]*\[[^\]]*")
_DECLARES = frozenset(("declare", "typeset", "local", "export", "readonly"))
_NO_ARGUMENTS = expression(r"\([ \t]*\)")
_FUNCTION_NAME = expression(r"[A-Za-z0-9_.:+@/-]+")


def simple_command(lexer: Lexer) -> Command | Word:
    """Read the simple command at the cursor, or the `name ()` that begins a function: then its name as a word."""
    cursor = lexer.cursor
    start = stop = cursor.at
    assigns: list[Word] = []
    words: list[Word] = []
    redirects: list[Redirect] = []
    while True:
        if words:
            lexer.plain_words(words)
            stop = cursor.at
        lexer.skip_blanks()
        if cursor.char() in _ENDS_COMMAND:
            break
        redirect = _redirect(lexer)
        if redirect is not None:
            redirects.append(redirect)
            stop = cursor.at
            continue
        word = lexer.word(arrays=not words or words[0].value in _DECLARES)
        if word is None:
            break
        stop = cursor.at
        if words:
            words.append(word)
        elif _ASSIGNMENT.match(word.text):
            assigns.append(word)
        else:
            _check_name(word)
            words.append(word)
    if words and words[0].text == "time" and len(words) > 1 and words[1].text in RESERVED:
        raise UnreadableError(f"its script has an unexpected `{words[1].text}`")
    if cursor.char() == "(" or stop == start:
        if len(words) == 1 and not assigns and not redirects and _FUNCTION_NAME.fullmatch(words[0].text):
            match = _NO_ARGUMENTS.match(cursor.mask, cursor.at)
            if match is not None:
                cursor.at = match.end()
                return words[0]
        raise UnreadableError(f"its script is not understood {cursor.near()}")
    return Command(cursor.span(start, stop), tuple(assigns), tuple(words), tuple(redirects))


def redirects_after_compound(lexer: Lexer) -> tuple[Redirect, ...]:
    """Read the redirects that follow a compound command; the cursor stays right after the last."""
    cursor = lexer.cursor
    redirects: list[Redirect] = []
    while True:
        stop = cursor.at
        lexer.skip_blanks()
        redirect = _redirect(lexer)
        if redirect is None:
            cursor.at = stop
            return tuple(redirects)
        redirects.append(redirect)


def _check_name(word: Word) -> None:
    """Raise UnreadableError if a word cannot be a command's name.

    The parser looks for a reserved word before it reads a command, so that one which comes up here is out of place.
    """
    if word.text in RESERVED:
        raise UnreadableError(f"its script has an unexpected `{word.text}`")
    if _OPEN_SUBSCRIPT.fullmatch(word.text):
        # `a[1 + 2]=x` is one assignment to bash and three words to dash
        raise UnreadableError(f"`{word.text}` in it can be read in two ways")
    if word.text.startswith(("{{", "{%")):
        raise UnreadableError(f"it contains a template's `{word.text}`")


def _redirect(lexer: Lexer) -> Redirect | None:
    """Read the redirect at the cursor; None where none starts."""
    cursor = lexer.cursor
    if cursor.at >= cursor.end or cursor.mask[cursor.at] not in _MAY_REDIRECT:
        return None
    match = _REDIRECT.match(cursor.mask, cursor.at)
    if match is None:
        return None
    start = cursor.at
    op = match[2] or match[3]
    cursor.at = match.end()
    lexer.skip_blanks()
    target = lexer.word()
    if target is None:
        raise UnreadableError(f"a redirect in it has no target {cursor.near()}")
    if op in ("<<", "<<-"):
        lexer.open_heredoc(start, target, strips_tabs=op == "<<-")
        return Redirect(cursor.span(start, cursor.at), op, None, lexer.heredocs.bodies.get(start))
    if op == ">&" and target.value is not None and not _DESCRIPTOR.fullmatch(target.value):
        op = "&>"
    return Redirect(cursor.span(start, cursor.at), op, target)
