"""What a script means in the shell of its own that a RUN gives it, and would not mean in a shell that it shares."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.load import named
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.stage import DEFAULT_SHELL
from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Node, Pipeline, Script
from dfix.rewriter.shell.state import leaks
from dfix.rewriter.shell.walk import commands, program_name
from dfix.transforms.merge_runs.run_summary import shown, statements

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.model.effects import Costs
    from dfix.transforms.merge_runs.run_summary import Work

_READ_NOTHING = frozenset(("sh", "bash", "ash", "dash"))
"""Shells that read no file of their own when they start with a script."""
_ISOLATED = frozenset(("cd", "export", "assignment", "unset", "umask", "ulimit", "exit"))
"""What a subshell keeps to itself, and what else is the same in one."""

_ASKS_SHELL = re.compile(
    r"\$(?:[?!$-]|_(?![A-Za-z0-9_]))|\$\{[?!$-]\}"
    r"|\b(?:OLDPWD|SECONDS|BASHPID|PPID|LINENO|SHLVL|BASH_SUBSHELL|FUNCNAME|PIPESTATUS|DIRSTACK)\b"
)
_OWN_SHELL = ("mambaorg/micromamba",)
"""Images whose documentation names a SHELL that does something before each script."""

_LOGIN = re.compile(r"-[a-zA-Z]*[li][a-zA-Z]*|--login|--rcfile|--init-file")
_STARTUP = re.compile(r"/etc/profile|/etc/environment|bashrc|\.profile\b|bash_profile|BASH_ENV|scl_enable")
_PROGRAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")


class Wrap(NamedTuple):
    """What goes around a script within a chain; `cut` characters at its end are dropped (a last `;`)."""

    opening: str
    closing: str
    cut: int = 0


def starts_plainly(step: Step) -> None:
    """Raise LeaveAlone where a RUN's shell does more at its start than to read the script."""
    if step.shell_name not in _READ_NOTHING:
        raise LeaveAlone("shell-start", f"what {step.shell[0]} reads when it starts is not known")
    for image in _OWN_SHELL:
        if image in step.stage.base.image and step.shell == DEFAULT_SHELL:
            raise LeaveAlone(
                "shell-start", f"the images of {image} bring a shell of their own that sets up each RUN anew"
            )
    if any(_LOGIN.fullmatch(option) for option in step.shell[1:]):
        raise LeaveAlone("shell-start", f"`{' '.join(step.shell)}` reads its profile anew at the start of each RUN")
    if step.shell_name == "bash" and "BASH_ENV" in step.env:
        raise LeaveAlone("shell-start", "BASH_ENV makes bash read a file at the start of each RUN")


def leaves_nothing(step: Step) -> None:
    """Raise LeaveAlone where nothing may follow a script in its shell, other than for what `wrap` takes care of."""
    script = step.script
    for statement in statements(script):
        if statement.terminator == "&":
            raise LeaveAlone("still-runs", f"`{_title(statement.node)} &` would go on running during what follows")
    for leak in leaks(script):
        if leak.kind not in _ISOLATED:
            raise LeaveAlone("shell-state", f"`{leak.what}` leaves something in the shell that what follows would see")
    for command in commands(script):
        if command.words and command.words[0].value == "set":
            raise LeaveAlone("shell-state", f"`{shown(command)}` stops at errors no longer when something follows")
        if step.shell_name == "bash" and any(_STARTUP.search(word.text) for word in command.words):
            raise LeaveAlone("shell-start", f"`{shown(command)}` names a file that bash may read when it starts")
    if step.stops_on_error and not _is_plain(script):
        option = " ".join(step.shell)
        raise LeaveAlone(
            "stops-on-error", f"`{option}` stops at errors within a script, but not where something follows it"
        )


def needs_nothing(step: Step) -> None:
    """Raise LeaveAlone where a script needs a shell that has run nothing before."""
    found = _ASKS_SHELL.search(step.instruction.value)
    if found is not None:
        raise LeaveAlone("shell-state", f"`{found[0]}` in the later RUN asks the shell what it did before")
    for command in commands(step.script):
        if command.words and command.words[0].value in ("wait", "jobs", "fg", "bg", "history", "dirs", "times"):
            raise LeaveAlone("shell-state", f"`{shown(command)}` in the later RUN asks the shell what it did before")
        if [word.text for word in command.words[:2]] == ["cd", "-"]:
            raise LeaveAlone("shell-state", "`cd -` in the later RUN asks the shell where it was before")


