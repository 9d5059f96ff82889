"""Package managers that are a file for an interpreter: `php -d memory_limit=-1 composer.phar install`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.knowledge.load import named
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from dfix.rewriter.shell.nodes import Word

_FLAGS = frozenset(("-n", "-q"))
_SETTING = expression(r"(?!auto_|include|extension|zend_|open_basedir|user_)[a-z_.]+=[\w-]*")
"""A setting of PHP that reads no file: php.net/manual/en/ini.list.php, read on 2026-11-30."""


def interpreted(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words from the manager's file on; () for a command that runs no such file, or that dfix does not follow."""
    at = 1
    while at < len(words) and words[at].literal_or_text.startswith("-"):
        option = words[at].literal_or_text
        if option == "-d":
            at += 1
            option += words[at].literal_or_text if at < len(words) else ""
        if option not in _FLAGS and not (option.startswith("-d") and _SETTING.fullmatch(option[2:])):
            return ()
        at += 1
    if at >= len(words) or words[at].value is None:
        return ()
    manager = named(program_name(words[at]))
    runs_it = manager is not None and manager.interpreter and manager.interpreter == program_name(words[0])
    return words[at:] if runs_it else ()
