"""Scripts that a container starts with: their interpreters, and the programs that they call."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence, Set

from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.official_images import BaseImage
from dfix.rewriter.model.stage import Step
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import commands, invoked
from dfix.rewriter.shell.wrappers import starters
from dfix.rewriter.text.json_text import json_value
from dfix.rewriter.text.named_tuple import NamedTuple

FULL_IMAGE_PROGRAMS = frozenset(
    "curl wget git hg svn ssh gpg gcc g++ cc make go patch unzip bzip2 xz ps pgrep pkill top free convert".split()
)
"""Programs of the images with compilers that the smaller images don't have:
https://github.com/docker-library/buildpack-deps (curl, scm and full)"""
_INTERPRETERS = {
    "node": ("node", "nodejs", "npm", "npx", "yarn", "yarnpkg", "corepack"),
    "python": ("python", "python3", "pip", "pip3"),
    "ruby": ("ruby", "bundle", "bundler", "rake", "gem", "irb", "erb"),
    "php": ("php",),
}
"""Programs of a language's images, the slim ones too: https://github.com/docker-library/official-images"""
_OF_DEBIAN = frozenset(("bash", "dash", "perl"))
"""Interpreters of every Debian, which Alpine lacks: the packages marked Essential, https://packages.debian.org"""
_PROGRAM_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_BEFORE_PROGRAM = frozenset("if then elif else while until do exec sudo time command env xargs".split())
"""Words of a shell script after which a program may follow."""


class StartScript(NamedTuple):
    """A file of the build context that begins with `#!`."""

    path: str
    """Its context path."""
    text: str

    @property
    def interpreter(self) -> str:
        """What the first line names, without a minor version: "python3" for `#!/usr/bin/env python3.12`."""
        program, *arguments = self.text.partition("\n")[0].removeprefix("#!").split() or [""]
        if posixpath.basename(program) == "env":
            words = [word for word in arguments if not word.startswith("-") and "=" not in word]
            program = words[0] if words else program
        return re.sub(r"(?<=python[23])\.\d+$", "", posixpath.basename(program))

    @property
    def commands(self) -> Iterator[tuple[str, ...]]:
        """The words of each command that it calls if it is for a shell; also some text that is no command."""
        for line in self.text.splitlines() if self.interpreter.endswith("sh") else ():
            yield from shell_commands("" if line.lstrip().startswith("#") else line)

    @property
    def programs(self) -> frozenset[str]:
        """The programs that it calls if it is for a shell; also some words that it does not call."""
        return frozenset(posixpath.basename(words[0]) for words in self.commands)


def shell_commands(line: str) -> Iterator[tuple[str, ...]]:
    """The words of each command in a line for a shell, without those before its program (`if`, `env A=b`)."""
    for part in re.split(r"[|;&(){}`!]", line):
        words = [word.strip("\"'") for word in part.split()]
        while words and (words[0] in _BEFORE_PROGRAM or re.match(r"\w+=|-", words[0])):
            del words[0]
        if words:
            yield tuple(words)


def scripts_named(
    context: Context, copies: Iterable[Copied], commands: Iterable[Sequence[str]], workdir: str
) -> Iterator[StartScript]:
    """The scripts that start commands and health checks run in `workdir`, given their words.

    An argument of a shell, a script or a program that only starts another counts too (`./entry.sh ./wait node a.js`).
    Any other program reads the file (`puma -C puma.rb`).
    """
    copies = tuple(copies)
    seen: set[str] = set()
    for words in commands:
        starts_others = not words or posixpath.basename(words[0]) in of_kind("shell") | starters()
        for at, word in enumerate(words):
            script = _script(context, copies, word, workdir) if at == 0 or starts_others else None
            starts_others = starts_others or (at == 0 and script is not None)
            if script is not None and script.path not in seen:
                seen.add(script.path)
                yield script


def _script(context: Context, copies: Iterable[Copied], word: str, workdir: str) -> StartScript | None:
    """The script of the context that a word names, which may be in a folder of PATH; None for any other file."""
    paths = [posixpath.normpath(posixpath.join(workdir, word))]
    paths += [] if "/" in word else [posixpath.join(folder, word) for folder in _PROGRAM_FOLDERS]
    for path in paths:
        for copy in copies:
            origin = copy.brought.context_path_of(path)
            text = context.read(origin) if origin else None
            if origin and text is not None and text.startswith("#!"):
                return StartScript(origin, text)
    return None


def interpreters(image: BaseImage, packages: Set[str]) -> Set[str]:
    """The interpreters that an image with further system packages certainly has."""
    shells = {"sh", "ash"} if image.alpine else {"sh", *_OF_DEBIAN}
    aliases = {"node"} if "nodejs" in packages else set()
    return {*packages, *shells, *aliases, *_INTERPRETERS.get(image.language, ())}


def healthcheck_commands(step: Step) -> Iterator[tuple[str, ...]]:
    """The words of each command of a HEALTHCHECK; none for `HEALTHCHECK NONE`."""
    _, sign, command = step.instruction.value.partition("CMD")
    if not sign:
        return
    try:
        words = tuple(str(word) for word in json_value(command))
    except ValueError:
        words = ()
    if words and not (posixpath.basename(words[0]) in of_kind("shell") and words[1:2] == ("-c",) and len(words) > 2):
        yield words
        return
    script = parse(words[2] if words else command, 0, words[2] if words else command)
    for node in () if script.opaque else commands(script):
        found = tuple(word.literal_or_text for word in invoked(node))
        if found:
            yield found
