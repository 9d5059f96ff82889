"""What a single command costs and leaves behind, as far as its words tell for certain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from dfix.rewriter.knowledge.usage import Usage, usage
from dfix.rewriter.shell.walk import program_name

if TYPE_CHECKING:
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.shell.nodes import Word

Cost = Literal["nothing", "quick", "light", "slow"]

SYSTEM = frozenset(("apt", "apk", "dnf", "yum", "microdnf", "zypper"))
"""The package managers of distributions."""

_FILES = "mkdir rmdir chmod chown chgrp ln touch rm mv cp install truncate mkfifo tee"
_ACCOUNTS = (
    "groupadd useradd adduser addgroup groupmod usermod passwd chpasswd chage userdel groupdel deluser delgroup gpasswd"
)
_SETTINGS = (
    "a2enmod a2dismod a2ensite a2dissite a2enconf a2disconf phpenmod phpdismod php5enmod php5dismod ldconfig "
    "docker-php-ext-enable update-alternatives alternatives dpkg-divert setcap crudini openstack-config update-locale "
    "update-rc.d chkconfig rc-update debconf-set-selections apt-mark"
)
_QUICK = frozenset(f"{_FILES} {_ACCOUNTS} {_SETTINGS}".split())
_PRINT = frozenset(
    "echo printf cat ls pwd date id whoami groups test [ true false : which type command uname arch hostname env "
    "printenv stat head tail grep egrep fgrep wc sort uniq cut tr sed awk readlink realpath basename dirname getent "
    "expr seq diff cmp nproc yes locale".split()
)
"""Programs that leave nothing behind unless their output is redirected (`sed` unless it edits in place)."""

_STATE = frozenset(
    "cd pushd popd export unset umask set exit return shift shopt ulimit break continue trap alias unalias readonly "
    "declare typeset local".split()
)
"""What changes the shell alone."""

_UNITS = frozenset(("enable", "disable", "mask", "unmask", "set-default"))
_HAS_CONFIG = frozenset("git npm yarn pnpm pip pip3 composer bundle poetry conda".split())
_UNPACK = frozenset("tar unzip gunzip gzip bunzip2 bzip2 unxz xz 7z cpio".split())
INSTALLS_BY_UNPACKING = _UNPACK | {"dpkg"}
"""Programs whose light work may put other programs into place."""

_REPOSITORY = {
    "apt-key": "apt",
    "add-apt-repository": "apt",
    "apt-add-repository": "apt",
    "debconf-set-selections": "apt",
    "yum-config-manager": "yum",
    "dnf-config-manager": "dnf",
}
"""Programs that set up a package manager, and which."""

_PREPARED_AT = (
    ("/etc/apt/", "apt"),
    ("/var/lib/apt/", "apt"),
    ("/usr/share/keyrings/", "apt"),
    ("/etc/dpkg/", "apt"),
    ("/etc/yum", "yum"),
    ("/etc/pki/rpm-gpg/", "yum"),
    ("/etc/dnf/", "dnf"),
    ("/etc/apk/", "apk"),
    ("/etc/zypp/", "zypper"),
)
_SETUP_SCRIPTS = ("://deb.nodesource.com/setup", "://rpm.nodesource.com/setup")
_FEEDS = frozenset(("curl", "wget", "gpg", "echo", "printf", "cat", "tee", "bash", "sh", "sed", "gunzip", "tr"))
_QUESTION = re.compile(
    r"\$\(\s*(?:uname|arch|whoami|which|date|nproc|lsb_release|id|basename|dirname|readlink|pwd|echo|printf|hostname"
    r"|getent|command -v|dpkg --print-architecture|rpm -E)\b[^()`;&|]*\)"
)
_NOWHERE = frozenset(("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"))
_WRITES = frozenset((">", ">>", ">|", "&>", "&>>"))


class Kind(NamedTuple):
    """What a command is.

    `cost` is "nothing" for what leaves no file behind, "quick" for what takes no time, "light" for what empties
    caches, removes packages, unpacks an archive or fetches a repository's key, and "slow" for all else. `usage` is
    the command's use of a package manager; `prepares` names the manager whose settings it changes.
    """

    cost: Cost
    usage: Usage | None = None
    prepares: str = ""


def kind(command: Located, feeds: bool) -> Kind:
    """What a command is. `feeds` says that it is part of a pipeline that ends in a package manager's settings."""
    words = command.words
    if _runs_another(command):
        return Kind("slow", usage(words))
    writes = any(
        redirect.op in _WRITES and redirect.target is not None and redirect.target.text not in _NOWHERE
        for redirect in command.command.redirects
    )
    if not words:
        return Kind("quick" if writes else "nothing")
    found = usage(words)
    if found is not None and not _is_config(words):
        return _managed(found)
    program = program_name(words[0])
    if words[0].value is None:
        return Kind("slow")
    if program == "dpkg":
        return _dpkg(words)
    if program == "rpm":
        return _rpm(words)
    changed = prepares(command)
    cost = "quick" if writes and program in _PRINT else _cost(program, words)
    if cost == "slow" and feeds and program in _FEEDS:
        cost = "light"
    return Kind(cost, None, changed)


