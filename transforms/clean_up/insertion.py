"""Where in a RUN a clean-up command goes, and the edit that inserts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.layout.chain import after_lines, after_part
from dfix.rewriter.model.cache_use import CacheUse, ManagerUse
from dfix.rewriter.model.commands import chain
from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Pipeline
from dfix.rewriter.shell.walk import commands, program_name

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.shell.nodes import Node, Script, Statement
    from dfix.rewriter.text.source import Edit
    from dfix.transforms.clean_up.given_variables import Given

_HINT = "join its commands with `&&`"
_FINDS_PROGRAMS = ("PATH=", "HOME=", "LD_")
_ENDS_SHELL = frozenset(("exit", "exec", "return"))


def clean_up_edit(step: Step, cache_use: CacheUse, given: Given) -> Edit:
    """Add the manager's clean-up command to a RUN, with the variables that it has to be given.

    A command of the manager itself (`npm cache clean`) comes right after its last use, because later commands may
    remove the manager; a plain `rm` comes last, because commands before it may use the package lists.
    """
    script = step.script
    if any(redirect.body is not None for command in commands(script) for redirect in command.redirects):
        raise LeaveAlone("heredoc", "its script contains a heredoc")
    by_manager = cache_use.runs_itself
    command = _command(cache_use, given, by_manager=by_manager)
    parts = chain(script)
    if by_manager or "~" in command:
        _finds_manager(cache_use)
    if by_manager:
        _manager_stays(cache_use)
    if parts is not None:
        return _in_chain(step, cache_use, parts, command, by_manager=by_manager)
    if step.body is None:
        raise LeaveAlone("not-a-chain", f"{_why_no_chain(script)}; a clean-up is only added to a `&&` chain", _HINT)
    return _in_lines(step, cache_use, command, by_manager=by_manager)


def _command(cache_use: CacheUse, given: Given, *, by_manager: bool) -> str:
    """The clean-up command, with the manager's program and `sudo` as the author writes them."""
    last = cache_use.filled_by[-1]
    words = cache_use.clean_up.append.split(" ")
    if by_manager:
        words[0] = last.located.words[0].text
    return " ".join([*given.before, *_sudo(last), *given.through_wrapper, *words])


def _finds_manager(cache_use: CacheUse) -> None:
    """Raise LeaveAlone where the clean-up command may not find the manager, or another home.

    `PATH=/opt/bin npm ci` sets PATH for one command only, and `bin/npm ci` depends on the current folder.
    """
    last = cache_use.filled_by[-1]
    program = last.located.words[0].text
    command = last.located.command
    for word in (*command.assigns, *command.words[: len(command.words) - len(last.located.words)]):
        if word.text.startswith(_FINDS_PROGRAMS):
            raise LeaveAlone("program-changes", f"{word.text.partition('=')[0]} is set only for `{last.shown}`")
    relative = "/" in program and program[0] not in "/$~\"'"
    if relative and (last.order != cache_use.uses[-1].order or last.located.depth):
        raise LeaveAlone("program-changes", f"`{program}` is a path that depends on the current folder")


def _manager_stays(cache_use: CacheUse) -> None:
    """Raise LeaveAlone where the manager's last command replaces or removes the manager: `npm install -g npm`."""
    last, manager = cache_use.uses[-1], cache_use.manager
    everywhere = any(last.usage.has(project.everywhere) for project in manager.projects)
    if last.usage.verb != "remove" and not everywhere:
        return
    if any(word.literal_or_text.partition("@")[0] in manager.commands for word in last.usage.operands):
        raise LeaveAlone("program-changes", f"`{last.shown}` replaces or removes {manager.name} itself")


def _sudo(use: ManagerUse) -> list[str]:
    """`sudo` and its options before the program; the clean-up does not need other wrappers."""
    before = use.located.command.words[: len(use.located.command.words) - len(use.located.words)]
    for at, word in enumerate(before):
        if program_name(word) == "sudo":
            return [w.text for w in before[at:] if "=" not in w.text or w.text.startswith("-")]
    return []


