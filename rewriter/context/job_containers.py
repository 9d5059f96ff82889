"""Containers that CI jobs, Kubernetes manifests, Jenkinsfiles and Tiltfiles start from an image, and what runs in them.

Source: the workflow syntax of GitHub Actions (`container`), GitLab CI (`image`), CircleCI (`docker`), Drone and
Woodpecker (`commands`); the Kubernetes API (`command` and `args` of a container); Jenkins' "Using Docker with
Pipeline"; Tilt's API (`docker_build`, `live_update`). None was opened.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

from dfix.rewriter.context.build_commands import BuildCommand
from dfix.rewriter.context.image_records import Container, ImageUses, image_name, list_of, reference
from dfix.rewriter.context.parsed_files import yaml_of
from dfix.rewriter.text.expression import expression

_COMMANDS = ("run", "script", "before_script", "after_script", "commands", "command", "args", "exec")
_MOST_DEEP = 16
_MOST_DOCUMENTS = 50
_MOST = 200
_DOCUMENT = expression(r"(?m)^---[^\n]*$")
_QUOTED = (
    r"(?:\"\"\"(?P<{0}a>(?:[^\"]|\"(?!\"\"))*+)\"\"\"|'''(?P<{0}b>(?:[^']|'(?!''))*+)'''"
    r"|\"(?P<{0}c>(?:[^\"\\\n]|\\.)*+)\"|'(?P<{0}d>(?:[^'\\\n]|\\.)*+)')"
)
_JENKINS_SHELL = expression(rf"\b(?:sh|bash)\b\s*\(?\s*(?:script\s*:\s*)?{_QUOTED.format('s')}")
_JENKINS_IMAGE = expression(rf"\b(?:docker\.image\s*\(|image)\s*{_QUOTED.format('i')}")
_JENKINS_BUILD = expression(rf"\bdocker\.build\s*\(\s*{_QUOTED.format('n')}(?:\s*,\s*{_QUOTED.format('o')})?")
_JENKINS_AGENT = expression(r"\bdockerfile\s*(?:true\b|\{(?P<settings>[^{}]*+)\})")
_TILT_BUILD = expression(
    rf"\b(?:docker_build\w*|custom_build)\s*\(\s*(?:ref\s*=\s*)?{_QUOTED.format('n')}\s*,\s*(?:context\s*=\s*)?"
    rf"{_QUOTED.format('c')}"
)
_TILT_DOCKERFILE = expression(r"\bdockerfile\s*=\s*[\"'](?P<file>[^\"'\n]+)[\"']")
_TILT_RUN = expression(rf"\brun\s*\(\s*(?:cmd\s*=\s*)?{_QUOTED.format('r')}")


def read_jobs(path: str, text: str, uses: ImageUses) -> None:
    """Add the containers of a YAML file's jobs, steps and pods to `uses`."""
    for document in islice(_DOCUMENT.split(text), _MOST_DOCUMENTS):
        if ("image" in document or "container" in document or "docker" in document) and any(
            f"{key}:" in document for key in _COMMANDS
        ):
            for container in islice(_containers(path, yaml_of(document), 0), _MOST):
                uses.containers.append(container)


def _containers(path: str, data: Any, depth: int) -> Iterator[Container]:
    if depth > _MOST_DEEP:
        return
    if isinstance(data, dict):
        images = list(_images(data))
        if images:
            scripts = tuple(_scripts(data, 0))
            words = [word for key in ("command", "args") for word in map(str, _plain_list(data.get(key)))]
            if words:
                scripts = (shlex.join(words), *scripts)
            yield Container(path, frozenset(map(image_name, images)), None, None, scripts, "", (), {})
        data = list(data.values())
    if isinstance(data, list):
        for one in data:
            yield from _containers(path, one, depth + 1)


def _images(table: dict[Any, Any]) -> Iterator[str]:
    """The images in which what is below a table runs."""
    found = [table.get(key) for key in ("image", "container")]
    found += [one.get("image") for one in list_of(table.get("docker")) if isinstance(one, dict)][:1]
    for one in found:
        name = (one.get("name") or one.get("image")) if isinstance(one, dict) else one
        if isinstance(name, str) and name:
            yield name


