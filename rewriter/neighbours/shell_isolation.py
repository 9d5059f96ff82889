"""What keeps a script from sharing a shell with another RUN's script, and what isolates it where it can."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, NoReturn

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.load import named
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.commands import chain
from dfix.rewriter.model.stage import DEFAULT_SHELL
from dfix.rewriter.neighbours.run_summary import shown, statements
from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Node, Pipeline, Script
from dfix.rewriter.shell.state import leaks
from dfix.rewriter.shell.walk import commands, program_name
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.model.effects import CommandCost
    from dfix.rewriter.neighbours.run_summary import RunSummary

_ISOLATED = frozenset(("cd", "export", "assignment", "unset", "umask", "ulimit", "exit"))
"""Changes of the shell that end with a subshell, so that parentheses isolate them."""

_ASKS_SHELL = expression(
    r"\$(?:[?!$-]|_(?![A-Za-z0-9_]))|\$\{[?!$-]\}"
    r"|(?<!\S)~[-+](?![^/\s])|\b(?:OLDPWD|SECONDS|BASHPID|PPID|LINENO|SHLVL|BASH_SUBSHELL|FUNCNAME|PIPESTATUS|DIRSTACK)\b"
)
_OWN_SHELL = ("mambaorg/micromamba",)
"""Images whose documentation says that their SHELL does something before each script."""

_LOGIN = expression(r"-[a-hj-km-zA-Z]*[li][a-zA-Z]*|--login|--rcfile|--init-file")
_STARTUP = expression(r"/etc/profile|/etc/environment|bashrc|\.profile\b|bash_profile|BASH_ENV|scl_enable")
_PROGRAM = expression(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")


class Wrap(NamedTuple):
    """What goes around a script that becomes an element of a `&&` chain."""

    opening: str
    """"(", "{ " or ""."""
    closing: str
    cut: int = 0
    """How many characters are dropped from the script's end (a last `;`)."""


def starts_plainly(step: Step) -> None:
    """Raise LeaveAlone where a RUN's shell does something before it runs the script."""
    if step.shell_name not in of_kind("no-startup"):
        raise LeaveAlone("shell-start", f"dfix does not know what {step.shell[0]} reads when it starts")
    for image in _OWN_SHELL:
        if image in step.stage.base.image and step.shell == DEFAULT_SHELL:
            raise LeaveAlone("shell-start", f"{image} images have a SHELL of their own that sets up every RUN")
    if any(_LOGIN.fullmatch(option) for option in step.shell[1:]):
        raise LeaveAlone("shell-start", f"`{' '.join(step.shell)}` reads its profile again at the start of every RUN")
    if step.shell_name == "bash" and "BASH_ENV" in step.env:
        raise LeaveAlone("shell-start", "BASH_ENV makes bash read a file at the start of every RUN")


def leaves_nothing(step: Step) -> None:
    """Raise LeaveAlone where a script changes its shell for the next one in a way that `wrap` cannot isolate."""
    script = step.script
    for statement in statements(script):
        if statement.terminator == "&":
            raise LeaveAlone(
                "still-runs", f"`{_title(statement.node)} &` would still be running while the next commands run"
            )
    for leak in leaks(script):
        if leak.kind not in _ISOLATED:
            raise LeaveAlone("shell-state", f"`{leak.what}` changes the shell for the commands that follow")
    for command in commands(script):
        if command.words and command.words[0].value == "set":
            raise LeaveAlone("shell-state", f"`{shown(command)}` no longer stops at errors when other commands follow")
        if step.shell_name == "bash" and any(_STARTUP.search(word.text) for word in command.words):
            raise LeaveAlone("shell-start", f"`{shown(command)}` uses a file that bash may read when it starts")
    if step.stops_on_error and not _is_plain(script):
        shell = " ".join(step.shell)
        raise LeaveAlone(
            "stops-on-error", f"`{shell}` stops at errors within a script, but not once other commands follow it"
        )


