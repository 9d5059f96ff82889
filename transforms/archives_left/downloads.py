"""What a command downloads into a file, and which archive a command unpacks: by the words that name them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.knowledge.archive_tools import download_programs
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dfix.rewriter.knowledge.archive_tools import DownloadProgram
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.shell.nodes import Word

_PLAIN = expression(r"(?:[\w./:@%+=,~-]|\$(?=\w)|\$\{\w+\})+")
"""A path without patterns and substitutions; variables are the same text in all commands of a RUN."""
_PACKAGES = {
    "dpkg": ((".deb",), ("-i", "--install")),
    "apt": ((".deb",), ("install",)),
    "apt-get": ((".deb",), ("install",)),
    "rpm": ((".rpm",), ("-i", "-U", "-ivh", "-Uvh", "-ihv", "-Uhv", "--install", "--upgrade")),
    "yum": ((".rpm",), ("install", "localinstall")),
    "dnf": ((".rpm",), ("install", "localinstall")),
}
"""Programs that install packages from files: how those are called, and with which word they do."""


def text_of(word: Word) -> str | None:
    """The text of a word without its quotes; None if it is not one path."""
    text = word.text
    quote = text[:1]
    if len(text) > 1 and text[-1] == quote and (quote == '"' or (quote == "'" and "$" not in text)):
        text = text[1:-1]
    if not _PLAIN.fullmatch(text) or text.startswith("-"):
        return None
    return text.removeprefix("./")


def downloaded(command: Located) -> str | None:
    """The path of the one file that a command downloads, as its words say it; None for none."""
    program = download_programs().get(program_name(command.words[0])) if command.words else None
    if program is None or len(command.words) != len(command.command.words):
        return None
    written = [one.target for one in command.command.redirects if one.op in (">", ">|") and one.target is not None]
    options = list(_options(program, command.words[1:]))
    if any(name in program.unclear for name, _ in options):
        return None
    addresses = [word for name, word in options if not name and word is not None and "://" in word.text]
    named = [word for name, word in options if name in program.output and word is not None]
    if len(addresses) != 1 or len(named) + len(written) > 1:
        return None
    if named or written:
        return text_of((named or written)[0])
    if program.by_address and not any(name in program.by_address for name, _ in options):
        return None
    address = text_of(addresses[0])
    return None if address is None or "?" in address else address.rpartition("/")[2] or None


def _options(program: DownloadProgram, words: Sequence[Word]) -> Iterator[tuple[str, Word | None]]:
    """The options with their value, if that is a word of its own; operands have no name."""
    at = 0
    while at < len(words):
        word, text = words[at], words[at].text
        at += 1
        following = words[at] if at < len(words) else None
        if text.startswith("--"):
            name, sign, _ = text.partition("=")
            takes = not sign and (name in program.long_values or name in program.output)
            yield (name if not (sign and name in program.output) else "-J"), following if takes else None
            at += takes
        elif text.startswith("-") and len(text) > 1:
            letters = "" if text.startswith("-n") and not program.by_address else text[1:]
            for index, letter in enumerate(letters):
                takes = letter in program.values
                last = index == len(letters) - 1
                glued = takes and not last and f"-{letter}" in program.output
                yield ("-J" if glued else f"-{letter}"), following if takes and last else None
                at += takes and last
                if takes:
                    break
        else:
            yield "", word


def unpacked(command: Located) -> Word | None:
    """The word that names the archive which a command unpacks, or the package that it installs; None for none."""
    words = command.words
    program = program_name(words[0]) if words else ""
    if program in ("tar", "bsdtar"):
        return _of_tar(words[1:])
    if program == "unzip":
        first = next((word for word in words[1:] if not word.text.startswith("-")), None)
        return first if first is not None and (text_of(first) or "").endswith((".zip", ".jar", ".war")) else None
    endings, says = _PACKAGES.get(program, ((), ()))
    if endings and any(word.text in says for word in words[1:]):
        files = [word for word in words[1:] if (text_of(word) or "").endswith(tuple(endings))]
        return files[0] if len(files) == 1 else None
    return None


def _of_tar(words: Sequence[Word]) -> Word | None:
    """The archive of a `tar` that unpacks."""
    extracts = False
    archive: Word | None = None
    for at, word in enumerate(words):
        text = word.text
        following = words[at + 1] if at + 1 < len(words) else None
        if text.startswith("--"):
            extracts = extracts or text in ("--extract", "--get")
            archive = following if text == "--file" else archive
        elif text.startswith("-") or at == 0:
            letters = text.lstrip("-")
            extracts = extracts or "x" in letters
            if letters.endswith("f") or (at == 0 and not text.startswith("-") and "f" in letters):
                archive = following
            if "t" in letters.partition("C")[0] or "c" in letters:
                return None
    return archive if extracts and archive is not None and text_of(archive) is not None else None