def _plain_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) and all(isinstance(word, (str, int, float)) for word in value) else []


def _scripts(data: Any, depth: int) -> Iterator[str]:
    """The scripts below a table, without those of tables that have an image of their own."""
    if depth > _MOST_DEEP:
        return
    if isinstance(data, list):
        for one in data:
            yield from _scripts(one, depth + 1)
    elif isinstance(data, dict):
        for key, value in data.items():
            if key in _COMMANDS and not (isinstance(value, list) and key in ("command", "args")):
                yield from _texts(value, 0)
            if isinstance(value, (dict, list)) and not (isinstance(value, dict) and any(_images(value))):
                inner = value
                if isinstance(value, list):
                    inner = [one for one in value if not (isinstance(one, dict) and any(_images(one)))]
                yield from _scripts(inner, depth + 1)


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < _MOST_DEEP:
        for one in value:
            yield from _texts(one, depth + 1)


def read_jenkinsfile(path: str, text: str, uses: ImageUses) -> None:
    """Add the containers in which a Jenkinsfile runs its shell steps to `uses`; any of its images may be the one."""
    names = {image_name(_quoted(found, "i")) for found in _JENKINS_IMAGE.finditer(text)}
    names |= {image_name(_quoted(found, "n")) for found in _JENKINS_BUILD.finditer(text)}
    if _JENKINS_AGENT.search(text):
        names.add(reference(path, "agent"))
    scripts = tuple(_quoted(found, "s") for found in islice(_JENKINS_SHELL.finditer(text), _MOST))
    if names and scripts:
        uses.containers.append(Container(path, frozenset(names), None, None, scripts, "", (), {}))


def jenkins_builds(path: str, text: str) -> Iterator[tuple[BuildCommand, str]]:
    """The builds that a Jenkinsfile declares, each with the reference to its image as an agent; "" for none."""
    for found in _JENKINS_BUILD.finditer(text):
        words = _quoted(found, "o").split()
        file = next((after for word, after in pairwise(words) if word in ("-f", "--file")), "")
        context = words[-1] if words and not words[-1].startswith("-") and words[-1] != file else "."
        yield BuildCommand("", (_quoted(found, "n"),), "", file, context, "", (), ()), ""
    for agent in _JENKINS_AGENT.finditer(text):
        given = dict(re.findall(r"\b(filename|dir)\s+[\"']([^\"'\n]+)[\"']", agent["settings"] or ""))
        folder = given.get("dir", ".")
        file = os.path.join(folder, given.get("filename", "Dockerfile"))
        yield BuildCommand("", (), "", file, folder, "", (), ()), reference(path, "agent")


def read_tiltfile(path: str, text: str, uses: ImageUses) -> None:
    """Add the containers in which a Tiltfile runs the commands of its live updates to `uses`."""
    names = {image_name(_quoted(found, "n")) for found in _TILT_BUILD.finditer(text)}
    scripts = tuple(_quoted(found, "r") for found in islice(_TILT_RUN.finditer(text), _MOST))
    if names and scripts:
        uses.containers.append(Container(path, frozenset(names), None, None, scripts, "", (), {}))


def tilt_builds(text: str) -> Iterator[BuildCommand]:
    """The builds that a Tiltfile declares."""
    found = list(islice(_TILT_BUILD.finditer(text), _MOST))
    for one, following in zip(found, [*found[1:], None], strict=True):
        end = len(text) if following is None else following.start()
        file = _TILT_DOCKERFILE.search(text, one.end(), end)
        context = _quoted(one, "c")
        yield BuildCommand("", (_quoted(one, "n"),), "", "" if file is None else file["file"], context, "", (), ())


def _quoted(found: re.Match[str], name: str) -> str:
    """The text within the quotes of a group of `_QUOTED`; "" for none."""
    return next((value for end in "abcd" if (value := found[name + end]) is not None), "")
