"""The places of an image in which programs look for settings, libraries and other programs without being told."""

from __future__ import annotations

import posixpath
from functools import lru_cache

from dfix.rewriter.knowledge import install_table
from dfix.rewriter.knowledge.load import named
from dfix.rewriter.knowledge.program_table import of_kind, row
from dfix.rewriter.model import Step
from dfix.rewriter.model.effects.places import ELSEWHERE
from dfix.rewriter.model.file_map.file_map import steps_before
from dfix.rewriter.model.paths import overlaps, within
from dfix.rewriter.model.values_in_force import DEFAULT_PATH
from dfix.rewriter.text.expression import expression
from dfix.transforms.split_manifests.given_paths import path_parts

_LEAVES_CONTENT = expression(
    r"(?<![^\s;&|(])(?:chmod|chown|chgrp|dos2unix|mkdir|touch|rm|rmdir|unlink)[^\S\n][^\n;&|]*+"
)
"""Commands that neither read a file nor make another one read it."""
_AT_START = frozenset(("CMD", "ENTRYPOINT", "HEALTHCHECK", "VOLUME", "LABEL", "EXPOSE", "STOPSIGNAL", "MAINTAINER"))
"""Instructions that only say what a container does."""
_HOMES = ("/root", "/home")
_SHARED = ("", "/", "/usr", "/usr/local")
"""Prefixes of programs whose settings are in the system's folders."""


def is_looked_at(path: str, step: Step, *, named: int) -> bool:
    """Whether `step`, or a command before it, may look at an image path without being told.

    `*/x` is an x in an unknown home. What names the path in the Dockerfile up to the end of `step` tells of it, too;
    `named` is how often the author of the file there does (`ln -s a /b` does once, `> /b` does not count).
    """
    if _times_named(path, step) > named:
        return True
    if any(value is not None and path in value and path in path_parts(value) for value in step.env.values()):
        return True
    logs_in = any(word == "--login" or _is_login_flag(word) for word in step.shell)
    return _is_place(path, step.env.get("HOME"), step.env.get("PATH") or DEFAULT_PATH, step.workdir or "/", logs_in)


def may_hold_places(path: str, step: Step) -> bool:
    """Whether `step` may look at an image path, or at something below it, without being told."""
    home = step.env.get("HOME")
    places = (*install_table.system_folders(), *_HOMES, *([home] if home else ()))
    return (
        within(step.workdir or "/", path)
        or any(overlaps(path, place) for place in places)
        or is_looked_at(path, step, named=1)
    )


@lru_cache(maxsize=4096)
def _is_place(path: str, home: str | None, search_path: str, working: str, logs_in: bool) -> bool:
    """Whether programs look at a path with these settings; `logs_in` for a shell that reads the files of a login."""
    if any(within(path, place) for place in install_table.unread_places()):
        return False
    if install_table.unread_settings().match(path):
        return False
    login = install_table.login_files()
    if login.match(path) or login.match(posixpath.basename(path)):
        return logs_in
    if posixpath.basename(posixpath.dirname(path)) in ("bin", "sbin"):
        return _may_be_run(posixpath.basename(path))
    return any(within(path, folder) for folder in install_table.system_folders()) or _is_setting(
        path, home, search_path, working
    )


def _is_login_flag(word: str) -> bool:
    return word[:1] == "-" and word[:2] != "--" and not {"l", "i"}.isdisjoint(word)


def _may_be_run(program: str) -> bool:
    """Whether an install, or a program that it runs, may run a program of this name."""
    if named(program) is not None or install_table.started_programs().match(program):
        return True
    return row(program) is not None and program not in of_kind("tool")


def _is_setting(path: str, home: str | None, search_path: str, working: str) -> bool:
    """Whether it is a dot file of a home or of a folder above the working directory, or near a program on PATH."""
    if path.startswith(ELSEWHERE):
        return not install_table.home_files().match(path[len(ELSEWHERE) :].partition("/")[0])
    for folder in (*_HOMES, *([home] if home else ())):
        name = next((part for part in path.split("/") if part.startswith(".")), None)
        if within(path, folder) and name is not None:
            return not install_table.home_files().match(name)
    folder, name = posixpath.split(path)
    if name.startswith(".") and within(working, folder):
        return not install_table.home_files().match(name)
    prefixes = [
        posixpath.dirname(entry) for entry in search_path.split(":") if posixpath.basename(entry) in ("bin", "sbin")
    ]
    return any(within(path, prefix) for prefix in prefixes if prefix not in _SHARED)


def _times_named(path: str, step: Step) -> int:
    """How often the stage names the path up to the end of `step`, apart from redirects that write it, and `chmod`."""
    count = 0
    before, *following = _text_up_to(step).split(path.removeprefix(ELSEWHERE))
    for after in following:
        line = before[before.rfind("\n") + 1 :]
        start = line.split()[-1:] if line[-1:].strip() else []
        rest = line[: len(line) - len(start[0])] if start else line
        count += not rest.rstrip().endswith(">") and not (start and ">" in start[0])
        before = after
    return count


@lru_cache(maxsize=1)
def _text_up_to(step: Step) -> str:
    steps = (other for other in (*steps_before(step), step) if other.keyword not in _AT_START)
    return _LEAVES_CONTENT.sub(" ", "\n".join(other.source_text for other in steps))
