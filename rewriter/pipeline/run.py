"""From text to result: run the transforms in order until nothing changes, and check the result."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator
from itertools import pairwise
from os.path import exists
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Refusal
from dfix.rewriter.dockerfile import Tree, parse
from dfix.rewriter.dockerfile.dangling import without_dangling
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.model import Model, build
from dfix.rewriter.pipeline import guards
from dfix.rewriter.pipeline.authors_words import AuthorsWords
from dfix.rewriter.pipeline.history import History
from dfix.rewriter.pipeline.ignore_warnings import comments_to_mend, unused_comments, without_reason
from dfix.rewriter.pipeline.omissions import Omissions
from dfix.rewriter.pipeline.opened_context import OpenedContext, open_context, unusable
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.registry import RuleInfo, plugin_rules, rule_names, rules, transforms
from dfix.rewriter.pipeline.result import Applied, IgnoreFileChange, Note, Refused, Result
from dfix.rewriter.pipeline.settled import Settled
from dfix.rewriter.pipeline.suppressions import Suppressions
from dfix.rewriter.pipeline.transform import Transform, is_opt_in, is_unsafe_by_name, reads_sources
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.source import Edit, OverlappingEditsError, Source, overlap

if TYPE_CHECKING:
    from dfix.rewriter.context.folder import Context
    from dfix.rewriter.pipeline.installed_plugins import Plugin
    from dfix.rewriter.pipeline.plugins import PluginFault

__all__ = ["Hooks", "Options", "RuleInfo", "StoppedError", "chosen", "rule_names", "rules", "run"]

MAX_ROUNDS = 8
"""Each round asks each transform at most once; real files need two or three."""


class _Done(NamedTuple):
    """A change and the number of the text (see History) on which it was proposed."""

    text: int
    change: Change


class Hooks(NamedTuple):
    """Callbacks for a program that runs the pipeline repeatedly on the same files, such as the language server.

    `opened` returns the build context for a tree and the options, so that it can be kept between runs.
    `proceed` is called at each proposal and can end the run by raising StoppedError.
    """

    opened: Callable[[Tree, Options], OpenedContext] | None = None
    proceed: Callable[[], None] | None = None


class StoppedError(Exception):
    """The caller no longer wants the result."""


class GuardError(Exception):
    """A guard rejected a result, which must not be written."""


def run(source: Source, options: Options, hooks: Hooks | None = None) -> Result:
    """Rewrite one Dockerfile. Never raises because of its content: a file that BuildKit rejects is a `Problem`."""
    tree = parse(source)
    fault = check(tree)
    if fault is not None:
        problem = Problem(source.path, fault.line, fault.message, fault.hint)
        return Result(source, source, (), (), (), problem)
    try:
        return _with_sound_plugins(tree, options, hooks or Hooks())
    except (GuardError, OverlappingEditsError) as error:
        message = f"dfix wrote nothing, because its result failed a check ({error})"
        problem = Problem(source.path, 0, message, "Please report it together with the file")
        return Result(source, source, (), (), (), problem)


def _with_sound_plugins(tree: Tree, options: Options, hooks: Hooks) -> Result:
    """Run the pipeline; if a plug-in fails, run it again without that plug-in's rule.

    Raises errors that have nothing to do with plug-ins.
    """
    faults: list[PluginFault] = []
    while True:
        attempt = _Run(tree, options, hooks)
        try:
            return attempt.result()._replace(plugin_faults=tuple(faults))
        except StoppedError:
            raise
        except Exception as error:
            plugin = attempt.suspect()
            if plugin is None:
                raise
            from dfix.rewriter.pipeline.plugins import PluginAnswerError, run_fault

            wrong_file = isinstance(error, GuardError | OverlappingEditsError)
            told = PluginAnswerError(f"produced a result that failed a check ({error})") if wrong_file else error
            faults.append(run_fault(plugin, told, tree.source.path))
            options = options._replace(ignore=options.ignore | {plugin.name})


class _Run:
    def __init__(self, tree: Tree, options: Options, hooks: Hooks) -> None:
        self.first = self.tree = tree
        self.options = options
        self.hooks = hooks
        self.history = History(tree.source)
        self.done: list[_Done] = []
        self._asked = ""  # the rule that was asked last
        self._running = chosen(options)
        self._omissions = Omissions(options, self.history)
        self._last: Model  # of the last text
        self._context: Context | None = None
        self._context_known = False
        self._opened = OpenedContext(None, "")

    def result(self) -> Result:
        source = self.first.source
        model = self._model()
        if model.opaque:
            return Result(source, source, (), (), (Note(1, model.opaque),), None)
        suppressed = Suppressions.read(source.text)
        unexplained = tuple(without_reason(suppressed)) if self.options.require_ignore_reasons else ()
        if suppressed.whole_file:
            note = Note(1, "it has a `# dfix: ignore-file` comment")
            return Result(source, source, (), (), (note,), None, unexplained=unexplained)
        refusals = self._settle(model, self._running)
        problem = unusable(self._opened.context, source.path)
        if problem is not None:
            return Result(source, source, (), (), (), problem, context=self._opened.used)
        if self.done:
            wrong = guards.second_reader_agrees(self.first, self.tree)
            if wrong:
                raise GuardError(wrong)
            self._check_files(model)
        return self._report(refusals)._replace(unexplained=unexplained)

    def _check_files(self, first: Model) -> None:
        """Raise GuardError if a stage ends with other files, or a command finds others, and name the rule."""
        texts = self.history.texts
        new_image = {done.text for done in self.done if done.change.contract == "changed-image"}
        repairs = {done.text for done in self.done if done.change.contract == "repairs"}
        if not new_image and not repairs and not guards.same_files(first, self._last):
            return
        for index, (before, after) in enumerate(pairwise(map(self._model_of, texts))):
            wrong = guards.same_files(before, after, new_image=index in new_image, repairs=index in repairs)
            if wrong:
                rule = next(done.change.rule for done in self.done if done.text == index)
                raise GuardError(f"{rule}: {wrong}")

    def _model_of(self, text: Source) -> Model:
        return build(parse(text), self.options.target, self._open_context)

    def suspect(self) -> Plugin | None:
        """The plug-in that may have caused an error: the one asked last, else the last one that changed something."""
        if not self.options.plugins:
            return None
        by_rule = {plugin.name: plugin for plugin, _ in plugin_rules()}
        rules_by_time = (self._asked, *(done.change.rule for done in reversed(self.done)))
        return next((by_rule[rule] for rule in rules_by_time if rule in by_rule), None)

    def _settle(self, model: Model, running: list[Transform]) -> list[Refusal]:
        """Ask the transforms in turn until none changes the text; return what they refuse in that final text."""
        alone: dict[str, list[Refusal]] = {}
        for _ in range(MAX_ROUNDS):
            for transform in running:
                if transform.NAME in alone:
                    continue
                self._asked = transform.NAME
                changes, refusals = self._ask(transform, model)
                if self._ends_loosely(changes):
                    model = self._model()
                    changes, refusals = self._ask(transform, model)
                if changes:
                    self._apply(changes)
                self._asked = ""
                if changes:
                    model = self._model()
                    alone.clear()
                else:
                    alone[transform.NAME] = refusals
            if len(alone) == len(running):
                self._last = model
                return [refusal for transform in running for refusal in alone[transform.NAME]]
        raise GuardError(f"it still changes after {MAX_ROUNDS} rounds")

    def _ask(self, transform: Transform, model: Model) -> tuple[list[Change], list[Refusal]]:
        foreign = transform not in transforms()
        self._omissions.begin(transform.NAME)
        changes: list[Change] = []
        refusals: list[Refusal] = []
        taken: list[Edit] = []
        for item in transform.propose(model):
            if self.hooks.proceed is not None:
                self.hooks.proceed()
            if foreign:
                from dfix.rewriter.pipeline.plugins import check_answer

                check_answer(transform, item, len(model.source.text))
            if self._omissions.has(self.tree, item, item.checks or transform.CODES):
                continue
            if isinstance(item, Refusal):
                refusals.append(item)
            elif not self._wanted(item):
                continue
            elif item.ignored and not self.options.ignore_file:
                hint = f"dfix --write adds {', '.join(f'`{line}`' for line in item.ignored)} to the ignore file"
                refusals.append(Refusal(item.rule, item.offset, "ignore-file", item.reason, hint))
            elif item.contract == "changed-image" and not self.options.unsafe and not is_unsafe_by_name(transform):
                refusals.append(Refusal(item.rule, item.offset, "unsafe", item.reason, "--unsafe applies it"))
            elif not self._omissions.records(self.tree, item) and not overlap(taken, item.edits):
                for edit in item.edits:
                    insort(taken, edit)
                changes.append(item)
        return changes, refusals

    def _ends_loosely(self, changes: list[Change]) -> bool:
        r"""Remove a `\` at the end of the file if changes would put something after it; whether it was there."""
        loose = without_dangling(self.tree)
        if loose is None or not any(edit.span.end > loose.span.start for change in changes for edit in change.edits):
            return False
        reason = f"the `{self.tree.escape}` at the end of the file would join what comes after it"
        self._apply([Change(changes[0].rule, self.tree.instructions[-1].span.start, (loose,), reason, "same-image")])
        return True

    def _wanted(self, change: Change) -> bool:
        only, without = self.options.only, self.options.without
        if only is None and not without:
            return True
        place = (change.rule, self._original(change.offset))
        return place not in without and (only is None or place in only)

    def _original(self, offset: int) -> int:
        """The offset in the file as it was, of one in the last text."""
        return self.history.original(len(self.history.texts) - 1, offset)

    def _apply(self, changes: list[Change]) -> None:
        edits = [edit for change in changes for edit in change.edits]
        before = self.tree.source
        index = len(self.history.texts) - 1
        after = self.history.apply(edits)
        if after.text == before.text and not any(change.ignored for change in changes):
            raise GuardError(f"{changes[0].rule} proposes a change that changes nothing")
        self.done += [_Done(index, change) for change in changes]
        self._ignore(tuple(line for change in changes for line in change.ignored))
        self.tree = parse(after)
        wrong = guards.outside_is_unchanged(before, after, edits) or guards.builds(self.tree)
        if wrong:
            raise GuardError(f"{changes[0].rule}: {wrong}")

    def _ignore(self, lines: tuple[str, ...]) -> None:
        if lines and self._context is not None:
            self._context = self._context.with_lines(lines)

    def _model(self) -> Model:
        return build(self.tree, self.options.target, self._open_context)

    def _open_context(self) -> Context | None:
        if not self._context_known:
            self._context_known = True
            if self.options.use_context:
                opened = self.hooks.opened or open_context
                self._opened = opened(self.first, self.options)
                self._context = self._opened.context
                if self._context is not None:
                    self._context.answers.clear()
        return self._context

    def _report(self, refusals: list[Refusal]) -> Result:
        rules = frozenset(transform.NAME for transform in self._running)
        baselined = self._omissions.findings(self.first, rules, unchanged=not self.done)
        return Result(
            self.history.texts[0],
            self.history.texts[-1],
            tuple(sorted(self._applied(), key=lambda applied: applied.line)),
            tuple(sorted(self._refused(refusals), key=lambda refused: refused.line)),
            (),
            None,
            self._ignore_file(),
            self.history.regions(),
            self._warnings(),
            context=self._opened.used,
            only_warned=all(done.change.rule in self.options.warn for done in self.done),
            findings=baselined.findings,
            gone=baselined.gone,
        )

    def _applied(self) -> Iterator[Applied]:
        first, last = self.history.texts[0], self.history.texts[-1]
        for index, change in self.done:
            words = AuthorsWords(first, self.history.texts[index], self.history.regions(index))
            offset = self.history.original(index, change.offset)
            line, after = first.line_of(offset), last.line_of(self.history.final(index, change.offset))
            reason = words.of(change.reason) or change.reason
            yield Applied(change.rule, line, after, reason, change.contract, change.edits, offset, change.worth)

    def _refused(self, refusals: list[Refusal]) -> Iterator[Refused]:
        first, last = self.history.texts[0], self.history.texts[-1]
        end = len(self.history.texts) - 1
        words = AuthorsWords(first, last, self.history.regions())
        settled = Settled(self.first, self.history, self.done)
        for item in refusals:
            reason, hint = words.of(item.reason), words.of(item.hint)
            offset = self.history.original(end, item.offset)
            if reason is not None and hint is not None and not settled.has(item.rule, offset):
                line = first.line_of(offset)
                yield Refused(item.rule, line, last.line_of(item.offset), item.code, reason, hint)

    def _warnings(self) -> tuple[Note, ...]:
        """A missing context, and the ignore comments of the file as it was that have no effect."""
        suppressed = Suppressions.read(self.first.source.text)
        found = [
            *comments_to_mend(suppressed, self.options),
            *unused_comments(suppressed, self._omissions.silenced, self._running),
        ]
        if self._opened.why and self._opened.context is None:
            found.append(Note(1, f"no build context is used: {self._opened.why}. Name it with --context"))
        return tuple(sorted(found))

    def _ignore_file(self) -> IgnoreFileChange | None:
        first, last = self._opened.context, self._context
        if first is None or last is None or first is last:
            return None
        path = first.ignore_path
        return IgnoreFileChange(Source(path, first.ignore_text), Source(path, last.ignore_text), not exists(path))


def chosen(options: Options) -> list[Transform]:
    """The transforms that run, in their order."""
    select, ignore = options.select, options.ignore
    every = transforms()
    if options.plugins and plugin_rules():
        added = (transform for _, transform in plugin_rules())
        every = tuple(sorted((*every, *added), key=lambda transform: transform.ORDER))
    return [
        t
        for t in every
        if t.NAME not in ignore
        and (t.NAME in select if select is not None else not is_opt_in(t) and (options.unsafe or not reads_sources(t)))
    ]
