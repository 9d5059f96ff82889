"""Where in a RUN a clean-up command goes, and the edit that inserts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.layout.chain import after_lines, after_part, after_statement
from dfix.rewriter.model.cache_use import CacheUse, ManagerUse
from dfix.rewriter.model.commands import chain
from dfix.rewriter.shell.errexit import is_errexit, needs_errexit, turns_on_errexit
from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Pipeline
from dfix.rewriter.shell.walk import commands, invocation, program_name
from dfix.rewriter.shell.wrappers import wrapper
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit, Span

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.shell.nodes import Node, Script, Statement
    from dfix.transforms.clean_up.given_variables import Given

_HINT = "join its commands with `&&`"
_CHANGES = ("install", "update", "remove")
"""What only a user who may empty the cache can do."""
_FINDS_PROGRAMS = ("PATH=", "HOME=", "LD_")
_ENDS_SHELL = frozenset(("exit", "exec", "return"))


class Insertion(NamedTuple):
    """A clean-up in a RUN."""

    edit: Edit
    after: int
    """Where the command that it follows ends; those behind it run without the cache."""


def insertion(step: Step, cache_use: CacheUse, given: Given) -> Insertion:
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
    if "~" in command:
        _same_home(step, cache_use.filled_by[-1])
    if by_manager:
        _manager_stays(cache_use)
    if parts is not None:
        return _in_chain(step, cache_use, parts, command, by_manager=by_manager)
    return _in_list(step, cache_use, command, by_manager=by_manager)


def _command(cache_use: CacheUse, given: Given, *, by_manager: bool) -> str:
    """The clean-up command, with the manager's program and `sudo` as the author writes them."""
    last = cache_use.filled_by[-1]
    words = cache_use.clean_up.append.split(" ")
    if by_manager:
        words[0] = last.located.words[0].text
    return " ".join([*given.before, *_as_user(last), *given.through_wrapper, *words])


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


def _same_home(step: Step, use: ManagerUse) -> None:
    """Raise LeaveAlone where a command runs as another user than the shell, which makes a path of `~`."""
    user = invocation(use.located.command).user
    if user not in (None, step.user or "root"):
        told = f"`{use.shown}` runs as {user}, whose home folder is not the one that `~` names in this RUN"
        raise LeaveAlone("moved-cache", told)


def _manager_stays(cache_use: CacheUse) -> None:
    """Raise LeaveAlone where the manager's last command replaces or removes the manager: `npm install -g npm`."""
    last, manager = cache_use.uses[-1], cache_use.manager
    everywhere = any(last.usage.has(project.everywhere) for project in manager.projects)
    if last.usage.verb != "remove" and not everywhere:
        return
    if any(word.literal_or_text.partition("@")[0] in manager.commands for word in last.usage.operands):
        raise LeaveAlone("program-changes", f"`{last.shown}` replaces or removes {manager.name} itself")


def _as_user(use: ManagerUse) -> list[str]:
    """`sudo` and its options before the program, or `gosu USER`; the clean-up does not need other wrappers."""
    before = use.located.command.words[: len(use.located.command.words) - len(use.located.words)]
    for at, word in enumerate(before):
        if program_name(word) == "sudo":
            return [w.text for w in before[at:] if "=" not in w.text or w.text.startswith("-")]
        row = wrapper(program_name(word))
        if row is not None and row.takes_user:
            return [w.text for w in before[at : at + 2]]
    return []


def _in_chain(step: Step, cache_use: CacheUse, parts: tuple[Node, ...], command: str, *, by_manager: bool) -> Insertion:
    for use in cache_use.filled_by:
        part = parts[use.located.part]
        # what a subshell sets, such as PATH, ends with it
        if not _runs_as_a_whole(part) or (by_manager and isinstance(part, Compound) and part.kind == "subshell"):
            raise LeaveAlone("not-a-chain", f"`{use.shown}` is inside {_construct(part)}")
    last = cache_use.uses[-1].located.part if by_manager else len(parts) - 1
    if last == len(parts) - 1 and _counts_on_errexit(step, parts[last]):
        if cache_use.uses[-1].located.part == last:
            reason = f"a failure within {_construct(parts[last])} would no longer end it if a command followed"
            raise LeaveAlone("no-errexit", reason, "put the clean-up into it, after its last command")
        last -= 1
    ending = _ends_shell(parts[: last + 1])
    if ending:
        raise LeaveAlone("exit", f"`{ending}` may end the script before the clean-up runs")
    edit = after_part(step.instruction, step.script, last, command)
    return Insertion(edit, parts[last].span.end)


def _counts_on_errexit(step: Step, part: Node) -> bool:
    """Whether a part may end early at a failure, which it no longer does once a command follows with `&&`."""
    may_be_on = step.stops_on_error or turns_on_errexit(step.script)
    return may_be_on and needs_errexit(part, step.script)


