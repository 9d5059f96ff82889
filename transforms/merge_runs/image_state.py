"""What the builder does between two RUNs, so that the second finds something else than in the same RUN."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import of_kind, row
from dfix.rewriter.shell.walk import commands, program_name
from dfix.transforms.merge_runs.run_summary import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.knowledge.program_table import Leaves
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.shell.nodes import Command, Word
    from dfix.transforms.merge_runs.run_summary import Work

_ENGINE_FILES = re.compile(r"/etc/(?:hosts|resolv\.conf|hostname)\b")
_KERNEL_FILES = ("/proc/", "/sys/", "/dev/shm", "/dev/mqueue")
_DEVICES = re.compile(r"/dev/(?:null|zero|full|random|urandom|tty|stdin|stdout|stderr|fd)\b")
_ACCOUNT_FILES = re.compile(r"/etc/(?:passwd|group)(?![-\w])")
_EXPANSION = re.compile(r"\$\{[^}]*\}|\$\([^)]*\)|\$\w+|`[^`]*`")
_SHELL_FILES = frozenset(("/bin/sh", "/usr/bin/sh", "/bin/bash", "/usr/bin/bash", "/bin/dash", "/bin/ash"))
_STARTS_WITH = frozenset(("start", "restart", "reload", "isolate"))
_DETACHES = frozenset(("--daemonize", "--daemon", "--background", "--fork", "-daemonize", "-daemon"))
_WRITABLE = frozenset(("rw", "rw=true", "readwrite", "readwrite=true", "readonly=false", "ro=false"))
_NO_WORKDIR = ("/tmp/", "/etc/", "/var/lib/", "/var/cache/", "/var/log/", "/var/tmp/", "/usr/share/", "/usr/bin/",
               "/usr/lib/", "/usr/sbin/", "/usr/include/", "/usr/local/bin/", "/usr/local/lib/", "/usr/local/share/",
               "/usr/local/include/", "/bin/", "/sbin/", "/lib/", "/root/.")  # fmt: skip
"""Folders below which no image has its working folder by default."""


def stays_the_same(first: Work) -> None:
    """Raise LeaveAlone where what follows the RUN of `first` would find something else without a new container."""
    for command in commands(first.step.script):
        _mounted_by_the_engine(command)
        _still_runs(command)
        _account(command, first.step)
    for located in first.commands:
        _shell_replaced(located)
        _hard_link(located)
        _workdir_gone(located, first.step)


def _leaves(program: str, what: Leaves) -> bool:
    known = row(program)
    return known is not None and what in known.leaves


def keeps_mounts(step: Step) -> None:
    """Raise LeaveAlone for a mount whose content is gone at the end of each RUN."""
    for mount in step.mounts:
        if mount.kind == "tmpfs":
            raise LeaveAlone("mount", f"the tmpfs mount at {mount.target} is empty again at the start of each RUN")
    for flag in step.instruction.flags:
        if flag.name == "mount" and flag.value is not None:
            keys = {part.strip().lower() for part in flag.value.split(",")}
            if keys & _WRITABLE:
                raise LeaveAlone("mount", "what is written to a bind mount is gone at the end of each RUN")


def _words(command: Command) -> Iterator[str]:
    for word in command.words:
        yield word.literal_or_text
    for redirect in command.redirects:
        if redirect.target is not None:
            yield redirect.target.literal_or_text


def _mounted_by_the_engine(command: Command) -> None:
    name = program_name(command.words[0]) if command.words else ""
    if _leaves(name, "kernel"):
        raise LeaveAlone("fresh-each-run", f"what `{shown(command)}` sets is gone at the end of its RUN")
    targets = {redirect.target.literal_or_text for redirect in command.redirects if redirect.target is not None}
    for word in _words(command):
        if _ENGINE_FILES.search(word):
            raise LeaveAlone(
                "fresh-each-run", f"`{shown(command)}` names a file that the builder mounts anew for each RUN"
            )
        # a link's text is not read
        if name == "ln" and word not in targets:
            continue
        if word.startswith(_KERNEL_FILES) or (word.startswith("/dev/") and not _DEVICES.match(word)):
            raise LeaveAlone("fresh-each-run", f"`{shown(command)}` names {word}, which is new in each RUN")


def _still_runs(command: Command) -> None:
    """A program that stays in the background, so that it would still run during what follows."""
    names = [program_name(word) for word in command.words]
    if not names:
        return
    starts = _leaves(names[0], "process") or (
        names[0] in ("sudo", "env", "exec") and any(_leaves(name, "process") for name in names[1:3])
    )
    if names[0] == "systemctl" or command.words[0].text.startswith(("/etc/init.d/", "/etc/rc.d/")):
        starts = any(name in _STARTS_WITH for name in names[1:])
    if not starts and any(name in ("systemctl", "/etc/init.d") for name in names[1:3]):
        starts = any(name in _STARTS_WITH for name in names[1:])
    if not starts:
        starts = any(word.text.startswith("/etc/init.d/") for word in command.words) and bool(_STARTS_WITH & set(names))
    if starts or _DETACHES & set(names):
        raise LeaveAlone("still-runs", f"what `{shown(command)}` starts would go on running during what follows")


def _account(command: Command, step: Step) -> None:
    """The builder looks up user, groups and home at the start of each RUN."""
    names = [program_name(word) for word in command.words]
    if any(_leaves(name, "account") for name in names[:3]):
        operand = command.words[-1].literal_or_text
        if names[0] == "sudo" or operand in ("root", "0", (step.user or "").partition(":")[0]) or "$" in operand:
            raise LeaveAlone("shell-start", f"`{shown(command)}` changes the user that the next RUN starts as")
    if any(_ACCOUNT_FILES.search(word) for word in _words(command)):
        raise LeaveAlone(
            "shell-start", f"`{shown(command)}` names a file in which the builder looks up the next RUN's user"
        )


def _shell_replaced(located: Located) -> None:
    words = located.words
    if not words:
        return
    name = program_name(words[0])
    replaces = name in of_kind("replaces") and any(word.literal_or_text in _SHELL_FILES for word in words[1:])
    in_bin = (
        name == "ln"
        and located.folder in ("/bin", "/usr/bin")
        and any(w.literal_or_text in ("sh", "bash") for w in words[1:])
    )
    reconfigured = name in ("dpkg-reconfigure", "debconf-set-selections") and any("dash" in word.text for word in words)
    asked = any("dash/sh" in word.text for word in (*located.command.words,)) or any("binsh" in w.text for w in words)
    if replaces or in_bin or reconfigured or asked:
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
        raise LeaveAlone("hard-link", f"`{shown(located.command)}` makes a hard link, which a new layer may part")


def _workdir_gone(located: Located, step: Step) -> None:
    """The builder makes the working folder again where it is missing."""
    words = located.words
    if not words or not _removes_folders(words):
        return
    operands = [word.literal_or_text for word in words[1:] if not word.text.startswith("-")]
    # a script that stays where it starts is in the working folder
    moves = any(program_name(word) in ("cd", "pushd", "popd") for c in commands(step.script) for word in c.words[:1])
    folder = located.folder if moves else step.workdir or "?"
    for path in operands[:-1] if program_name(words[0]) == "mv" else operands:
        if _may_be_workdir(path, folder, step.workdir):
            why = "may remove the working folder, which the next RUN makes again"
            raise LeaveAlone("workdir", f"`{shown(located.command)}` {why}")


def _removes_folders(words: tuple[Word, ...]) -> bool:
    name = program_name(words[0])
    if name == "rm":
        return any(word.text.startswith("-") and "r" in word.text.lower() for word in words[1:])
    return name in ("rmdir", "mv")


def _may_be_workdir(path: str, folder: str | None, workdir: str | None) -> bool:
    """Whether a path, perhaps with wildcards, may be the working folder or one above it."""
    unknown = workdir is None or not workdir.startswith("/")
    parts = [] if workdir is None or unknown else workdir.rstrip("/").split("/")
    path = _EXPANSION.sub("*", path.replace('"', ""))
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
