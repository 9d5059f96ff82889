"""What `conda env create -f …` reads: environment files, package lists, requirements files that they name for pip.

Sources: docs.conda.io ("Managing environments"), mamba.readthedocs.io ("micromamba create").
"""

from __future__ import annotations

import posixpath
import shlex
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python import pip
from dfix.rewriter.manifests.shared.formats import listed, read_yaml
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import manifest_path
from dfix.rewriter.manifests.shared.missing import missing

_FILE = ("-f", "--file")


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    files: list[str] = []
    folders: list[str] = []
    for written in _named(install.arguments) or ["environment.yml"]:
        if "://" in written:
            continue
        path = manifest_path(install, written)
        if not context.ships(path):
            raise missing(context, path)
        files.append(path)
        if path.endswith((".yml", ".yaml")):
            for_pip = _pip_inputs(context, path, read_yaml(context, path))
            files += [file for file in for_pip.files if file not in files]
            folders += for_pip.folders
    return Inputs(tuple(files), tuple(folders))


def _named(arguments: tuple[str, ...]) -> list[str]:
    """The values of `-f FILE`, `--file FILE` and `--file=FILE`."""
    words = iter(arguments)
    named = []
    for word in words:
        if word in _FILE:
            named.append(next(words, ""))
        elif word.startswith("--file="):
            named.append(word.removeprefix("--file="))
    return named


def _pip_inputs(context: Context, path: str, data: dict[str, Any]) -> Inputs:
    """What the `pip:` list of an environment file reads, relative to the file's folder.

    Raises LeaveAlone when a channel is a folder.
    """
    for channel in listed(data.get("channels")):
        if isinstance(channel, str) and channel.startswith(("file:", "/", ".")):
            raise LeaveAlone("local-source", f"{path} takes packages from {channel}, which dfix does not follow")
    words: list[str] = []
    for entry in listed(data.get("dependencies")):
        for requirement in listed(entry.get("pip")) if isinstance(entry, dict) else ():
            words += _split(str(requirement))
    if not words:
        return Inputs(())
    return pip.inputs(context, Install("pip", ("install", *words), posixpath.dirname(path), "python.pip"))


def _split(requirement: str) -> list[str]:
    """An entry as words of a pip command: "-r more.txt" becomes two, "flask >=2" one."""
    if not requirement.startswith("-"):
        return [requirement.replace(" ", "")]
    try:
        return shlex.split(requirement)
    except ValueError:
        return [requirement]
