"""Commands that may install packages although they do not look like it: scripts, and `sh -c "apt-get …"`."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.shell.walk import program_name

if TYPE_CHECKING:
    from dfix.rewriter.context.folder import Context
    from dfix.rewriter.knowledge import Manager
    from dfix.rewriter.model import Model, Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.shell.nodes import Word

_MAKEFILES = ("Makefile", "makefile", "GNUmakefile")
_NO_PACKAGES = frozenset(
    "configure config Configure autogen.sh bootstrap.sh buildconf gradlew mvnw waf b2 artisan manage.py nvm.sh".split()
)
"""Scripts that build or set up a project, recognised by name."""

_INSTALLERS = ("miniconda", "anaconda", "miniforge", "mambaforge", "cmake-")
"""Prefixes of self-extracting archives that install nothing else."""

_KNOWN_INSTALLERS = (
    "sh.rustup.rs",
    "deb.nodesource.com",
    "rpm.nodesource.com",
    "nvm-sh/nvm",
    "creationix/nvm",
    "install.python-poetry.org",
    "astral.sh/uv",
    "bun.sh/install",
    "get.docker.com",
)
"""Addresses of install scripts that install no system packages, or update the package lists first."""

_SETTINGS = tuple(
    "activate env rc profile release environment conda.sh env.sh vars.sh init.sh init.bash setup.bash env-hashes .env "
    "nvm.sh functions aliases .conf .cfg sdkman-init.sh".split()
)
"""Suffixes of files that only set variables and functions when a shell sources them."""

_BINARIES = re.compile(r"/s?bin/[^/.]+$")
_CALLS_ANOTHER = re.compile(r"\.sh\b|\bsource\b|^\s*\. ", re.MULTILINE)
LARGEST_SCRIPT = 200_000
"""Bytes of a script that are read."""


@cache
def _mention(programs: frozenset[str]) -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, programs), key=len, reverse=True))
    return re.compile(rf"(?<![\w./-])(?:{names})(?![\w./-])")


def mentions(manager: Manager, words: str) -> bool:
    """Whether a text contains the name of one of a manager's commands as a word."""
    return _mention(manager.commands).search(words) is not None


def hidden_use(command: Located, manager: Manager) -> bool:
    """Whether another program's command may run the manager: `xargs apt-get install`, `sh -c "apt-get …"`."""
    if not command.words or program_name(command.words[0]) in of_kind("mentions"):
        return False
    return any(mentions(manager, word.literal_or_text) for word in command.words[1:])


def unread_script(command: Located, step: Step, manager: Manager, model: Model) -> str:
    """The script that a command runs and that may install packages with the manager, as a phrase; "" for none.

    A script in the build context is read: one that does not name the manager, or updates its lists first, is harmless.
    """
    words = command.words
    if not words:
        return ""
    program = program_name(words[0]).strip("\"'")
    if words[0].value is None and ("$" in program or "`" in program):
        return f"`{words[0].literal_or_text}`, which is not named literally"
    if program in of_kind("make"):
        return "" if _makes_without(manager, model.context) else "make, whose Makefile installs packages"
    if program == "eval":
        return "" if any("$(" in word.text or "`" in word.text for word in words[1:]) else "`eval` with variables"
    name = program
    if program in of_kind("sources"):
        name = words[1].literal_or_text.rpartition("/")[2].strip("\"'") if len(words) > 1 else ""
        if name.lower().endswith(_SETTINGS):
            return ""
    elif program in of_kind("shell"):
        operand = _script_operand(words)
        if operand is None:
            return ""
        if operand == "":
            piped = any(address in step.source_text for address in _KNOWN_INSTALLERS)
            return "" if piped else "a script that it downloads or reads from its input"
        name = operand.rpartition("/")[2].strip("\"'")
    elif not _is_script(words[0].literal_or_text, program):
        return ""
    if name in _NO_PACKAGES or name.lower().startswith(_INSTALLERS):
        return ""
    context = model.context
    return "" if context is not None and _harmless(name, manager, context) else f"the script {name}"


def _script_operand(words: tuple[Word, ...]) -> str | None:
    """The script file that a shell runs: "" for its standard input, None for commands given with `-c`."""
    for word in words[1:]:
        text = word.literal_or_text
        if not text.startswith("-"):
            return text
        if text in ("-", "-s"):
            return ""
        if not text.startswith("--") and "c" in text:
            return None
    return ""


def _is_script(path: str, program: str) -> bool:
    if program.endswith((".sh", ".bash")):
        return True
    return "/" in path and "." not in program and _BINARIES.search(path) is None


def _makes_without(manager: Manager, context: Context | None) -> bool:
    """Whether no Makefile at the context's root installs packages with the manager; a missing one does not."""
    if context is None:
        return True
    texts = [context.read(name, LARGEST_SCRIPT) or "" for name in _MAKEFILES]
    return not any(_installs(script, manager) for script in texts)


def _harmless(name: str, manager: Manager, context: Context) -> bool:
    """Whether every file with a script's name in the context is a script that installs nothing unseen."""
    candidates = [path for path in context.below("") if path.rpartition("/")[2] == name]
    for path in candidates:
        script = context.read(path, LARGEST_SCRIPT)
        if script is None or _CALLS_ANOTHER.search(script) or _installs(script, manager):
            return False
    return bool(candidates)


def _installs(script: str, manager: Manager) -> bool:
    """Whether a script uses the manager without updating its lists first."""
    first = _mention(manager.commands).search(script)
    if first is None:
        return False
    update = next((word for word, kind in manager.verbs.items() if kind == "update"), "")
    return not re.match(rf"\s+(?:-\S+\s+)*{re.escape(update)}\b", script[first.end() :])