def _in_chain(step: Step, cache_use: CacheUse, parts: tuple[Node, ...], command: str, *, by_manager: bool) -> Edit:
    for use in cache_use.filled_by:
        part = parts[use.located.part]
        # what a subshell sets, such as PATH, ends with it
        if not _runs_as_a_whole(part) or (by_manager and isinstance(part, Compound) and part.kind == "subshell"):
            raise LeaveAlone("not-a-chain", f"`{use.shown}` is inside {_construct(part)}")
    last = cache_use.uses[-1].located.part if by_manager else len(parts) - 1
    ending = _ends_shell(parts[: last + 1])
    if ending:
        raise LeaveAlone("exit", f"`{ending}` may end the script before the clean-up runs")
    return after_part(step.instruction, step.script, last, command)


def _in_lines(step: Step, cache_use: CacheUse, command: str, *, by_manager: bool) -> Edit:
    """Add the clean-up as a line of a heredoc, where a failing command ends the script."""
    statements = step.script.statements
    if not step.stops_on_error and not _sets_errexit(statements):
        raise LeaveAlone(
            "no-errexit",
            "without `set -e` on its first line, its heredoc continues after a failing command",
            "begin the heredoc with `set -e`",
        )
    if any(statement.terminator == "&" for statement in statements):
        raise LeaveAlone("still-runs", "it leaves a command running in the background")
    holders = [_holder(statements, use) for use in cache_use.filled_by]
    for use, holder in zip(cache_use.filled_by, holders, strict=True):
        if isinstance(statements[holder].node, Compound):
            raise LeaveAlone("not-a-chain", f"`{use.shown}` is inside {_construct(statements[holder].node)}")
    at = max(_holder(statements, use) for use in cache_use.uses) if by_manager else len(statements) - 1
    last = statements[at].node
    if not isinstance(last, Command) and not (isinstance(last, Pipeline) and not last.negated):
        raise LeaveAlone("no-errexit", "the line before the clean-up may fail without ending the script")
    ending = _ends_shell([statement.node for statement in statements[: at + 1]])
    if ending:
        raise LeaveAlone("exit", f"`{ending}` may end the script before the clean-up runs")
    return after_lines(step.instruction.text, step.script, at, command)


def _runs_as_a_whole(node: Node) -> bool:
    """Whether an element of a chain runs all its commands or fails: it contains no branch, loop, `||` or `;`."""
    if not isinstance(node, Compound):
        return True
    if node.kind not in ("subshell", "group") or len(node.body) != 1:
        return False
    inner = node.body[0].node
    if not isinstance(inner, AndOr):
        return _runs_as_a_whole(inner)
    return all(o.text == "&&" for o in inner.operators) and all(map(_runs_as_a_whole, inner.parts))


def _holder(statements: tuple[Statement, ...], use: ManagerUse) -> int:
    """The index of the statement that contains a command."""
    span = use.located.command.span
    return next(at for at, statement in enumerate(statements) if statement.span.contains(span))


def _sets_errexit(statements: tuple[Statement, ...]) -> bool:
    """Whether the script begins with `set -e` and never turns it off."""
    first = statements[0].node
    sets = [c for statement in statements for c in commands(statement.node) if c.words and c.words[0].value == "set"]
    if not sets or sets[0] is not first or any(w.text.startswith("+") for c in sets for w in c.words[1:]):
        return False
    words = [word.literal_or_text for word in sets[0].words[1:]]
    return any(w == "errexit" or (w[:1] == "-" and w[:2] != "--" and "e" in w) for w in words)


def _ends_shell(nodes: tuple[Node, ...] | list[Node]) -> str:
    """The first command that ends the script itself (`exit 0`, `exec app`), shortened; "" for none."""
    for node in nodes:
        for part in node.parts if isinstance(node, AndOr) else (node,):
            if isinstance(part, Command) and part.words and part.words[0].value in _ENDS_SHELL:
                return " ".join(word.text for word in part.words)[:40]
    return ""


def _why_no_chain(script: Script) -> str:
    for statement in script.statements:
        if statement.terminator == "&":
            return "it leaves a command running in the background"
        if isinstance(statement.node, AndOr) and any(o.text == "||" for o in statement.node.operators):
            return "`||` separates its commands"
    return "`;` separates its commands"


_NAMES = {"subshell": "a subshell", "group": "a group in braces", "if": "an `if`", "function": "a function"}


def _construct(node: Node) -> str:
    kind = node.kind if isinstance(node, Compound) else ""
    return _NAMES.get(kind, f"a `{kind}`")
