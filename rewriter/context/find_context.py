"""Finding the build context of a Dockerfile: from files that name it, else by where its COPY sources are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from dfix.rewriter.context.folder import normal

MOST_LEVELS = 6
_MOST_NAMES = 20_000
_NO_DOCKERFILES = frozenset((".git", ".venv", "node_modules"))
LARGEST = 1_000_000
_COMPOSE = re.compile(r"(?:docker-)?compose[\w.-]*\.ya?ml", re.IGNORECASE)
_BAKE = re.compile(r"docker-bake[\w.-]*\.(?:hcl|json)", re.IGNORECASE)
_HCL_TARGET = re.compile(r'^\s*target\s+"[^"]+"\s*\{(?P<body>.*?)^\}', re.MULTILINE | re.DOTALL)
_HCL_KEY = re.compile(r'^\s*(?P<key>context|dockerfile)\s*=\s*"(?P<value>[^"$]*)"\s*$', re.MULTILINE)


class FoundContext(NamedTuple):
    """The context folder, and how it was found, in words."""

    root: str
    why: str


def find_context(dockerfile: str, sources: Sequence[str]) -> FoundContext:
    """The build context of the Dockerfile at `dockerfile`.

    `sources` are the literal paths that its COPY and ADD lines copy from the context. Files that name the Dockerfile
    (compose, bake, devcontainer, skaffold) are searched in its folder and the ones above it, up to the root of the
    repository.
    """
    path = os.path.realpath(dockerfile)
    folders = list(_upwards(os.path.dirname(path)))
    for folder in folders:
        for name, contexts in _declared(folder):
            for context, file in contexts:
                root = os.path.normpath(os.path.join(folder, context))
                if os.path.normpath(os.path.join(root, file)) == path and os.path.isdir(root):
                    return FoundContext(root, f"named by {name}")
    if sources:
        for folder in folders:
            if all(_there(folder, source) for source in sources):
                return FoundContext(folder, "its COPY sources exist there")
    return FoundContext(folders[0], "the Dockerfile's own folder")


def other_dockerfiles(root: str, dockerfile: str) -> bool:
    """Whether the context folder contains another Dockerfile, which may be built from it too."""
    path = os.path.realpath(dockerfile)
    looked_at = 0
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in _NO_DOCKERFILES]
        looked_at += len(names)
        if looked_at > _MOST_NAMES:
            return True
        for name in names:
            lower = name.lower()
            named = lower.startswith(("dockerfile", "containerfile")) or lower.endswith(".dockerfile")
            if named and not lower.endswith("dockerignore") and os.path.join(folder, name) != path:
                return True
    return False


def _upwards(folder: str) -> Iterator[str]:
    for _ in range(MOST_LEVELS):
        yield folder
        above = os.path.dirname(folder)
        if os.path.exists(os.path.join(folder, ".git")) or above == folder:
            return
        folder = above


def _there(folder: str, source: str) -> bool:
    return os.path.lexists(os.path.join(folder, normal(source)))


def _declared(folder: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The files of a folder that declare builds, each with the (context, Dockerfile) pairs that it names."""
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in sorted(names):
        path = os.path.join(folder, name)
        if _COMPOSE.fullmatch(name):
            yield name, _compose(_yaml(path))
        elif name == "skaffold.yaml":
            yield name, _skaffold(_yaml(path))
        elif _BAKE.fullmatch(name):
            text = _text(path)
            yield name, _bake(_json(text)) if name.endswith(".json") else _hcl(text)
        elif name == ".devcontainer" and os.path.isdir(path):
            inner = os.path.join(path, "devcontainer.json")
            pairs = _devcontainer(_json(_without_comments(_text(inner))))
            yield f"{name}/devcontainer.json", [(os.path.join(name, context), file) for context, file in pairs]
        elif name == "devcontainer.json":
            yield name, _devcontainer(_json(_without_comments(_text(path))))


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(LARGEST)
    except OSError:
        return ""


def _yaml(path: str) -> Any:
    text = _text(path)
    if "build" not in text:
        return None
    import yaml

    try:
        # expanding aliases can take unbounded memory, and compose files rarely need one for `build`
        if text.count("*") > 200:
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
    kept = re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda match: match[1] or "", text, flags=re.DOTALL)
    return re.sub(r",(\s*[}\]])", r"\1", kept)


def _table(data: Any, key: str) -> dict[str, Any]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _pair(context: Any, file: Any) -> list[tuple[str, str]]:
    context = "." if context is None else context
    file = "Dockerfile" if file is None else file
    if not isinstance(context, str) or not isinstance(file, str) or "$" in context + file or "://" in context:
        return []
    return [(context, file)]


def _compose(data: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for service in _table(data, "services").values():
        build = service.get("build") if isinstance(service, dict) else None
        if isinstance(build, str):
            found += _pair(build, None)
        elif isinstance(build, dict):
            found += _pair(build.get("context"), build.get("dockerfile"))
    return found


def _skaffold(data: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    artifacts = _table(data, "build").get("artifacts")
    for artifact in artifacts if isinstance(artifacts, list) else []:
        if isinstance(artifact, dict):
            found += _pair(artifact.get("context"), _table(artifact, "docker").get("dockerfile"))
    return found


def _bake(data: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for target in _table(data, "target").values():
        if isinstance(target, dict):
            found += _pair(target.get("context"), target.get("dockerfile"))
    return found


def _hcl(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for target in _HCL_TARGET.finditer(text):
        keys = {match["key"]: match["value"] for match in _HCL_KEY.finditer(target["body"])}
        found += _pair(keys.get("context"), keys.get("dockerfile"))
    return found


def _devcontainer(data: Any) -> list[tuple[str, str]]:
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
    return [(context, os.path.relpath(file, context))]
