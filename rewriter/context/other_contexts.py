"""Whether a Dockerfile may be built with another build context too, in which its COPY and ADD find other files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from dfix.rewriter.context.build_commands import BuildCommand
from dfix.rewriter.context.declared_builds import DeclaredBuild, builds_of, declares_builds
from dfix.rewriter.context.image_uses import builds_run_by, nearby
from dfix.rewriter.context.other_builds import files_around, runs_builds
from dfix.rewriter.context.parsed_files import text_of
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.known import once
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.root import root_of, upwards

_MOST_NAMES = 20_000
_MOST_READ = 300
_MOST_BUILDS = 200
_VARIABLE = expression(r"\$\{\{[^}]*\}\}|\$?\{\{[^}]*\}\}|\$\{[^}]*\}|\$\([^)]*\)|\$\w+")
_HERE = expression(r"\$\(pwd\)|\$\{PWD\}|\$PWD|\$\(PWD\)|\$\(CURDIR\)|\$\$\(pwd\)|\$\$PWD")
_REPOSITORY = expression(
    r"\$\{\{\s*github\.workspace\s*\}\}|\$\{?(?:GITHUB_WORKSPACE|CI_PROJECT_DIR|BUILD_SOURCESDIRECTORY|TRAVIS_BUILD_DIR|"
    r"BITBUCKET_CLONE_DIR|CIRCLE_WORKING_DIRECTORY|WORKSPACE)\b\}?|\$\(git rev-parse --show-toplevel\)"
)
_FURTHER_BUILDERS = expression(
    r"kaniko|buildctl|build-push-action|\bacr build|\bimg build|dockerContext|dockerfilePath"
)
"""What builds with a context that dfix does not read, or did not read here."""
_ANYWHERE = ""
"""Stands for a context that is only known when the build runs."""
_USUAL_NAMES = ("Dockerfile", "Containerfile")


class _Own(NamedTuple):
    """The build that dfix knows of; the paths are real. `root`: the folder that nothing leads out of."""

    context: str
    dockerfile: str
    within: tuple[str, ...]

    @property
    def folder(self) -> str:
        return os.path.dirname(self.dockerfile)

    def above(self, path: str) -> str | None:
        """The folder from which a relative path leads down to the Dockerfile; None if it is no such path."""
        end = f"/{os.path.normpath(path)}"
        return self.dockerfile.removesuffix(end) if self.dockerfile.endswith(end) else None


def other_context(context: str, dockerfile: str, within: tuple[str, ...] = ()) -> str:
    """What may build `dockerfile` with another context than the folder `context`, as a clause; "" for nothing.

    Looks where other builds of the context are looked for, and near the Dockerfile. `within` is that of the context,
    with the root first; found if not given.
    """
    folder = os.path.realpath(context)
    own = _Own(folder, os.path.realpath(dockerfile), within or (root_of(dockerfile), folder))
    read = 0
    for number, file in enumerate(_files(own)):
        if number > _MOST_NAMES or read > _MOST_READ:
            return "the build context has too many files to look through"
        declares = declares_builds(os.path.basename(file))
        if not declares and not runs_builds(file):
            continue
        read += 1
        text = once(text_of, file, own.within)
        found = _declared(file, own) if declares else _run(file, text or "", own)
        other = next((one for one in found if one != own.context), None)
        if other is not None:
            name = os.path.relpath(file, own.folder)
            where = f"with the context {os.path.relpath(other, own.folder)}" if other else "with a context of its own"
            return f"{name} may build this file {where}"
    return ""


def _files(own: _Own) -> Iterator[str]:
    near = once(nearby, own.folder, own.within)
    yield from dict.fromkeys((*near.declaring, *near.running))
    yield from files_around(own.context, own.within)


def _declared(file: str, own: _Own) -> Iterator[str]:
    """The contexts with which a file declares builds of the Dockerfile."""
    builds = once(builds_of, file, own.within) or ()
    for build in builds:
        if build.dockerfile != "":  # its text is in the file
            yield from _of_declared(os.path.dirname(file), build, own)
    text = once(text_of, file, own.within) or ""
    if not builds and "context" in text and _names_it(text, own):
        yield _ANYWHERE


def _of_declared(folder: str, build: DeclaredBuild, own: _Own) -> Iterator[str]:
    if build.context is not None:
        context = os.path.realpath(os.path.join(folder, build.context))
        if build.dockerfile is None:
            yield from _if_inside((context,), own)
        elif os.path.realpath(os.path.join(context, build.dockerfile)) == own.dockerfile:
            yield context
    elif build.dockerfile is None or os.path.normpath(build.dockerfile).startswith(("..", "/")):
        if build.dockerfile is None or os.path.basename(build.dockerfile) == os.path.basename(own.dockerfile):
            yield _ANYWHERE
    elif (above := own.above(build.dockerfile)) is not None:
        yield above


def _run(file: str, text: str, own: _Own) -> Iterator[str]:
    """The contexts with which a file runs builds of the Dockerfile."""
    found = list(islice(builds_run_by(file, text), _MOST_BUILDS))
    above = list(upwards(os.path.dirname(file), own.within[0]))
    for command in found:
        if not command.text:
            yield from _of_command([os.path.join(one, command.folder) for one in above], command, own)
    if not found and _FURTHER_BUILDERS.search(text) and _names_it(text, own):
        yield _ANYWHERE


def _of_command(folders: list[str], command: BuildCommand, own: _Own) -> Iterator[str]:
    """The contexts of a command, which works in one of these folders, the likeliest first, or in another."""
    file, context = _filled(command.file, own), _filled(command.context, own)
    contexts = [os.path.realpath(os.path.join(folder, context)) for folder in folders]
    if not file:
        if os.path.basename(own.dockerfile) in _USUAL_NAMES and (_is_open(context) or own.folder in contexts):
            yield own.folder
    elif _VARIABLE.search(file):
        yield from _of_open_file(file, context, contexts, own)
    else:
        paths = [os.path.join(folder, file) for folder in folders]
        place = next((at for at, path in enumerate(paths) if os.path.isfile(path)), None)
        if place is not None and os.path.realpath(paths[place]) == own.dockerfile:
            yield _ANYWHERE if _is_open(context) else contexts[place]
        elif place is None and (above := own.above(file)) is not None:
            yield _ANYWHERE if _is_open(context) else os.path.realpath(os.path.join(above, context))


def _of_open_file(file: str, context: str, contexts: list[str], own: _Own) -> Iterator[str]:
    """The contexts of a command that names its Dockerfile by a variable."""
    if not own.dockerfile.endswith(_VARIABLE.split(file)[-1]):
        return
    if _is_open(context):
        inner = file.removeprefix(f"{context.rstrip('/')}/")
        above = own.above(inner) if inner != file and not _VARIABLE.search(inner) else None
        yield _ANYWHERE if above is None else above
    else:
        yield from _if_inside(contexts, own)


def _if_inside(contexts: Iterable[str], own: _Own) -> Iterator[str]:
    """The contexts in which the Dockerfile is; the known one alone if it is among them."""
    found = [one for one in contexts if own.dockerfile.startswith(f"{one}/")]
    yield from () if own.context in found else found[:1]


def _filled(path: str, own: _Own) -> str:
    return _REPOSITORY.sub(lambda _: own.within[0], _HERE.sub(".", path))


def _is_open(context: str) -> bool:
    """Whether a context is only known when the build runs: it has a variable, or comes as an archive."""
    return context == "-" or _VARIABLE.search(context) is not None


def _names_it(text: str, own: _Own) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(os.path.basename(own.dockerfile))}(?![\w.-])", text) is not None
