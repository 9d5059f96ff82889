"""What the builder resets between two RUNs, so that the second would find another state if it shared a RUN."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import of_kind, row
from dfix.rewriter.neighbours.accounts import user_stays
from dfix.rewriter.neighbours.cache_removals import caches_of, only_removes
from dfix.rewriter.neighbours.run_summary import shown
from dfix.rewriter.neighbours.touched_paths import possible_paths, touches
from dfix.rewriter.shell.state import CHANGES_FOLDER
from dfix.rewriter.shell.walk import commands, invoked, program_name
from dfix.rewriter.shell.wrappers import starters
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dfix.rewriter.knowledge.program_table import Leaves
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.neighbours.run_summary import RunSummary
    from dfix.rewriter.shell.nodes import Command, Word

_ENGINE_FILES = ("/etc/hosts", "/etc/resolv.conf", "/etc/hostname")
_KERNEL_FOLDERS = expression(r"/(?:proc|sys|dev)(?:/|$)")
_MAY_BE_KERNELS = expression(r"proc|sys|dev")
_DEVICES = expression(r"/dev/(?:null|zero|full|random|urandom|tty|stdin|stdout|stderr|fd)(?:/|$)")
"""What every container has, so that using it changes nothing."""
_EXPANSION = expression(r"\$\{[^}]*\}|\$\([^)]*\)|\$\w+|`[^`]*`")
_SHELL_FILES = frozenset(("/bin/sh", "/usr/bin/sh", "/bin/bash", "/usr/bin/bash", "/bin/dash", "/bin/ash"))
_STARTS_WITH = frozenset(("start", "restart", "reload", "isolate"))
_SERVICE_SCRIPTS = ("/etc/init.d/", "/etc/rc.d/")
_DETACHES = frozenset(("--daemonize", "--daemon", "--background", "--fork", "-daemonize", "-daemon"))
_WRITABLE = frozenset(("rw", "rw=true", "readwrite", "readwrite=true", "readonly=false", "ro=false"))
_NO_WORKDIR = ("/tmp/", "/etc/", "/var/lib/", "/var/cache/", "/var/log/", "/var/tmp/", "/usr/share/", "/usr/bin/",
               "/usr/lib/", "/usr/sbin/", "/usr/include/", "/usr/local/bin/", "/usr/local/lib/", "/usr/local/share/",
               "/usr/local/include/", "/bin/", "/sbin/", "/lib/", "/root/.")  # fmt: skip
"""Folders that contain no image's default working directory."""


def stays_the_same(first: RunSummary) -> None:
    """Raise LeaveAlone where the next script relies on a new container after the RUN of `first`."""
    for command in commands(first.step.script):
        _still_runs(command)
    caches = caches_of(first)
    for located in first.commands:
        paths = possible_paths(located.command, located.folder)
        _mounted_by_the_engine(located.command, located.folder, paths)
        user_stays(located, paths, first.step)
        _shell_replaced(located, paths)
        _hard_link(located)
        if not only_removes(located, caches):
            _workdir_gone(located, first.step)


def _leaves(program: str, what: Leaves) -> bool:
    program_row = row(program)
    return program_row is not None and what in program_row.leaves


def keeps_mounts(step: Step) -> None:
    """Raise LeaveAlone for a mount whose content is discarded when its RUN ends."""
    for mount in step.mounts:
        if mount.kind == "tmpfs":
            raise LeaveAlone("mount", f"the tmpfs mount at {mount.target} starts empty in every RUN")
    for flag in step.instruction.flags:
        if flag.name == "mount" and flag.value is not None:
            keys = {part.strip().lower() for part in flag.value.split(",")}
            if keys & _WRITABLE:
                raise LeaveAlone("mount", "writes to a bind mount are discarded when its RUN ends")


def _words(command: Command) -> Iterator[str]:
    for word in command.words:
        yield word.literal_or_text
    for redirect in command.redirects:
        if redirect.target is not None:
            yield redirect.target.literal_or_text


def _mounted_by_the_engine(command: Command, folder: str | None, paths: Iterable[str]) -> None:
    name = program_name(command.words[0]) if command.words else ""
    if _leaves(name, "kernel"):
        raise LeaveAlone("fresh-each-run", f"what `{shown(command)}` sets lasts only until its RUN ends")
    is_written = any(file in word for word in _words(command) for file in _ENGINE_FILES)
    uses = "uses" if is_written else touches(paths, _ENGINE_FILES)
    if uses:
        raise LeaveAlone("fresh-each-run", f"`{shown(command)}` {uses} a file that BuildKit mounts fresh for every RUN")
    if not _MAY_BE_KERNELS.search(" ".join((folder or "", *_words(command)))):
        return
    # `ln -s /proc/1/fd/1 /var/log/x` only stores the path
    stored = _link_targets(command) if name == "ln" else []
    written = [redirect.target.literal_or_text for redirect in command.redirects if redirect.target is not None]
    for word in (*written, *_words(command)):
        if word in stored and word not in written:
            continue
        path = posixpath.normpath(posixpath.join(folder or "", word.strip("\"'"))) if word else ""
        path = path[1:] if path.startswith("//") else path
        changed = name in of_kind("entries") and word not in written
        if _KERNEL_FOLDERS.match(path) and (changed or not _DEVICES.match(path)):
            told = word if "/" in word else path
            raise LeaveAlone("fresh-each-run", f"`{shown(command)}` uses {told}, which is new in every RUN")


