"""What a `chmod` of files that it names does: which modes it writes, and what becomes of a file's mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.model.commands import Located

_OCTAL = expression(r"0*(?P<bits>[0-7]{3})")
_CLAUSE = expression(r"(?P<who>[ugoa]*)(?P<sign>[+=-])(?P<bits>[rwxX]*)")
_WHO = {"u": 0o700, "g": 0o070, "o": 0o007, "a": 0o777}
_BITS = {"r": 0o444, "w": 0o222, "x": 0o111}
_UMASK = 0o022
"""The umask of a build, which a mode without `u`, `g`, `o` or `a` leaves alone."""
_OPTION = expression(r"--.*|-[^\WRHLPcfvh]*[RHLPcfvh]\w*")
_HARMLESS = frozenset(("-v", "-c", "-f", "--verbose", "--changes", "--silent", "--quiet", "--"))


class ModeChange(NamedTuple):
    """A `chmod` of named files."""

    mode: str
    paths: tuple[str, ...]
    """Absolute, or starting with `*/` for a path in an unknown home."""


def mode_change(command: Located) -> ModeChange | None:
    """What `chmod MODE a b` changes.

    None for any other command, for `-R` and other options, and where it is not known which files it names.
    """
    words = command.words
    if not words or words[0].value != "chmod" or len(words) != len(command.command.words):
        return None
    if command.command.redirects or command.command.assigns or command.loops:
        return None
    rest = [word for word in words[1:] if word.literal_or_text not in _HARMLESS]
    if len(rest) < 2 or rest[0].value is None or _OPTION.fullmatch(rest[0].value):
        return None
    names = [word for word in rest[1:] if word.value is not None or not any(mark in word.text for mark in "*?[{~`")]
    paths = [path for word in names if (path := named_by(command, word)) is not None]
    if len(paths) < len(rest) - 1 or any(word.literal_or_text.startswith("-") for word in names):
        return None
    return ModeChange(rest[0].value, tuple(paths))


def is_absolute(mode: str) -> bool:
    """Whether a mode says all bits, whatever the file's mode was."""
    return _OCTAL.fullmatch(mode) is not None


def resulting_mode(mode: str, before: int) -> int | None:
    """The mode of a file with the mode `before` after `chmod MODE`; None for modes that are more than permissions.

    >>> [oct(resulting_mode(mode, 0o644)) for mode in ("0755", "+x", "u+x", "a=r,u+w", "go-r", "u=rwX")]
    ['0o755', '0o755', '0o744', '0o644', '0o600', '0o644']
    >>> resulting_mode("4755", 0o644), resulting_mode("u+s", 0o644), resulting_mode("g=u", 0o644)
    (None, None, None)
    """
    octal = _OCTAL.fullmatch(mode)
    if octal is not None:
        return int(octal["bits"], 8)
    now = before
    for clause in mode.split(","):
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            return None
        whose = 0o777 & ~_UMASK
        if match["who"]:
            whose = 0
            for letter in match["who"]:
                whose |= _WHO[letter]
        bits = 0
        for letter in match["bits"]:
            bits |= (_BITS["x"] if now & 0o111 else 0) if letter == "X" else _BITS[letter]
        if match["sign"] == "-":
            now &= ~(bits & whose)
        elif match["sign"] == "+":
            now |= bits & whose
        else:
            cleared = whose if match["who"] else 0o777
            now = (now & ~cleared) | (bits & whose)
    return now
