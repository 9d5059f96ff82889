"""What a run says about the file's own ignore comments: which have no effect, and which lack a reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dfix.rewriter.answers.spelling import LISTED, did_you_mean
from dfix.rewriter.knowledge.known_checks import known_checks, shellcheck_code
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.registry import rule_names, transforms
from dfix.rewriter.pipeline.result import Note
from dfix.rewriter.pipeline.suppressions import COMMENTS, IgnoreComment, Suppressions
from dfix.rewriter.pipeline.transform import Transform, is_opt_in, reads_sources
from dfix.rewriter.text.named_tuple import NamedTuple

_NO_EFFECT = "the comment has no effect: "
_OF_SHELLCHECK = "That is a check of ShellCheck, which no rule of dfix answers"
_ADD_ONE = "The settings require one after it"
_OR_NAME = "Remove it, or name the rule that it is about"
_WHERE = "Put `# dfix: ignore` on the line above the instruction"


class SilencedAnswer(NamedTuple):
    """A change or refusal that the file's comments suppressed; `line` is that of the original file."""

    rule: str
    checks: tuple[str, ...]
    line: int


def comments_to_mend(suppressed: Suppressions, options: Options) -> Iterator[Note]:
    """Misspelt, misplaced and malformed comments, and those that name an unknown rule."""
    for line, word in suppressed.misspelt:
        hint = did_you_mean(word, COMMENTS, "")
        if hint:  # else it may be prose
            yield Note(line, f"{_NO_EFFECT}`dfix: {word}` is unknown. {hint}")
    for line, why in suppressed.misplaced:
        yield Note(line, f"{_NO_EFFECT}{why}. {_WHERE}")
    for line, why, instead in suppressed.malformed:
        yield Note(line, f"{_NO_EFFECT}{why}. {instead}")
    if any(comment.names for comment in suppressed.own):
        known = rule_names(with_plugins=options.plugins) | known_checks().keys()
        for comment in suppressed.own:
            for name in sorted(comment.names - known):
                hint = _OF_SHELLCHECK if shellcheck_code(name) else did_you_mean(name, known, LISTED)
                yield Note(comment.line, f"{_NO_EFFECT}it names an unknown rule, `{name}`. {hint}")


def unused_comments(
    suppressed: Suppressions, hidden: Iterable[SilencedAnswer], running: Sequence[Transform]
) -> Iterator[Note]:
    """Comments that suppress nothing, although the rules that they are about ran."""
    comments = [comment for comment in suppressed.own if comment.first]
    if not comments:
        return
    found = list(hidden)
    ran = {transform.NAME for transform in running}
    all_ran = ran.issuperset(rule.NAME for rule in transforms() if not is_opt_in(rule) and not reads_sources(rule))
    for comment in comments:
        here = [item for item in found if comment.first <= item.line <= comment.last]
        if not comment.names:
            if all_ran and not here:
                yield Note(comment.line, f"{_NO_EFFECT}no rule that ran has anything to say here. {_OR_NAME}")
            continue
        for name in sorted(_unused_names(comment, here, ran)):
            yield Note(comment.line, f"{_NO_EFFECT}{name} has nothing to say here. Remove it")


def _unused_names(comment: IgnoreComment, here: list[SilencedAnswer], ran: set[str]) -> Iterator[str]:
    for name in comment.names:
        check = known_checks().get(name) if name not in ran else None
        about = name if check is None else check.rule
        if about in ran and not any(name == item.rule or name in item.checks for item in here):
            yield name


def without_reason(suppressed: Suppressions) -> Iterator[Note]:
    """Comments that give no reason."""
    for comment in suppressed.own:
        if not comment.has_reason:
            yield Note(comment.line, f"the ignore comment gives no reason. {_ADD_ONE}")
