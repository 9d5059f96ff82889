"""Where in a RUN a clean-up command goes, and the text that puts it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.layout.chain import after_lines, after_part
from dfix.rewriter.model.cache_use import Filling, Use
from dfix.rewriter.model.commands import chain
from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Pipeline
from dfix.rewriter.shell.walk import commands, program_name

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.shell.nodes import Node, Script, Statement
    from dfix.rewriter.text.source import Edit

_HINT = "join its commands with `&&`"
_FINDS_PROGRAMS = ("PATH=", "HOME=", "LD_")
_ENDS_SHELL = frozenset(("exit", "exec", "return"))


def clean_up_edit(step: Step, filling: Filling) -> Edit:
    """Add the manager's clean-up command to a RUN.

    A command of the manager itself (`npm cache clean`) follows its last use, since what comes behind may remove the
    manager; a plain `rm` comes last, since what stands between may use the lists.
    """
    script = step.script
    if any(redirect.body is not None for command in commands(script) for redirect in command.redirects):
        raise LeaveAlone("heredoc", "its script holds a heredoc of its own")
    by_itself = filling.runs_itself
    command = _command(filling, by_itself=by_itself)
    parts = chain(script)
    if by_itself or "~" in command:
        _found_everywhere(filling)
    if by_itself:
        _stays(filling)
    if parts is not None:
        return _in_chain(step, filling, parts, command, by_itself=by_itself)
    if step.body is None:
        raise LeaveAlone("not-a-chain", f"{_why_no_chain(script)}; a clean-up is only added to a chain of `&&`", _HINT)
    return _in_lines(step, filling, command, by_itself=by_itself)


def _command(filling: Filling, *, by_itself: bool) -> str:
    """The clean-up with the manager's program and `sudo` as the author writes them."""
    last = filling.fills[-1]
    words = filling.clean_up.append.split(" ")
    if by_itself:
        words[0] = last.at.words[0].text
    return " ".join([*_sudo(last), *words])


def _found_everywhere(filling: Filling) -> None:
    """Raise LeaveAlone where the manager may not be found where its clean-up would stand."""
    last = filling.fills[-1]
    program = last.at.words[0].text
    command = last.at.command
    for word in (*command.assigns, *command.words[: len(command.words) - len(last.at.words)]):
        if word.text.startswith(_FINDS_PROGRAMS):
            raise LeaveAlone("program-changes", f"`{last.shown}` has {word.text.partition('=')[0]} set for it alone")
    relative = "/" in program and program[0] not in "/$~\"'"
    if relative and (last.order != filling.uses[-1].order or last.at.depth):
        raise LeaveAlone("program-changes", f"`{program}` is a path that depends on the folder it is used in")


def _stays(filling: Filling) -> None:
    """Raise LeaveAlone where the last thing that the manager does is to replace or to remove itself."""
    last, manager = filling.uses[-1], filling.manager
    if not any(last.usage.has(project.everywhere) for project in manager.projects):
        return
    if any(word.literal_or_text.partition("@")[0] in manager.commands for word in last.usage.operands):
        raise LeaveAlone("program-changes", f"`{last.shown}` replaces or removes {manager.name} itself")


def _sudo(use: Use) -> list[str]:
    """`sudo` with its options, as it stands in front of the program; other wrappers are not for the clean-up."""
    before = use.at.command.words[: len(use.at.command.words) - len(use.at.words)]
    for at, word in enumerate(before):
        if program_name(word) == "sudo":
            return [w.text for w in before[at:] if "=" not in w.text or w.text.startswith("-")]
    return []


