"""Scripts that a Dockerfile runs by name, and whose commands read the git history without speaking of git."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase

from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge.git_tools import git_tools
from dfix.rewriter.knowledge.program_table import of_kind, row
from dfix.rewriter.model.build import Model
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.json_text import json_value
from dfix.transforms.dockerignore.git_mentions import runs_git_tool

_MOST_FILES = 5000
_LARGEST = 200_000
_SKIPPED = frozenset((".git", ".github", ".circleci", "node_modules"))
_WORD = expression(r"[^\s\"'`,;&|()\[\]]+")
_COMMAND = expression(r"[\n;|]+|&&")
_MANIFESTS = ("package.json", "composer.json")


def scripts_reader(model: Model, context: Context) -> str:
    """The file whose script, which the Dockerfile runs, reads the history; "" for none.

    Scripts of package.json and composer.json by their names, the files of runners such as make, and shell scripts.
    """
    words = set(_words_of(model))
    files = {name for program in words & of_kind("make") if (found := row(program)) for name in found.runs}
    for path in context.some_without(_SKIPPED, _MOST_FILES):
        name = posixpath.basename(path)
        if name in _MANIFESTS:
            texts = _scripts_run(context.read(path, _LARGEST) or "", words)
        elif name in files or name in words or any(fnmatchcase(name, one) for one in files):
            texts = [context.read(path, _LARGEST) or ""]
        else:
            continue
        if any(runs_git_tool(_words(command)) for text in texts for command in _COMMAND.split(text)):
            return path
    return ""


def _words_of(model: Model) -> Iterator[str]:
    """The words of what the Dockerfile runs, and the last parts of those that are paths."""
    for stage in model.stages:
        for step in stage.steps:
            if step.keyword in ("RUN", "CMD", "ENTRYPOINT"):
                for word in _WORD.findall(step.source_text):
                    yield word
                    yield posixpath.basename(word)


def _words(command: str) -> list[str]:
    return [word.lstrip("@").strip("\"'") for word in command.split()]


def _scripts_run(manifest: str, words: set[str]) -> list[str]:
    """The scripts of a manifest that an install runs, or whose names are among the words, and those that they name."""
    try:
        scripts = json_value(manifest)["scripts"]
        texts = {str(name): script for name, script in scripts.items() if isinstance(script, str)}
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
    pending = [*words, *git_tools().hooks]
    found: dict[str, str] = {}
    while pending:
        name = pending.pop()
        for one in (name, f"pre{name}", f"post{name}"):
            if one in texts and one not in found:
                found[one] = texts[one]
                pending += _WORD.findall(texts[one])
    return list(found.values())