def _cost(program: str, words: tuple[Word, ...]) -> Cost:
    if program in _QUICK:
        return "slow" if program == "cp" and _copies_trees(words) else "quick"
    if program in _PRINT:
        return "quick" if program == "sed" and _in_place(words) else "nothing"
    if program in _STATE:
        return "nothing"
    if _is_config(words) or (program == "systemctl" and len(words) > 1 and words[1].value in _UNITS):
        return "quick"
    return "light" if program in _UNPACK or program in _REPOSITORY else "slow"


def prepares(command: Located) -> str:
    """The package manager whose settings a command changes, "" for none."""
    words = command.words
    if words:
        program = program_name(words[0])
        if program in _REPOSITORY:
            return _REPOSITORY[program]
        if program in ("curl", "wget"):
            script = any(address in word.text for word in words[1:] for address in _SETUP_SCRIPTS)
            if script:
                return "apt" if any("://deb." in word.text for word in words[1:]) else "yum"
        elif program in _PRINT and program != "sed":
            words = ()
    targets = [redirect.target for redirect in command.command.redirects if redirect.op in _WRITES]
    for word in (*words[1:], *targets):
        if word is not None:
            written = word.literal_or_text
            for folder, manager in _PREPARED_AT:
                if written.startswith(folder):
                    return manager
    return ""


def _runs_another(command: Located) -> bool:
    """Whether a word holds a command substitution that is no quick question ("$(uname -m)")."""
    for word in (*command.command.words, *command.command.assigns):
        written = word.text
        if ("$(" in written or "`" in written or "<(" in written) and word.value is None:
            rest = _QUESTION.sub("", written)
            if "$(" in rest or "`" in rest or "<(" in rest:
                return True
    return False


def _managed(found: Usage) -> Kind:
    if found.verb == "clean":
        return Kind("light", found)
    if found.manager.name in SYSTEM:
        if found.verb == "remove":
            return Kind("light", found)
        if found.verb == "query":
            return Kind("nothing", found)
        if found.verb == "" and found.subcommand is not None and found.subcommand.value == "config-manager":
            return Kind("light", None, found.manager.name)
    return Kind("slow", found)


def _is_config(words: tuple[Word, ...]) -> bool:
    return len(words) > 2 and words[1].value == "config" and program_name(words[0]) in _HAS_CONFIG


def _dpkg(words: tuple[Word, ...]) -> Kind:
    if any(word.value == "--add-architecture" for word in words[1:]):
        return Kind("quick", None, "apt")
    return Kind("light" if any(word.value in ("-i", "--install") for word in words[1:]) else "slow")


def _rpm(words: tuple[Word, ...]) -> Kind:
    """A key, or the small package that names a repository ("epel-release-latest-8.noarch.rpm")."""
    if any(word.value == "--import" for word in words[1:]):
        return Kind("light", None, "yum")
    packages = [word.literal_or_text for word in words[1:] if not word.text.startswith("-")]
    if packages and all("release" in package.rpartition("/")[2] for package in packages):
        return Kind("light", None, "yum")
    return Kind("slow")


def _copies_trees(words: tuple[Word, ...]) -> bool:
    for word in words[1:]:
        written = word.literal_or_text
        if written in ("--recursive", "--archive"):
            return True
        if written[:1] == "-" and written[:2] != "--" and any(letter in written for letter in "rRa"):
            return True
    return False


def _in_place(words: tuple[Word, ...]) -> bool:
    for word in words[1:]:
        written = word.literal_or_text
        if written.startswith("--in-place") or (written[:1] == "-" and written[:2] != "--" and "i" in written):
            return True
    return False
