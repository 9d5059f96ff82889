"""The commands of a RUN, each with the folder in which it runs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from dfix.rewriter.model.stage import Step
from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Node, Pipeline, Script, Statement, Word
from dfix.rewriter.shell.state import CHANGES_FOLDER, SETS_VARIABLES
from dfix.rewriter.shell.walk import invoked, substitutes
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Span

_OF_RELEASE = frozenset(
    "ANSI_COLOR BUILD_ID CPE_NAME ID ID_LIKE LOGO NAME PRETTY_NAME VARIANT VARIANT_ID VERSION VERSION_CODENAME "
    "VERSION_ID UBUNTU_CODENAME".split()
)
"""What /etc/os-release sets (https://www.freedesktop.org/software/systemd/man/latest/os-release.html)."""
_EXPANDS = expression(r"[*?\[{~$`(/]")
"""What makes a word of `for x in …` more than a text: a pattern, an expansion, or a path."""
_ONLY_RUNS = expression(r"\"?\$\([^()`]*\)\"?")
"""A word that is what a command prints, as in `for x in $(ls)`: it names no file itself."""
_MOST_VALUES = 30
"""How many values of a loop's variable are kept; the number is a choice."""
_BRANCHES = frozenset(("if", "for", "while", "case"))


class Located(NamedTuple):
    """A command of a RUN, and where it runs."""

    command: Command
    words: tuple[Word, ...]
    """Those of the program that really runs, without wrappers such as `sudo` and `env`."""
    folder: str | None
    """The folder in which it runs; None if unknown."""
    part: int
    """The index of the element of the RUN's `&&` chain that contains it."""
    depth: int
    """0 for a command that is an element of the chain by itself."""
    env: Mapping[str, str | None]
    """The variables that ENV set, without those that the script has set since."""
    assigned: Mapping[str, str | None] = MappingProxyType({})
    """The variables that the script has set, or that are set for this command.

    A value with an expansion is as written; None for one that is not certain.
    """
    loops: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """The values that the variables of the loops around it take, of loops over plain texts: `for d in a b`."""
    fed_by: tuple[Word, ...] = ()
    """The words of the command whose output it reads, in a pipeline; () for none."""


def chain(script: Script) -> tuple[Node, ...] | None:
    """The elements of a script that is one `a && b && c` chain, or a single element; None for any other script."""
    if script.opaque or len(script.statements) != 1 or script.statements[0].terminator not in ("", "\n"):
        return None
    node = script.statements[0].node
    if not isinstance(node, AndOr):
        return (node,)
    return node.parts if all(operator.text == "&&" for operator in node.operators) else None


def located(step: Step, *, conditions: bool = False) -> tuple[Located, ...]:
    """Every simple command of a RUN in source order; `cd` to a literal folder is followed.

    With `conditions`, the words and redirects of compound commands (`[[ -f x ]]`, `for f in *`, `{ …; } > x`) are
    included as commands named `[[`.
    """
    if conditions not in step.commands:
        step.commands[conditions] = located_in(step.script, step.workdir, step.env, conditions=conditions)
    return step.commands[conditions]


def located_in(
    script: Script,
    folder: str | None,
    env: Mapping[str, str | None],
    *,
    conditions: bool = False,
    assigned: Mapping[str, str | None] = MappingProxyType({}),
) -> tuple[Located, ...]:
    """Every simple command of a script that a shell runs in `folder`, like `located`.

    Its variables are those of `env`, and those that the shell has set before.
    """
    if script.opaque:
        return ()
    walker = _Walker(folder, env, conditions=conditions)
    walker.assigned = assigned
    parts = chain(script)
    if parts is not None:
        for part in parts:
            walker.visit(part, 0)
            walker.part += 1
    else:
        walker.statements(script.statements, 0)
    return tuple(walker.located)


class _Walker:
    def __init__(self, folder: str | None, env: Mapping[str, str | None], *, conditions: bool) -> None:
        self.folder = folder
        self.conditions = conditions
        self.env = env
        self.part = 0
        self.located: list[Located] = []
        self.assigned: Mapping[str, str | None] = MappingProxyType({})
        self.loops: Mapping[str, tuple[str, ...]] = MappingProxyType({})
        self.fed_by: tuple[Word, ...] = ()

    def statements(self, statements: tuple[Statement, ...], depth: int) -> None:
        for statement in statements:
            self.visit(statement.node, depth)

    def visit(self, node: Node, depth: int) -> None:
        if isinstance(node, Command):
            self._command(node, depth)
        elif isinstance(node, AndOr):
            for part in node.parts:
                self.visit(part, depth + 1)
            if any(operator.text == "||" for operator in node.operators):
                self._forget_if_moved(node)
        elif isinstance(node, Pipeline):
            # each part of a pipeline runs in its own subshell
            for previous, part in zip((None, *node.parts), node.parts, strict=False):
                before = self.folder
                self.fed_by = invoked(previous) if isinstance(previous, Command) else ()
                self.visit(part, depth + 1)
                self.folder = before
            self.fed_by = ()
        else:
            self._compound(node, depth)

    def _compound(self, node: Compound, depth: int) -> None:
        before, loops = self.folder, self.loops
        self.fed_by = ()
        words = node.words
        if node.kind == "for":
            words = self._enter_loop(words)
        elif node.kind == "function":
            words = ()  # its name
        elif node.kind == "case":  # its word and patterns are texts, whatever files there are
            words = tuple(filter(substitutes, words))
        if self.conditions and (words or node.redirects):
            name = Word(Span(node.span.start, node.span.start), "[[", "[[")
            run = tuple(word for word in words if node.kind != "test" and _ONLY_RUNS.fullmatch(word.text))
            shown = Command(node.span, run, (name, *(word for word in words if word not in run)), node.redirects)
            self.located.append(self._here(shown, shown.words, depth, self.assigned))
        self.statements(node.body, depth + 1)
        self.loops = {name: values for name, values in loops.items() if name not in self.assigned}
        if node.kind in ("subshell", "function"):
            self.folder = before
        elif node.kind in _BRANCHES and self.folder != before:
            self.folder = None

    def _enter_loop(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        """Keep the values of a loop's variable; returns those of its words that may name files themselves."""
        name, *values = words
        self._forget({name.text} & {*self.env, *self.assigned})
        texts = [word.value for word in values]
        if values and len(values) <= _MOST_VALUES and None not in texts:
            self.assigned = {name: value for name, value in self.assigned.items() if name != words[0].text}
            self.loops = {**self.loops, name.text: tuple(text for text in texts if text is not None)}
            return ()
        return tuple(word for word in words if _EXPANDS.search(word.text))

    def _here(self, node: Command, words: tuple[Word, ...], depth: int, given: Mapping[str, str | None]) -> Located:
        return Located(node, words, self.folder, self.part, depth, self.env, given, self.loops, self.fed_by)

    def _command(self, node: Command, depth: int) -> None:
        words = invoked(node)
        setting = (*node.assigns, *node.words[: len(node.words) - len(words)])
        given = {**self.assigned, **_set_by(setting)} if setting else self.assigned
        self.located.append(self._here(node, words, depth, given))
        self._forget_set(node, words, depth)
        if words and words[0].value in CHANGES_FOLDER:
            self.folder = _moved(self.folder, words)

    def _forget_set(self, node: Command, words: tuple[Word, ...], depth: int) -> None:
        """Forget the ENV value of variables that a command sets for the rest of the script, and keep the new one."""
        changed = node.assigns if not words else words[1:] if words[0].value in SETS_VARIABLES else ()
        if [word.value for word in words[:2]] in ([".", "/etc/os-release"], ["source", "/etc/os-release"]):
            self._forget({*self.env, *self.assigned} & _OF_RELEASE)
        if not changed:
            return
        self._forget({word.text.partition("=")[0] for word in changed})
        if depth == 0:  # what is in a branch, a subshell or a pipeline may not have been set
            self.assigned = {**self.assigned, **_set_by(changed)}

    def _forget(self, names: set[str]) -> None:
        """Variables whose value is not certain any more."""
        self.assigned = {**self.assigned, **dict.fromkeys(names)}
        self.loops = {name: values for name, values in self.loops.items() if name not in names}
        if not names.isdisjoint(self.env):
            self.env = {name: value for name, value in self.env.items() if name not in names}

    def _forget_if_moved(self, node: AndOr) -> None:
        if any(words and words[0].value in CHANGES_FOLDER for words in map(invoked, _simple(node))):
            self.folder = None


def _set_by(words: tuple[Word, ...]) -> dict[str, str | None]:
    """The variables that words such as `A=b` set, or add to (`A+=b`)."""
    pairs = (word.literal_or_text.partition("=") for word in words)
    return {name.strip("\"'").removesuffix("+"): value for name, sign, value in pairs if sign}


def _moved(folder: str | None, words: tuple[Word, ...]) -> str | None:
    if words[0].value != "cd" or len(words) != 2:
        return None
    target = words[1].value
    if target is None or target in ("-", ""):
        return None
    if target.startswith("/"):
        return posixpath.normpath(target)
    return None if folder is None else posixpath.normpath(posixpath.join(folder, target))


def _simple(node: AndOr) -> Iterator[Command]:
    for part in node.parts:
        if isinstance(part, Command):
            yield part
