"""What in a build reads the git history: a version that is made of the last commit, a program that looks into .git."""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge import Usage, usage
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.commands import located
from dfix.rewriter.shell.walk import program_name

_MOST_FILES = 5000
_LARGEST = 200_000
_DEFINITIONS = (
    "pyproject.toml setup.py setup.cfg package.json Makefile GNUmakefile makefile build.rs CMakeLists.txt meson.build "
    "pom.xml build.gradle build.gradle.kts settings.gradle settings.gradle.kts Rakefile mix.exs build.sbt Justfile "
    "justfile Taskfile.yml .goreleaser.yml .goreleaser.yaml"
).split()
"""Files that say how a project is built."""
_SOURCES = tuple(".sh .py .js .cjs .mjs .ts .rb .go .rs .mk .cmake .gradle .php .csproj .props .targets".split())
_IN_DEFINITION = re.compile(
    r"(?<![\w./@-])(?:git (?!\+)|[a-z]+[_-](?:scm|vcs|git)\b|vcs\b|versioneer|dunamai|pbr\b|gitversion|nerdbank"
    r"|shadow-rs|vergen|jgit|git-commit-id|semantic-release)",
    re.IGNORECASE,
)
"""A command, or a tool that makes a version of the last commit."""
_IN_SOURCE = re.compile(
    r"[\"'/ ]\.git[\"'/ \n]|\bgit (?:describe|rev-parse|log|status|show)\b"
    r"|[\"'](?:git|simple-git|isomorphic-git|nodegit)[\"']|^\s*(?:import|from) (?:git|pygit2|dulwich)\b",
    re.MULTILINE,
)
"""A path, a command, or a package that reads a repository."""


def git_reader(model: Model, context: Context) -> str:
    """What reads `.git` in the image or during the build, as the subject of a sentence; "" if nothing is known to."""
    for step in (step for stage in model.stages for step in stage.steps if step.keyword == "RUN"):
        line = step.instruction.line
        if step.script.opaque:
            return f"the RUN on line {line}, which dfix can't follow,"
        for command in located(step):
            if command.words and program_name(command.words[0]) == "git":
                return f"`git` on line {line}"
            used = usage(command.words)
            if used is not None and _stamps(used, context):
                return f"`{' '.join(word.text for word in command.words)[:60]}` on line {line}"
    return _in_files(context)


def _stamps(command: Usage, context: Context) -> bool:
    """Whether a command of Go writes the commit into the program ("go help buildvcs"): it does if it finds .git."""
    verb = command.subcommand.literal_or_text if command.subcommand is not None else ""
    if command.manager.name != "go" or verb not in ("build", "install"):
        return False
    return context.ships("go.mod") and not any(word.text == "-buildvcs=false" for word in command.words)


def _in_files(context: Context) -> str:
    files = context.some_below("", _MOST_FILES)
    if len(files) > _MOST_FILES:
        return "something in a context of so many files"
    for path in files:
        name = posixpath.basename(path)
        definition = name in _DEFINITIONS
        if (definition or name.endswith(_SOURCES)) and not path.startswith((".git/", "node_modules/")):
            text = context.read(path, _LARGEST)
            if text is not None and (_IN_DEFINITION if definition else _IN_SOURCE).search(text):
                return path
    return ""
