"""What in a build reads the git history: a version that is made of the last commit, a program that looks into .git."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge import Usage, usage
from dfix.rewriter.knowledge.git_tools import git_tools
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.stage import Step
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.dockerignore.git_mentions import command_mentions, definition_mentions, source_mentions
from dfix.transforms.dockerignore.script_mentions import scripts_reader

_MOST_FILES = 5000
_LARGEST = 200_000
_SKIPPED = frozenset((".git", ".github", ".circleci", "node_modules"))
"""Folders that a build doesn't read, or whose files are not the project's."""
_TEXTS = (
    ".md",
    ".mdx",
    ".rst",
    ".adoc",
    ".txt",
    ".csv",
    ".svg",
    ".html",
    ".css",
    ".scss",
    ".lock",
    ".sum",
    ".map",
    ".po",
    ".nix",
)
"""Files that nothing runs."""
_DATA = (".json", ".yml", ".yaml", ".xml", ".toml", ".ini")
_SETTINGS = (".cfg", ".ini", ".toml", ".yml", ".yaml", ".config.js", ".config.ts", ".config.mjs", ".config.cjs")
"""Where `.git` alone is a folder that a tool leaves out."""
_NOT_RUN = (".git", ".docker", "Dockerfile", "Containerfile")
"""How the names of files begin that no step of a build runs."""
_NOT_READ = frozenset(("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "Jenkinsfile"))


def git_reader(model: Model, context: Context) -> str:
    """What reads `.git` in the image or during the build, as the subject of a sentence; "" if nothing is known to."""
    for stage in model.stages:
        for step in stage.steps:
            if reader := _in_step(step, stage.base.image, context):
                return reader
    return _in_files(context) or scripts_reader(model, context)


def _in_step(step: Step, image: str, context: Context) -> str:
    line = step.instruction.line
    if step.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
        words = re.findall(r"[^\s\"',\[\]]+", " ".join(word.text for word in step.instruction.words))
        return f"the {step.keyword} on line {line}" if command_mentions(words) else ""
    if step.keyword != "RUN":
        return ""
    if step.script.opaque:
        return f"the RUN on line {line}, which dfix can't follow,"
    for command in located(step):
        words = [word.text for word in command.words]
        if not words:
            continue
        if program_name(command.words[0]) == "git":
            return f"`git` on line {line}"
        used = usage(command.words)
        if used is not None and (used.manager.system or _installs_by_name(used)):
            continue
        if _stamps(used, image, context, step) or (not _forces_removal(words) and command_mentions(words)):
            return f"`{' '.join(words)[:60]}` on line {line}"
    return ""


def _installs_by_name(used: Usage) -> bool:
    """Whether a command installs packages of a registry, which may have any name (`npm install -g lefthook`)."""
    return used.verb == "install" and bool(used.operands) and not any("." in word.text for word in used.operands)


def _forces_removal(words: Sequence[str]) -> bool:
    """Whether a command is `rm -rf`, to which a path that is not there is right."""
    return words[0] == "rm" and any(word.startswith("-") and "f" in word for word in words)


def _stamps(used: Usage | None, image: str, context: Context, step: Step) -> bool:
    """Whether a command writes the commit into what it builds, which it does if it finds .git."""
    if used is None or used.subcommand is None:
        return False
    stamp = git_tools().stamps.get((used.manager.name, used.subcommand.literal_or_text))
    if stamp is None or (used.manager.name == "go" and not context.ships("go.mod")):
        return False
    if stamp.unless_set and stamp.unless_set in step.env:
        return False
    if stamp.lacks_git and image.rpartition("/")[2].partition(":")[0] in stamp.lacks_git and not _brings_git(step):
        return False
    version = re.search(r":([0-9]+)", image) if stamp.image and stamp.image in image else None
    if version is not None and int(version[1]) < stamp.since:
        return False
    return not any(word.text in stamp.without for word in used.words)


def _brings_git(step: Step) -> bool:
    """Whether a RUN of the step's stage, or of one that it builds on, names git."""
    runs = (other for stage in step.stage.ancestry() for other in stage.steps if other.keyword == "RUN")
    return any(re.search(r"\bgit\b", run.source_text) for run in runs)


def _in_files(context: Context) -> str:
    files = context.some_without(_SKIPPED, _MOST_FILES)
    if len(files) > _MOST_FILES:
        return "something in a context of so many files"
    return next((path for path in files if _reads(path, context)), "")


def _reads(path: str, context: Context) -> bool:
    name = posixpath.basename(path)
    definition = any(fnmatchcase(name, pattern) for pattern in git_tools().definitions)
    if name in _NOT_READ or (not definition and (name.endswith((*_TEXTS, *_DATA)) or name.startswith(_NOT_RUN))):
        return False
    text = context.read(path, _LARGEST)
    if text is None:
        return False
    return definition_mentions(text, settings=name.endswith(_SETTINGS)) if definition else source_mentions(text)
