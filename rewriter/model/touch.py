"""Whether a command may read or write files that a COPY brought: decided from its words, never guessed.

`brought(path)` tells whether an absolute image path is one that a COPY brings, holds one below it, or lies above
one. A command is free of the tree only when every path that it names is known and none is brought.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from dfix.rewriter.knowledge import usage
from dfix.rewriter.model.commands import Located
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.shell.walk import has_substitution, program_name

_NAMES_ONLY = frozenset(
    "echo printf true false : groupadd useradd adduser addgroup groupmod usermod passwd chpasswd locale-gen ldconfig "
    "update-ca-certificates update-alternatives corepack export set umask dpkg-reconfigure sleep exit id whoami "
    "apt-key add-apt-repository dpkg-divert nproc uname hostname date".split()
)
"""Programs whose operands are no paths of files that they read, apart from absolute ones (checked)."""

_PATHS = frozenset(
    "mkdir chmod chown chgrp ln rm cp mv touch cat test [ [[ rmdir install stat ls virtualenv readlink realpath".split()
)
"""Programs that touch just the paths that they name."""

_FIRST_IS_NO_PATH = frozenset(("chmod", "chown", "chgrp"))

_SYSTEM = frozenset(
    "apt-get apt aptitude apt-cache apt-mark apk dnf yum microdnf zypper tdnf pacman dpkg-query rpm-query".split()
)
"""System package managers: a package's name is no path; a local package file is written with a slash."""

_GLOB = re.compile(r"[*?\[]")
_PLAIN = re.compile(r"[\w./-]*")
_NAME = re.compile(r"\$\{?(\w+)\}?")
_PLAIN_WITH_NAMES = re.compile(r"(?:[\w./-]|\$\w+|\$\{\w+\})*")

_VERSION_ASKED = (["--version"], ["-v"], ["-V"], ["version"])


def touches(located: Located, brought: Callable[[str], bool]) -> str:
    """Why the command may touch a brought file, as a phrase; "" when it certainly does not."""
    words = located.words
    shown = _shown(located)
    if has_substitution(located.command):
        return f"`{shown}` runs a command within it"
    redirected = _redirect(located, brought)
    if redirected:
        return redirected
    if not words:
        return ""
    name = words[0].value
    if name is None:
        return f"`{shown}` runs a program that is not named literally"
    program = program_name(words[0])
    operands = list(words[1:])
    if program == "cd" or [word.text for word in operands] in _VERSION_ASKED:
        return ""
    if program in _SYSTEM:
        return _absolute_only(located, operands, brought, slash_is_path=True)
    if program in _NAMES_ONLY:
        return _absolute_only(located, operands, brought, slash_is_path=False)
    if program.startswith("python") and [word.text for word in operands[:2]] == ["-m", "venv"]:
        return _paths(located, program, operands[2:], brought)
    if program in _PATHS:
        return _paths(located, program, operands, brought)
    if _installs_elsewhere(program, [word.text for word in operands]) or _empties_caches(words):
        return ""
    return f"`{shown}` may read the copied files"


def _installs_elsewhere(program: str, arguments: list[str]) -> bool:
    """An install of named packages that looks at no project: `npm install -g x`, `pip install x==1`."""
    operands = [word for word in arguments if not word.startswith("-")]
    if program == "npm":
        anywhere = any(word in ("-g", "--global") for word in arguments)
        return (anywhere and len(operands) > 1 and not _any_path(operands)) or operands[:1] in (["config"], ["cache"])
    if program == "yarn":
        return operands[:1] in (["global"], ["cache"]) and not _any_path(operands)
    if program == "pnpm":
        return any(word in ("-g", "--global") for word in arguments) and len(operands) > 1 and not _any_path(operands)
    if program.startswith("pip") or program == "pip":
        reads_files = any(
            word.startswith(("-r", "-c", "-e", "--requirement", "--constraint", "--editable", "-t", "-f"))
            for word in arguments
        )
        return operands[:1] == ["install"] and not reads_files and not _any_path(operands)
    return program == "gem" and operands[:1] == ["install"] and not _any_path(operands)


