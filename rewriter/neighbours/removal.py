"""What a RUN creates, and whether a later RUN removes or rewrites it."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.knowledge.runtime import megabytes
from dfix.rewriter.model.cache_folders import mounted, names_cache
from dfix.rewriter.model.temporary_packages import packages_named, uninstalls
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.knowledge import Usage
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.model.effects import CommandCost
    from dfix.rewriter.neighbours.run_summary import RunSummary

_ANYTHING = frozenset(("/tmp", "/tmp/*", "/tmp/", "/var/tmp/*", "/var/tmp"))
_DOCUMENTS = ("/usr/share/doc", "/usr/share/man", "/usr/share/info", "/usr/share/locale")
_OUTPUT = {"curl": ("-o", "--output"), "wget": ("-O", "--output-document")}
_TARGET = {"tar": ("-C", "--directory"), "unzip": ("-d",), "wget": ("-P", "--directory-prefix")}
_SHARED = frozenset(
    "/ /bin /etc /lib /opt /root /srv /tmp /usr /usr/bin /usr/lib /usr/local /usr/local/bin /usr/local/lib /usr/share "
    "/usr/src /var /var/lib /var/tmp".split()
)
"""Folders that contain more than what one archive brings."""

_FREES = "only saves space in the RUN that created the files"
_REPEATS = "stores a second copy of files that an earlier RUN created"


def may_undo(run: RunSummary) -> bool:
    """Whether a RUN has a command that can undo anything (`undoings`)."""
    return any(
        cost.usage.verb in ("clean", "remove")
        if cost.usage is not None
        else command.words and program_name(command.words[0]) in of_kind("owner") | {"rm", "mv"}
        for command, cost in zip(run.commands, run.costs, strict=True)
    )


class Undoing(NamedTuple):
    """A command of a later RUN that removes or rewrites what an earlier one created."""

    what: Literal["caches", "packages", "files"]
    sentence: str
    frees: bool = True
    """Whether it removes something, rather than storing it again."""
    path: str = ""
    """The path that `first` creates, if these are files."""


def undoings(first: RunSummary, second: RunSummary) -> Iterator[Undoing]:
    """What `second` removes or rewrites of what `first` created."""
    created: list[str] | None = None
    installing = [cost.usage for cost in _slow(first) if cost.usage is not None]
    packages, managers = packages_named(installing), {usage.manager.name for usage in installing}
    for index, command in enumerate(second.commands):
        usage = second.costs[index].usage
        if usage is not None:
            if usage.verb == "clean" and _fills_cache(first, usage):
                yield Undoing("caches", f"`{second.shown(index)}` {_FREES}")
            elif usage.verb == "remove" and (uninstalls(packages, usage) or _removes_the_rest(managers, usage)):
                yield Undoing("packages", f"`{second.shown(index)}` {_FREES}")
            continue
        program = program_name(command.words[0]) if command.words else ""
        if program == "rm" and _empties(first, command):
            yield Undoing("caches", f"`{second.shown(index)}` {_FREES}")
            continue
        recursive = program in of_kind("owner") and first.slow and _is_recursive(command)
        if program in ("rm", "mv") or recursive:
            if created is None:
                created = _created(first)
            operands = _operands(command)
            paths = operands[:-1] if program == "mv" else operands if program == "rm" else operands[1:]
            frees = program == "rm"
            for made in created:
                if any(_covers(path, made) for path in paths):
                    yield Undoing("files", f"`{second.shown(index)}` {_FREES if frees else _REPEATS}", frees, made)


def undoes(first: RunSummary, second: RunSummary) -> str:
    """How `second` removes or rewrites what `first` created, as a sentence; "" if it does not."""
    return next((undoing.sentence for undoing in undoings(first, second)), "")


def removes_packages(first: RunSummary, last: RunSummary) -> str:
    """How `last` removes packages by name that `first` installs and keeps, as a sentence; "" if it does not."""
    packages = packages_named(cost.usage for cost in _slow(first) if cost.usage is not None)
    for index, cost in enumerate(last.costs if packages else ()):
        if cost.usage is not None and uninstalls(packages, cost.usage):
            return f"`{last.shown(index)}` {_FREES}"
    return ""


class RemovedPackages(NamedTuple):
    """The packages that one RUN installs by name, and another one removes."""

    removed: int
    installed: int
    megabytes: int
    """About how much space the removed ones take, as far as that is known."""


def removed_packages(first: RunSummary, last: RunSummary) -> RemovedPackages:
    """Which of the packages that `first` installs by name `last` removes."""
    installing = [cost.usage for cost in _slow(first) if cost.usage is not None and cost.usage.verb == "install"]
    removing = [cost.usage for cost in last.costs if cost.usage is not None and cost.usage.verb == "remove"]
    gone_of = {usage.manager.name: set[str]() for usage in installing}
    for usage in removing:
        if usage.manager.name in gone_of:
            gone_of[usage.manager.name].update(word.literal_or_text for word in usage.operands)
    removed = installed = size = 0
    for usage in installing:
        names = {word.literal_or_text.partition("=")[0] for word in usage.operands}
        groups = {option.value for option in usage.options if option.name in usage.manager.virtual}
        gone = gone_of[usage.manager.name]
        found = names if groups & gone else names & gone
        installed += len(names)
        removed += len(found)
        size += sum(megabytes(usage.manager.name, name) for name in found)
    return RemovedPackages(removed, installed, size)


def _fills_cache(first: RunSummary, cleaning: Usage) -> bool:
    """Whether a RUN fills, in the image, the cache that a clean-up command empties."""
    name = cleaning.manager.name
    used = any(cost.usage is not None and cost.usage.manager.name == name for cost in _slow(first))
    return used and not mounted(first.step, cleaning.manager.caches)


def _slow(run: RunSummary) -> list[CommandCost]:
    return [run.costs[index] for index in run.slow]


def _removes_the_rest(managers: set[str], removing: Usage) -> bool:
    """Whether `autoremove` removes whatever other commands of the same package manager left."""
    autoremove = removing.subcommand is not None and "auto" in removing.subcommand.literal_or_text
    return autoremove and not removing.operands and removing.manager.name in managers


def _empties(first: RunSummary, command: Located) -> bool:
    """Whether `rm` empties a cache of a package manager that the first RUN uses, or removes its packages' documents."""
    for cost in _slow(first):
        if cost.usage is None:
            continue
        manager = cost.usage.manager
        words = [word for word in command.words[1:] if word.literal_or_text not in _ANYTHING]
        if any(names_cache(word, manager.caches) for word in words) and not mounted(first.step, manager.caches):
            return True
        if manager.system and any(word.literal_or_text.startswith(_DOCUMENTS) for word in command.words[1:]):
            return True
    return False


