"""Whether a path is a cache folder, or a folder above or below one."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.shell.nodes import Word

Relation = Literal["", "above", "within"]

_HOME = expression(r"(?:~[a-z0-9_-]*|\$HOME|\$\{HOME\}|/root|/home/[^/]+)(?=/|$)")
_BRACES = expression(r"\{([^{},]*+,[^{}]*+)\}")
_WILD = expression(r"[*?\[]")


@lru_cache(maxsize=1024)
def relation(path: str, cache: str) -> Relation:
    """How a path, perhaps with wildcards, relates to a cache folder: "within" for the folder itself and below it.

    Any home counts as the user's. Any folder may be a home too: `/app/.npm` is within `~/.npm`.
    """
    result: Relation = ""
    for expanded in _expanded(path):
        parts = [part for part in _HOME.sub("~", expanded, count=1).split("/") if part not in ("", ".")]
        wanted = [part for part in cache.split("/") if part]
        if wanted[0] == "~" and parts[:1] != ["~"]:
            # a home whose path does not look like one: /app/.npm
            wanted = wanted[1:]
            starts = [at for at, part in enumerate(parts) if _same(part, wanted[0])]
            parts = parts[starts[0] :] if starts else []
        if not parts or not all(_same(part, want) for part, want in zip(parts, wanted, strict=False)):
            continue
        if len(parts) >= len(wanted):
            return "within"
        result = "above"
    return result


def names_cache(word: Word, caches: tuple[str, ...]) -> Relation:
    """The relation of a shell word to the nearest of several cache folders."""
    path = word.literal_or_text
    if "/" not in path and "~" not in path:
        return ""
    path = path.replace('"', "").replace("'", "")
    relations = [relation(path, cache) for cache in caches]
    return "within" if "within" in relations else "above" if "above" in relations else ""


def mounted(step: Step, caches: tuple[str, ...]) -> bool:
    """Whether a mount of the RUN covers, or may cover, a cache folder: then its files are not in the image."""
    for mount in step.mounts:
        if mount.target is None:
            if mount.kind == "cache":
                return True
        elif any(relation(mount.target, cache) for cache in caches):
            return True
    return False


def _same(part: str, want: str) -> bool:
    if part == want:
        return True
    if not _WILD.search(part):
        return False
    # as in the shell, a wildcard does not match a leading dot
    return fnmatchcase(want, part) and (want[0] != "." or part[0] == ".")


def _expanded(path: str) -> list[str]:
    """The paths of a word with lists in braces: `/a/{b,c}` is `/a/b` and `/a/c`."""
    match = _BRACES.search(path)
    if match is None:
        return [path]
    head, tail = path[: match.start()], path[match.end() :]
    return [expanded for choice in match[1].split(",") for expanded in _expanded(head + choice + tail)][:64]