def _empties_caches(words: tuple[Word, ...]) -> bool:
    """`npm cache clean --force`, `conda clean --all`: what a package manager keeps for itself."""
    found = usage(words)
    return found is not None and found.verb == "clean" and not _any_path([word.text for word in found.operands])


def _any_path(operands: list[str]) -> bool:
    return any(
        word == "."
        or word.startswith(("./", "../", "/", "~", "file:"))
        or "$" in word
        or word.endswith((".whl", ".tgz", ".tar.gz", ".zip", ".gem"))
        for word in operands
    )


def _redirect(located: Located, brought: Callable[[str], bool]) -> str:
    for redirect in located.command.redirects:
        if redirect.target is None or redirect.op.endswith("&") or (redirect.op in (">&", "<&")):
            continue
        path = _resolved(located, redirect.target)
        if path is None or (not path.startswith("/dev/") and brought(path)):
            return f"`{_shown(located)}` reads or writes {redirect.target.text}"
    return ""


def _absolute_only(
    located: Located, operands: list[Word], brought: Callable[[str], bool], *, slash_is_path: bool
) -> str:
    for word in operands:
        value = word.value if word.value is not None else word.text
        path = value.partition("=")[2] if value.startswith("-") and "=" in value else value
        local = (slash_is_path and path.startswith(("./", "../"))) or (
            slash_is_path and path.endswith((".deb", ".rpm", ".apk"))
        )
        matched = _resolved(located, word) if word.value is None and _GLOB.search(word.text) else None
        if matched is not None and brought(matched):
            return f"`{_shown(located)}` names {word.text}, a pattern that may match the copied files"
        if local or (path.startswith("/") and brought(posixpath.normpath(path))):
            return f"`{_shown(located)}` names {word.text}"
    return ""


def _paths(located: Located, program: str, operands: list[Word], brought: Callable[[str], bool]) -> str:
    paths = [
        word
        for word in operands
        if not word.text.startswith("-") and word.text not in ("]", "]]", "!", "=", "==", "!=", "&&", "||", "(", ")")
    ]
    if program in _FIRST_IS_NO_PATH:
        paths = paths[1:]
    if program == "ln" and any(word.text.startswith("-") and "s" in word.text for word in operands):
        paths = paths[1:]  # a symbolic link's text is not read
    for word in paths:
        path = _resolved(located, word)
        if path is None:
            return f"`{_shown(located)}` names {word.text}, which is not known before the build"
        if brought(path):
            return f"`{_shown(located)}` touches {word.text}"
    return ""


def _resolved(located: Located, word: Word) -> str | None:
    """The absolute path that a word names; a glob counts as the folder it stands in."""
    value = word.value if word.value is not None else _with_env(located, word.text)
    if value is None:
        if "$" in word.text or "`" in word.text or word.text.startswith("~") or "'" in word.text or '"' in word.text:
            return None
        value = word.text[: min(word.text.find(mark) for mark in "*?[{" if mark in word.text)].rpartition("/")[0] or (
            "/" if word.text.startswith("/") else "."
        )
    if value.startswith("/"):
        return posixpath.normpath(value)
    folder = located.folder
    return None if folder is None else posixpath.normpath(posixpath.join(folder, value))


def _with_env(located: Located, text: str) -> str | None:
    """A word of plain text and `$NAME`s that ENV set to known values; None for any other."""
    bare = text[1:-1] if text[:1] == text[-1:] == '"' and len(text) > 1 else text
    if not _PLAIN_WITH_NAMES.fullmatch(bare):
        return None
    values = [located.env.get(match[1]) for match in _NAME.finditer(bare)]
    if not values or any(value is None or not _PLAIN.fullmatch(value) for value in values):
        return None
    return _NAME.sub(lambda match: str(located.env[match[1]]), bare)


def _shown(located: Located) -> str:
    text = " ".join(word.text for word in located.command.words) or " ".join(w.text for w in located.command.assigns)
    return text if len(text) <= 60 else text[:57] + "…"
