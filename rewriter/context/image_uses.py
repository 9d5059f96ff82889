"""What the files of other tools do with images that they build: other builds FROM them, and containers.

Source: the Compose specification (build, deploy of images by `image:`, `service:` contexts, interpolation), Docker's
bake reference (`target:` contexts), skaffold's `requires`, the Dev Containers specification (lifecycle commands).
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dfix.rewriter.context.declared_builds import declares_builds
from dfix.rewriter.context.find_context import upwards
from dfix.rewriter.context.parsed_files import bake_targets, json_of, table_of, text_of, without_comments, yaml_of

_MOST_FOLDERS = 100
_NOT_LISTED = frozenset((".git", ".venv", "node_modules"))
_VARIABLE = re.compile(r"\$\{\w+:?-(?P<default>[^}]*)\}|\$\{[^}]*\}|\$\w+")
_NO_PROJECT_NAME = re.compile(r"[^a-z0-9_-]")
_LIFECYCLE = (
    "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand",
)  # fmt: skip
"""Commands of devcontainer.json that run in the container; `initializeCommand` runs on the host."""


class ImageBuild(NamedTuple):
    """A build of an image; paths are absolute, with links followed."""

    file: str
    """The file that declares it."""
    context: str
    dockerfile: str
    """ "" for one whose text is in the file."""
    text: str
    target: str
    names: frozenset[str]
    """The names under which others use the image, as `image_name` writes them; references within a tool too."""
    contexts: Mapping[str, str]
    """Names that the Dockerfile uses for images, each with a name of such an image."""
    arguments: Mapping[str, str]


class Container(NamedTuple):
    """A container that a file starts from an image."""

    file: str
    names: frozenset[str]
    """Names of its image."""
    entrypoint: tuple[str, ...] | None
    """None for that of the image."""
    command: tuple[str, ...] | None
    scripts: tuple[str, ...]
    """Texts that a shell runs in it."""
    folder: str
    """The folder in which it works; "" for that of the image."""
    mounts: tuple[tuple[str, str], ...]
    """Folders and files of the host, each with its path in the container."""
    environment: Mapping[str, str]


class ImageUses(NamedTuple):
    """What is declared near a Dockerfile."""

    builds: list[ImageBuild]
    containers: list[Container]


def image_uses(dockerfile: str) -> ImageUses:
    """The builds and containers that files declare near a Dockerfile.

    Looks in its folder and the ones above it, up to the root of the repository, and in the folders in them.
    """
    uses = ImageUses([], [])
    for folder in _folders(os.path.dirname(os.path.realpath(dockerfile))):
        for name in sorted(name for name in _names(folder) if declares_builds(name.removeprefix("."))):
            path = os.path.join(folder, name)
            if name.endswith("devcontainer.json"):
                _read_devcontainer(path, uses)
            elif name == "skaffold.yaml":
                _read_skaffold(path, uses)
            elif "bake" in name:
                _read_bake(path, uses)
            else:
                _read_compose(path, uses)
    return uses


def image_name(reference: str) -> str:
    """The name of an image without its tag: "me/base" for `docker.io/me/base:1.2`; of variables only their defaults."""
    known = _VARIABLE.sub(lambda match: match["default"] or "", reference).lower()
    name = known.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    name = (head if colon and "/" not in tag else name).strip("/")
    return name.removeprefix("docker.io/").removeprefix("library/")


def _folders(folder: str) -> Iterator[str]:
    above = list(upwards(folder))
    in_repository = os.path.exists(os.path.join(above[-1], ".git"))
    for index, one in enumerate(above):
        yield one
        if index and not in_repository:
            continue
        inner = [os.path.join(one, name) for name in sorted(_names(one)) if name not in _NOT_LISTED]
        inner = [path for path in inner if path not in above and os.path.isdir(path)][:_MOST_FOLDERS]
        yield from inner
        devcontainers = os.path.join(one, ".devcontainer")
        yield from (os.path.join(devcontainers, name) for name in sorted(_names(devcontainers)))


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _read_compose(path: str, uses: ImageUses) -> None:
    folder = os.path.dirname(path)
    data = yaml_of(text_of(path) or "")
    project = data.get("name") if isinstance(data, dict) else None
    project = _NO_PROJECT_NAME.sub("", str(project or os.path.basename(folder)).lower())
    for name, service in table_of(data, "services").items():
        if not isinstance(service, dict):
            continue
        reference, image = _reference(folder, f"service:{name}"), service.get("image")
        build = {"context": service["build"]} if isinstance(service.get("build"), str) else service.get("build")
        if isinstance(build, dict):
            names = {reference, *(f"{project}{sign}{name}".lower() for sign in "-_")}
            names |= {image_name(str(tag)) for tag in (image, *_list(build.get("tags"))) if tag}
            uses.builds.extend(_build(path, build, names, build.get("dockerfile_inline")))
        used = {reference, *_extended(folder, service)} | ({image_name(image)} if isinstance(image, str) else set())
        uses.containers.append(_service(path, service, frozenset(used)))


def _extended(folder: str, service: dict[str, Any]) -> Iterator[str]:
    extends = service.get("extends")
    if isinstance(extends, str):
        yield _reference(folder, f"service:{extends}")
    elif isinstance(extends, dict):
        file = os.path.join(folder, str(extends.get("file", "")))
        yield _reference(os.path.dirname(file) if extends.get("file") else folder, f"service:{extends.get('service')}")


def _service(path: str, service: dict[str, Any], names: frozenset[str]) -> Container:
    check = _list(table_of(service, "healthcheck").get("test"))
    scripts = check[-1:] if len(check) == 1 or check[:1] == ["CMD-SHELL"] else []
    commands = [_words(check[1:])] if check[:1] == ["CMD"] else []
    hooks = (hook.get("command") for key in ("post_start", "pre_stop") for hook in _tables(service.get(key)))
    commands += [_words(hook) for hook in hooks]
    return Container(
        path,
        names,
        _words(service.get("entrypoint")),
        _words(service.get("command")),
        (*map(str, scripts), *(shlex.join(words) for words in commands if words)),
        str(service.get("working_dir") or ""),
        tuple(_mounts(os.path.dirname(path), service.get("volumes"))),
        _assigned(service.get("environment")),
    )


def _mounts(folder: str, volumes: Any) -> Iterator[tuple[str, str]]:
    for volume in _list(volumes):
        if isinstance(volume, dict):
            source, target = volume.get("source"), volume.get("target")
        else:
            source, _, rest = str(volume).partition(":")
            target = rest.partition(":")[0]
        if isinstance(source, str) and isinstance(target, str) and source.startswith(".") and target.startswith("/"):
            yield os.path.normpath(os.path.join(folder, source)), target


def _read_bake(path: str, uses: ImageUses) -> None:
    folder = os.path.dirname(path)
    for name, target in bake_targets(path).items():
        names = {_reference(folder, f"target:{name}"), *(image_name(str(tag)) for tag in _list(target.get("tags")))}
        build = {**target, "additional_contexts": target.get("contexts")}
        uses.builds.extend(_build(path, build, names, target.get("dockerfile-inline")))


def _read_skaffold(path: str, uses: ImageUses) -> None:
    for artifact in _tables(table_of(yaml_of(text_of(path) or ""), "build").get("artifacts")):
        docker = table_of(artifact, "docker")
        needs = {
            str(need.get("alias") or need.get("image")): need.get("image") for need in _tables(artifact.get("requires"))
        }
        build = {**docker, "context": artifact.get("context"), "args": {**_assigned(docker.get("buildArgs")), **needs}}
        uses.builds.extend(_build(path, build, {image_name(str(artifact.get("image")))}, None))


def _read_devcontainer(path: str, uses: ImageUses) -> None:
    folder = os.path.dirname(path)
    data = json_of(without_comments(text_of(path) or ""))
    if not isinstance(data, dict):
        return
    reference = _reference(path, "devcontainer")
    names = {reference} | ({image_name(data["image"])} if isinstance(data.get("image"), str) else set())
    build = table_of(data, "build")
    file = build.get("dockerfile") or data.get("dockerFile")
    if isinstance(file, str):
        context = build.get("context") or data.get("context") or "."
        # here the Dockerfile is relative to devcontainer.json, not to the context
        build = {**build, "context": context, "dockerfile": os.path.join(folder, file)}
        uses.builds.extend(_build(path, build, names, None))
    for compose in _list(data.get("dockerComposeFile")):
        place = os.path.dirname(os.path.normpath(os.path.join(folder, str(compose))))
        names.add(_reference(place, f"service:{data.get('service')}"))
    workspace = folder.partition(f"{os.sep}.devcontainer")[0]
    place = str(data.get("workspaceFolder") or f"/workspaces/{os.path.basename(workspace)}")
    place = place.replace("${localWorkspaceFolderBasename}", os.path.basename(workspace))
    scripts = [text for key in _LIFECYCLE for text in _lifecycle(data.get(key))]
    mounts, environment = ((workspace, place),), _assigned(data.get("containerEnv"))
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


def _build(file: str, build: dict[str, Any], names: set[str], inline: Any) -> Iterator[ImageBuild]:
    """The build that a table declares; nothing for a context that is no folder of this machine."""
    folder, context = os.path.dirname(file), build.get("context")
    context = "." if context is None else context
    dockerfile = build.get("dockerfile") or "Dockerfile"
    if (
        not isinstance(context, str)
        or not isinstance(dockerfile, str)
        or "://" in context
        or "\0" in context + dockerfile
    ):
        return
    root = os.path.realpath(os.path.join(folder, _VARIABLE.sub(lambda match: match["default"] or ".", context)))
    path = os.path.realpath(os.path.join(root, _VARIABLE.sub(lambda match: match["default"] or "", dockerfile)))
    contexts = {name: _target(folder, value) for name, value in _assigned(build.get("additional_contexts")).items()}
    text = inline if isinstance(inline, str) else ""
    target = str(build.get("target") or "").lower()
    arguments = _assigned(build.get("args"))
    yield ImageBuild(file, root, "" if text else path, text, target, frozenset(names - {""}), contexts, arguments)


def _target(folder: str, value: str) -> str:
    """The name of the image that a named context stands for; "" for a folder."""
    if value.startswith(("service:", "target:")):
        return _reference(folder, value)
    return image_name(value.removeprefix("docker-image://")) if value.startswith("docker-image://") else ""


def _reference(folder: str, name: str) -> str:
    """What an image is called within the files of one folder; no image has a name like that."""
    return f"{folder} {name}"


def _words(value: Any) -> tuple[str, ...] | None:
    """The words of a command as compose splits them; None for none."""
    if isinstance(value, list):
        return tuple(str(word).replace("$$", "$") for word in value)
    if not isinstance(value, str):
        return None
    try:
        return tuple(word.replace("$$", "$") for word in shlex.split(value))
    except ValueError:
        return ("sh", "-c", value)


def _assigned(value: Any) -> dict[str, str]:
    """A table of texts: a table, or a list of `name=value`."""
    if isinstance(value, dict):
        return {str(name): str(one) for name, one in value.items() if one is not None}
    pairs = (str(one).partition("=") for one in _list(value))
    return {name: one for name, sign, one in pairs if sign}


def _list(value: Any) -> list[Any]:
    """A list as it is; a single text as a list of one."""
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def _tables(value: Any) -> list[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]
