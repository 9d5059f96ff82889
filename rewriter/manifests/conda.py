"""What `conda env create -f …` reads: environment files, lists of packages, requirement files that they name for pip.

Sources: docs.conda.io ("Managing environments"), mamba.readthedocs.io ("micromamba create").
"""

from __future__ import annotations

import posixpath
import shlex
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context, inside
from dfix.rewriter.manifests.python import pip
from dfix.rewriter.manifests.shared.formats import listed, read_yaml
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.missing import missing

_FILE = ("-f", "--file")


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads, or why that cannot be known."""
    files: list[str] = []
    folders: list[str] = []
    for written in _named(install.arguments) or ["environment.yml"]:
        if "://" in written:
            continue
        path = inside(install.folder, written)
        if path is None:
            raise LeaveAlone("unknown-folder", f"`{install.shown}` reads {written}, whose path is not known")
        if not context.ships(path):
            raise missing(context, path)
        files.append(path)
        if path.endswith((".yml", ".yaml")):
            data = read_yaml(context, path)
            found = _environment(context, path, data)
            files += [file for file in found.files if file not in files]
            folders += found.folders
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


def _environment(context: Context, path: str, data: dict[str, Any]) -> Inputs:
    """Channels must not be folders; what is left to pip is read as pip does, from the file's own folder."""
    for channel in listed(data.get("channels")):
        if isinstance(channel, str) and channel.startswith(("file:", "/", ".")):
            raise LeaveAlone("local-source", f"{path} takes packages from {channel}")
    words: list[str] = []
    for entry in listed(data.get("dependencies")):
        for requirement in listed(entry.get("pip")) if isinstance(entry, dict) else ():
            words += _split(str(requirement))
    if not words:
        return Inputs(())
    return pip.inputs(context, Install("pip", ("install", *words), posixpath.dirname(path), "python.pip"))


def _split(requirement: str) -> list[str]:
    """`-r more.txt` as two words; `flask >=2` as one."""
    if not requirement.startswith("-"):
        return [requirement.replace(" ", "")]
    try:
        return shlex.split(requirement)
    except ValueError:
        return [requirement]
