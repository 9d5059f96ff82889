"""Containers, and builds of their images, that compose and devcontainer files declare.

Source: the Compose specification (`image`, `build`, `command`, `entrypoint`, `extends`, how images are named) and the
Development Containers specification (lifecycle scripts).
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from typing import Any

from dfix.rewriter.context.image_records import (
    Container,
    ImageUses,
    declared_build,
    image_name,
    list_of,
    reference,
    tables_in,
    texts_of,
    words_of,
)
from dfix.rewriter.context.parsed_files import json_of, table_of, text_of, without_comments, yaml_of

_NO_PROJECT_NAME = re.compile(r"[^a-z0-9_-]")
_LIFECYCLE = (
    "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand",
)  # fmt: skip
"""Commands of devcontainer.json that run in the container; `initializeCommand` runs on the host."""


def read_compose(path: str, uses: ImageUses) -> None:
    """Add the builds and containers of a compose file to `uses`."""
    folder = os.path.dirname(path)
    data = yaml_of(text_of(path, uses.within) or "")
    project = data.get("name") if isinstance(data, dict) else None
    project = _NO_PROJECT_NAME.sub("", str(project or os.path.basename(folder)).lower())
    for name, service in table_of(data, "services").items():
        if not isinstance(service, dict):
            continue
        own, image = reference(folder, f"service:{name}"), service.get("image")
        build = {"context": service["build"]} if isinstance(service.get("build"), str) else service.get("build")
        if isinstance(build, dict):
            names = {own, *(f"{project}{sign}{name}".lower() for sign in "-_")}
            names |= {image_name(str(tag)) for tag in (image, *list_of(build.get("tags"))) if tag}
            uses.builds.extend(declared_build(path, build, names, build.get("dockerfile_inline")))
        used = {own, *_extended(folder, service)} | ({image_name(image)} if isinstance(image, str) else set())
        uses.containers.append(_service(path, service, frozenset(used)))


def _extended(folder: str, service: dict[str, Any]) -> Iterator[str]:
    extends = service.get("extends")
    if isinstance(extends, str):
        yield reference(folder, f"service:{extends}")
    elif isinstance(extends, dict):
        file = os.path.join(folder, str(extends.get("file", "")))
        yield reference(os.path.dirname(file) if extends.get("file") else folder, f"service:{extends.get('service')}")


def _service(path: str, service: dict[str, Any], names: frozenset[str]) -> Container:
    check = list_of(table_of(service, "healthcheck").get("test"))
    scripts = check[-1:] if len(check) == 1 or check[:1] == ["CMD-SHELL"] else []
    commands = [words_of(check[1:])] if check[:1] == ["CMD"] else []
    hooks = (hook.get("command") for key in ("post_start", "pre_stop") for hook in tables_in(service.get(key)))
    commands += [words_of(hook) for hook in hooks]
    return Container(
        path,
        names,
        words_of(service.get("entrypoint")),
        words_of(service.get("command")),
        (*map(str, scripts), *(shlex.join(words) for words in commands if words)),
        str(service.get("working_dir") or ""),
        tuple(_mounts(os.path.dirname(path), service.get("volumes"))),
        texts_of(service.get("environment")),
    )


def _mounts(folder: str, volumes: Any) -> Iterator[tuple[str, str]]:
    for volume in list_of(volumes):
        if isinstance(volume, dict):
            source, target = volume.get("source"), volume.get("target")
        else:
            source, _, rest = str(volume).partition(":")
            target = rest.partition(":")[0]
        if isinstance(source, str) and isinstance(target, str) and source.startswith(".") and target.startswith("/"):
            yield os.path.normpath(os.path.join(folder, source)), target


def read_devcontainer(path: str, uses: ImageUses) -> None:
    """Add the build and the container of a devcontainer file to `uses`."""
    folder = os.path.dirname(path)
    data = json_of(without_comments(text_of(path, uses.within) or ""))
    if not isinstance(data, dict):
        return
    names = {reference(path, "devcontainer")} | (
        {image_name(data["image"])} if isinstance(data.get("image"), str) else set()
    )
    build = table_of(data, "build")
    file = build.get("dockerfile") or data.get("dockerFile")
    if isinstance(file, str):
        context = build.get("context") or data.get("context") or "."
        # here the Dockerfile is relative to devcontainer.json, not to the context
        build = {**build, "context": context, "dockerfile": os.path.join(folder, file)}
        uses.builds.extend(declared_build(path, build, names, None))
    for compose in list_of(data.get("dockerComposeFile")):
        place = os.path.dirname(os.path.normpath(os.path.join(folder, str(compose))))
        names.add(reference(place, f"service:{data.get('service')}"))
    workspace = folder.partition(f"{os.sep}.devcontainer")[0]
    place = str(data.get("workspaceFolder") or f"/workspaces/{os.path.basename(workspace)}")
    place = place.replace("${localWorkspaceFolderBasename}", os.path.basename(workspace))
    scripts = [text for key in _LIFECYCLE for text in _lifecycle(data.get(key))]
    mounts, environment = ((workspace, place),), texts_of(data.get("containerEnv"))
    uses.containers.append(Container(path, frozenset(names), None, None, tuple(scripts), place, mounts, environment))


def _lifecycle(value: Any) -> Iterator[str]:
    """The texts of a lifecycle command: a text, words, or a table of either."""
    if isinstance(value, dict):
        for one in value.values():
            yield from _lifecycle(one)
    elif isinstance(value, list):
        yield shlex.join(map(str, value))
    elif isinstance(value, str):
        yield value