def _is_recursive(command: Located) -> bool:
    return any(word.text == "--recursive" or _has_letter(word.text, "R") for word in command.words[1:])


def _operands(command: Located) -> list[str]:
    """The operands as absolute paths, with their wildcards; those that depend on a variable or `$(…)` are left out."""
    paths = []
    for word in command.words[1:]:
        path = word.literal_or_text
        if path.startswith("-") or "$" in path or "`" in path:
            continue
        absolute = _absolute(command.folder, path)
        if absolute is not None:
            paths.append(absolute)
    return paths


def _absolute(folder: str | None, path: str) -> str | None:
    if path.startswith("~"):
        return None
    if path.startswith("/"):
        return posixpath.normpath(path)
    return None if folder is None else posixpath.normpath(posixpath.join(folder, path))


def _covers(path: str, created: str) -> bool:
    """Whether removing `path`, perhaps with wildcards, removes `created`: the same path or one above it.

    `/tmp/*.tgz` covers `/tmp/a.tgz`, and `/opt/src` covers `/opt/src/lib`; `/opt/src/lib/x` does not cover `/opt/src`.
    """
    wanted = path.split("/")
    parts = created.split("/")
    if len(wanted) > len(parts) or path == "/":
        return False
    return all(have == want or fnmatchcase(have, want) for have, want in zip(parts, wanted, strict=False))


def _created(run: RunSummary) -> list[str]:
    """The paths that a RUN certainly creates by downloading, cloning or unpacking."""
    created: list[str | None] = []
    for command in run.commands:
        words = command.words
        if not words:
            continue
        program = program_name(words[0])
        for option in (*_OUTPUT.get(program, ()), *_TARGET.get(program, ())):
            value = _value(command, option)
            if value is not None:
                created.append(_absolute(command.folder, value))
        if _keeps_name(command, program):
            created += [
                _absolute(command.folder, _last_part(word.literal_or_text)) for word in words[1:] if "://" in word.text
            ]
        elif program == "git" and len(words) > 2 and words[1].value == "clone":
            created.append(_cloned(command))
    return [path for path in created if path is not None and "$" not in path and path not in _SHARED]


def _keeps_name(command: Located, program: str) -> bool:
    """Whether a download is stored under the last part of its address."""
    if program == "wget":
        return _value(command, "-O") is None and _value(command, "-P") is None
    return program == "curl" and any(_has_letter(word.text, "O") for word in command.words[1:])


def _value(command: Located, option: str) -> str | None:
    """The value of an option written as "-O file", in a cluster ("-qO file") or with "=" ("--output=file")."""
    words = command.words
    for index, word in enumerate(words[1:], 1):
        text = word.text
        following = words[index + 1] if index + 1 < len(words) else None
        if option.startswith("--"):
            if text.startswith(option + "="):
                return word.literal_or_text[len(option) + 1 :]
            if text == option:
                return following.literal_or_text if following is not None else None
        elif _has_letter(text, option[1]) and text.endswith(option[1]):
            return following.literal_or_text if following is not None else None
    return None


def _has_letter(word: str, letter: str) -> bool:
    """Whether a word is a cluster of short options with a letter: "-xzf" has "z"."""
    return word[:1] == "-" and word[:2] != "--" and letter in word


def _last_part(url: str) -> str:
    return url.partition("?")[0].rstrip("/").rpartition("/")[2]


def _cloned(command: Located) -> str | None:
    """The folder that `git clone` creates: the operand after the address, or the last part of the address."""
    operands = [word.literal_or_text for word in command.words[2:] if not word.text.startswith("-")]
    at = next((index for index, text in enumerate(operands) if "://" in text or text.startswith("git@")), -1)
    if at < 0:
        return None
    target = operands[at + 1] if at + 1 < len(operands) else _last_part(operands[at]).removesuffix(".git")
    return _absolute(command.folder, target)
