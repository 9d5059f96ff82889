"""What a RUN made, and whether a later RUN removes or rewrites it."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dfix.rewriter.model.cache_folders import mounted, names_cache
from dfix.rewriter.shell.walk import program_name

if TYPE_CHECKING:
    from dfix.rewriter.knowledge import Usage
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.model.effects import Costs
    from dfix.transforms.merge_runs.run_summary import Work

_ANYTHING = frozenset(("/tmp", "/tmp/*", "/tmp/", "/var/tmp/*", "/var/tmp"))
_DOCUMENTS = ("/usr/share/doc", "/usr/share/man", "/usr/share/info", "/usr/share/locale")
_OUTPUT = {"curl": ("-o", "--output"), "wget": ("-O", "--output-document")}
_TARGET = {"tar": ("-C", "--directory"), "unzip": ("-d",), "wget": ("-P", "--directory-prefix")}
_SHARED = frozenset(
    "/ /bin /etc /lib /opt /root /srv /tmp /usr /usr/bin /usr/lib /usr/local /usr/local/bin /usr/local/lib /usr/share "
    "/usr/src /var /var/lib /var/tmp".split()
)
"""Folders in which more lies than one archive's content."""


_FREES = "frees space only in the RUN that filled it"
_REPEATS = "stores once more what an earlier RUN has made"


def undoes(first: Work, second: Work) -> str:
    """Why `second` would better have been part of `first`, since it removes or rewrites what that made; "" if not."""
    made: list[str] | None = None
    for index, command in enumerate(second.commands):
        one = second.costs[index]
        if one.usage is not None:
            if (one.usage.verb == "clean" and _fills(first, one.usage)) or (
                one.usage.verb == "remove" and _uninstalls(first, one.usage)
            ):
                return f"`{second.shown(index)}` {_FREES}"
            continue
        program = program_name(command.words[0]) if command.words else ""
        if program == "rm" and _empties(first, command):
            return f"`{second.shown(index)}` {_FREES}"
        recursive = program in ("chown", "chmod", "chgrp") and first.slow and _is_recursive(command)
        if program in ("rm", "mv") or recursive:
            if made is None:
                made = _made(first)
            operands = _operands(command)
            paths = operands[:-1] if program == "mv" else operands if program == "rm" else operands[1:]
            if any(_covers(path, one_made) for path in paths for one_made in made):
                return f"`{second.shown(index)}` {_FREES if program == 'rm' else _REPEATS}"
    return ""


def _fills(first: Work, cleaning: Usage) -> bool:
    name = cleaning.manager.name
    used = any(one.usage is not None and one.usage.manager.name == name for one in _slow(first))
    return used and not mounted(first.step, cleaning.manager.caches)


def _slow(work: Work) -> list[Costs]:
    return [work.costs[index] for index in work.slow]


def _uninstalls(first: Work, removing: Usage) -> bool:
    gone = {word.literal_or_text for word in removing.operands}
    for one in _slow(first):
        if one.usage is None or one.usage.manager.name != removing.manager.name:
            continue
        if not gone and removing.subcommand is not None and "auto" in removing.subcommand.literal_or_text:
            return True
        installed = {word.literal_or_text.partition("=")[0] for word in one.usage.operands}
        installed |= {
            option.value for option in one.usage.options if option.name in one.usage.manager.virtual and option.value
        }
        if gone & installed:
            return True
    return False


def _empties(first: Work, command: Located) -> bool:
    """Whether `rm` empties a cache of a package manager that the first RUN uses, or documents of its packages."""
    for one in _slow(first):
        if one.usage is None:
            continue
        manager = one.usage.manager
        words = [word for word in command.words[1:] if word.literal_or_text not in _ANYTHING]
        if any(names_cache(word, manager.caches) for word in words) and not mounted(first.step, manager.caches):
            return True
        if manager.system and any(word.literal_or_text.startswith(_DOCUMENTS) for word in command.words[1:]):
            return True
    return False


def _is_recursive(command: Located) -> bool:
    return any(word.text == "--recursive" or _has_letter(word.text, "R") for word in command.words[1:])


def _operands(command: Located) -> list[str]:
    """The operands as absolute paths, wildcards left in; those that depend on the build are left out."""
    found = []
    for word in command.words[1:]:
        path = word.literal_or_text
        if path.startswith("-") or "$" in path or "`" in path:
            continue
        absolute = _absolute(command.folder, path)
        if absolute is not None:
            found.append(absolute)
    return found


def _absolute(folder: str | None, path: str) -> str | None:
    if path.startswith("~"):
        return None
    if path.startswith("/"):
        return posixpath.normpath(path)
    return None if folder is None else posixpath.normpath(posixpath.join(folder, path))


def _covers(path: str, made: str) -> bool:
    """Whether removing `path`, perhaps with wildcards, removes `made`: the same path or one above it."""
    wanted = path.split("/")
    parts = made.split("/")
    if len(wanted) > len(parts) or path == "/":
        return False
    return all(have == want or fnmatchcase(have, want) for have, want in zip(parts, wanted, strict=False))


def _made(work: Work) -> list[str]:
    """The paths that a RUN certainly makes by downloading, cloning or unpacking."""
    found: list[str | None] = []
    for command in work.commands:
        words = command.words
        if not words:
            continue
        program = program_name(words[0])
        for option in (*_OUTPUT.get(program, ()), *_TARGET.get(program, ())):
            value = _value(command, option)
            if value is not None:
                found.append(_absolute(command.folder, value))
        if _keeps_name(command, program):
            found += [
                _absolute(command.folder, _last_part(word.literal_or_text)) for word in words[1:] if "://" in word.text
            ]
        elif program == "git" and len(words) > 2 and words[1].value == "clone":
            found.append(_cloned(command))
    return [path for path in found if path is not None and "$" not in path and path not in _SHARED]


def _keeps_name(command: Located, program: str) -> bool:
    """Whether a download is stored under the last part of its address."""
    if program == "wget":
        return _value(command, "-O") is None and _value(command, "-P") is None
    return program == "curl" and any(_has_letter(word.text, "O") for word in command.words[1:])


def _value(command: Located, option: str) -> str | None:
    """The value of an option that stands by itself, in a cluster ("-qO file") or with a sign ("--output=file")."""
    words = command.words
    for index, word in enumerate(words[1:], 1):
        written = word.text
        after = words[index + 1] if index + 1 < len(words) else None
        if option.startswith("--"):
            if written.startswith(option + "="):
                return word.literal_or_text[len(option) + 1 :]
            if written == option:
                return after.literal_or_text if after is not None else None
        elif _has_letter(written, option[1]) and written.endswith(option[1]):
            return after.literal_or_text if after is not None else None
    return None


def _has_letter(written: str, letter: str) -> bool:
    return written[:1] == "-" and written[:2] != "--" and letter in written


def _last_part(url: str) -> str:
    return url.partition("?")[0].rstrip("/").rpartition("/")[2]


def _cloned(command: Located) -> str | None:
    operands = [word.literal_or_text for word in command.words[2:] if not word.text.startswith("-")]
    at = next((index for index, one in enumerate(operands) if "://" in one or one.startswith("git@")), -1)
    if at < 0:
        return None
    target = operands[at + 1] if at + 1 < len(operands) else _last_part(operands[at]).removesuffix(".git")
    return _absolute(command.folder, target)