def needs_nothing(step: Step) -> None:
    """Raise LeaveAlone where a script depends on being the first that its shell runs."""
    if step.script.statements[-1].terminator == "&":
        background = _title(step.script.statements[-1].node)
        raise LeaveAlone("still-runs", f"`{background} &` would put the commands before it into the background too")
    question = _ASKS_SHELL.search(step.instruction.value)
    if question is not None:
        raise LeaveAlone("shell-state", f"`{question[0]}` in the later RUN depends on what the shell ran before")
    match = step.instruction.value.find("BASH_REMATCH")
    if match >= 0 and "=~" not in step.instruction.value[:match]:
        raise LeaveAlone("shell-state", "`BASH_REMATCH` in the later RUN depends on what the shell ran before")
    for command in commands(step.script):
        if command.words and command.words[0].value in ("wait", "jobs", "fg", "bg", "history", "dirs", "times"):
            raise LeaveAlone("shell-state", f"`{shown(command)}` in the later RUN depends on what the shell ran before")
        if _tells_where_it_is(command):
            raise LeaveAlone("shell-state", f"`{shown(command)}` in the later RUN depends on what the shell ran before")
        if [word.text for word in command.words[:2]] == ["cd", "-"]:
            raise LeaveAlone("shell-state", "`cd -` in the later RUN depends on which folder the shell was in before")


def _tells_where_it_is(command: Command) -> bool:
    """Whether a command tells how the shell finds a program, which is another answer once the shell has run it."""
    words = [word.text for word in command.words[:2]]
    asks = words[:1] in (["type"], ["hash"]) or words == ["command", "-V"]
    hides = any(
        r.target is not None and r.target.text == "/dev/null" and r.op in (">", "&>") for r in command.redirects
    )
    return asks and not hides


def wraps(steps: Sequence[Step]) -> tuple[Wrap, ...]:
    """What goes around the script of each of several RUNs that become one."""
    found: list[Wrap] = []
    # whether all scripts that come after one find their own folder, wherever it leaves the shell
    enters = False
    for step in reversed(steps):
        around = wrap(step, is_followed=bool(found), may_move=enters)
        # a `cd` in parentheses does not last: the script after it is where this one would have begun
        enters = _enters_a_folder(step.script) and (enters or not around.opening.startswith("("))
        found.append(around)
    return tuple(reversed(found))


def wrap(step: Step, *, is_followed: bool, may_move: bool = False) -> Wrap:
    """What has to go around a script so that it can be one element of a `&&` chain: nothing, `{ …; }` or `(…)`.

    `mkdir a` needs nothing. `mkdir a || true` needs braces, so that the next script does not become part of its list.
    `cd /x && touch a` needs a subshell, so that the next script starts in its own folder; the last script does not, nor
    does one that `may_move`, since the scripts after it begin with `cd /y`.
    Raises LeaveAlone where none of them is enough: for `cd /x; touch a`, or for a list over several lines.
    """
    script = step.script
    single = len(script.statements) == 1
    node = script.statements[0].node
    is_list = not single or (isinstance(node, AndOr) and any(operator.text == "||" for operator in node.operators))
    ended = script.statements[-1].terminator == ";"
    cut = script.span.end - node.span.end
    over_lines = "\n" in step.instruction.text[script.span.start : script.span.end]
    shell_changes = leaks(script) if is_followed else ()
    if may_move and _is_plain(script) and not is_list:
        shell_changes = tuple(leak for leak in shell_changes if leak.kind != "cd")
    if shell_changes:
        if is_list or not _is_plain(script):
            raise LeaveAlone("shell-state", f"`{shell_changes[0].what}` changes the shell for the commands that follow")
        return Wrap("(" if not _starts_with_parenthesis(node) else "( ", ")", cut)
    if not is_list:
        return Wrap("", "", cut)
    if over_lines:
        raise LeaveAlone("not-a-chain", f"the RUN on line {step.instruction.line} is not a plain `&&` chain")
    return Wrap("{ ", " }" if ended else "; }")


def _enters_a_folder(script: Script) -> bool:
    """Whether a script begins with `cd` to an absolute folder, so that it does not matter where the shell was."""
    # where `cd` fails, nothing else may run: `cd /y || mkdir z` goes on in the folder before
    elements = chain(script)
    first = elements[0] if elements is not None else None
    words = first.words if isinstance(first, Command) and not first.assigns else ()
    return len(words) == 2 and words[0].value == "cd" and (words[1].value or "").startswith("/")


