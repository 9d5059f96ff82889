"""Whether a build context may be used by another build too, which the context's ignore file would apply to as well."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase, translate
from functools import cache

from dfix.rewriter.context.declared_builds import builds_of, declares_builds
from dfix.rewriter.context.find_context import upwards
from dfix.rewriter.context.parsed_files import text_of

_MOST_NAMES = 20_000
_MOST_READ = 300
_NOT_WALKED = frozenset((".git", ".venv", "node_modules"))
CI_FOLDERS = (".github/workflows", ".gitea/workflows", ".forgejo/workflows", ".gitlab", ".circleci", ".woodpecker")
_FURTHER_FOLDERS = (*CI_FOLDERS, ".buildkite", ".devcontainer")
_NO_WORD = re.compile(r"[^\w./@~+${}()-]+")
_NAME = re.compile(
    r"(?:dockerfile|containerfile)(?:[._-].*)?|.*\.(?:dockerfile|containerfile)", re.IGNORECASE | re.DOTALL
)
_LEADING = re.compile(r"^(?:\.{0,2}/)+")
_INLINE = ("dockerfile_inline", "dockerfile-inline")
_BUILDERS = frozenset(("docker", "podman", "buildah", "nerdctl", "buildx"))
_TOOLS = re.compile("docker|podman|buildah|nerdctl|kaniko|earthly", re.IGNORECASE)
_MOST_WORDS = 5_000
_HEAD = 20_000
_FROM = re.compile(
    r"(?:[ \t]*(?:#.*|ARG[ \t].*)?\r?\n)*+[ \t]*FROM[ \t]+(?:--platform=\S+[ \t]+)?\S+(?:[ \t]+AS[ \t]+\S+)?[ \t]*\r?$",
    re.IGNORECASE | re.MULTILINE,
)
"""How a Dockerfile begins."""
_STANDARD_INPUT = frozenset(("-", "-f-", "--file=-"))


def other_build(root: str, dockerfile: str) -> str:
    """What may be built with the context folder `root` besides `dockerfile`, as a clause; "" for nothing.

    Looks for Dockerfiles in the folder, and for files in it and above it, up to the root of the repository, that
    declare or run builds with another Dockerfile or without a file.
    """
    root, path = os.path.realpath(root), os.path.realpath(dockerfile)
    read = 0
    for number, file in enumerate(_files(root)):
        if number > _MOST_NAMES or read > _MOST_READ:
            return "the build context has too many files to look through"
        name = os.path.basename(file)
        if _is_dockerfile(name) and file != path and _within(file, root):
            return f"{_short(file, root)} is in the build context"
        if declares_builds(name) or runs_builds(file):
            read += 1
            if _builds_otherwise(file, root, path):
                return f"{_short(file, root)} names another Dockerfile or has the text of one"
    return ""


def _files(root: str) -> Iterator[str]:
    """The files of the context, and those of the folders above where files that run builds are looked for."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in _NOT_WALKED]
        yield from (os.path.join(folder, name) for name in names)
    for above in _above(root):
        for folder in (os.path.join(above, further) for further in ("", *_FURTHER_FOLDERS)):
            if not _within(os.path.normpath(folder), root):
                yield from _names_in(folder)


def _above(root: str) -> list[str]:
    """The folder and those above it in the repository; nothing where it is in none."""
    folders = list(upwards(root))
    return folders if os.path.exists(os.path.join(folders[-1], ".git")) else []


def _names_in(folder: str) -> list[str]:
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    except OSError:
        return []


def _within(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def _short(path: str, root: str) -> str:
    return os.path.relpath(path, root)


def _is_dockerfile(name: str) -> bool:
    lower = name.lower()
    named = lower.startswith(("dockerfile", "containerfile")) or lower.endswith((".dockerfile", ".containerfile"))
    return named and not lower.endswith("ignore")


@cache
def _globs() -> tuple[str, ...]:
    import tomllib

    with open(os.path.join(os.path.dirname(__file__), "other_builds.toml"), "rb") as file:
        return tuple(f"*/{one['path']}" for one in tomllib.load(file)["file"])


def runs_builds(path: str) -> bool:
    """Whether a file of this path may run builds (other_builds.toml)."""
    if _last_names().match(os.path.basename(path)) is None:  # hardly any file has such a name
        return False
    return any(fnmatchcase(path.replace(os.sep, "/"), glob) for glob in _globs())


@cache
def _last_names() -> re.Pattern[str]:
    """The last components of the globs."""
    return re.compile("|".join(translate(posixpath.basename(glob)) for glob in _globs()))


def _builds_otherwise(file: str, root: str, dockerfile: str) -> bool:
    """Whether a file may build this context with another Dockerfile."""
    text = text_of(file)
    if text is None:
        return os.path.isfile(file)
    builds = builds_of(file) if declares_builds(os.path.basename(file)) else []
    if not builds:
        return _names_another(text, file, root, dockerfile)
    for build in builds:
        context = (
            None if build.context is None else os.path.realpath(os.path.join(os.path.dirname(file), build.context))
        )
        if context not in (None, root):
            continue
        if not build.dockerfile or os.path.realpath(os.path.join(context or root, build.dockerfile)) != dockerfile:
            return True
    return False


def _names_another(text: str, file: str, root: str, dockerfile: str) -> bool:
    """Whether a text names a Dockerfile that is not this one, or builds from standard input."""
    if any(word in text for word in _INLINE):
        return True
    if any(_reads_standard_input(line.split()) for line in text.splitlines()):
        return True
    folders = {os.path.dirname(file), root, *_above(root)}
    for word in {word.lstrip("{(").rstrip("}).") for word in _NO_WORD.split(text)}:
        name = posixpath.basename(word).strip("$({")
        if not _NAME.fullmatch(name) or name.lower().endswith("ignore"):
            continue
        if f"/{dockerfile}".endswith(f"/{_LEADING.sub('', word)}"):
            continue
        if name[0].isupper() and not name.isupper():
            return True
        if any(os.path.isfile(os.path.join(folder, word)) for folder in folders):
            return True
    return bool(_TOOLS.search(text)) and _names_unusual(text, folders, dockerfile)


def _names_unusual(text: str, folders: set[str], dockerfile: str) -> bool:
    """Whether a text names a file that has the content of a Dockerfile, but not the name of one."""
    words = {_LEADING.sub("", word.removeprefix("-f")) for word in _NO_WORD.split(text)} - {""}
    if len(words) > _MOST_WORDS:
        return True
    paths = (os.path.join(folder, word) for word in words for folder in folders)
    return any(
        os.path.isfile(path) and os.path.realpath(path) != dockerfile and _starts_a_build(path) for path in paths
    )


def _starts_a_build(path: str) -> bool:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return bool(_FROM.match(file.read(_HEAD).removeprefix("\ufeff")))
    except OSError:
        return False


def _reads_standard_input(words: list[str]) -> bool:
    """Whether a command line builds a Dockerfile that it is given on standard input."""
    return "build" in words and not _BUILDERS.isdisjoint(words) and not _STANDARD_INPUT.isdisjoint(words[1:])
