"""What differs between two builds of the same file, as `noise.toml` lists it: no evidence of a changed image.

In the globs of `noise.toml` `*` stands for any text without `/`, `?` for one character of it, `**` for any text, `**/`
for any folders or none, and `~` in front for any home (/root, and those in /home). The rest stands for itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, NamedTuple

TABLE = os.path.join(os.path.dirname(__file__), "noise.toml")

Excused = Literal["any", "content", "field"]
"""The whole path (that it is there, and everything about it), a file's content, or the field that FIELDS blanks."""

_FIRST_WITH_FLAGS = 3392
_PYTHON_3 = range(3000, 4000)
_PYTHON_2 = range(50000, 63000)
_META = b"\nT:virtual meta package\n"
_VIRTUAL = re.compile(rb"^(C:|V:(?=[0-9]{8}\.[0-9]{6}$)).*$", re.MULTILINE)
_SIGNS = {"~": "(?:root|home/[^/]+)", "?": "[^/]", "*": "[^/]*", "**": ".*", "**/": "(?:.*/)?"}


class Noise(NamedTuple):
    """One entry of the table: a glob of paths, what is excused there, and why, as a sentence.

    `field` names one of FIELDS, `source` is an address that describes what nobody saw here.
    """

    path: str
    excused: Excused
    reason: str
    field: str = ""
    source: str = ""


def blanked(path: str) -> bool:
    """Whether `blank` may change this file's content. `path` has no leading `/`."""
    return _any_field().fullmatch(path) is not None


def blank(path: str, content: bytes) -> bytes:
    """The content with the fields blanked that differ between two builds. `path` has no leading `/`."""
    if blanked(path):
        for pattern, noise in _lines():
            if noise.excused == "field" and pattern.fullmatch(path):
                content = FIELDS[noise.field](content)
    return content


def excuse(path: str, content_only: bool) -> str:
    """The reason why a difference at this path is none, or "". `path` has no leading `/`.

    `content_only` says that a file's content is all that differs there; else only a line for the whole path helps.
    """
    if _any_path().fullmatch(path):
        for pattern, noise in _lines():
            if (noise.excused == "any" or (content_only and noise.excused == "content")) and pattern.fullmatch(path):
                return noise.reason
    return ""


def spoken(output: str) -> str:
    """What a container said, without the lines that differ between two runs of the same image (`[[output]]`)."""
    return "\n".join(line for line in output.splitlines() if not _said_by_chance().fullmatch(line))


@cache
def _said_by_chance() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{line['line']})" for line in _file()["output"]))


@cache
def table() -> tuple[Noise, ...]:
    """The lines of `noise.toml`, in the file's order."""
    return tuple(Noise(**line) for line in _file()["noise"])


@cache
def _file() -> dict[str, list[dict[str, Any]]]:
    import tomllib

    with open(TABLE, "rb") as file:
        return tomllib.load(file)


def translated(glob: str) -> str:
    """A glob with a leading `/` or `~` as a regular expression for paths without the leading `/`."""
    pieces = re.split(r"(^~(?=/)|(?:^|(?<=/))\*\*/|\*+|\?)", glob.removeprefix("/"))
    return "".join(_SIGNS.get(piece, re.escape(piece)) for piece in pieces)


def _pyc_time(content: bytes) -> bytes:
    """The source's time in a compiled Python file that is checked by time (PEP 552: the flags are 0).

    Python 3.6 and older, and Python 2, have no flags: the time follows the magic number.
    """
    magic = int.from_bytes(content[:2], "little")
    if len(content) < 16 or content[2:4] != b"\r\n":
        return content
    if magic in _PYTHON_3 and magic >= _FIRST_WITH_FLAGS:
        return content[:8] + bytes(4) + content[12:] if content[4:8] == bytes(4) else content
    if magic in _PYTHON_3 or magic in _PYTHON_2:
        return content[:4] + bytes(4) + content[8:]
    return content


def _shadow_day(content: bytes) -> bytes:
    """The day on which each password was set (shadow(5)); 0 and an empty field have a meaning, so they stay."""
    return re.sub(rb"^([^:\n]*:[^:\n]*:)[1-9][0-9]*(?=:)", rb"\1day", content, flags=re.MULTILINE)


def _apk_virtual(content: bytes) -> bytes:
    """The version of a virtual package (`apk add --virtual`) where it is a time, and its checksum."""
    packages = content.split(b"\n\n")
    return b"\n\n".join(_VIRTUAL.sub(rb"\1", package) if _META in package else package for package in packages)


def _apk_version(content: bytes) -> bytes:
    return re.sub(rb"=[0-9]{8}\.[0-9]{6}$", b"=time", content, flags=re.MULTILINE)


def _line_order(content: bytes) -> bytes:
    return b"\n".join(sorted(content.splitlines()))


def _pnpm_modules(content: bytes) -> bytes:
    """The time in `prunedAt`, and the order of the entries of a file that is YAML or JSON."""
    lines = [line.rstrip(b",") for line in content.splitlines()]
    return b"\n".join(sorted(line for line in lines if not line.strip().startswith((b"prunedAt:", b'"prunedAt":'))))


def _pnpm_checked(content: bytes) -> bytes:
    return re.sub(rb'("lastValidatedTimestamp": ?)[0-9]+', rb"\1", content)


FIELDS: dict[str, Callable[[bytes], bytes]] = {
    "pyc-time": _pyc_time,
    "shadow-day": _shadow_day,
    "apk-virtual": _apk_virtual,
    "apk-version": _apk_version,
    "line-order": _line_order,
    "pnpm-modules": _pnpm_modules,
    "pnpm-checked": _pnpm_checked,
}


@cache
def _lines() -> tuple[tuple[re.Pattern[str], Noise], ...]:
    return tuple((re.compile(translated(noise.path), re.DOTALL), noise) for noise in table())


@cache
def _any_field() -> re.Pattern[str]:
    return _union([noise.path for noise in table() if noise.excused == "field"])


@cache
def _any_path() -> re.Pattern[str]:
    return _union([noise.path for noise in table() if noise.excused != "field"])


def _union(globs: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(translated(glob) for glob in globs), re.DOTALL)