def finds_the_same_programs(group: Sequence[RunSummary], run: RunSummary) -> None:
    """Raise LeaveAlone for a program that two scripts run and that may be replaced in between.

    A shell remembers in which folder it found a program: after `tool --version && cp tool /usr/local/bin`, a shared
    shell would still run the `tool` in /usr/bin.
    """
    replaces = run.once(_replaces_programs)
    for earlier in group:
        if replaces or earlier.once(_replaces_programs):
            _find_the_same_programs(earlier, run)


def _replaces_programs(run: RunSummary) -> bool:
    """Whether a RUN may put a program in place of another one; most do not, and nothing else needs to be asked then."""
    return bool(run.once(_placed)) or any(map(_may_install_programs, run.commands, run.costs))


def _find_the_same_programs(first: RunSummary, second: RunSummary) -> None:
    common = first.once(_programs) & second.once(_programs_but_clean_ups)
    if not common:
        return
    for run in (first, second):
        for command in commands(run.step.script) if run.once(_placed) & common else ():
            replaced = _placed_programs(command) & common
            if replaced:
                _may_be_replaced(min(replaced), shown(command))
    differing = sorted(name for name in common if not _is_the_same(name))
    if not differing:
        return
    for run in (first, second):
        for index, cost in enumerate(run.costs):
            if _may_install_programs(run.commands[index], cost):
                _may_be_replaced(differing[0], run.shown(index))


def _programs(run: RunSummary) -> set[str]:
    return _program_names(run.step.script)


def _programs_but_clean_ups(run: RunSummary) -> set[str]:
    cleaning = {
        id(command.command)
        for command, cost in zip(run.commands, run.costs, strict=True)
        if cost.usage is not None and cost.usage.verb == "clean"
    }
    return _program_names(run.step.script, cleaning)


def _placed(run: RunSummary) -> set[str]:
    return {name for command in commands(run.step.script) for name in _placed_programs(command)}


def _placed_programs(command: Command) -> set[str]:
    """The programs that a command may put into a `bin` folder: `cp x /usr/local/bin/y`, `mv y /usr/bin`."""
    targets = [redirect.target for redirect in command.redirects if redirect.target is not None]
    programs = [program_name(word) for word in command.words[:2]]
    program = programs[-1] if programs[:1] == ["sudo"] else programs[0] if programs else ""
    names = set()
    for word in (*command.words[1:], *targets):
        folder, _, name = word.text.strip("\"'").rstrip("/").rpartition("/")
        if program in of_kind("places") or (program == "rm" and not folder) or folder.endswith("bin"):
            names.add(name)
    return names


def _may_install_programs(command: Located, cost: CommandCost) -> bool:
    """Whether a command may install a program that PATH finds before another one of the same name."""
    if cost.level == "slow":
        # a distribution's packages keep their programs in one folder, except where they replace BusyBox's
        return cost.usage is None or not cost.usage.manager.one_folder
    return cost.level == "light" and program_name(command.words[0]) in of_kind("unpacks")


def _is_the_same(name: str) -> bool:
    """Whether it makes no difference which of two programs of this name runs."""
    manager = named(name)
    return name in of_kind("same") or (manager is not None and name in manager.same)


def _may_be_replaced(name: str, by: str) -> NoReturn:
    both = f"both RUNs use `{name}`, and `{by}` may install another one"
    raise LeaveAlone("program-changes", f"{both}; a shared shell would keep using the first")


def _program_names(script: Script, ignored: Set[int] = frozenset()) -> set[str]:
    """The programs that a script's shell looks up in PATH, without those of `ignored` commands (their `id`s)."""
    names = set()
    for command in commands(script):
        if id(command) in ignored:
            continue
        name = command.name
        if name is not None and "/" not in name and name not in of_kind("built-in"):
            names.add(name)
        for word in (*command.words, *command.assigns):
            if "$(" in word.text or "`" in word.text:
                names.update(_PROGRAM.findall(word.text))
    return names


def _is_plain(script: Script) -> bool:
    """Whether a script is one list of simple commands and pipelines, where an error ends only the list."""
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
