"""The builds and containers that the files of other tools declare near a Dockerfile.

Source for bake files: Docker's bake reference (`tags`, `contexts` with `target:`); for skaffold.yaml: its reference
(`artifacts`, `requires`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from dfix.rewriter.context.build_commands import BuildCommand, build_commands, may_build
from dfix.rewriter.context.declared_builds import declares_builds
from dfix.rewriter.context.declared_containers import included, read_compose, read_devcontainer
from dfix.rewriter.context.gitpod import FILE as GITPOD
from dfix.rewriter.context.gitpod import read_gitpod
from dfix.rewriter.context.image_records import (
    ImageBuild,
    ImageUses,
    declared_build,
    image_name,
    list_of,
    reference,
    tables_in,
    texts_of,
)
from dfix.rewriter.context.other_builds import CI_FOLDERS, runs_builds
from dfix.rewriter.context.parsed_files import bake_targets, table_of, text_of, yaml_of
from dfix.rewriter.context.run_commands import read_containers
from dfix.rewriter.context.text_values import with_values
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.known import once
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.root import is_inside, is_repository, leads_out, upwards

_MOST_FOLDERS = 100
_MOST_ABOVE = 2
"""How many folders above the Dockerfile's are searched where there is no repository."""
_MOST_BUILDS = 200
_PLACE = expression(r"(?:build|context|file)[\"']?\s*[:=]", re.IGNORECASE)
"""A key of compose, bake, skaffold or devcontainer files: `build`, `context`, `dockerfile`, `dockerFile`."""
_TOOLS = expression(r"docker|podman|nerdctl|buildah|depot/|kaniko")
"""What runs builds and containers, in a command or as an action."""
_NOT_LISTED = frozenset((".git", ".venv", "node_modules"))


def image_uses(dockerfile: str, within: tuple[str, ...]) -> ImageUses:
    """The builds and containers that files declare near a Dockerfile.

    Looks in its folder and the ones above it, up to the root, and in the folders in them. `within`: where links may
    lead, see dfix.rewriter.text.read; the root comes first.
    """
    uses = ImageUses([], [], within)
    own = os.path.realpath(dockerfile)
    near = once(nearby, os.path.dirname(own), within)
    declaring, running = near.declaring, near.running
    links = {os.path.basename(link) for link, target in near.links if is_inside(own, target)}
    if not _may_be_built(own, links, (*declaring, *running), within):
        return uses
    found = [once(_declared_by, path, within) for path in declaring] + [once(_run_by, path, within) for path in running]
    for one in found:
        uses.builds.extend(one.builds)
        uses.containers.extend(one.containers)
    _read_jobs((*running, *near.manifests), uses)
    return uses


def _read_jobs(paths: Iterable[str], uses: ImageUses) -> None:
    """Add the containers of CI jobs and pods that may use one of the images."""
    last_names = {name.rpartition("/")[2].lstrip("$") for build in uses.builds for name in build.names}
    last_names = {name for name in last_names if name and " " not in name}
    named = re.compile("|".join(map(re.escape, last_names)), re.IGNORECASE)
    for path in paths:
        text = once(text_of, path, uses.within) or "" if last_names or "Jenkinsfile" in path else ""
        is_pipeline = os.path.basename(path).startswith("Jenkinsfile")
        if not text or not (is_pipeline or named.search(text)):
            continue
        from dfix.rewriter.context.job_containers import read_jenkinsfile, read_jobs, read_tiltfile

        if is_pipeline:
            read_jenkinsfile(path, text, uses)
        elif os.path.basename(path).startswith("Tiltfile"):
            read_tiltfile(path, text, uses)
        elif path.endswith((".yaml", ".yml")):
            read_jobs(path, text, uses)


def _declared_by(path: str, within: tuple[str, ...]) -> ImageUses:
    """The builds and containers that a file declares."""
    uses = ImageUses([], [], within)
    name = os.path.basename(path)
    if name.endswith("devcontainer.json"):
        read_devcontainer(path, uses)
    elif name == "skaffold.yaml":
        _read_skaffold(path, uses)
    elif "bake" in name:
        _read_bake(path, uses)
    else:
        read_compose(path, uses)
    return uses


