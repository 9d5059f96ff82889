"""Which RUNs look at nothing that a COPY of the application brings, whatever the COPY is."""

from __future__ import annotations

import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.dockerfile import Instruction, Trivia
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.early_steps import named_installs
from dfix.rewriter.knowledge.program_table import row
from dfix.rewriter.knowledge.project import project_install
from dfix.rewriter.knowledge.version_managers import version_managers
from dfix.rewriter.layout.copy_lines import block
from dfix.rewriter.model import Model, Step
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.effects import Effects, effects
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.image_text import everything_before
from dfix.rewriter.model.images import repository
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_FLAGS = frozenset(("mount", "network"))
_MOUNTS = frozenset(("cache", "secret", "ssh", "tmpfs"))
_ROOT = frozenset(("", "root", "0"))
_OF_ORDER = expression(
    r"\b(?:after|before|order|last|must|above|below|bust\w*|invalidat\w*|(?:do not|don't) (?:move|cache))\b"
    r"|\bstep\s*\d|^#+\s*\d+[.):]",
    re.IGNORECASE | re.MULTILINE,
)
"""What a comment says that ties its RUN to its place."""


class EarlyCommand(NamedTuple):
    """A command with what it reads and writes."""

    located: Located
    effects: Effects


class EarlyRun(NamedTuple):
    """A RUN all of whose commands dfix knows."""

    step: Step
    commands: tuple[EarlyCommand, ...]
    title: str
    """The command that is worth the move; "" where all are quick."""

    @property
    def leaves_files(self) -> bool:
        """Whether any of its commands does more than print."""
        return any(command.effects.cost != "nothing" for command in self.commands)


def costly(step: Step) -> str:
    """The command of a RUN that installs what is named, or downloads something, for messages; "" for none."""
    found = ""
    for command in located(step):
        used = usage(command.words)
        is_install = used is not None and used.manager.system and used.verb == "install"
        named = _is_named_install(command) and project_install(command.words) is None
        if is_install or named or _downloads(command):
            if used is None or used.verb != "update":
                return shown(command)
            found = found or shown(command)
    return found


def early_run(model: Model, step: Step) -> EarlyRun:
    """The RUN with what its commands do. Raises LeaveAlone where it may depend on its place."""
    line = step.instruction.line
    _check_flags(step)
    if step.script.opaque:
        raise LeaveAlone("unread-script", f"dfix does not read the RUN on line {line}: {step.script.opaque}")
    user = (step.user or "").partition(":")[0]
    if user not in _ROOT:
        reason = f"the RUN on line {line} runs as {user}, whose home may be where the copied files are"
        raise LeaveAlone("setting", reason, "install packages before USER")
    comment = _OF_ORDER.search(_comments(model, step))
    if comment is not None:
        reason = f"a comment of the RUN on line {line} says `{comment[0].strip()}`, and may be about its place"
        raise LeaveAlone("comment", reason, "move it above the copy yourself, if it may go there")
    _check_comment_below(model, step)
    commands = tuple(map(_known, located(step, conditions=True)))
    if not commands:
        raise LeaveAlone("unread-script", f"the RUN on line {line} has no command")
    for command in commands:
        _check_language(step, command)
    return EarlyRun(step, commands, costly(step))


def _check_flags(step: Step) -> None:
    line = step.instruction.line
    for flag in step.instruction.flags:
        if flag.name not in _FLAGS:
            raise LeaveAlone("mount", f"the RUN on line {line} has --{flag.name}, with which it may see other files")
    for mount in step.mounts:
        if mount.kind not in _MOUNTS:
            raise LeaveAlone("mount", f"the RUN on line {line} mounts files of the build context or another stage")


def _comments(model: Model, step: Step) -> str:
    """The comment above a RUN, and those within it."""
    instruction = step.instruction
    above = block(model.tree, instruction)
    text = model.source.text
    within = (text[span.start : span.end].strip() for span in instruction.comments)
    return "\n".join([text[above.span.start : instruction.span.start], *within])


def _check_comment_below(model: Model, step: Step) -> None:
    """Raises LeaveAlone for a comment right below a RUN that belongs to no other instruction."""
    nodes = model.tree.nodes
    at = nodes.index(step.instruction) + 1
    last = at
    while last < len(nodes) and _is(nodes[last], "comment"):
        last += 1
    if last > at and (last == len(nodes) or _is(nodes[last], "blank")):
        reason = f"the comment below the RUN on line {step.instruction.line} would not move with it"
        raise LeaveAlone("comment", reason, "move the comment above the RUN")


def _is(node: Trivia | Instruction, kind: str) -> bool:
    return isinstance(node, Trivia) and node.kind == kind


def _check_language(step: Step, command: EarlyCommand) -> None:
    """Raises LeaveAlone where an install of a language's packages may follow files of the working folder."""
    used = usage(command.located.words)
    if used is None or used.manager.system or command.effects.cost != "slow":
        return
    text = everything_before(step)
    for manager in version_managers():
        if manager.is_named_in(text):
            reason = f"{manager.name} may choose the version for `{command.effects.shown}` by a copied file"
            raise LeaveAlone("setting", reason)
    image = repository(step.stage.base.image)[0]
    if used.manager.module and "/" in image:
        reason = f"{image} may set PYTHONPATH, so `{command.effects.shown}` may import copied files"
        raise LeaveAlone("base-image", reason)


def _known(command: Located) -> EarlyCommand:
    """The command with its effects. Raises LeaveAlone where these are not known well enough."""
    found = effects(command)
    way_out = "give the packages and downloads a RUN of their own, above the copy"
    if found.anything:
        raise LeaveAlone("needs-copy", f"`{found.shown}` {found.anything}", way_out)
    if "process" in found.leaves:
        raise LeaveAlone("needs-copy", f"`{found.shown}` starts a program that may read the copied files", way_out)
    used = usage(command.words)
    if used is not None and found.cost == "slow" and not used.asks and not _is_named_install(command):
        raise LeaveAlone("needs-copy", f"`{found.shown}` may look into the current folder", way_out)
    return EarlyCommand(command, found)


def _is_named_install(command: Located) -> bool:
    used = usage(command.words)
    install = None if used is None else named_installs().get(used.manager.name)
    return used is not None and install is not None and install.covers(used)


def _downloads(command: Located) -> bool:
    """Whether it is a download by curl or wget, or an installer that the table of programs describes."""
    if not command.words or usage(command.words) is not None:
        return False
    program = row(program_name(command.words[0]))
    return program is not None and program.network and program.operands == "urls"
