"""Parsing the files of other tools: YAML, JSON with comments, the targets of bake files.

These files belong to other tools: they are read up to LARGEST, and by code that takes linear time.
"""

from __future__ import annotations

import re
from typing import Any

from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.json_text import json_value
from dfix.rewriter.text.read import Unreadable, loose_text
from dfix.rewriter.text.yaml_text import is_deep, load

LARGEST = 1_000_000
_HCL_TARGET = expression(r'[ \t]*target[ \t]+"(?P<name>[^"]*)"[ \t]*\{')
_HCL_PAIR = expression(
    r'(?:"(?P<quoted>[\w./:@-]++)"|(?<![\w./:@"-])(?P<name>[\w-]++))[ \t]*+=[ \t]*+'
    r'(?:"(?P<value>(?:[^"\\]|\\.)*+)"|<<-?[ \t]*+(?P<heredoc>\w+)|(?P<other>[^"\s]))'
)
_HCL_ESCAPED = expression(r"\\(.)")
_HCL_TEXT = expression(r'"([^"]*)"')
_COMPOSE_TAG = expression(r"!(?:reset|override)\b")
"""Tags by which a compose file says how it is merged into another one."""
_MOST_INHERITED = 8
_LONGEST_LIST = 2000
_MOST_ALIASES = 200
_LARGEST_YAML = 200_000
"""Characters: parsing them takes a second and a half."""


def text_of(path: str, within: tuple[str, ...]) -> str | None:
    """The text of a file; None if it cannot be read, or has more than LARGEST bytes.

    `within`: where links may lead, see dfix.rewriter.text.read.
    """
    text = loose_text(path, LARGEST, within)
    return None if isinstance(text, Unreadable) else text


def yaml_of(text: str) -> Any:
    """The content of a YAML file; None if it cannot be read."""
    import yaml

    try:
        # expanding aliases can take unbounded memory, and compose files rarely need one for `build`
        if text.count("*") > _MOST_ALIASES or len(text) > _LARGEST_YAML or is_deep(text):
            return None
        return load(_COMPOSE_TAG.sub("", text))
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def json_of(text: str) -> Any:
    """The content of a JSON file; None if it cannot be read."""
    try:
        return json_value(text) if text else None
    except ValueError:
        return None


def without_comments(text: str) -> str:
    """Remove comments and trailing commas, which devcontainer.json allows."""
    kept: list[str] = []
    at, end = 0, len(text)
    while at < end:
        stop = at + 1
        if text[at] == '"':
            while stop < end and text[stop] != '"':
                stop += 2 if text[stop] == "\\" else 1
            stop += 1
            kept.append(text[at:stop])
        elif text.startswith("//", at):
            line_end = text.find("\n", at)
            stop = line_end if line_end >= 0 else end
        elif text.startswith("/*", at):
            close = text.find("*/", at + 2)
            stop = close + 2 if close >= 0 else end
        else:
            if text[at] in "}]":
                _drop_comma(kept)
            kept.append(text[at])
        at = stop
    return "".join(kept)


def _drop_comma(kept: list[str]) -> None:
    """Remove a comma that only white space follows."""
    blanks = []
    while kept and kept[-1].isspace():
        blanks.append(kept.pop())
    if kept and kept[-1] == ",":
        kept.pop()
    kept += reversed(blanks)


def table_of(data: Any, key: str) -> dict[str, Any]:
    """The table at a key of parsed data; an empty one if there is none."""
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def bake_targets(path: str, within: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """The targets of a bake file, in HCL or JSON, each with what it inherits."""
    text = text_of(path, within) or ""
    targets = table_of(hcl_of(text) if path.endswith(".hcl") else json_of(text), "target")
    return {name: _inherited(targets, name, _MOST_INHERITED) for name in targets}


def _inherited(targets: dict[str, Any], name: Any, depth: int) -> dict[str, Any]:
    """A target's settings together with those of the targets that it inherits from; the later ones win."""
    target = targets.get(name) if isinstance(name, str) else None
    if not isinstance(target, dict) or not depth:
        return {}
    parents = target.get("inherits")
    found: dict[str, Any] = {}
    for parent in parents[:_MOST_INHERITED] if isinstance(parents, list) else []:
        found |= _inherited(targets, parent, depth - 1)
    return found | target


def _unescaped(escaped: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r"}.get(escaped[1], escaped[1])


def hcl_of(text: str) -> dict[str, Any]:
    """The targets of a bake file, as in its JSON form; an expression counts as a value with an unknown variable."""
    targets: dict[str, dict[str, Any]] = {}
    keys: dict[str, Any] = {}
    table, heredoc, key, depth = keys, "", "", 0
    for whole_line in text.splitlines():
        line = whole_line
        if heredoc and line.strip() == heredoc:
            heredoc = ""
            continue
        if heredoc:
            table[key] = f"{table[key].removeprefix('$')}{line.strip()}\n"
            continue
        if not depth:
            opens = _HCL_TARGET.match(line)
            if opens is None:
                continue
            keys = table = targets.setdefault(opens["name"], {})
            depth, line = 1, line[opens.end() :]
        for pair in _HCL_PAIR.finditer(line):
            heredoc = pair["heredoc"] or heredoc
            key = pair["quoted"] or pair["name"]
            if pair["other"] == "{":
                table = keys[key] = {}
            elif pair["other"] == "[":
                keys[key] = _HCL_TEXT.findall(line[pair.end() : pair.end() + _LONGEST_LIST])
            else:
                table[key] = "$" if pair["value"] is None else _HCL_ESCAPED.sub(_unescaped, pair["value"])
        depth = max(depth + line.count("{") - line.count("}"), 0)
        table = keys if depth < 2 else table
    return {"target": targets}
