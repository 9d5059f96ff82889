"""Containers, and builds of their images, that compose and devcontainer files declare.

Source: the Compose specification (`image`, `build`, `command`, `entrypoint`, `extends`, how images are named) and the
Development Containers specification (lifecycle scripts).
"""

from __future__ import annotations

import os
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
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.known import once
from dfix.rewriter.text.root import leads_out

_NO_PROJECT_NAME = expression(r"[^a-z0-9_-]")
_VARIABLE = expression(r"\$\$|\$(?:\{(?P<braced>\w+)(?::?-(?P<default>[^{}]*))?\}|(?P<plain>\w+))")
_MOST_INCLUDED = 50
_MOST_DEEP = 12
_LIFECYCLE = (
    "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand",
)  # fmt: skip
"""Commands of devcontainer.json that run in the container; `initializeCommand` runs on the host."""


def included(paths: list[str], within: tuple[str, ...]) -> list[str]:
    """The further compose files that compose files include, or from which they extend services."""
    found: list[str] = []
    pending = [path for path in paths if path.endswith((".yml", ".yaml"))]
    while pending and len(found) < _MOST_INCLUDED:
        path = pending.pop()
        text = once(text_of, path, within) or ""
        if "include" not in text and "extends" not in text:
            continue
        data = yaml_of(text)
        for named in _named_files(data):
            other = os.path.realpath(os.path.join(os.path.dirname(path), named))
            if other not in (*paths, *found) and os.path.isfile(other) and not leads_out(other, within):
                found.append(other)
                pending.append(other)
    return found


def _named_files(data: Any) -> Iterator[str]:
    listed = data.get("include") if isinstance(data, dict) else None
    for one in list_of(listed):
        paths = list_of(one.get("path")) if isinstance(one, dict) else [one]
        yield from (path for path in paths if isinstance(path, str) and "\0" not in path)
    for service in table_of(data, "services").values():
        file = table_of(service, "extends").get("file")
        if isinstance(file, str) and "\0" not in file:
            yield file


def read_compose(path: str, uses: ImageUses) -> None:
    """Add the builds and containers of a compose file to `uses`."""
    folder = os.path.dirname(path)
    text = text_of(path, uses.within) or ""
    data = yaml_of(text)
    if "$" in text and "*" not in text:  # what aliases share may be large
        data = _filled(data, _environment(folder, uses.within))
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
        container = _service(path, data, service, frozenset(used))
        for base_path, base_data, base in _bases(path, data, service, uses.within):
            container = container.extending(_service(base_path, base_data, base, container.names))
        uses.containers.append(container)


def _environment(folder: str, within: tuple[str, ...]) -> dict[str, str]:
    """The variables of the file .env beside a compose file (docs.docker.com/compose, "Interpolation")."""
    path = os.path.join(folder, ".env")
    lines = (text_of(path, within) or "").splitlines() if os.path.isfile(path) else []
    pairs = (line.strip().removeprefix("export ").partition("=") for line in lines if line.strip()[:1] != "#")
    return {name.strip(): value.strip().strip("\"'") for name, sign, value in pairs if sign}


def _filled(data: Any, values: dict[str, str], depth: int = 0) -> Any:
    """Parsed data with the variables in its texts replaced: by their values, or by the defaults in the texts."""
    if depth > _MOST_DEEP:  # an alias may contain itself
        return None
    if isinstance(data, dict):
        return {name: _filled(value, values, depth + 1) for name, value in data.items()}
    if isinstance(data, list):
        return [_filled(value, values, depth + 1) for value in data]
    if not isinstance(data, str) or "$" not in data:
        return data
    return _VARIABLE.sub(
        lambda found: values.get(found["braced"] or found["plain"] or "", found["default"] or found[0]), data
    )


def _extended(folder: str, service: dict[str, Any]) -> Iterator[str]:
    extends = service.get("extends")
    if isinstance(extends, str):
        yield reference(folder, f"service:{extends}")
    elif isinstance(extends, dict):
        file = os.path.join(folder, str(extends.get("file", "")))
        yield reference(os.path.dirname(file) if extends.get("file") else folder, f"service:{extends.get('service')}")


def _bases(
    path: str, data: Any, service: dict[str, Any], within: tuple[str, ...]
) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """The services that a service extends, nearest first, each with its file and what that contains."""
    for _ in range(_MOST_DEEP):
        extends = service.get("extends")
        name, file = (extends, None) if isinstance(extends, str) else (None, None)
        if isinstance(extends, dict):
            name, file = extends.get("service"), extends.get("file")
        if isinstance(file, str) and "\0" not in file:
            path = os.path.normpath(os.path.join(os.path.dirname(path), file))
            data = yaml_of(text_of(path, within) or "") if not leads_out(path, within) else None
        service = table_of(table_of(data, "services"), str(name))
        if not service:
            return
        yield path, data, service


def _service(path: str, data: Any, service: dict[str, Any], names: frozenset[str]) -> Container:
    check = list_of(table_of(service, "healthcheck").get("test"))
    scripts = check[-1:] if len(check) == 1 or check[:1] == ["CMD-SHELL"] else []
    commands = [words_of(check[1:])] if check[:1] == ["CMD"] else []
    watched = tables_in(table_of(service, "develop").get("watch"))
    hooks = [hook for key in ("post_start", "pre_stop") for hook in tables_in(service.get(key))]
    hooks += [table_of(watch, "exec") for watch in watched]
    commands += [words_of(hook.get("command")) for hook in hooks]
    folder = os.path.dirname(path)
    synced = [{"source": f"./{watch.get('path')}", "target": watch.get("target")} for watch in watched]
    files, texts = _configurations(data, service)
    return Container(
        path,
        names,
        words_of(service.get("entrypoint")),
        words_of(service.get("command")),
        (*map(str, scripts), *(shlex.join(words) for words in commands if words)),
        str(service.get("working_dir") or ""),
        tuple(mount for one in (service.get("volumes"), synced, files) for mount in _mounts(folder, one)),
        texts_of(service.get("environment")),
        tuple(texts),
    )


def _configurations(data: Any, service: dict[str, Any]) -> tuple[list[dict[str, str]], list[tuple[str, str]]]:
    """The files that a service's `configs` and `secrets` mount, and those whose text the compose file has."""
    files: list[dict[str, str]] = []
    texts: list[tuple[str, str]] = []
    for kind, place in (("configs", "/"), ("secrets", "/run/secrets/")):
        for one in list_of(service.get(kind)):
            given = one if isinstance(one, dict) else {"source": one}
            name = str(given.get("source"))
            target = os.path.join(place, str(given.get("target") or name))
            declared = table_of(table_of(data, kind), name)
            if isinstance(declared.get("content"), str):
                texts.append((target, declared["content"].replace("$$", "$")))
            elif isinstance(declared.get("file"), str):
                files.append({"source": os.path.join(".", declared["file"]), "target": target})
    return files, texts


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
    features = [name for name in table_of(data, "features") if name.startswith("./") and "\0" not in name]
    # a feature's script runs in a build of its own on top of the image, before the others
    scripts = [*(f"{name}/install.sh" for name in features), *scripts]
    folders = tuple((os.path.normpath(os.path.join(folder, name)), f"{place}/{name[2:]}") for name in features)
    mounts, environment = ((workspace, place), *folders), texts_of(data.get("containerEnv"))
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
