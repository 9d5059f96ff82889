"""Why neighbouring RUNs that a merge would not improve stay separate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NoReturn

from dfix.rewriter.answers.reason import LeaveAlone, Reason
from dfix.rewriter.knowledge.program_table import row
from dfix.rewriter.knowledge.slow_work import slow_work
from dfix.rewriter.model.effects.cost import WRITING
from dfix.rewriter.neighbours.removal import may_undo, undoings
from dfix.rewriter.shell.state import OF_THE_SHELL
from dfix.rewriter.shell.walk import has_substitution, program_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.neighbours.run_summary import RunSummary

Work = Literal["packages", "dependencies", "downloads", "compiles", "copies", "unknown"]
"""What a slow RUN spends its time on, as far as its command tells."""

_MOST_EARLIER = 50
"""RUNs that are compared with a later one; they are as good as never further apart."""


def removes_too_late(earlier: Sequence[RunSummary], run: RunSummary) -> Reason | None:
    """Whether a RUN removes or rewrites what an earlier RUN of the stage created, and which ships all the same."""
    if run.slow or not may_undo(run):
        return None  # what it removes may be its own
    for other in reversed(earlier[-_MOST_EARLIER:]):
        undone = list(undoings(other, run))
        own = {undoing.what for undoing in undoings(other, other)} if undone else set()
        for undoing in undone:
            if undoing.what not in own:
                line = other.step.instruction.line
                return Reason("late-removal", f"{undoing.sentence} (line {line})", "do both in one RUN")
    return None


def keep_separate(first: RunSummary, second: RunSummary) -> NoReturn:
    """Raises LeaveAlone for two neighbours that a merge would not improve."""
    for run, other in ((first, second), (second, first)):
        if not run.changes and not _writes(run):
            _leaves_nothing(run, other)
    if _checks_out(first, second):
        reason = f"when `{first.title}` comes from the build cache, it may lack the commit of `{second.title}`"
        raise LeaveAlone("stale-clone", reason, "clone and check out in one RUN")
    if first.slow:
        _repeats(first, second)
    if second.slow:
        reason = f"`{second.title}` is not known to undo what `{first.title}` does"
        raise LeaveAlone("unrelated", f"{reason}, so joining them would save nothing")
    lighter, heavier = (first, second) if first.quick else (second, first)
    reason = f"`{heavier.title}` takes a moment, and has nothing to do with `{lighter.title}`"
    raise LeaveAlone("unrelated-quick", f"{reason}; joining them would save nothing")


def _writes(run: RunSummary) -> bool:
    """Whether a redirect of the RUN writes a file."""
    redirects = (redirect for command in run.commands for redirect in command.command.redirects)
    return any(one.op in WRITING and one.target and not one.target.text.startswith("/dev/") for one in redirects)


def _leaves_nothing(run: RunSummary, other: RunSummary) -> NoReturn:
    names = {program_name(command.words[0]) if command.words else "" for command in run.commands}
    hint = ""
    if names <= OF_THE_SHELL | {""}:
        hint = "its effect ends with the RUN: set variables with ENV and the folder with WORKDIR, or remove the RUN"
    reason = f"`{run.title}` leaves no file in the image, so joining it with `{other.title}` saves nothing"
    raise LeaveAlone("leaves-nothing", reason, hint)


def _repeats(first: RunSummary, second: RunSummary) -> NoReturn:
    """A merge would repeat the slow first RUN whenever the second one changes."""
    change = f"kept separate so that a change to `{second.title}` does not"
    work = _work(first)
    if not second.slow:
        slow = "may be slow" if work in ("copies", "unknown") else "is slow"
        raise LeaveAlone("quick-after-slow", f"{change} repeat `{first.title}`, which {slow}")
    if work == "packages" and _installs_packages(second):
        raise LeaveAlone("two-installs", f"`{first.title}` installs packages, too; {change} install those again")
    if work == "packages":
        raise LeaveAlone("keeps-packages", f"{change} install packages again (`{first.title}`)")
    if work == "dependencies":
        raise LeaveAlone("keeps-dependencies", f"{change} repeat `{first.title}`")
    if work == "downloads":
        raise LeaveAlone("keeps-download", f"{change} repeat the download (`{first.title}`)")
    if work == "compiles":
        raise LeaveAlone("keeps-build", f"{change} repeat `{first.title}`")
    cost = (
        f"`{first.title}` may take long" if work == "copies" else f"dfix does not know how long `{first.title}` takes"
    )
    raise LeaveAlone("unknown-cost", f"{cost}; {change} re-run it")


def _checks_out(clone: RunSummary, second: RunSummary) -> bool:
    """Whether the first RUN only clones a repository, and the second only checks a commit of it out."""
    if [_git(clone.commands[index]) for index in clone.slow] != ["clone"]:
        return False
    slow = {_git(second.commands[index]) for index in second.slow}
    return bool(slow) and slow <= {"checkout", "reset", "switch"}


def _git(command: Located) -> str:
    """The sub-command of git; "" for another program."""
    words = command.words
    if len(words) < 2 or program_name(words[0]) != "git":
        return ""
    at = 3 if words[1].text == "-C" and len(words) > 3 else 1
    return words[at].literal_or_text


def _installs_packages(run: RunSummary) -> bool:
    uses = (cost.usage for cost in run.costs if cost.level == "slow")
    return any(usage is not None and usage.manager.system and usage.verb == "install" for usage in uses)


def _work(run: RunSummary) -> Work:
    """What the command that represents a slow RUN does."""
    at = run.representative
    usage, command = run.costs[at].usage, run.commands[at]
    if usage is not None:
        if usage.manager.system:
            return "downloads" if usage.verb == "update" else "packages"
        return "dependencies" if usage.verb == "install" else "compiles"
    if not command.words or has_substitution(command.command):
        return "unknown"
    name = program_name(command.words[0])
    following = command.words[1].value if len(command.words) > 1 else None
    known = slow_work()
    work = known.get(f"{name} {following}") or known.get(name)
    if work is not None:
        return work
    program = row(name)
    if program is None or program.operands == "anything":
        return "unknown"
    return "downloads" if program.network else "copies"