def _link_targets(command: Command) -> list[str]:
    """The operands of `ln` whose paths are only stored: all but the last one, or all after `-t`."""
    words = [word.literal_or_text for word in command.words[1:]]
    operands = [word for word in words if not word.startswith("-")]
    if any(word.startswith(("-t", "--target-directory")) for word in words) or len(operands) == 1:
        return [word for word in operands if not word.startswith("/dev")]
    return operands[:-1]


def _still_runs(command: Command) -> None:
    """Raise LeaveAlone for a program that stays in the background, like `service x start`."""
    words = invoked(command)
    if not words:
        return
    names = [program_name(word) for word in words]
    # a wrapper is still there where it has an unknown option
    programs = names if names[0] in starters() else names[:1]
    if "systemctl" in programs or any(word.text.startswith(_SERVICE_SCRIPTS) for word in words):
        starts = not _STARTS_WITH.isdisjoint(names)
    else:
        starts = any(_leaves(name, "process") for name in programs)
    if starts or _DETACHES & set(names):
        raise LeaveAlone(
            "still-runs", f"what `{shown(command)}` starts would still be running while the next commands run"
        )


def _shell_replaced(located: Located, paths: Iterable[str]) -> None:
    words = located.words
    if not words:
        return
    name = program_name(words[0])
    replaces = name in of_kind("replaces") and touches(paths, _SHELL_FILES) == "uses"
    reconfigured = name in ("dpkg-reconfigure", "debconf-set-selections") and any("dash" in word.text for word in words)
    asked = any("dash/sh" in word.text for word in (*located.command.words,)) or any("binsh" in w.text for w in words)
    if replaces or reconfigured or asked:
        raise LeaveAlone("shell-start", f"`{shown(located.command)}` changes the shell that the next RUN starts with")


def _hard_link(located: Located) -> None:
    words = located.words
    if not words or program_name(words[0]) not in of_kind("hard-links"):
        return
    options = [word.literal_or_text for word in words[1:] if word.text.startswith("-")]
    short = "".join(option[1:] for option in options if not option.startswith("--"))
    if program_name(words[0]) == "cp":
        hard = "l" in short or "--link" in options
    else:
        hard = "s" not in short and "--symbolic" not in options
    if hard:
        raise LeaveAlone(
            "hard-link", f"`{shown(located.command)}` makes a hard link, which a new layer may turn into two files"
        )


def _workdir_gone(located: Located, step: Step) -> None:
    """Raise LeaveAlone for a command that may remove the working directory, which the builder recreates."""
    words = located.words
    if not words or not _removes_folders(words):
        return
    operands = [word.literal_or_text for word in words[1:] if not word.text.startswith("-")]
    # a script without `cd` runs in the working directory
    moves = any(program_name(word) in CHANGES_FOLDER for c in commands(step.script) for word in c.words[:1])
    folder = located.folder if moves else step.workdir or "?"
    for path in operands[:-1] if program_name(words[0]) == "mv" else operands:
        if _may_be_workdir(path, folder, step.workdir):
            removes = f"`{shown(located.command)}` may remove the working directory"
            raise LeaveAlone("workdir", f"{removes}, which the builder recreates for the next RUN")


def _removes_folders(words: tuple[Word, ...]) -> bool:
    name = program_name(words[0])
    if name == "rm":
        return any(word.text.startswith("-") and "r" in word.text.lower() for word in words[1:])
    return name in ("rmdir", "mv")


def _may_be_workdir(path: str, folder: str | None, workdir: str | None) -> bool:
    """Whether a path, perhaps with wildcards, may be the working directory or a folder above it.

    With WORKDIR /srv/app, `/srv`, `/s*/app` and `$DIR` may; `/srv/app/tmp`, `/opt` and `./tmp` may not. Where WORKDIR
    is unknown, every path may, except below folders that no image starts in (`/tmp/x`).
    """
    unknown = workdir is None or not workdir.startswith("/")
    parts = [] if workdir is None or unknown else workdir.rstrip("/").split("/")
    path = _EXPANSION.sub("*", path.replace('"', ""))
    # `$DIR/app` and `~/app`: only the last part is known, and any part of WORKDIR may be it
    if path.startswith(("*", "~")):
        last = path.rstrip("/").rpartition("/")[2]
        if last == path or "*" in last:
            return True
        return not last.startswith(".") if unknown else any(fnmatchcase(part, last) for part in parts)
    if not path.startswith("/"):
        if folder is None or ".." in path.split("/") or path in (".", "./"):
            return True
        path = posixpath.join(folder, path)
    path = posixpath.normpath(path)
    if unknown:
        return path.startswith("/") and not path.startswith(_NO_WORKDIR)
    wanted = path.split("/")
    return 0 < len(wanted) <= len(parts) and all(map(fnmatchcase, parts, wanted))
