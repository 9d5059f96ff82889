"""What users have decided to leave out of a run: by ignore comments, ignored checks of other tools, or a baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Refusal
from dfix.rewriter.dockerfile import Tree
from dfix.rewriter.pipeline.history import History
from dfix.rewriter.pipeline.ignore_warnings import SilencedAnswer
from dfix.rewriter.pipeline.options import Options, RecordedChange
from dfix.rewriter.pipeline.suppressions import Suppressions
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.pipeline.baseline import Baseline


class Findings(NamedTuple):
    """The fields of a result that are about a baseline."""

    findings: tuple[RecordedChange, ...] = ()
    gone: int = 0


class Omissions:
    """Decides on each answer of a run; `silenced` are those that ignore comments suppressed."""

    def __init__(self, options: Options, history: History) -> None:
        self.silenced: set[SilencedAnswer] = set()
        self._checks = options.ignored_checks
        self._record = options.record
        self._history = history
        self._baseline: Baseline | None = None
        if options.baseline or options.record:
            from dfix.rewriter.pipeline.baseline import Baseline

            self._baseline = Baseline(None if options.record else options.baseline)

    def begin(self, rule: str) -> None:
        """A rule is about to be asked."""
        if self._baseline is not None:
            self._baseline.begin(rule)

    def has(self, tree: Tree, answer: Change | Refusal, checks: tuple[str, ...]) -> bool:
        """Whether an answer to the last text, whose tree this is, is left out."""
        source = tree.source
        if Suppressions.read(source.text).hides(answer.rule, checks, source.line_of(answer.offset)):
            texts = self._history.texts
            line = texts[0].line_of(self._history.original(len(texts) - 1, answer.offset))
            self.silenced.add(SilencedAnswer(answer.rule, checks, line))
            return True
        if not self._record and isinstance(answer, Change) and self._in_baseline(tree, answer):
            return True
        return not self._checks.isdisjoint(checks)

    def records(self, tree: Tree, change: Change) -> bool:
        """Whether a change is recorded instead of made."""
        return self._record and self._in_baseline(tree, change)

    def findings(self, first: Tree, rules: frozenset[str], *, unchanged: bool) -> Findings:
        """What the run has seen of the baseline; see `Baseline.gone` for the arguments."""
        if self._baseline is None:
            return Findings()
        return Findings(self._baseline.seen(), self._baseline.gone(first, rules, unchanged=unchanged))

    def _in_baseline(self, tree: Tree, change: Change) -> bool:
        return self._baseline is not None and self._baseline.has(tree, change.rule, change.offset)
