"""No regular expression of dfix takes more than linear time, whatever text it is given."""

from __future__ import annotations

import ast
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.hostile.pumped import pumped
from tests.processor import allowed

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("rewriter", "transforms")
OWN_TEXTS = ("rewriter/report", "rewriter/verify", "rewriter/server")
"""They read what dfix itself, an engine or an editor wrote."""
SEARCHES = frozenset(("search", "finditer", "findall", "sub", "subn", "split"))
SIZE = 4_000
MOST = 0.02
"""CPU seconds: a linear expression takes a tenth of it, one that takes the square of the size ten times as much."""


class Used(NamedTuple):
    """A regular expression, where it is, and how it is used."""

    expression: re.Pattern[str]
    place: str
    methods: frozenset[str]


def used() -> Iterator[Used]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            if not place.startswith(OWN_TEXTS):
                yield from _of_module(ast.parse(path.read_text(encoding="utf-8")), place)


def _of_module(tree: ast.Module, place: str) -> Iterator[Used]:
    """The expressions that a module makes, or uses at once, as far as they are written there."""
    constants: dict[str, str] = {}
    names: dict[str, re.Pattern[str]] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            text = _text(statement.value, constants)
            if text is not None:
                constants[statement.targets[0].id] = text
            made = _made(statement.value, constants)
            if made is not None:
                names[statement.targets[0].id] = made
    methods: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            methods.setdefault(node.value.id, set()).add(node.attr)
        elif isinstance(node, ast.Call):
            made = _made(node, constants)
            if made is not None and made not in names.values():
                function = _function(node)
                method = "search" if function in ("expression", "compile") else function
                yield Used(made, f"{place}:{node.lineno}", frozenset((method,)))
    for name, expression in names.items():
        yield Used(expression, f"{place}:{name}", frozenset(methods.get(name, ("search",))))


def _made(node: ast.expr, constants: dict[str, str]) -> re.Pattern[str] | None:
    """The expression of `expression(…)`, `re.search(…)` and the like, if its text is known."""
    if not isinstance(node, ast.Call) or not node.args or _function(node) in ("", "escape"):
        return None
    text = _text(node.args[0], constants)
    flags = 0
    for flag in re.findall(r"re\.([A-Z]+)", " ".join(ast.unparse(each) for each in (*node.args[1:], *node.keywords))):
        flags |= getattr(re, flag)
    return None if text is None else re.compile(text, flags)


def _function(node: ast.Call) -> str:
    """The function of `re` that is called, or dfix's own `expression`; "" for another one."""
    name = ast.unparse(node.func)
    return name if name == "expression" else name.removeprefix("re.") if re.fullmatch(r"re\.\w+", name) else ""


def _text(node: ast.expr, constants: dict[str, str]) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [_text(part.value if isinstance(part, ast.FormattedValue) else part, constants) for part in node.values]
        return "".join(filter(None, parts)) if None not in parts else None
    return constants.get(node.id) if isinstance(node, ast.Name) else None


class TooSlowError(Exception):
    """Raised while an expression is matched: Python's `re` looks for signals."""


def _took(way: Callable[[str], object], text: str) -> float:
    """The CPU time of a match, which is ended when it takes several times too long."""

    def end(_signal: int, _frame: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, end)
    start = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, 5 * allowed(MOST))
    try:
        way(text)
    except TooSlowError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return time.process_time() - start


def _slowest(one: Used) -> tuple[float, str]:
    """The CPU time of the text that takes longest, and its begin."""
    ways: list[Callable[[str], object]] = []
    if SEARCHES & one.methods:
        ways.append(lambda text: sum(1 for _ in one.expression.finditer(text)))
    if "match" in one.methods:
        ways.append(one.expression.match)
    if "fullmatch" in one.methods:
        ways.append(one.expression.fullmatch)
    worst, most = (0.0, ""), allowed(MOST)
    for text in pumped(one.expression, SIZE):
        for way in ways:
            took = min(_took(way, text), _took(way, text)) if _took(way, text) >= most else 0.0
            worst = max(worst, (took, text[:60]))
            if took >= most:
                return worst
    return worst


ALL = list(used())


def test_all_are_found() -> None:
    assert len(ALL) > 350


@pytest.mark.parametrize("one", ALL, ids=[one.place for one in ALL])
def test_it_takes_linear_time(one: Used) -> None:
    took, text = _slowest(one)
    assert took < allowed(MOST), f"{one.expression.pattern} took {took:.2f} s for a text that begins with {text!r}"
