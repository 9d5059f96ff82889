"""Scripts that a command runs and whose text is not known, so that they may install packages."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Literal

from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.shell.walk import program_name

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.shell.nodes import Word
    from dfix.transforms.clean_up.context_scripts import ContextScripts

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
    "nvm.sh virtualenvwrapper.sh functions aliases .conf .cfg sdkman-init.sh".split()
)
"""Suffixes of files that only set variables and functions when a shell sources them."""

_BINARIES = re.compile(r"/s?bin/[^/.]+$")
_CALLS = re.compile(
    r"(?:^|[;&|({`]|\b(?:then|do|else|exec|sudo|bash|sh|source)\s|(?<!\S)\.\s)[ \t]*([^\s;&|()`=]+\.(?:sh|bash)\b)",
    re.MULTILINE,
)
"""The scripts that a shell script runs, as far as their names end like those of scripts."""
_READS_FILE = re.compile(r"(?:^|[\s(`|;&\"'])(?:cat|curl|wget|base64|head|tail|sed|awk)\s")


def unread_script(command: Located, step: Step, scripts: ContextScripts) -> str:
    """The script that a command runs and whose text is not known, as a phrase; "" for none.

    Scripts that only build a project or set variables are told by their names, where the context does not have them.
    """
    words = command.words
    if not words:
        return ""
    program = program_name(words[0]).strip("\"'")
    if words[0].value is None and ("$" in program or "`" in program):
        return f"`{words[0].literal_or_text}`, which is not named literally"
    if program == "eval":
        return _evaluated(command, step, scripts)
    script = _script(words)
    if script == "":
        piped = any(address in step.source_text for address in _KNOWN_INSTALLERS)
        return "" if piped else "a script that it downloads or reads from its input"
    if script is None:
        return ""
    is_program = script is words[0]
    files = scripts.program(command, step) if is_program else scripts.named(script.literal_or_text, command.folder)
    if files:
        return next((f"the script {path}" for path in files if scripts.text(path) is None), "")
    name = program_name(script).strip("\"'")
    sets_only = program in of_kind("sources") and name.lower().endswith(_SETTINGS)
    return "" if sets_only or _builds_only(name) else f"the script {name}"


def _script(words: tuple[Word, ...]) -> Word | Literal[""] | None:
    """The word that names the script which a command runs: "" for its standard input, None for no script."""
    program = program_name(words[0]).strip("\"'")
    if program in of_kind("sources"):
        return words[1] if len(words) > 1 else None
    if program in of_kind("shell"):
        return _script_operand(words)
    return words[0] if _is_script(words[0].literal_or_text, program) else None


def unread_in(path: str, scripts: ContextScripts) -> str:
    """A script that a shell script of the context runs and that the context does not have; "" for none."""
    name = posixpath.basename(path)
    if not name.endswith((".sh", ".bash")) and ("." in name or "akefile" in name):
        return ""
    for called in _CALLS.findall(scripts.text(path) or ""):
        callee: str = posixpath.basename(called.strip("\"'"))
        if (
            not _builds_only(callee)
            and not callee.lower().endswith(_SETTINGS)
            and not scripts.named_by(called, posixpath.dirname(path))
        ):
            return callee
    return ""


def _builds_only(name: str) -> bool:
    """Whether a script is known, by its name, to install no packages of the system."""
    return name in _NO_PACKAGES or name.lower().startswith(_INSTALLERS)


def _evaluated(command: Located, step: Step, scripts: ContextScripts) -> str:
    """Why the text that `eval` runs is unknown: it is in a variable, or in a file that the context does not have."""
    text = " ".join(word.text for word in command.words[1:])
    if "$(" not in text and "`" not in text:
        return "`eval` with variables" if "$" in text else ""
    if not _READS_FILE.search(text):
        return ""
    named = scripts.named_by(text, "")
    return "" if named and all(scripts.text(path) is not None for path in named) else "`eval` with the text of a file"


def _script_operand(words: tuple[Word, ...]) -> Word | Literal[""] | None:
    """The script file that a shell runs: "" for its standard input, None for commands given with `-c`."""
    for word in words[1:]:
        text = word.literal_or_text
        if not text.startswith("-"):
            return word
        if text in ("-", "-s"):
            return ""
        if not text.startswith("--") and "c" in text:
            return None
    return ""


def _is_script(path: str, program: str) -> bool:
    if program.endswith((".sh", ".bash")):
        return True
    return "/" in path and "." not in program and _BINARIES.search(path) is None
