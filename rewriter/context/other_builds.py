"""Whether a build context may be used by another build too, which the context's ignore file would apply to as well."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase, translate
from functools import cache

from dfix.rewriter.context.declared_builds import builds_of, declares_builds
from dfix.rewriter.context.parsed_files import text_of
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table
from dfix.rewriter.text.read import beginning
from dfix.rewriter.text.root import is_inside, leads_out, root_of, upwards

_MOST_NAMES = 20_000
_MOST_READ = 300
_NOT_WALKED = frozenset((".git", ".venv", "node_modules"))
CI_FOLDERS = (".github/workflows", ".gitea/workflows", ".forgejo/workflows", ".gitlab", ".circleci", ".woodpecker")
_FURTHER_FOLDERS = (*CI_FOLDERS, ".buildkite", ".devcontainer")
_NO_WORD = expression(r"[^\w./@~+${}()-]+")
_NAME = expression(
    r"(?:dockerfile|containerfile)(?:[._-].*)?|.*\.(?:dockerfile|containerfile)", re.IGNORECASE | re.DOTALL
)
_LEADING = expression(r"^(?:\.{0,2}/)+")
_INLINE = ("dockerfile_inline", "dockerfile-inline")
_BUILDERS = frozenset(("docker", "podman", "buildah", "nerdctl", "buildx"))
_TOOLS = expression("docker|podman|buildah|nerdctl|kaniko|earthly", re.IGNORECASE)
_MOST_WORDS = 5_000
_HEAD = 20_000
_FROM = expression(
    r"(?:[ \t]*(?:#.*|ARG[ \t].*)?\r?\n)*+[ \t]*FROM[ \t]+(?:--platform=\S+[ \t]+)?\S+(?:[ \t]+AS[ \t]+\S+)?[ \t]*\r?$",
    re.IGNORECASE | re.MULTILINE,
)
"""How a Dockerfile begins."""
_STANDARD_INPUT = frozenset(("-", "-f-", "--file=-"))


class _Build(NamedTuple):
    """A build, all paths real: its context, its Dockerfile, and where links may lead, the root first."""

    context: str
    dockerfile: str
    within: tuple[str, ...]


def other_build(context: str, dockerfile: str, within: tuple[str, ...] = ()) -> str:
    """What may be built with the context folder `context` besides `dockerfile`, as a clause; "" for nothing.

    Looks for Dockerfiles in the folder, and for files in it and above it, up to the root, that declare or run builds
    with another Dockerfile or without a file. `within` is that of the context, with the root first; found if not given.
    """
    own = _Build(
        os.path.realpath(context),
        os.path.realpath(dockerfile),
        within or (root_of(dockerfile), os.path.realpath(context)),
    )
    read = 0
    for number, file in enumerate(files_around(own.context, own.within)):
        if number > _MOST_NAMES or read > _MOST_READ:
            return "the build context has too many files to look through"
        name = os.path.basename(file)
        if _is_dockerfile(name) and file != own.dockerfile and is_inside(file, own.context):
            return f"{_short(file, own.context)} is in the build context"
        if declares_builds(name) or runs_builds(file):
            read += 1
            text = text_of(file, own.within)
            if text is None and not os.path.isdir(file):
                return f"{_short(file, own.context)} cannot be read"
            if text is not None and _builds_otherwise(file, text, own):
                return f"{_short(file, own.context)} names another Dockerfile or has the text of one"
    return ""


def files_around(context: str, within: tuple[str, ...]) -> Iterator[str]:
    """The files of a context, and those of the folders above it where files that run builds are looked for.

    All paths are real; `within`: where links may lead, the root first.
    """
    for folder, folders, names in os.walk(context):
        folders[:] = [name for name in folders if name not in _NOT_WALKED]
        yield from (os.path.join(folder, name) for name in names)
    for above in upwards(context, within[0]):
        for folder in (os.path.join(above, further) for further in ("", *_FURTHER_FOLDERS)):
            if not is_inside(os.path.normpath(folder), context) and not leads_out(folder, within):
                yield from _names_in(folder)


def _names_in(folder: str) -> list[str]:
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    except OSError:
        return []


def _short(path: str, context: str) -> str:
    return os.path.relpath(path, context)


def _is_dockerfile(name: str) -> bool:
    lower = name.lower()
    named = lower.startswith(("dockerfile", "containerfile")) or lower.endswith((".dockerfile", ".containerfile"))
    return named and not lower.endswith("ignore")


@cache
def _globs() -> tuple[str, ...]:
    return tuple(f"*/{one['path']}" for one in own_table(os.path.dirname(__file__), "other_builds.toml")["file"])


def runs_builds(path: str) -> bool:
    """Whether a file of this path may run builds (other_builds.toml)."""
    if _last_names().match(os.path.basename(path)) is None:  # hardly any file has such a name
        return False
    return any(fnmatchcase(path.replace(os.sep, "/"), glob) for glob in _globs())


@cache
def _last_names() -> re.Pattern[str]:
    """The last components of the globs."""
    return re.compile("|".join(translate(posixpath.basename(glob)) for glob in _globs()))


def _builds_otherwise(file: str, text: str, own: _Build) -> bool:
    """Whether a file with this text may build this context with another Dockerfile."""
    builds = builds_of(file, own.within) if declares_builds(os.path.basename(file)) else []
    if not builds:
        return _names_another(text, file, own)
    for build in builds:
        context = (
            None if build.context is None else os.path.realpath(os.path.join(os.path.dirname(file), build.context))
        )
        if context not in (None, own.context):
            continue
        named = os.path.join(context or own.context, build.dockerfile or "")
        if not build.dockerfile or os.path.realpath(named) != own.dockerfile:
            return True
    return False


def _names_another(text: str, file: str, own: _Build) -> bool:
    """Whether a text names a Dockerfile that is not this one, or builds from standard input."""
    if any(word in text for word in _INLINE):
        return True
    if any(_reads_standard_input(line.split()) for line in text.splitlines()):
        return True
    folders = {os.path.dirname(file), own.context, *upwards(own.context, own.within[0])}
    for word in {word.lstrip("{(").rstrip("}).") for word in _NO_WORD.split(text)}:
        name = posixpath.basename(word).strip("$({")
        if not _NAME.fullmatch(name) or name.lower().endswith("ignore"):
            continue
        if f"/{own.dockerfile}".endswith(f"/{_LEADING.sub('', word)}"):
            continue
        if name[0].isupper() and not name.isupper():
            return True
        if any(_is_file(os.path.join(folder, word), own) for folder in folders):
            return True
    return bool(_TOOLS.search(text)) and _names_unusual(text, folders, own)


def _is_file(path: str, own: _Build) -> bool:
    return os.path.isfile(path) and not leads_out(path, own.within)


def _names_unusual(text: str, folders: set[str], own: _Build) -> bool:
    """Whether a text names a file that has the content of a Dockerfile, but not the name of one."""
    words = {_LEADING.sub("", word.removeprefix("-f")) for word in _NO_WORD.split(text)} - {""}
    if len(words) > _MOST_WORDS:
        return True
    paths = (os.path.join(folder, word) for word in words for folder in folders)
    return any(
        os.path.isfile(path) and os.path.realpath(path) != own.dockerfile and _starts_a_build(path, own)
        for path in paths
    )


def _starts_a_build(path: str, own: _Build) -> bool:
    data = beginning(path, _HEAD, own.within)
    return isinstance(data, bytes) and bool(_FROM.match(data.decode("utf-8", "replace").removeprefix("\ufeff")))


def _reads_standard_input(words: list[str]) -> bool:
    """Whether a command line builds a Dockerfile that it is given on standard input."""
    return "build" in words and not _BUILDERS.isdisjoint(words) and not _STANDARD_INPUT.isdisjoint(words[1:])
