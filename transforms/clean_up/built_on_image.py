"""What other files do with the image of a Dockerfile: builds FROM it, and containers (context/image_uses.py)."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

from dfix.rewriter.context.folder import Context
from dfix.rewriter.context.ignore import IgnoreFile
from dfix.rewriter.context.image_records import Container, ImageBuild, ImageNames, image_name
from dfix.rewriter.context.parsed_files import text_of
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import build
from dfix.rewriter.model.cache_use import RunIndex
from dfix.rewriter.model.container_commands import uses_of_image
from dfix.rewriter.model.stage import known
from dfix.rewriter.text.known import once
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.root import leads_out, root_of
from dfix.rewriter.text.source import Source
from dfix.transforms.clean_up.context_scripts import ContextScripts
from dfix.transforms.clean_up.image_family import Family, family_of
from dfix.transforms.clean_up.removed_files import Search

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.dockerfile import Tree
    from dfix.rewriter.model import Model, Stage

_MOST_LAYERS = 10
"""Images that are built on each other, one after the other, that are followed."""
_END = "END_OF_A_TEXT_IN_A_COMPOSE_FILE"


class _Image(NamedTuple):
    stage: Stage
    search: Search
    """The Dockerfile of the stage."""


def families_elsewhere(search: Search, own: list[Stage]) -> Iterator[Family]:
    """The other Dockerfiles that build on the stages `own`, and the containers that are started from their images.

    A container is shown as a Dockerfile that copies what is mounted, and has the commands as its CMD.
    """
    path = os.path.realpath(search.model.source.path)
    uses = uses_of_image(search.model)
    images: dict[str, _Image] = {}
    for declared in uses.builds:
        stage = _image_stage(search.model, declared.target)
        if declared.dockerfile == path and stage in own:
            images |= dict.fromkeys(declared.names, _Image(stage, search))
    pending = [declared for declared in uses.builds if declared.dockerfile != path]
    for _ in range(_MOST_LAYERS if images else 0):
        known_images = _Images(images)
        found = [
            (declared, family)
            for declared in pending
            if (family := _built(declared, known_images, path, uses.within)) is not None
        ]
        for declared, family in found:
            pending.remove(declared)
            stage = _image_stage(family.search.model, declared.target)
            if stage in family.stages:
                images |= dict.fromkeys(declared.names, _Image(stage, family.search))
            yield family
        if not found:
            break
    known_images = _Images(images)
    for container in uses.containers if images else ():
        image = next((image for name in container.names if (image := known_images.of(name)) is not None), None)
        if image is not None and (container.entrypoint or container.command or container.scripts):
            yield _started(container, image, path, uses.within)


class _Images:
    """Images by their names, however they are written."""

    def __init__(self, images: dict[str, _Image]) -> None:
        self._images = dict(images)
        self._names = ImageNames(images)

    def of(self, name: str) -> _Image | None:
        found = self._names.find(name)
        return None if found is None else self._images[found]


def _image_stage(model: Model, target: str) -> Stage:
    """The stage that a build gives: the one that `target` names, or the last."""
    named = (stage for stage in model.stages if target in (stage.name, str(stage.index)))
    return next(named, model.stages[-1])


def _built(declared: ImageBuild, images: _Images, own: str, within: tuple[str, ...]) -> Family | None:
    """The stages of a declared build that build on one of the images; None if it uses none of them."""
    written = once(_written_names, declared.dockerfile, declared.text, within)
    if not written.words or once(leads_out, declared.context, within):
        return None
    values = {**written.arguments, **declared.arguments}
    contexts = {image_name(name): image for name, image in declared.contexts.items()}
    bases: dict[str, _Image] = {}
    names: set[str] = set()
    for raw in written.words:
        reference = known(raw, values, written.escape) or raw
        image = images.of(contexts.get(image_name(reference)) or image_name(reference))
        if image is not None:
            bases[raw] = image
            names.add(raw.lower())
    if not bases:
        return None
    tree = _tree(declared.dockerfile, declared.text, within)
    context = Context.open(
        declared.context, declared.dockerfile or os.path.join(declared.context, "Dockerfile"), within
    )
    stages = {raw: image.stage for raw, image in bases.items()}
    model = build(tree, open_context=lambda: context, images=stages)
    file = _shown(declared.dockerfile or declared.file, own)
    inline = "" if declared.dockerfile else "the Dockerfile in "
    search = _search(model, list(bases.values()), f"line {{line}} of {inline}{file} (FROM {next(iter(bases))})")
    return Family(search, family_of(model, list(stages.values())), frozenset(names))


class _WrittenNames(NamedTuple):
    """What a Dockerfile calls images, with its build arguments and its escape character."""

    words: tuple[str, ...]
    arguments: dict[str, str]
    escape: str


def _written_names(dockerfile: str, text: str, within: tuple[str, ...]) -> _WrittenNames:
    """No words if it builds nothing."""
    tree = _tree(dockerfile, text, within)
    builds = tree.fault is None and any(instruction.keyword == "FROM" for instruction in tree.instructions)
    return _WrittenNames(tuple(_image_words(tree)) if builds else (), _arguments(tree), tree.escape)


def _tree(dockerfile: str, text: str, within: tuple[str, ...]) -> Tree:
    """The Dockerfile of a declared build, which may be a text of the file that declares it."""
    return parse(Source(dockerfile, text or text_of(dockerfile, within) or ""))


def _arguments(tree: Tree) -> dict[str, str]:
    """The build arguments before the first FROM, with their defaults."""
    values: dict[str, str] = {}
    for instruction in tree.instructions:
        if instruction.keyword == "FROM":
            break
        if instruction.keyword == "ARG":
            pairs = (word.text.partition("=") for word in instruction.words)
            values |= {name: value.strip("\"'") for name, sign, value in pairs if sign}
    return values


def _image_words(tree: Tree) -> Iterator[str]:
    """The words that may name images: after FROM, in `--from`, and in mounts."""
    for instruction in tree.instructions:
        if instruction.keyword == "FROM" and instruction.words:
            yield instruction.words[0].text
        for flag in instruction.flags:
            if flag.name == "from" and flag.value:
                yield flag.value
            elif flag.name == "mount" and flag.value:
                yield from (pair[5:] for pair in flag.value.split(",") if pair.startswith("from="))


def _started(container: Container, image: _Image, own: str, within: tuple[str, ...]) -> Family:
    """A container as a Dockerfile: what is mounted is copied, and each command is the CMD of a stage."""
    folder = os.path.dirname(container.file)
    mounts = [mount for mount in container.mounts if not leads_out(mount[0], within)]
    root = os.path.commonpath([folder, *(source for source, _ in mounts)])
    lines = ["FROM image AS container"]
    for source, target in mounts:
        if len(root) > 1:
            lines.append(f"COPY {json.dumps([os.path.relpath(source, root), target])}")
    for target, content in container.texts:
        if re.fullmatch(r"[\w./-]+", target) and _END not in content:
            lines += [f'COPY <<"{_END}" {target}', content.rstrip("\n"), _END]
    for name, value in container.environment.items():
        if name.isidentifier():
            lines.append(f"ENV {name}=" + json.dumps(value).replace("$", "\\$"))
    lines += [f"WORKDIR {container.folder}"] if container.folder and "\n" not in container.folder else []
    if container.entrypoint is not None:
        lines += [f"ENTRYPOINT {json.dumps(container.entrypoint)}", "CMD []"]
    if container.command is not None:
        lines.append(f"CMD {json.dumps(container.command)}")
    for script in container.scripts:
        lines += ["FROM container", f"CMD {json.dumps(['/bin/sh', '-c', script])}"]
    tree = parse(Source(container.file, "\n".join(lines) + "\n"))
    context = Context(root, IgnoreFile(()), ".dockerignore")
    model = build(tree, open_context=lambda: context, images={"image": image.stage})
    return Family(_search(model, [image], _shown(container.file, own)), list(model.stages), frozenset())


def _search(model: Model, images: list[_Image], place: str) -> Search:
    runs = RunIndex()
    inherited = dict.fromkeys(scripts for image in images for scripts in image.search.all_scripts)
    return Search(model, runs, ContextScripts(model, runs), tuple(inherited), place)


def _shown(path: str, own: str) -> str:
    """A path as seen from the root of the repository, or from the Dockerfile's folder."""
    return os.path.relpath(path, root_of(own))