def _in_list(step: Step, cache_use: CacheUse, command: str, *, by_manager: bool) -> Insertion:
    """Add the clean-up to a script whose commands `;` or, in a heredoc, lines separate.

    Where a failing command ends the script, it becomes a command of its own. Elsewhere it joins the command that it
    follows, if that is the manager's: then it only runs once the manager did, as a user who may empty the cache.
    """
    script, statements = step.script, step.script.statements
    if any(statement.terminator == "&" for statement in statements):
        raise LeaveAlone("still-runs", "it leaves a command running in the background")
    at = max(_holder(statements, use) for use in cache_use.uses) if by_manager else len(statements) - 1
    ending = _ends_shell([statement.node for statement in statements[: at + 1]])
    if ending:
        raise LeaveAlone("exit", f"`{ending}` may end the script before the clean-up runs")
    for use in cache_use.filled_by:
        _is_plain(statements[_holder(statements, use)].node, f"`{use.shown}`")
    last, before = statements[at].node, f"the {'command' if step.body is None else 'line'} before the clean-up"
    stops = _stops_on_error(step)
    if step.body is None or not stops:
        _is_plain(last, before)
    if not stops:
        part = _last_part_of_manager(step, cache_use, at, by_manager=by_manager)
        end = last.parts[part].span.end if isinstance(last, AndOr) else last.span.end
        if step.body is not None:
            return Insertion(Edit(Span(last.span.end, last.span.end), f" && {command}"), last.span.end)
        return Insertion(after_part(step.instruction, script, part, command, statement=at), end)
    if not isinstance(last, Command) and not (isinstance(last, Pipeline) and not last.negated):
        raise LeaveAlone("no-errexit", f"{before} may fail without ending the script")
    if step.body is not None:
        return Insertion(after_lines(step.instruction.text, script, at, command), last.span.end)
    return Insertion(after_statement(step.instruction, script, at, command), last.span.end)


def _last_part_of_manager(step: Step, cache_use: CacheUse, at: int, *, by_manager: bool) -> int:
    """The last part of a statement that a clean-up joins, in a script that goes on after a failure.

    Raises LeaveAlone where the manager is not what runs there: it may have failed, and the clean-up would fail too.
    """
    statements = step.script.statements
    managers = {_holder(statements, use) for use in cache_use.uses if by_manager or use.usage.verb in _CHANGES}
    if at not in managers or _may_stop(step.script):
        reason = "its script goes on after a failure, and the clean-up would run even where the install failed"
        raise LeaveAlone("no-errexit", reason, "begin the script with `set -e`, or join its commands with `&&`")
    node = statements[at].node
    return len(node.parts) - 1 if isinstance(node, AndOr) else 0


def _is_plain(node: Node, what: str) -> None:
    """Raise LeaveAlone for a statement that is no command, pipeline of commands, or chain of those with `&&`."""
    if isinstance(node, AndOr):
        if any(operator.text == "||" for operator in node.operators):
            raise LeaveAlone("not-a-chain", f"{what} is part of a list with `||`, which goes on after a failure", _HINT)
        for part in node.parts:
            _is_plain(part, what)
    elif isinstance(node, Pipeline):
        for part in node.parts:
            _is_plain(part, what)
    elif not isinstance(node, Command):
        raise LeaveAlone("not-a-chain", f"{what} is inside {_construct(node)}", _HINT)


def _may_stop(script: Script) -> bool:
    """Whether a failing command may end the script: a command that joins another one with `&&` would change that."""
    names = {command.words[0].value for command in commands(script) if command.words}
    return not names.isdisjoint(("set", "shopt", ".", "source", "eval", "trap"))


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


def _stops_on_error(step: Step) -> bool:
    """Whether a failing command ends the whole script."""
    turned_off = any(
        command.words[0].value == "set" and any(word.text.startswith("+") for word in command.words[1:])
        for command in commands(step.script)
        if command.words
    )
    return (step.stops_on_error and not turned_off) or _sets_errexit(step.script.statements)


def _sets_errexit(statements: tuple[Statement, ...]) -> bool:
    """Whether the script begins with `set -e` and never turns it off."""
    first = statements[0].node
    sets = [c for statement in statements for c in commands(statement.node) if c.words and c.words[0].value == "set"]
    if not sets or sets[0] is not first or any(w.text.startswith("+") for c in sets for w in c.words[1:]):
        return False
    return any(is_errexit(word.literal_or_text) for word in sets[0].words[1:])


def _ends_shell(nodes: tuple[Node, ...] | list[Node]) -> str:
    """The first command that ends the script itself (`exit 0`, `exec app`), shortened; "" for none."""
    for node in nodes:
        for part in node.parts if isinstance(node, AndOr) else (node,):
            if isinstance(part, Command) and part.words and part.words[0].value in _ENDS_SHELL:
                return " ".join(word.text for word in part.words)[:40]
    return ""


_NAMES = {"subshell": "a subshell", "group": "a group in braces", "if": "an `if`", "function": "a function"}


def _construct(node: Node) -> str:
    kind = node.kind if isinstance(node, Compound) else ""
    return _NAMES.get(kind, f"a `{kind}`")
