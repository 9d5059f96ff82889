"""The build arguments before the first FROM, which every FROM may use."""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.dockerfile import Tree
from dfix.rewriter.dockerfile.expand import expand_known, names
from dfix.rewriter.dockerfile.expansion import ExpansionError
from dfix.rewriter.dockerfile.instruction import ArgWord
from dfix.rewriter.model.values_in_force import OF_PLATFORM
from dfix.rewriter.text.named_tuple import NamedTuple


class Expanded(NamedTuple):
    """A word of a FROM in an ordinary build, without `--build-arg`."""

    text: str | None
    """None if it is not known before the build."""
    arguments: tuple[tuple[str, str], ...]
    """The build arguments in it with their defaults, also those that the defaults of others use."""
    why: str
    """Why it is not known or not whole, as a phrase; "" for neither."""


class GlobalArguments:
    """The build arguments before the first FROM of a Dockerfile."""

    def __init__(self, tree: Tree) -> None:
        self._escape = tree.escape
        self._values: dict[str, str | None] = dict.fromkeys(OF_PLATFORM)
        self._open: set[str] = set()
        """Those without a default, which an ordinary build leaves unset."""
        self._uses: dict[str, frozenset[str]] = {}
        for word in declared(tree):
            name, sign, default = word.text.partition("=")
            if sign:
                self._open.discard(name)
                self._uses[name] = self._names(default)
                self._values[name] = self._expand(default)
            elif name not in self._values:
                self._values[name] = None
                self._open.add(name)

    def expand(self, word: str) -> Expanded:
        """A word as an ordinary build expands it."""
        found = self._all_names(word)
        text = self._expand(word)
        given = ((name, self._values.get(name)) for name in found)
        return Expanded(
            text, tuple((name, value) for name, value in given if value is not None), self._why(text, found)
        )

    def _why(self, text: str | None, found: list[str]) -> str:
        if text is not None:
            absent = next((name for name in found if name not in self._values), "")
            empty = "" if text else "it is empty without a build argument"
            return f"no ARG {absent} comes before the first FROM" if absent else empty
        unknown = [name for name in found if self._values.get(name, "") is None and name not in self._uses]
        machine = next((name for name in unknown if name in OF_PLATFORM), "")
        if machine:
            return f"{machine} depends on the machine"
        return f"ARG {unknown[0]} has no default" if unknown else "BuildKit refuses its variables"

    def _expand(self, word: str) -> str | None:
        try:
            return expand_known(word, self._values, self._escape, self._open)
        except ExpansionError:
            return None

    def _names(self, word: str) -> frozenset[str]:
        try:
            return names(word, self._escape)
        except ExpansionError:
            return frozenset()

    def _all_names(self, word: str) -> list[str]:
        """The variables of a word, and those of their defaults, each once."""
        waiting = sorted(self._names(word))
        found: list[str] = []
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.append(name)
                waiting += sorted(self._uses.get(name, ()))
        return sorted(found)


def declared(tree: Tree) -> Iterator[ArgWord]:
    """The words of each ARG before the first FROM: `NAME` or `NAME=default`."""
    for instruction in tree.instructions:
        if instruction.keyword == "FROM":
            return
        if instruction.keyword == "ARG":
            yield from instruction.words
