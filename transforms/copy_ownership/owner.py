"""The owner that a `chown` gives, as `COPY --chown` writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.effects.given_owner import given_owner
from dfix.rewriter.model.values_in_force import values_in_force
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located

_PART = r"(?:[A-Za-z0-9_-]+|\$[A-Za-z_]\w*|\$\{[A-Za-z_]\w*\})"
_OWNER = expression(rf"(?P<user>{_PART})?(?::(?P<group>{_PART})?)?")
_NAME = expression(r"\$\{?(\w+)\}?")
_VALUE = expression(r"[A-Za-z0-9_-]+")
_OF_THE_SHELL = frozenset(("UID", "EUID", "PPID", "GROUPS", "USER", "LOGNAME"))
"""Variables that a shell may set itself: Bash, also as `sh`, ignores the UID of an ARG."""


class Owner(NamedTuple):
    """The owner that files get."""

    flag: str
    """As the value of `--chown`, always with a group: without one, builders differ."""
    sets_both: bool
    """Whether the `chown` names user and group; else each file keeps the other, which is root's after a COPY."""
    named: bool
    """Whether a user or group is looked up by name, so that it has to exist when the COPY runs."""


def owner_given(step: Step, command: Located) -> Owner:
    """What a `chown` gives. Raises LeaveAlone where `COPY --chown` may give something else."""
    given = given_owner(command)
    text = given.owner.literal_or_text.strip('"') if given is not None else ""
    match = _OWNER.fullmatch(text)
    is_quoted = given is not None and given.owner.value is not None and "$" in text
    if match is None or not any(match.groups()) or is_quoted:
        what = f"dfix does not know which owner `{shown(command)}` gives"
        raise LeaveAlone("unclear-owner", what, "write the owner as `user:group`, or with numbers")
    user, group = match.groups()
    if text.endswith(":"):
        what = f"`{shown(command)}` gives the group of the user's account"
        raise LeaveAlone("unclear-owner", what, "name the group: `user:group`")
    values = [_value(step, command, part) for part in (user, group) if part is not None]
    named = not all(value.isdigit() for value in values)
    return Owner(f"{user or 0}:{group or 0}", user is not None and group is not None, named)


def _value(step: Step, command: Located, part: str) -> str:
    """A user or group with its variable replaced, as an ordinary build has it."""
    match = _NAME.fullmatch(part)
    if match is None:
        return part
    name = match[1]
    value = values_in_force(step, command).get(name, "") if name in step.env and name not in command.assigned else ""
    if name in _OF_THE_SHELL or not _VALUE.fullmatch(value):
        what = f"`{shown(command)}` names {part}, whose value is not known before the build"
        raise LeaveAlone("variable", what, "give its ARG a default, or write the owner literally")
    return value
