"""Whether a RUN can join the ones before it and still do the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.layout.join import comments_above, comments_between
from dfix.rewriter.model.cache_use import cache_uses, run_commands
from dfix.rewriter.neighbours.cache_removals import fills_or_names
from dfix.rewriter.neighbours.hard_links import links_break_apart
from dfix.rewriter.neighbours.image_state import keeps_mounts, stays_the_same
from dfix.rewriter.neighbours.script_end import ends_shell, stops_on_error
from dfix.rewriter.neighbours.shell_isolation import (
    finds_the_same_programs,
    leaves_nothing,
    needs_nothing,
    starts_plainly,
    wrap,
)
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dfix.rewriter.model import Step
    from dfix.rewriter.neighbours.run_summary import RunSummary
    from dfix.rewriter.text.source import Span

LONGEST_SHOWN = 50
MOST_LINES = 100
"""A longer RUN is hard to read, and hard to debug when it fails."""

_DIRECTIVE = expression(r"\b(?:ignore|skip|disable|nolint|nosec|noqa|noinspection)\b", re.IGNORECASE)
"""What a tool may read above the RUN that it means: `# hadolint ignore=DL3008`."""
_COMMENTED_OUT = expression(
    r"#+\s*(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\s"
)
_ON_PURPOSE = expression(
    r"\b(?:layers?|separate(?:d|ly)?|own RUN|on purpose|(?:do not|don't) (?:merge|join|combine))\b", re.IGNORECASE
)
_SPLIT = expression(r"\b(?:split|separate(?:d|ly)?)\b[^.#]{0,200}\b(?:layers?|RUNs?|commands?|steps?)\b", re.IGNORECASE)
_NOT_SPLIT = expression(r"\b(?:not|don't|avoid)\b", re.IGNORECASE)


_HINT = "empty the cache in the RUN that fills it"


def may_join(group: list[RunSummary], run: RunSummary, *, saves: bool, moved: Sequence[Span] = ()) -> None:
    """Raise LeaveAlone where a RUN cannot join the ones before it, although that would be an improvement.

    `saves` tells whether that gains more than a layer less. `moved` is what is between the two and goes elsewhere.
    """
    last, step = group[-1].step, run.step
    for span in (*last.script.comments, *step.script.comments):
        comment = step.instruction.text[span.start : span.end][:40]
        raise LeaveAlone("comment", f"`{comment}` would comment out the commands that follow it in one RUN")
    _not_split(comments_above(step.instruction.text, group[0].step.instruction.span.start))
    _same_flags(last, step)
    starts_plainly(step)
    keeps_mounts(step)
    _share_a_shell(group, run)
    text = step.instruction.text
    _moves_along(comments_between(text, last.script.span.end, step.script.span.start, moved), saves=saves)
    start, end = group[0].step.script.span.start, step.script.span.end
    if text.count("\n", start, end) >= MOST_LINES:
        raise LeaveAlone("too-long", f"the merged RUN would have more than {MOST_LINES} lines")


def _not_split(comments: tuple[str, ...]) -> None:
    """Raise LeaveAlone for comments above the first RUN that say why there are several: `# split for small layers`."""
    said = " ".join(comment.lstrip("# ") for comment in comments)
    if _SPLIT.search(said) and not _NOT_SPLIT.search(said):
        told = f"`{_shortened(comments[0])}` seems to say that the RUNs below it are separate on purpose"
        raise LeaveAlone("comment", told)


def _shortened(comment: str) -> str:
    return comment if len(comment) <= LONGEST_SHOWN else comment[: LONGEST_SHOWN - 1] + "…"


def _moves_along(comments: tuple[str, ...], *, saves: bool) -> None:
    """Raise LeaveAlone for comments between two RUNs that don't belong into one, or where that gains too little."""
    for comment in comments:
        shown = _shortened(comment)
        if _DIRECTIVE.search(comment):
            raise LeaveAlone("comment", f"`{shown}` may be meant for a tool that reads it above the RUN below it")
        if _COMMENTED_OUT.match(comment) or comment.endswith("\\"):
            raise LeaveAlone(
                "comment", f"`{shown}` between the two RUNs looks like an instruction that is commented out"
            )
        if _ON_PURPOSE.search(comment):
            raise LeaveAlone("comment", f"`{shown}` seems to say that the two RUNs are separate on purpose")
    if comments and not saves:
        raise LeaveAlone("comment", "a comment is between the two RUNs, and joining them would only save a layer")


def _share_a_shell(group: list[RunSummary], run: RunSummary) -> None:
    """Raise LeaveAlone where a script would do something else in the shell and container of the ones before it."""
    last, step = group[-1], run.step
    leaves_nothing(last.step)
    stays_the_same(last)
    needs_nothing(step)
    finds_the_same_programs(group, run)
    wrap(last.step, is_followed=True)
    wrap(step, is_followed=False)
    _leaves_no_caches(group, run)
    links_break_apart(group, run)


def _leaves_no_caches(group: list[RunSummary], run: RunSummary) -> None:
    """Raise LeaveAlone for caches that an earlier RUN leaves, if no clean-up of them can come after the last script.

    On its own, the earlier RUN can empty them; where it does, the merge may follow.
    """
    stops, ends = stops_on_error(run.step), ends_shell(run.step)
    if not stops and not ends:
        return
    uses = [use for earlier in group for use in cache_uses(earlier.step, run_commands(earlier.commands))]
    left = next((use.filled_by[-1].shown for use in uses if not fills_or_names(run, use.manager.caches)), "")
    if left and ends:
        raise LeaveAlone("exit", f"`{ends}` may end the script before the cache of `{left}` is emptied", _HINT)
    if left:
        reason = f"`{stops}` would not stop at errors if a command that empties the cache of `{left}` came after it"
        raise LeaveAlone("stops-on-error", reason, _HINT)


def _same_flags(first: Step, second: Step) -> None:
    earlier, later = ([(flag.name, flag.value) for flag in step.instruction.flags] for step in (first, second))
    if earlier == later:
        return
    for name, value in (*earlier, *later):
        if (name, value) not in earlier or (name, value) not in later:
            shown = f"--{name}" if value is None else f"--{name}={value}"
            raise LeaveAlone("flags-differ", f"only one of the two RUNs has `{shown}`")
    raise LeaveAlone("flags-differ", "the two RUNs have the same flags in a different order")