def _in_chain(step: Step, filling: Filling, parts: tuple[Node, ...], command: str, *, by_itself: bool) -> Edit:
    for use in filling.fills:
        part = parts[use.at.part]
        # what a subshell sets, a PATH perhaps, is gone behind it
        if not _runs_as_a_whole(part) or (by_itself and isinstance(part, Compound) and part.kind == "subshell"):
            raise LeaveAlone("not-a-chain", f"`{use.shown}` stands within {_named(part)}")
    last = filling.uses[-1].at.part if by_itself else len(parts) - 1
    ending = _ends_shell(parts[: last + 1])
    if ending:
        raise LeaveAlone("exit", f"`{ending}` may end the script before a clean-up")
    return after_part(step.instruction, step.script, last, command)


def _in_lines(step: Step, filling: Filling, command: str, *, by_itself: bool) -> Edit:
    """In a heredoc, a line of its own does where a command that fails ends the script."""
    statements = step.script.statements
    if not step.stops_on_error and not _sets_errexit(statements):
        raise LeaveAlone("no-errexit", "its heredoc does not begin with `set -e`, so it goes on when a command fails")
    if any(statement.terminator == "&" for statement in statements):
        raise LeaveAlone("still-runs", "it leaves a command in the background")
    holders = [_holder(statements, use) for use in filling.fills]
    for use, holder in zip(filling.fills, holders, strict=True):
        if isinstance(statements[holder].node, Compound):
            raise LeaveAlone("not-a-chain", f"`{use.shown}` stands within {_named(statements[holder].node)}")
    at = max(_holder(statements, use) for use in filling.uses) if by_itself else len(statements) - 1
    last = statements[at].node
    if not isinstance(last, Command) and not (isinstance(last, Pipeline) and not last.negated):
        raise LeaveAlone("no-errexit", "the line that a clean-up would follow may fail without ending the script")
    ending = _ends_shell([statement.node for statement in statements[: at + 1]])
    if ending:
        raise LeaveAlone("exit", f"`{ending}` may end the script before a clean-up")
    return after_lines(step.instruction.text, step.script, at, command)


def _runs_as_a_whole(node: Node) -> bool:
    """Whether an element of a chain runs all its commands or fails: no branch, loop, `||` or `;` within it."""
    if not isinstance(node, Compound):
        return True
    if node.kind not in ("subshell", "group") or len(node.body) != 1:
        return False
    inner = node.body[0].node
    if not isinstance(inner, AndOr):
        return _runs_as_a_whole(inner)
    return all(o.text == "&&" for o in inner.operators) and all(map(_runs_as_a_whole, inner.parts))


def _holder(statements: tuple[Statement, ...], use: Use) -> int:
    span = use.at.command.span
    return next(at for at, statement in enumerate(statements) if statement.span.contains(span))


def _sets_errexit(statements: tuple[Statement, ...]) -> bool:
    """Whether the script begins with `set -e` and never takes it back."""
    first = statements[0].node
    sets = [c for statement in statements for c in commands(statement.node) if c.words and c.words[0].value == "set"]
    if not sets or sets[0] is not first or any(w.text.startswith("+") for c in sets for w in c.words[1:]):
        return False
    words = [word.literal_or_text for word in sets[0].words[1:]]
    return any(w == "errexit" or (w[:1] == "-" and w[:2] != "--" and "e" in w) for w in words)


def _ends_shell(nodes: tuple[Node, ...] | list[Node]) -> str:
    for node in nodes:
        for part in node.parts if isinstance(node, AndOr) else (node,):
            if isinstance(part, Command) and part.words and part.words[0].value in _ENDS_SHELL:
                return " ".join(word.text for word in part.words)[:40]
    return ""


def _why_no_chain(script: Script) -> str:
    for statement in script.statements:
        if statement.terminator == "&":
            return "it leaves a command in the background"
        if isinstance(statement.node, AndOr) and any(o.text == "||" for o in statement.node.operators):
            return "`||` stands between its commands"
    return "`;` stands between its commands"


_NAMES = {"subshell": "a subshell", "group": "a group in braces", "if": "an `if`", "function": "a function"}


def _named(node: Node) -> str:
    kind = node.kind if isinstance(node, Compound) else ""
    return _NAMES.get(kind, f"a `{kind}`")
