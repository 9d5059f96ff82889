"""Builds of images and containers, as the files of other tools declare them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_VARIABLE = expression(r"\$\{\w+:?-(?P<default>[^}]{0,200})\}|\$\{\{[^}]{0,200}\}\}|\$[{(][^})]{0,200}[})]|\$\w+")

_ITS_NAME = expression(r"\$[({]{0,2}\s?(?:[A-Za-z_]+\.)?(?P<name>\w+)")

_LONGEST = 4000
"""Characters of a name or path that are read."""


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
    texts: tuple[tuple[str, str], ...] = ()
    """Files whose text the declaring file has, each as its path in the container and its text."""

    def extending(self, base: Container) -> Container:
        """A container that takes from another one what it does not set itself."""
        return self._replace(
            entrypoint=base.entrypoint if self.entrypoint is None else self.entrypoint,
            command=base.command if self.command is None else self.command,
            scripts=(*base.scripts, *self.scripts),
            folder=self.folder or base.folder,
            mounts=(*base.mounts, *self.mounts),
            environment={**base.environment, **self.environment},
            texts=(*base.texts, *self.texts),
        )


class ImageUses(NamedTuple):
    """What is declared near a Dockerfile."""

    builds: list[ImageBuild]
    containers: list[Container]
    within: tuple[str, ...]
    """Where links of the files may lead, the root first."""


def filled_in(text: str, unknown: str) -> str:
    """A text of a compose or CI file with the defaults of its variables; `unknown` stands for one without a default."""
    return _VARIABLE.sub(lambda match: match["default"] or unknown, text)


def image_name(reference: str) -> str:
    """The name of an image without its tag: "me/base" for `docker.io/me/base:1.2`.

    Of variables only their defaults count; without one, "*/base" stands for every image of that last name, and "$image"
    for the one that the variable IMAGE names.
    """
    known = filled_in(reference[:_LONGEST], "").lower()
    name = known.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    name = head if colon and "/" not in tag else name
    if not name.rpartition("/")[2]:
        variable = _ITS_NAME.match(reference[:_LONGEST].rpartition("/")[2])
        name += "" if variable is None else f"${variable['name'].lower()}"
    if name.startswith("/"):
        return f"*/{name.rpartition('/')[2]}"
    return name.removeprefix("docker.io/").removeprefix("library/")


class ImageNames:
    """Names of images (`image_name`), in which one is found however it is written; "*/base" is any image named base."""

    def __init__(self, names: Iterable[str]) -> None:
        self._all = frozenset(names)
        self._by_last: dict[str, str] = {}
        self._any: dict[str, str] = {}
        for name in sorted(self._all):
            last = name.rpartition("/")[2]
            self._by_last.setdefault(last, name)
            if name.startswith("*/"):
                self._any.setdefault(last, name)

    def find(self, name: str) -> str | None:
        """The name among these that may be that of the same image; None if there is none."""
        if name in self._all:
            return name
        last = name.rpartition("/")[2]
        return (self._by_last if name.startswith("*/") else self._any).get(last)


def declared_build(file: str, build: dict[str, Any], names: set[str], inline: Any) -> Iterator[ImageBuild]:
    """The build that a table declares; nothing if its context is not a folder on this machine."""
    folder, context = os.path.dirname(file), build.get("context")
    context = "." if context is None else context
    dockerfile = build.get("dockerfile") or "Dockerfile"
    if not isinstance(context, str) or not isinstance(dockerfile, str):
        return
    if "://" in context or "\0" in context + dockerfile or len(context + dockerfile) > _LONGEST:
        return
    root = os.path.realpath(os.path.join(folder, filled_in(context, ".")))
    path = os.path.realpath(os.path.join(root, filled_in(dockerfile, "")))
    named = texts_of(build.get("additional_contexts"))
    contexts = {name: image_of_context(folder, value) for name, value in named.items()}
    text = inline if isinstance(inline, str) else ""
    target = str(build.get("target") or "").lower()
    arguments = texts_of(build.get("args"))
    yield ImageBuild(file, root, "" if text else path, text, target, frozenset(names - {""}), contexts, arguments)


def image_of_context(folder: str, value: str) -> str:
    """The name of the image that a named context stands for; "" for a folder."""
    if value.startswith(("service:", "target:")):
        return reference(folder, value)
    return image_name(value.removeprefix("docker-image://")) if value.startswith("docker-image://") else ""


def reference(folder: str, name: str) -> str:
    """What an image is called within the files of one folder; no image has a name like that."""
    return f"{folder} {name}"


def words_of(value: Any) -> tuple[str, ...] | None:
    """The words of a command as compose splits them; None for none."""
    if isinstance(value, list):
        return tuple(str(word).replace("$$", "$") for word in value)
    if not isinstance(value, str):
        return None
    try:
        return tuple(word.replace("$$", "$") for word in shlex.split(value))
    except ValueError:
        return ("sh", "-c", value)


def texts_of(value: Any) -> dict[str, str]:
    """A table of texts: a table, or a list of `name=value`."""
    if isinstance(value, dict):
        return {str(name): str(one) for name, one in value.items() if one is not None}
    pairs = (str(one).partition("=") for one in list_of(value))
    return {name: one for name, sign, one in pairs if sign}


def list_of(value: Any) -> list[Any]:
    """A list as it is; a single text as a list of one."""
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def tables_in(value: Any) -> list[dict[str, Any]]:
    """The tables in a list."""
    return [one for one in list_of(value) if isinstance(one, dict)]
