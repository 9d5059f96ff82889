"""Builds that compose, bake, skaffold and devcontainer files declare: with which context, from which Dockerfile."""

from __future__ import annotations

import os
import re
from typing import Any

from dfix.rewriter.context.parsed_files import bake_targets, json_of, table_of, text_of, without_comments, yaml_of
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_NAME = expression(
    r"(?:docker-)?compose[\w.-]*\.ya?ml|docker-bake[\w.-]*\.(?:hcl|json)|(?-i:skaffold\.yaml|devcontainer\.json)",
    re.IGNORECASE,
)


class DeclaredBuild(NamedTuple):
    """One build of a file; paths as written, None where they are only known when the file is used."""

    context: str | None
    dockerfile: str | None
    """Relative to the context, or absolute; "" if its text is in the file, or for a build that only adds the folder."""


def declared_builds(folder: str, within: tuple[str, ...]) -> list[tuple[str, list[DeclaredBuild]]]:
    """The files of a folder that declare builds, by name, each with its builds; contexts are relative to `folder`.

    `within`: where links may lead, see dfix.rewriter.text.read.
    """
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    found = []
    for name in sorted(name for name in names if name == ".devcontainer" or declares_builds(name)):
        if name == ".devcontainer":
            inner = builds_of(os.path.join(folder, name, "devcontainer.json"), within)
            moved = (build._replace(context=_joined(name, build.context)) for build in inner or ())
            found.append((f"{name}/devcontainer.json", list(moved)))
        else:
            found.append((name, builds_of(os.path.join(folder, name), within) or []))
    return found


def declares_builds(name: str) -> bool:
    """Whether a file of this name declares builds."""
    return _NAME.fullmatch(name) is not None


def builds_of(path: str, within: tuple[str, ...]) -> list[DeclaredBuild] | None:
    """The builds of one such file, with contexts relative to its folder; None if it cannot be read."""
    name = os.path.basename(path)
    text = text_of(path, within)
    if text is None:
        return None
    if name == "devcontainer.json":
        return _devcontainer(json_of(without_comments(text)), os.path.dirname(path))
    if name.endswith((".hcl", ".json")):
        return _bake(path, within)
    if "build" not in text:
        return []
    data = yaml_of(text)
    return _skaffold(data) if name == "skaffold.yaml" else _compose(data)


def _joined(folder: str, path: str | None) -> str | None:
    return None if path is None else os.path.join(folder, path)


def _build(context: Any, file: Any, inline: Any = None) -> list[DeclaredBuild]:
    """A build as declared; nothing if its context is not a folder on this machine."""
    context = "." if context is None else context
    file = "Dockerfile" if file is None else file
    if isinstance(context, str) and ("://" in context or context.startswith(("git@", "service:", "target:"))):
        return []
    known_file = "" if inline is not None else _known(file)
    return [DeclaredBuild(_known(context), known_file)]


def _known(path: Any) -> str | None:
    if not isinstance(path, str) or {"$", "\0"}.intersection(path):
        return None
    try:
        os.fsencode(path)
    except ValueError:  # JSON can escape half of a character
        return None
    return path


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
    for service in table_of(data, "services").values():
        build = service.get("build") if isinstance(service, dict) else None
        if isinstance(build, str):
            found += _build(build, None)
        elif isinstance(build, dict):
            found += _build(build.get("context"), build.get("dockerfile"), build.get("dockerfile_inline"))
            found += _added(build.get("additional_contexts"))
    return found


def _skaffold(data: Any) -> list[DeclaredBuild]:
    found: list[DeclaredBuild] = []
    artifacts = table_of(data, "build").get("artifacts")
    for artifact in artifacts if isinstance(artifacts, list) else []:
        if isinstance(artifact, dict):
            found += _build(artifact.get("context"), table_of(artifact, "docker").get("dockerfile"))
    return found


def _bake(path: str, within: tuple[str, ...]) -> list[DeclaredBuild]:
    found: list[DeclaredBuild] = []
    for target in bake_targets(path, within).values():
        found += _build(target.get("context"), target.get("dockerfile"), target.get("dockerfile-inline"))
        found += _added(target.get("contexts"))
    return found


def _devcontainer(data: Any, folder: str) -> list[DeclaredBuild]:
    if not isinstance(data, dict):
        return []
    build = table_of(data, "build")
    file = build.get("dockerfile") or data.get("dockerFile")
    if not isinstance(file, str):
        return []
    context = build.get("context") or data.get("context") or "."
    if not isinstance(context, str):
        return []
    # here the Dockerfile is relative to devcontainer.json, not to the context
    return _build(context, os.path.join(folder, file))
