"""The value of a word of an instruction: quotes, escapes and variables as BuildKit reads them (`shell.Lex`).

ENV, ARG, LABEL, FROM, COPY, ADD, WORKDIR, USER, EXPOSE, VOLUME, STOPSIGNAL and their flags go through it. RUN, CMD
and ENTRYPOINT do not: their variables belong to the shell in the container.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from dfix.rewriter.dockerfile.expansion import Expansion, ExpansionError, UnknownEnvironment

T = TypeVar("T")


def expand(word: str, env: Mapping[str, str], escape: str = "\\") -> str:
    """Replace variables in `word` and remove its quotes and escapes; blanks stay (BuildKit's ProcessWord).

    `$x`, `${x}`, and within braces `-` `+` `?` with and without `:`, `#` `##` `%` `%%`, `/` `//`. An unset variable
    is empty. Raises ExpansionError where BuildKit does, and for results that are too long for a process.
    """
    if _is_plain(word, escape):
        return word
    text = _run(Expansion(word, env, escape), Expansion.text)
    assert text is not None  # only a value of None makes it None, and this mapping has none
    return text


def words(word: str, env: Mapping[str, str], escape: str = "\\") -> list[str]:
    """Expand `word` and split it at unquoted blanks, also at those in a variable's value (BuildKit's ProcessWords).

    An empty word is dropped, even a quoted one, as BuildKit does. Raises as `expand`.
    """
    return _run(Expansion(word, env, escape), Expansion.words)


def expand_known(
    word: str, env: Mapping[str, str | None], escape: str = "\\", open_names: Collection[str] = ()
) -> str | None:
    """As `expand`, in an environment where None means that the value is unknown before the build.

    None when the result depends on such a value, or on whether it is set at all: an ARG may be given, empty or
    missing. An unused default doesn't count. `open_names` count as unset where the word says what that means
    (`${x:-y}`), and are unknown elsewhere. Raises ExpansionError only for what every build refuses.
    """
    if _is_plain(word, escape):
        return word
    return _run(Expansion(word, env, escape, open_names=open_names), Expansion.text)


def names(word: str, escape: str = "\\") -> frozenset[str]:
    """The variables that a word refers to, also in unused defaults and patterns. Raises as `expand`."""
    if "$" not in word:
        return frozenset()
    expansion = Expansion(word, UnknownEnvironment(), escape)
    _run(expansion, Expansion.text)
    return frozenset(expansion.names)


def _is_plain(word: str, escape: str) -> bool:
    return "$" not in word and escape not in word and '"' not in word and "'" not in word


def _run(expansion: Expansion, read: Callable[[Expansion], T]) -> T:
    try:
        return read(expansion)
    except ExpansionError as error:
        word = expansion.word.replace("\\", "\\\\").replace('"', '\\"')
        raise ExpansionError(f'failed to process "{word}": {error}') from None
