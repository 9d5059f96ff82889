"""Builds that compose, bake, skaffold and devcontainer files declare: with which context, from which Dockerfile.

These files belong to other tools: they are read up to LARGEST, and by code that takes linear time.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

LARGEST = 1_000_000
_NAME = re.compile(
    r"(?:docker-)?compose[\w.-]*\.ya?ml|docker-bake[\w.-]*\.(?:hcl|json)|(?-i:skaffold\.yaml|devcontainer\.json)",
    re.IGNORECASE,
)
_HCL_TARGET = re.compile(r'[ \t]*target[ \t]+"(?P<name>[^"]*)"[ \t]*\{')
_HCL_PAIR = re.compile(
    r'(?<![\w-])"?(?P<key>[\w-]++)"?[ \t]*+=[ \t]*+(?:"(?P<value>[^"]*)"|<<-?[ \t]*+(?P<heredoc>\w+)|(?P<other>[^"\s]))'
)
_HCL_TEXT = re.compile(r'"([^"]*)"')
_MOST_INHERITED = 8
_LONGEST_LIST = 2000
_MOST_ALIASES = 200


class DeclaredBuild(NamedTuple):
    """One build of a file; paths as written, None where they are only known when the file is used."""

    context: str | None
    dockerfile: str | None
    """Relative to the context; "" for one whose text is in the file, or for a build that only adds the folder."""


def declared_builds(folder: str) -> Iterator[tuple[str, list[DeclaredBuild]]]:
    """The files of a folder that declare builds, by name, each with its builds; contexts are relative to `folder`."""
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in sorted(name for name in names if name == ".devcontainer" or declares_builds(name)):
        if name == ".devcontainer":
            inner = builds_of(os.path.join(folder, name, "devcontainer.json"))
            moved = (build._replace(context=_joined(name, build.context)) for build in inner or ())
            yield f"{name}/devcontainer.json", list(moved)
        else:
            yield name, builds_of(os.path.join(folder, name)) or []


def declares_builds(name: str) -> bool:
    """Whether a file of this name declares builds."""
    return _NAME.fullmatch(name) is not None


def builds_of(path: str) -> list[DeclaredBuild] | None:
    """The builds of one such file, with contexts relative to its folder; None if it cannot be read."""
    name = os.path.basename(path)
    text = text_of(path)
    if text is None:
        return None
    if name == "devcontainer.json":
        return _devcontainer(_json(_without_comments(text)))
    if name.endswith(".hcl"):
        return _bake(_hcl(text))
    if name.endswith(".json"):
        return _bake(_json(text))
    if "build" not in text:
        return []
    data = _yaml(text)
    return _skaffold(data) if name == "skaffold.yaml" else _compose(data)


def text_of(path: str) -> str | None:
    """The text of a file; None if there is none, or more than LARGEST of it."""
    try:
        if not os.path.isfile(path):
            return None
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(LARGEST + 1)
    except OSError:
        return None
    return text if len(text) <= LARGEST else None


def _yaml(text: str) -> Any:
    import yaml

    try:
        # expanding aliases can take unbounded memory, and compose files rarely need one for `build`
        if text.count("*") > _MOST_ALIASES:
            return None
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def _json(text: str) -> Any:
    import json

    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None


def _without_comments(text: str) -> str:
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


def _table(data: Any, key: str) -> dict[str, Any]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _joined(folder: str, path: str | None) -> str | None:
    return None if path is None else os.path.join(folder, path)


def _build(context: Any, file: Any, inline: Any = None) -> list[DeclaredBuild]:
    """A build as declared; nothing for a context that is no folder of this machine."""
    context = "." if context is None else context
    file = "Dockerfile" if file is None else file
    if isinstance(context, str) and ("://" in context or context.startswith(("git@", "service:", "target:"))):
        return []
    known_file = "" if inline is not None else _known(file)
    return [DeclaredBuild(_known(context), known_file)]


def _known(path: Any) -> str | None:
    return path if isinstance(path, str) and not {"$", "\0"}.intersection(path) else None


def _added(contexts: Any) -> list[DeclaredBuild]:
    """Named contexts, which a build takes besides its own: a table, or a list of `name=path`."""
    values: list[Any] = []
    if isinstance(contexts, dict):
        values = list(contexts.values())
    elif isinstance(contexts, list):
        values = [one.partition("=")[2] for one in contexts if isinstance(one, str)]
    return [build for value in values for build in _build(value, None, inline="")]


def _compose(data: Any) -> list[DeclaredBuild]:
    found: list[DeclaredBuild] = []
    for service in _table(data, "services").values():
        build = service.get("build") if isinstance(service, dict) else None
        if isinstance(build, str):
            found += _build(build, None)
        elif isinstance(build, dict):
            found += _build(build.get("context"), build.get("dockerfile"), build.get("dockerfile_inline"))
            found += _added(build.get("additional_contexts"))
    return found


def _skaffold(data: Any) -> list[DeclaredBuild]:
    found: list[DeclaredBuild] = []
    artifacts = _table(data, "build").get("artifacts")
    for artifact in artifacts if isinstance(artifacts, list) else []:
        if isinstance(artifact, dict):
            found += _build(artifact.get("context"), _table(artifact, "docker").get("dockerfile"))
    return found


def _bake(data: Any) -> list[DeclaredBuild]:
    found: list[DeclaredBuild] = []
    targets = _table(data, "target")
    for name in targets:
        target = _inherited(targets, name, _MOST_INHERITED)
        found += _build(target.get("context"), target.get("dockerfile"), target.get("dockerfile-inline"))
        found += _added(target.get("contexts"))
    return found


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


def _hcl(text: str) -> dict[str, Any]:
    """The targets of a bake file, as in its JSON form; an expression counts as a value with an unknown variable."""
    targets: dict[str, dict[str, Any]] = {}
    keys: dict[str, Any] = {}
    table, heredoc, depth = keys, "", 0
    for whole_line in text.splitlines():
        line = whole_line
        if heredoc:
            heredoc = "" if line.strip() == heredoc else heredoc
            continue
        if not depth:
            opens = _HCL_TARGET.match(line)
            if opens is None:
                continue
            keys = table = targets.setdefault(opens["name"], {})
            depth, line = 1, line[opens.end() :]
        for pair in _HCL_PAIR.finditer(line):
            heredoc = pair["heredoc"] or heredoc
            if pair["other"] == "{":
                table = keys[pair["key"]] = {}
            elif pair["other"] == "[":
                keys[pair["key"]] = _HCL_TEXT.findall(line[pair.end() :][:_LONGEST_LIST])
            else:
                table[pair["key"]] = "$" if pair["value"] is None else pair["value"]
        depth = max(depth + line.count("{") - line.count("}"), 0)
        table = keys if depth < 2 else table
    return {"target": targets}


def _devcontainer(data: Any) -> list[DeclaredBuild]:
    if not isinstance(data, dict):
        return []
    build = _table(data, "build")
    file = build.get("dockerfile") or data.get("dockerFile")
    if not isinstance(file, str):
        return []
    context = build.get("context") or data.get("context") or "."
    if not isinstance(context, str):
        return []
    # here the Dockerfile is relative to devcontainer.json, not to the context
    return _build(context, os.path.relpath(file, context) if "$" not in file + context else "$")