class Nearby(NamedTuple):
    """What is near the Dockerfiles of a folder: files that declare builds, files that run them, links to folders."""

    declaring: tuple[str, ...]
    running: tuple[str, ...]
    manifests: tuple[str, ...]
    """Other YAML files, which may be manifests of Kubernetes."""
    links: tuple[tuple[str, str], ...]
    """With where they lead."""


def nearby(folder: str, within: tuple[str, ...]) -> Nearby:
    """What is near the Dockerfiles of a folder. `within`: where links may lead, the root first."""
    folders = list(_folders(folder, within))
    declaring = [path for one in folders for path in once(_declaring, one)]
    declaring += included(declaring, within)
    running = [path for one in folders for path in once(_running, one, within)]
    read = {*declaring, *running}
    manifests = (path for one in folders for path in once(_yaml_files, one) if path not in read)
    links = ((one, os.path.realpath(one)) for one in folders if os.path.islink(one))
    return Nearby(tuple(declaring), tuple(running), tuple(islice(manifests, _MOST_FOLDERS)), tuple(links))


def _yaml_files(folder: str) -> list[str]:
    return [os.path.join(folder, name) for name in sorted(_names(folder)) if name.endswith((".yaml", ".yml"))]


def _declaring(folder: str) -> list[str]:
    """The files of a folder that declare builds."""
    names = sorted(name for name in _names(folder) if declares_builds(name.removeprefix(".")))
    return [os.path.join(folder, name) for name in names]


def _running(folder: str, within: tuple[str, ...]) -> list[str]:
    """The scripts, Makefiles and CI files of a folder that may run builds."""
    places = (folder, *(os.path.join(folder, name) for name in CI_FOLDERS))
    places = tuple(place for place in places if not leads_out(place, within))
    files = [os.path.join(place, name) for place in places for name in sorted(_names(place))]
    return [path for path in files if runs_builds(path)][:_MOST_FOLDERS]


def _may_be_built(own: str, links: set[str], files: Iterable[str], within: tuple[str, ...]) -> bool:
    """Whether one of these files may build the Dockerfile `own`: parsing all takes long, and most name other folders.

    The file is in the Dockerfile's folder, or names it, its folder or one of the links that lead there. From a folder
    below, `..` leads there, and builds that a file runs are looked for in the folders above it.
    """
    folder, name = os.path.split(own)
    names = {os.path.basename(folder), name, *links} - {"Dockerfile"}
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-])", re.IGNORECASE)
    for file in files:
        here = os.path.dirname(file)
        if here == folder:
            return True
        text = once(text_of, file, within) or ""
        below = is_inside(here, folder)
        if runs_builds(file) and os.path.basename(file) != GITPOD:
            if may_build(text) and (below or named.search(text)):
                return True
        elif (below and ".." in text) or any(map(named.search, _places(text))):
            return True
    return False


def _places(text: str) -> Iterator[str]:
    """What follows the keys that name a context or a Dockerfile, on their lines or the next ones."""
    key_before = False
    for line in text.splitlines():
        if key_before:
            yield line
        key = _PLACE.search(line)
        rest = "" if key is None else line[key.end() :].strip()
        if rest:
            yield rest
        key_before = key is not None and not rest


def _folders(folder: str, within: tuple[str, ...]) -> Iterator[str]:
    above = list(upwards(folder, within[0]))
    in_repository = is_repository(above[-1])
    for index, one in enumerate(above if in_repository else above[: _MOST_ABOVE + 1]):
        yield one
        if index and not in_repository:
            continue
        inner = list(islice((path for path in once(_subfolders, one) if path not in above), _MOST_FOLDERS))
        devcontainers = os.path.join(one, ".devcontainer")
        if not leads_out(devcontainers, within):
            inner += [os.path.join(devcontainers, name) for name in sorted(_names(devcontainers))]
        yield from (path for path in inner if not leads_out(path, within))


