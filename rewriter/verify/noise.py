"""Build noise: what differs between two builds of the same file, as listed in `noise.toml`.

In the globs of `noise.toml`, `*` matches any text without `/`, `**` any text, `**/` any number of folders, and a
leading `~` any home (/root, and those in /home). All else matches literally.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Any, Literal

from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table

TABLE = os.path.join(os.path.dirname(__file__), "noise.toml")

Excused = Literal["any", "content", "field"]
"""What is excused: everything about a path (also its presence), a file's content, or a field that FIELDS blanks."""

Kind = Literal["time", "log", "cache", "bytecode", "order", "other"]
"""What it is: a time, a log, a cache, compiled code, or the order of what is in a file."""

_FIRST_WITH_FLAGS = 3392
_PYTHON_3 = range(3000, 4000)
_PYTHON_2 = range(50000, 63000)
_META = b"\nT:virtual meta package\n"
_VIRTUAL = expression(rb"^(C:|V:(?=[0-9]{8}\.[0-9]{6}$)).*$", re.MULTILINE)
_SIGNS = {"~": "(?:root|home/[^/]+)", "*": "[^/]*", "**": ".*", "**/": "(?:.*/)?"}


class Noise(NamedTuple):
    """One entry of the table."""

    path: str
    """A glob."""
    excused: Excused
    kind: Kind
    reason: str
    """Why it is noise, as a sentence."""
    field: str = ""
    """A name in FIELDS, if `excused` is "field"."""
    source: str = ""
    """The address of a description, for what was not observed here."""


def blanked(path: str) -> bool:
    """Whether `blank` may change the content of this file. `path` has no leading `/`."""
    return _any_field().fullmatch(path) is not None


def blank(path: str, content: bytes) -> bytes:
    """Blank the fields of a file's content that differ between two builds. `path` has no leading `/`."""
    if blanked(path):
        for pattern, noise in _lines():
            if noise.excused == "field" and pattern.fullmatch(path):
                content = FIELDS[noise.field](content)
    return content


def excuse(path: str, content_only: bool, homes: Collection[str] = ()) -> str:
    """The reason why a difference at this path is noise, or "". `path` has no leading `/`.

    `content_only`: only the content of a file differs; otherwise only an entry for the whole path excuses it. `homes`
    are further ones besides /root and those in /home.
    """
    return next((reason for way in ways(path, homes) if (reason := _reason(way, content_only))), "")


def ways(path: str, homes: Collection[str]) -> Iterator[str]:
    """A path without leading `/`, and again as if each home that it is in were /root."""
    yield path
    for home in homes:
        prefix = f"{home.strip('/')}/".lstrip("/")
        if path.startswith(prefix):
            yield f"root/{path[len(prefix) :]}"


def _reason(path: str, content_only: bool) -> str:
    if _any_path().fullmatch(path):
        for pattern, noise in _lines():
            if (noise.excused == "any" or (content_only and noise.excused == "content")) and pattern.fullmatch(path):
                return noise.reason
    return ""


def row_of(path: str, homes: Collection[str] = ()) -> Noise | None:
    """The first entry about this path, which has no leading `/`, whatever part of it the entry is about."""
    for way in ways(path, homes):
        for pattern, noise in _lines():
            if pattern.fullmatch(way):
                return noise
    return None


def spoken(output: str) -> str:
    """A container's output without the lines that differ between two runs of the same image (`[[output]]`)."""
    return "\n".join(line for line in output.splitlines() if not _said_by_chance().fullmatch(line))


def is_irrelevant_read(path: str, command: str) -> bool:
    """Whether the program of a RUN reads a file of the image without any effect on what it installs (`[[read]]`)."""
    return any(
        re.search(rf"\b{re.escape(line['program'])}\b", command) and re.fullmatch(translated(line["path"]), path[1:])
        for line in _file()["read"]
    )


@cache
def _said_by_chance() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{line['line']})" for line in _file()["output"]))


@cache
def table() -> tuple[Noise, ...]:
    """The entries of `noise.toml`, in the file's order."""
    return tuple(Noise(**line) for line in _file()["noise"])


@cache
def _file() -> dict[str, list[dict[str, Any]]]:
    return own_table(TABLE)


def translated(glob: str) -> str:
    """Translate a glob with a leading `/` or `~` into a regular expression for paths without the leading `/`."""
    pieces = re.split(r"(^~(?=/)|(?:^|(?<=/))\*\*/|\*+)", glob.removeprefix("/"))
    return "".join(_SIGNS.get(piece, re.escape(piece)) for piece in pieces)


def _pyc_time(content: bytes) -> bytes:
    """Blank the source's time in a compiled Python file that is checked by time (PEP 552: the flags are 0).

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
    """Blank the day on which each password was set (shadow(5)); 0 and an empty field have a meaning and stay."""
    return re.sub(rb"^([^:\n]*:[^:\n]*:)[1-9][0-9]*(?=:)", rb"\1day", content, flags=re.MULTILINE)


def _apk_virtual(content: bytes) -> bytes:
    """Blank the checksum of a virtual package (`apk add --virtual`), and its version if that is a time."""
    packages = content.split(b"\n\n")
    return b"\n\n".join(_VIRTUAL.sub(rb"\1", package) if _META in package else package for package in packages)


def _apk_version(content: bytes) -> bytes:
    return re.sub(rb"=[0-9]{8}\.[0-9]{6}$", b"=time", content, flags=re.MULTILINE)


def _line_order(content: bytes) -> bytes:
    return b"\n".join(sorted(content.splitlines()))


def _pnpm_modules(content: bytes) -> bytes:
    """Blank the time in `prunedAt` and sort the entries of a file that is YAML or JSON."""
    lines = [line.rstrip(b",") for line in content.splitlines()]
    return b"\n".join(sorted(line for line in lines if not line.strip().startswith((b"prunedAt:", b'"prunedAt":'))))


def _pnpm_checked(content: bytes) -> bytes:
    return re.sub(rb'("lastValidatedTimestamp": ?)[0-9]+', rb"\1", content)


def _venv_python(content: bytes) -> bytes:
    """Let a script of a virtual environment name `python` for `python3`: both are links to one interpreter there."""
    return re.sub(rb"^(#!/[^\n]*/\.venv/bin/python)3(?=\n)", rb"\1", content)


def _uv_record(content: bytes) -> bytes:
    """Blank checksum and size of scripts, which are compared themselves, and of uv_cache.json."""
    return re.sub(rb"(?m)^((?:\.\./)+bin/[^,\n]+|[^,\n]+/uv_cache\.json),[^\n]*$", rb"\1", content)


FIELDS: dict[str, Callable[[bytes], bytes]] = {
    "pyc-time": _pyc_time,
    "shadow-day": _shadow_day,
    "apk-virtual": _apk_virtual,
    "apk-version": _apk_version,
    "line-order": _line_order,
    "venv-python": _venv_python,
    "uv-record": _uv_record,
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