def wrap(step: Step, *, is_last: bool) -> Wrap:
    """What a script needs around it to be one element of a && chain: nothing, `{ …; }` or `(…)`.

    Raises LeaveAlone where none of them does.
    """
    script = step.script
    single = len(script.statements) == 1
    node = script.statements[0].node
    is_list = not single or (isinstance(node, AndOr) and any(operator.text == "||" for operator in node.operators))
    ended = script.statements[-1].terminator == ";"
    cut = script.span.end - node.span.end if single and ended and not is_last else 0
    over_lines = "\n" in step.instruction.text[script.span.start : script.span.end]
    found = [] if is_last else leaks(script)
    if found:
        if is_list or not _is_plain(script):
            raise LeaveAlone(
                "shell-state", f"`{found[0].what}` leaves something in the shell that what follows would see"
            )
        return Wrap("(" if not _starts_with_parenthesis(node) else "( ", ")", cut)
    if not is_list:
        return Wrap("", "", cut)
    if over_lines:
        raise LeaveAlone("not-a-chain", f"the commands of the RUN of `{_title(node)}` are not joined by && alone")
    return Wrap("{ ", " }" if ended else "; }")


def finds_the_same_programs(first: Work, second: Work) -> None:
    """Raise LeaveAlone for a program that may not be the same in one shell, which remembers where it has found it."""
    cleaning = {
        id(command.command)
        for command, one in zip(second.commands, second.costs, strict=True)
        if one.usage is not None and one.usage.verb == "clean"
    }
    common = _names(first.step.script) & _names(second.step.script, cleaning)
    if not common:
        return
    for work in (first, second):
        for command in commands(work.step.script):
            placed = _places(command) & common
            if placed:
                _remembered(min(placed), shown(command))
    # whichever of two programs of some names is found, it does the same
    rest = sorted(name for name in common if not _is_the_same(name))
    if not rest:
        return
    for work in (first, second):
        for index, one in enumerate(work.costs):
            if _installs(work.commands[index], one):
                _remembered(rest[0], work.shown(index))


def _places(command: Command) -> set[str]:
    """The programs that a command may put into a folder of programs: `cp x /usr/local/bin/y`, `mv y /usr/bin`."""
    targets = [redirect.target for redirect in command.redirects if redirect.target is not None]
    programs = [program_name(word) for word in command.words[:2]]
    program = programs[-1] if programs[:1] == ["sudo"] else programs[0] if programs else ""
    found = set()
    for word in (*command.words[1:], *targets):
        folder, _, name = word.text.strip("\"'").rstrip("/").rpartition("/")
        if program in of_kind("places") or (program == "rm" and not folder) or folder.endswith("bin"):
            found.add(name)
    return found


def _installs(command: Located, one: Costs) -> bool:
    """Whether a command may put a program in front of another one of its name."""
    if one.cost == "slow":
        # a distribution's packages have their programs in one folder, but for those that replace BusyBox's
        return one.usage is None or not one.usage.manager.one_folder
    return one.cost == "light" and program_name(command.words[0]) in of_kind("unpacks")


def _is_the_same(name: str) -> bool:
    manager = named(name)
    return name in of_kind("same") or (manager is not None and name in manager.same)


def _remembered(name: str, by: str) -> NoReturn:
    raise LeaveAlone("program-changes", f"both RUNs use `{name}`, and `{by}` may put another one in front of it")


def _names(script: Script, without: Set[int] = frozenset()) -> set[str]:
    """The programs that a script's shell looks for, but for some commands (cleaning is the same whoever does it)."""
    found = set()
    for command in commands(script):
        if id(command) in without:
            continue
        name = command.name
        if name is not None and "/" not in name and name not in of_kind("built-in"):
            found.add(name)
        for word in (*command.words, *command.assigns):
            if "$(" in word.text or "`" in word.text:
                found.update(_PROGRAM.findall(word.text))
    return found


def _is_plain(script: Script) -> bool:
    """Whether a script is one list of simple commands and pipelines, in which errors end nothing but the list."""
    return len(script.statements) == 1 and _plain(script.statements[0].node)


def _plain(node: Node) -> bool:
    if isinstance(node, Compound):
        return node.kind == "test"
    return isinstance(node, Command) or all(_plain(part) for part in node.parts)


def _starts_with_parenthesis(node: Node) -> bool:
    while isinstance(node, (AndOr, Pipeline)):
        node = node.parts[0]
    return isinstance(node, Compound) and node.kind in ("subshell", "test")


def _title(node: Node) -> str:
    return next((shown(command) for command in commands(node)), "…")