def _subfolders(folder: str) -> list[str]:
    paths = (os.path.join(folder, name) for name in sorted(_names(folder)) if name not in _NOT_LISTED)
    return [path for path in paths if os.path.isdir(path)]


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _read_bake(path: str, uses: ImageUses) -> None:
    folder = os.path.dirname(path)
    for name, target in bake_targets(path, uses.within).items():
        names = {reference(folder, f"target:{name}"), *(image_name(str(tag)) for tag in list_of(target.get("tags")))}
        build = {**target, "additional_contexts": target.get("contexts")}
        uses.builds.extend(declared_build(path, build, names, target.get("dockerfile-inline")))


def _read_skaffold(path: str, uses: ImageUses) -> None:
    for artifact in tables_in(table_of(yaml_of(text_of(path, uses.within) or ""), "build").get("artifacts")):
        docker = table_of(artifact, "docker")
        required = tables_in(artifact.get("requires"))
        images = {str(one.get("alias") or one.get("image")): str(one.get("image")) for one in required}
        build = {**docker, "context": artifact.get("context"), "args": texts_of(docker.get("buildArgs")) | images}
        uses.builds.extend(declared_build(path, build, {image_name(str(artifact.get("image")))}, None))


def _run_by(path: str, within: tuple[str, ...]) -> ImageUses:
    """The builds that a file runs, and the containers."""
    uses = ImageUses([], [], within)
    text = once(text_of, path, within) or ""
    name = os.path.basename(path)
    if name == GITPOD:
        read_gitpod(path, uses)
        return uses
    texts = dict.fromkeys((text, with_values(text))) if _TOOLS.search(text) else ()
    for one in texts:
        for command in islice(build_commands(one), _MOST_BUILDS) if may_build(one) else ():
            uses.builds.extend(_run_build(path, command, within[0]))
        read_containers(path, one, uses)
    for command, agent in islice(_builds_of_tool(path, text), _MOST_BUILDS):
        uses.builds.extend(_run_build(path, command, within[0], agent))
    return uses


def builds_run_by(path: str, text: str) -> list[BuildCommand]:
    """The builds that a file with this text runs, with the variables that it sets itself filled in."""
    known = with_values(text)
    found = [*build_commands(known)] if _TOOLS.search(text) and may_build(known) else []
    return [*found, *(command for command, _ in _builds_of_tool(path, text))]


def _builds_of_tool(path: str, text: str) -> Iterator[tuple[BuildCommand, str]]:
    """The builds of a Jenkinsfile or Tiltfile, each with the reference to its image as an agent; "" for none."""
    name = os.path.basename(path)
    if name.startswith(("Jenkinsfile", "Tiltfile")):
        # with expressions that hardly any repository needs
        from dfix.rewriter.context.job_containers import jenkins_builds, tilt_builds

        if name.startswith("Jenkinsfile"):
            yield from jenkins_builds(path, text)
        else:
            yield from ((command, "") for command in tilt_builds(text))


def _run_build(file: str, command: BuildCommand, root: str, further_name: str = "") -> Iterator[ImageBuild]:
    """The build that a command runs, in the nearest folder above its file where the Dockerfile is."""
    build = {"target": command.target, "args": list(command.arguments), "additional_contexts": list(command.contexts)}
    names = {image_name(tag) for tag in command.tags} | ({further_name} if further_name else set())
    if command.text:
        yield from declared_build(file, build, names, command.text)
        return
    for above in upwards(os.path.dirname(file), root):
        folder = os.path.join(above, command.folder)
        context = os.path.normpath(os.path.join(folder, command.context))
        dockerfile = os.path.join(folder, command.file) if command.file else os.path.join(context, "Dockerfile")
        if os.path.isfile(dockerfile) and os.path.isdir(context):
            yield from declared_build(file, {**build, "context": context, "dockerfile": dockerfile}, names, None)
            return
