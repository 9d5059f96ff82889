"""Whether a command may run with the new owner in place, and whether it may run before the copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.commands import chain
from dfix.rewriter.model.effects import effects, only_adds
from dfix.rewriter.model.effects.added_mode import given_mode
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.effects.given_owner import given_owner
from dfix.rewriter.model.paths import overlaps, within
from dfix.rewriter.neighbours.folders import may_be_near
from dfix.rewriter.neighbours.image_links import copy_with_links, leads_to, other_links
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dfix.rewriter.context.folder import Context
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located
    from dfix.transforms.copy_ownership.copies import Bringing

_PLAIN_MODE = expression(r"0?[0-7]{3}|[ugoa]*[+=-][rwxX]+(?:,[ugoa]*[+=-][rwxX]+)*")
"""Modes without set-user-ID, set-group-ID or sticky bits, which a `chown` would take from a file."""
_ACCOUNTS = ("/etc/passwd", "/etc/group")
_MAKES_FOLDERS = expression(r"-(?:p|v|pv|vp)|--parents|--verbose")


def is_account(command: Located) -> bool:
    """Whether a command only adds a user or a group."""
    return bool(command.words) and program_name(command.words[0]) in of_kind("adds-accounts")


def touches(command: Located, paths: Sequence[str], step: Step, context: Context | None) -> str:
    """Why it may matter to a command of a RUN who owns the files below `paths`, as a clause; "" if it does not."""
    name = f"`{shown(command)}` on line {step.instruction.line}"
    if not command.words:
        return "" if not command.command.redirects else f"{name} writes a file"
    if _gives_plain_mode(command):
        return ""
    found = effects(command)
    if found.anything:
        return f"{name} may read or change the copied files"
    if usage(command.words) is not None:
        return f"{name} may add users or files"
    if is_account(command) or any(overlaps(place.path, file) for place in found.writes for file in _ACCOUNTS):
        return f"{name} changes the users"
    program = program_name(command.words[0])
    removes = program in of_kind("removes")  # root may, whoever owns the file
    places = (*(() if program == "ln" else found.reads), *(() if removes else found.writes))
    for place in places:
        if may_be_near(place, paths) or _is_led_near(command, place.path, paths, step, context):
            return f"{name} {place.verb} {place.shown}"
    return ""


def _is_led_near(command: Located, place: str, paths: Sequence[str], step: Step, context: Context | None) -> bool:
    """Whether links that earlier steps make or bring may lead a path below one of `paths`."""

    def is_near(path: str) -> bool:
        return any(overlaps(path, owned) for owned in paths)

    links = other_links(step, command)
    return leads_to(links, is_near, place) or copy_with_links(place, step, context, is_near) is not None


def _gives_plain_mode(command: Located) -> bool:
    """Whether it is a `chmod` of named files, without the bits that a `chown` takes away."""
    given = given_mode(command)
    if given is None or command.command.redirects or len(command.words) != len(command.command.words):
        return False
    return _PLAIN_MODE.fullmatch(given.mode) is not None and None not in given.paths


def cannot_go_before(command: Located, copies: Sequence[Bringing], existing: Sequence[str]) -> str:
    """Why a command of the same RUN cannot run before the copies, as a clause; "" if it can.

    `existing` are destinations that are folders before the copies.
    """
    destinations = [to.destination for to in copies]
    owner = given_owner(command)
    if owner is not None and not any(overlaps(path, to) for path in owner.paths for to in destinations):
        return ""
    if command.command.redirects or len(command.words) != len(command.command.words):
        return f"`{shown(command)}` may need the copied files"
    if is_account(command):
        return adding_account_touches(command, destinations)
    if command.words and program_name(command.words[0]) == "mkdir":
        return _mkdir_cannot(command, copies, existing)
    return f"`{shown(command)}` may need the copied files"


def adding_account_touches(command: Located, paths: Iterable[str]) -> str:
    """Which file below `paths` a command that adds an account may read or write, as a clause; "" for none."""
    found = effects(command)
    if found.anything:
        return f"`{found.shown}` {found.anything}"
    for path in paths:
        if overlaps(path, "/home") or overlaps(path, "/etc"):
            return f"`{found.shown}` may use {path}"
        for place in (*found.reads, *found.writes):
            if may_be_near(place, (path,)):
                return f"`{found.shown}` {place.verb} {place.shown}"
    return ""


def stores_again(command: Located, paths: Sequence[str]) -> bool:
    """Whether a command changes all files below `paths`: `chmod -R`."""
    if not command.words or program_name(command.words[0]) != "chmod":
        return False
    options = {word.literal_or_text for word in command.words if word.literal_or_text.startswith("-")}
    is_recursive = any(option == "--recursive" or (option[1:2] != "-" and "R" in option) for option in options)
    return is_recursive and any(within(path, place.path) for place in effects(command).writes for path in paths)


def _mkdir_cannot(command: Located, copies: Sequence[Bringing], existing: Sequence[str]) -> str:
    found = effects(command)
    options = [word.literal_or_text for word in command.words[1:] if word.literal_or_text.startswith("-")]
    if found.anything or not options or not all(map(_MAKES_FOLDERS.fullmatch, options)) or not only_adds(command):
        return f"`{found.shown}` may need the copied files"
    for place in found.writes:
        for to in copies:
            if not within(place.path, to.destination):
                continue
            unknown = to.copy is None or to.copy.brought.context_path_of(place.path) is not None
            if unknown or to.destination not in existing:
                line = f"the {to.step.keyword} on line {to.step.instruction.line}"
                return f"`{found.shown}` makes a folder where {line} copies to"
    return ""


def check_plain(step: Step, command: Located) -> None:
    """Raise LeaveAlone where a command is no element of a plain chain, or where its RUN has flags."""
    instruction = step.instruction
    name = f"`{shown(command)}`"
    if chain(step.script) is None or command.depth or instruction.heredocs:
        raise LeaveAlone("not-a-chain", f"{name} is not an element of a plain `&&` chain")
    if instruction.flags:
        flag = instruction.text[instruction.flags[0].span.start : instruction.flags[0].span.end]
        raise LeaveAlone("mount", f"the RUN of {name} has {flag}")
