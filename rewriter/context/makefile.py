"""Which commands `make TARGET` runs, for Makefiles that are plain enough to tell without running make.

Source: GNU make manual ("Rule Syntax", "How to Use Variables", "Recipe Echoing", "Phony Targets").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_VARIABLE = expression(r"(?P<name>[A-Za-z_][\w-]*+)[ \t]*+(?::=|::=|\?=|=)")
_REFERENCE = expression(r"\$(?:\((?P<round>[\w-]+)\)|\{(?P<curly>[\w-]+)\})")
_NOT_PLAIN = expression(
    r"^[ \t]*-?s?include\b|\$\(\s*(shell|eval|call|foreach|wildcard|file)\b"
    r"|^(define|ifeq|ifneq|ifdef|ifndef|override|vpath)\b"
    r"|^\.(ONESHELL|SHELLFLAGS|RECIPEPREFIX)|^(SHELL|MAKEFLAGS)\s*[:?+]?=|\+=|^[^\t\n]*%",
    re.MULTILINE,
)
_DEPTH = 20


class Unfollowed(NamedTuple):
    """Why the commands of a target are unknown."""

    reason: str


class _Rule(NamedTuple):
    needs: tuple[str, ...]
    recipe: tuple[str, ...]


def recipe(text: str, target: str) -> tuple[str, ...] | Unfollowed:
    """The commands that `make target` runs, prerequisites first; each is one line of a recipe.

    `text` is the Makefile's content. Returns Unfollowed for a missing target or one with files as prerequisites.
    """
    if _NOT_PLAIN.search(text):
        return Unfollowed("it uses more than plain rules and variables")
    variables: dict[str, str] = {}
    rules: dict[str, _Rule] = {}
    current: list[str] = []
    for line in _lines(text):
        if line.startswith("\t"):
            for name in current:
                rules[name] = rules[name]._replace(recipe=(*rules[name].recipe, line[1:]))
            continue
        if not line.strip() or line.startswith("#"):
            continue
        variable = _VARIABLE.match(line)
        if variable is not None:
            value = line[variable.end() :].partition(" #")[0].strip()
            variables.setdefault(variable["name"], value)
            continue
        names, colon, needs = line.partition(":")
        if not colon or set("=;#|") & set(line) or needs.startswith(":"):
            return Unfollowed("it uses more than plain rules and variables")
        current = names.split()
        if any(name in rules for name in current if not name.startswith(".")):
            return Unfollowed(f"it has several rules for {current[0]}")
        rules |= {name: _Rule(tuple(needs.split()), ()) for name in current}
    phony = rules.get(".PHONY", _Rule((), ())).needs
    return _commands(rules, variables, phony, target, 0)


def _lines(text: str) -> Iterator[str]:
    """The lines of the file, with continuation lines (ending in a backslash) joined."""
    begun: list[str] = []
    for line in text.splitlines():
        part = line.lstrip() if begun else line
        if part.endswith("\\"):
            begun.append(part[:-1].rstrip())
            continue
        yield " ".join((*begun, part))
        begun = []
    if begun:
        yield " ".join(begun)


def _commands(
    rules: dict[str, _Rule], variables: dict[str, str], phony: tuple[str, ...], target: str, depth: int
) -> tuple[str, ...] | Unfollowed:
    rule = rules.get(target)
    if rule is None or (depth and target not in phony):
        return Unfollowed(f"it has no rule for {target}, or {target} is a file")
    if depth > _DEPTH:
        return Unfollowed(f"{target} depends on itself")
    found: list[str] = []
    for need in rule.needs:
        inner = _commands(rules, variables, phony, need, depth + 1)
        if isinstance(inner, Unfollowed):
            return inner
        found += [command for command in inner if command not in found]
    for line in rule.recipe:
        command = _expanded(line.lstrip("@-+ \t"), variables, 0)
        if command is None:
            return Unfollowed(f"`{line.strip()}` uses a variable whose value is unknown")
        if command and not command.startswith("#"):
            found.append(command)
    return tuple(found)


def _expanded(line: str, variables: dict[str, str], depth: int) -> str | None:
    """Expand the variables in a line; None if one is unknown. `$$` is a dollar sign for the shell."""
    names = [match["round"] or match["curly"] for match in _REFERENCE.finditer(line.replace("$$", "  "))]
    if any(name not in variables for name in names) or depth > _DEPTH:
        return None
    known = _REFERENCE.sub(lambda match: variables[match["round"] or match["curly"]], line.replace("$$", "\0"))
    if "$" in known:
        return _expanded(known.replace("\0", "$$"), variables, depth + 1) if _REFERENCE.search(known) else None
    return known.replace("\0", "$")
