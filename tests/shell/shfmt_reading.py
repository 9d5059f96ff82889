"""Reading scripts with shfmt (an independent parser, in Go), in one shape with dfix's nodes so that they compare."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from dfix.rewriter.shell.nodes import AndOr, Command, Node, Pipeline, Redirect, Statement, Word

Shape = tuple[Any, ...]
Json = dict[str, Any]

_SHFMT = str(Path(sys.executable).with_name("shfmt"))
_SEPARATOR = "__dfix_separator__"
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def shfmt(script: str) -> Json | None:
    """The JSON of shfmt for bash; None when it does not take the script."""
    done = subprocess.run(
        [_SHFMT, "--to-json", "--language-dialect", "bash"],
        input=_NOT_ASCII.sub("x", script).encode("ascii"),
        capture_output=True,
        check=False,
    )
    return json.loads(done.stdout) if done.returncode == 0 else None


def shapes(scripts: list[str]) -> list[tuple[Shape, ...] | None]:
    """What shfmt reads in each script, with offsets into it; None where it does not take it.

    Many are given to one process, parted by a command of our own that must come out as a statement by itself. Where
    that fails the list is halved, down to single scripts.
    """
    if len(scripts) == 1:
        read = shfmt(scripts[0])
        return [None if read is None else _statements(read, 0)]
    read = shfmt("".join(f"{script}\n{_SEPARATOR}\n" for script in scripts))
    if read is not None:
        found = _parted(scripts, read["Stmts"])
        if found is not None:
            return found
    half = len(scripts) // 2
    return shapes(scripts[:half]) + shapes(scripts[half:])


def _parted(scripts: list[str], statements: list[Json]) -> list[tuple[Shape, ...] | None] | None:
    found: list[tuple[Shape, ...] | None] = []
    base = at = 0
    for script in scripts:
        end = base + len(script) + 1
        first = at
        while at < len(statements) and statements[at]["Pos"]["Offset"] < end:
            at += 1
        if at == len(statements) or _called(statements[at]) != _SEPARATOR or statements[at]["Pos"]["Offset"] != end:
            return None
        found.append(_statements({"Stmts": statements[first:at]}, base))
        at += 1
        base = end + len(_SEPARATOR) + 1
    return found


def _called(statement: Json) -> str:
    parts = statement["Cmd"]["Args"][0]["Parts"] if statement.get("Cmd", {}).get("Type") == "CallExpr" else [{}]
    return str(parts[0].get("Value", ""))


def _range(node: Json, base: int) -> tuple[int, int]:
    return node["Pos"]["Offset"] - base, node["End"]["Offset"] - base


def _statements(node: Json, base: int) -> tuple[Shape, ...]:
    return tuple(
        (_statement(statement, base), bool(statement.get("Background"))) for statement in node.get("Stmts") or ()
    )


def _statement(statement: Json, base: int) -> Shape:
    redirects = tuple(
        (
            min(r["OpPos"]["Offset"], r.get("N", r)["Pos"]["Offset"]) - base
            if "N" in r
            else r["OpPos"]["Offset"] - base,
            r["Op"],
            None if r["Op"] in ("<<", "<<-") else _range(r["Word"], base),
        )
        for r in statement.get("Redirs") or ()
    )
    command = statement.get("Cmd")
    shape = ("command", (), (), redirects) if command is None else _command(command, redirects, base)
    if not statement.get("Negated"):
        return shape
    return ("pipeline", True, shape[2]) if shape[0] == "pipeline" else ("pipeline", True, (shape,))


def _command(node: Json, redirects: Shape, base: int) -> Shape:
    kind = node["Type"]
    if kind == "BinaryCmd":
        return _binary(node, base)
    if kind == "CallExpr":
        assigns = tuple(_range(assign, base) for assign in node.get("Assigns") or ())
        return ("command", assigns, tuple(_range(word, base) for word in node.get("Args") or ()), redirects)
    if kind == "DeclClause":
        words = (node["Variant"], *(node.get("Args") or ()))
        return ("command", (), tuple(_range(word, base) for word in words), redirects)
    if kind == "LetClause":
        words = ({"Pos": node["Let"], "End": {"Offset": node["Let"]["Offset"] + 3}}, *node["Exprs"])
        return ("command", (), tuple(_range(word, base) for word in words), redirects)
    if kind == "TimeClause":
        start = node["Time"]["Offset"] - base
        word = (start, start + len("time"))
        return (
            _timed(_statement(node["Stmt"], base), word, redirects)
            if "Stmt" in node
            else ("command", (), (word,), redirects)
        )
    if kind == "FuncDecl":
        return _named(_statement(node["Body"], base))
    return (_KINDS[kind], _body(node, base), redirects)


def _timed(shape: Shape, word: tuple[int, int], redirects: Shape) -> Shape:
    """`time` as an ordinary first word, which it is in POSIX."""
    if shape[0] == "pipeline":
        return ("pipeline", shape[1], (_timed(shape[2][0], word, ()), *shape[2][1:]))
    if shape[0] != "command":
        return ("timed", shape)
    return ("command", shape[1], (word, *shape[2]), (*shape[3], *redirects))


def _binary(node: Json, base: int) -> Shape:
    if node["Op"] in ("|", "|&"):
        left, right = _statement(node["X"], base), _statement(node["Y"], base)
        return ("pipeline", False, (*_piped(left), *_piped(right)))
    parts: list[Shape] = []
    operators: list[Shape] = []
    while True:
        # the left side of a long list nests as deep as the list is long
        right = _statement(node["Y"], base)
        right_operators = right[2] if right[0] == "and-or" else ()  # after a function, see _named
        parts[:0] = right[1] if right[0] == "and-or" else (right,)
        operators[:0] = ((node["OpPos"]["Offset"] - base, node["Op"]), *right_operators)
        left = node["X"]
        if (
            left.get("Negated")
            or left.get("Cmd", {}).get("Type") != "BinaryCmd"
            or left["Cmd"]["Op"] not in ("&&", "||")
        ):
            return ("and-or", (_statement(left, base), *parts), tuple(operators))
        node = left["Cmd"]


def _piped(shape: Shape) -> Shape:
    return shape[2] if shape[0] == "pipeline" and not shape[1] else (shape,)


def _named(shape: Shape) -> Shape:
    """A function of that body. shfmt takes all of `f() { a; } && b | c` for the body; the shell ends it at `}`."""
    if shape[0] == "and-or":
        return ("and-or", (_named(shape[1][0]), *shape[1][1:]), shape[2])
    if shape[0] == "pipeline":
        return ("pipeline", shape[1], (_named(shape[2][0]), *shape[2][1:]))
    return ("function", ((shape, False),), ())


_KINDS = {
    "Subshell": "subshell",
    "Block": "group",
    "IfClause": "if",
    "WhileClause": "while",
    "ForClause": "for",
    "CaseClause": "case",
    "TestClause": "test",
    "ArithmCmd": "test",
}


def _body(node: Json, base: int) -> tuple[Shape, ...]:
    found: tuple[Shape, ...] = ()
    for part in ("Cond", "Then", "Do"):
        found += _statements({"Stmts": node.get(part)}, base)
    if node["Type"] in ("Subshell", "Block"):
        found += _statements(node, base)
    for item in node.get("Items") or ():
        found += _statements(item, base)
    if node.get("Else"):
        found += _body(node["Else"] | {"Type": "IfClause"}, base)
    return found


def shape_of(statements: tuple[Statement, ...], base: int) -> tuple[Shape, ...]:
    """dfix's nodes in the same shape, with offsets from `base`."""
    return tuple((_node(statement.node, base), statement.terminator == "&") for statement in statements)


def _node(node: Node, base: int) -> Shape:
    if isinstance(node, Command):
        return ("command", _spans(node.assigns, base), _spans(node.words, base), _redirects(node.redirects, base))
    if isinstance(node, Pipeline):
        return ("pipeline", node.negated, tuple(_node(part, base) for part in node.parts))
    if isinstance(node, AndOr):
        operators = tuple((operator.span.start - base, operator.text) for operator in node.operators)
        return ("and-or", tuple(_node(part, base) for part in node.parts), operators)
    return (node.kind, shape_of(node.body, base), _redirects(node.redirects, base))


def _spans(words: tuple[Word, ...], base: int) -> Shape:
    return tuple((word.span.start - base, word.span.end - base) for word in words)


def _redirects(redirects: tuple[Redirect, ...], base: int) -> Shape:
    found = []
    for redirect in redirects:
        target = None if redirect.target is None else _spans((redirect.target,), base)[0]
        found.append((redirect.span.start - base, redirect.op, target))
    return tuple(found)
