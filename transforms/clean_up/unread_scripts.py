"""Scripts that a command runs and whose text is not known, so that they may install packages."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Literal

from dfix.rewriter.knowledge.program_table import interprets, of_kind, row
from dfix.rewriter.knowledge.usage import usage
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.shell.nodes import Word
    from dfix.transforms.clean_up.context_scripts import ContextScripts

_NO_PACKAGES = frozenset(
    "configure config Configure autogen.sh bootstrap.sh buildconf gradlew mvnw waf b2 artisan manage.py nvm.sh "
    "setup.py install-php-extensions".split()
)
"""Scripts that build or set up a project, recognised by name."""

_INSTALLERS = ("miniconda", "anaconda", "miniforge", "mambaforge", "cmake-")
"""Prefixes of self-extracting archives that install nothing else."""

_SETTINGS = tuple(
    "activate env rc profile release environment conda.sh env.sh vars.sh init.sh init.bash setup.bash env-hashes .env "
    "nvm.sh virtualenvwrapper.sh functions aliases .conf .cfg sdkman-init.sh".split()
)
"""Suffixes of files that only set variables and functions when a shell sources them."""

_BINARIES = expression(r"/s?bin/[^/.]+$")
_CALLS = expression(
    r"(?:^|[;&|({`]|\b(?:then|do|else|exec|sudo|bash|sh|source)\s|(?<!\S)\.\s)[ \t]*([^\s;&|()`=]+\.(?:sh|bash)\b)",
    re.MULTILINE,
)
"""The scripts that a shell script runs, as far as their names end like those of scripts."""
_SUBSTITUTED = expression(r"[\"']?(?:\$\((?!\().*\)|`.*`)[\"']?", re.DOTALL)
_DOWNLOADS = expression(r"(?:^|[\s(`;&|\"'])(?:curl|wget)\s")
_DOWNLOAD_PIPED = expression(r"\b(?:curl|wget)\b[^\n|;&]*\|[^\n|;&]*\b(?:python[\d.]*|perl|php|ruby|node)\b")
_ASKS_ABOUT_ITSELF = frozenset(("--version", "version", "-version", "-v", "-V", "--help", "-h"))
_DOWNLOADED = "a script that it downloads or reads from its input"
_READS_FILE = expression(r"(?:^|[\s(`|;&\"'])(?:cat|curl|wget|base64|head|tail|sed|awk)\s")


def unread_script(command: Located, step: Step, scripts: ContextScripts) -> str:
    """The script that a command runs and whose text is not known, as a phrase; "" for none.

    Scripts that only build a project or set variables are told by their names, where the context does not have them.
    """
    words = command.words
    if not words:
        return ""
    program = program_name(words[0]).strip("\"'")
    whole = words[0].value is None and _SUBSTITUTED.fullmatch(words[0].literal_or_text) is not None
    if whole and _DOWNLOADS.search(words[0].literal_or_text):
        return "" if _is_known(step) else _DOWNLOADED
    if _runs_code(program) and any(map(_is_download, _given(command))):
        return "" if _is_known(step) else _DOWNLOADED
    substituted = "$(" in words[0].literal_or_text  # a folder in it is not that of the program
    if words[0].value is None and (substituted or "$" in program or "`" in program):
        return f"`{words[0].literal_or_text}`, which is not named literally"
    if program == "eval":
        return _evaluated(command, step, scripts)
    script = _script(words)
    if interprets(program) and _reads_input(words) and _DOWNLOAD_PIPED.search(step.source_text):
        script = ""
    if script == "":
        return "" if _is_known(step) else _DOWNLOADED
    if script is None:
        return _from_elsewhere(command, step, scripts)
    is_program = script is words[0]
    files = scripts.program(command, step) if is_program else scripts.named(script.literal_or_text, command.folder)
    if files:
        return next((f"the script {path}" for path in files if scripts.text(path) is None), "")
    name = program_name(script).strip("\"'")
    sets_only = program in of_kind("sources") and name.lower().endswith(_SETTINGS)
    harmless = sets_only or _builds_only(name) or _comes_from_known(name, scripts)
    is_tool = is_program and name in of_kind("tool")
    return "" if harmless or is_tool else f"the script {name}"


def _from_elsewhere(command: Located, step: Step, scripts: ContextScripts) -> str:
    """A program that a command finds by its name alone, and that a download or another image brought.

    For an interpreter, that is the file that it is given.
    """
    words = command.words
    name = words[0].literal_or_text
    if interprets(program_name(words[0])):
        return _downloaded_file(command, scripts)
    if _asks_about_itself(words):
        return ""
    known = words[0].value is None or "/" in name or row(name) is not None or usage(words) is not None
    if known or name in _NO_PACKAGES or not scripts.placed.made.comes_from_elsewhere(name):
        return ""
    if _comes_from_known(name, scripts):
        return ""
    return "" if scripts.program(command, step) else f"{name}, a program from another image or a download"


def _downloaded_file(command: Located, scripts: ContextScripts) -> str:
    """The file that an interpreter is given and that only a download brings: `python3 install.py`."""
    for word in command.words[1:]:
        name = program_name(word).strip("\"'")
        if word.text.startswith("-") or not scripts.placed.made.addresses(name):
            continue
        if (
            _builds_only(name)
            or _comes_from_known(name, scripts)
            or scripts.named(word.literal_or_text, command.folder)
        ):
            return ""
        return f"the downloaded file {name}"
    return ""


def _comes_from_known(name: str, scripts: ContextScripts) -> bool:
    """Whether each download of a name is from an address whose scripts install no packages without an update."""
    addresses = scripts.placed.made.addresses(name)
    return bool(addresses) and all(any(known in address for known in of_kind("installer")) for address in addresses)


def _asks_about_itself(words: tuple[Word, ...]) -> bool:
    return len(words) == 2 and words[1].text in _ASKS_ABOUT_ITSELF


def _runs_code(program: str) -> bool:
    """Whether a program runs what it is given as a word: `python3 -c …`, `bash <(…)`."""
    return interprets(program) or program in of_kind("shell") or program in of_kind("sources")


def _given(command: Located) -> Iterator[str]:
    """What an interpreter may be given to run: its options' values, its first operand, and what its redirects read."""
    for word in command.words[1:]:
        yield word.text
        if not word.text.startswith("-"):
            break
    yield from (r.target.text for r in command.command.redirects if r.op in ("<", "<<<") and r.target is not None)


def _is_download(word: str) -> bool:
    """Whether a word is nothing but the output of a download: `"$(curl …)"`, `<(curl …)`."""
    return (word.startswith("<(") or _SUBSTITUTED.fullmatch(word) is not None) and _DOWNLOADS.search(word) is not None


def _is_known(step: Step) -> bool:
    """Whether a step downloads from an address whose scripts install no packages without an update."""
    return any(address in step.source_text for address in of_kind("installer"))


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


def _reads_input(words: tuple[Word, ...]) -> bool:
    """Whether an interpreter is given no file, so that it runs what it reads."""
    first = next((text for word in words[1:] if (text := word.literal_or_text)[:1] != "-" or text in ("-", "--")), "-")
    return first in ("-", "--") and not any(re.match(r"-\w*[cemr]", word.text) for word in words[1:])


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
