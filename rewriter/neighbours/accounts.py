"""Changes of the user that a RUN starts as: the builder looks up that user, its groups and its home for each RUN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import of_kind, row
from dfix.rewriter.neighbours.run_summary import shown
from dfix.rewriter.neighbours.touched_paths import touches
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located

_FILES = ("/etc/passwd", "/etc/group")
_NAMED = expression(r"/etc/(?:passwd|group)(?![-\w])")
_APART = expression(r"[=,:]")
_OTHERS = frozenset(
    "-g --gid -G --groups --ingroup -h --home -d --home-dir -s --shell -c --comment --gecos -b --base-dir -k "
    "--skel".split()
)
"""Options of programs that add accounts whose value is not the account."""


def user_stays(command: Located, paths: Iterable[str], step: Step) -> None:
    """Raise LeaveAlone for a command that may change the user, the groups or the home that the next RUN starts with.

    `paths` are those that the command may stand for.
    """
    written = command.command
    if _changes_user(command, step):
        raise LeaveAlone("shell-start", f"`{shown(written)}` changes the user that the next RUN starts as")
    is_written = any(_NAMED.search(word.literal_or_text) for word in written.words)
    uses = "uses" if is_written else touches(paths, _FILES)
    if uses:
        told = f"`{shown(written)}` {uses} a file in which the builder looks up the user of the next RUN"
        raise LeaveAlone("shell-start", told)


def _changes_user(command: Located, step: Step) -> bool:
    words = command.command.words
    names = [program_name(word) for word in words[:3]]
    rows = [row(name) for name in names]
    adds = not of_kind("adds-accounts").isdisjoint(names)
    if not adds and not any(found is not None and "account" in found.leaves for found in rows):
        return False
    last = words[-1].literal_or_text
    if not adds and ("$" in last or (names[0] == "sudo" and step.user is None)):
        return True
    user, _, group = (step.user or "root").partition(":")
    in_force = {user, group, "root" if user == "0" else user, "0" if user == "root" else user} - {""}
    return not in_force.isdisjoint(_accounts([word.literal_or_text for word in words], adds=adds))


def _accounts(words: list[str], *, adds: bool) -> Iterator[str]:
    """The users and groups that a command's words name, and the numbers that it gives to new ones."""
    for at, word in enumerate(words[1:], 1):
        name, sign, value = word.partition("=")
        if word.startswith("-"):
            if sign and (not adds or name == "--uid"):
                yield from _APART.split(value)
        elif not adds or words[at - 1] not in _OTHERS:
            yield from _APART.split(word)
