"""Proving one Dockerfile: build it before and after, compare, and find the change that broke a promise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from dfix.rewriter.answers.change import OF_OTHER_IMAGES
from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.knowledge import managers
from dfix.rewriter.model import build as build_model
from dfix.rewriter.pipeline import run as pipeline
from dfix.rewriter.pipeline.options import Options, Place
from dfix.rewriter.pipeline.result import Applied, Result
from dfix.rewriter.report.sizes import size
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.chance import Version, by_chance
from dfix.rewriter.verify.compare import Comparison, Difference, allow, compare, without
from dfix.rewriter.verify.declared import settings
from dfix.rewriter.verify.engine import BuildError, EngineError, FailedStep
from dfix.rewriter.verify.hints import hint
from dfix.rewriter.verify.image import Image
from dfix.rewriter.verify.measure import cold, measure
from dfix.rewriter.verify.needed_caches import needed_at_start
from dfix.rewriter.verify.origins import BuiltFrom, with_origins
from dfix.rewriter.verify.proof import Blame, Measures, Proof
from dfix.rewriter.verify.random_names import by_random_names
from dfix.rewriter.verify.scanner import BuiltImage, Scanner
from dfix.rewriter.verify.smoke import Runs, Sides, smoke
from dfix.rewriter.verify.trial import Trial
from dfix.rewriter.verify.usual_edits import choose
from dfix.rewriter.verify.watching.watcher import Watched, Watcher
from dfix.rewriter.verify.work_again import work_again

NOTHING = Comparison((), (), (), 0)
LEAST_FREED = 100_000
"""If at least this many bytes of caches are gone, the image must be smaller."""


class Seen(NamedTuple):
    """What building a version showed, compared with the original."""

    comparison: Comparison
    faults: tuple[Difference, ...] = ()
    """Faults even in a declared difference: lost settings, and what running both images showed."""
    declared: bool = False
    """Whether a change declares a different image, so that differences are no faults."""
    ran: str = ""
    """What running both images showed, in words."""
    unshown: str = ""
    """Why that shows nothing, as a sentence."""
    measures: Measures | None = None
    message: str = ""
    """Why it did not build."""
    log: str = ""
    failed: FailedStep | None = None
    tag: str = ""
    """The image; "" where there is none."""

    @property
    def broken(self) -> bool:
        """Whether it did not build or is a different image."""
        return bool(self.message or self.faults or (self.comparison.differences and not self.declared))

    @property
    def blame(self) -> tuple[Difference, ...]:
        """The differences that broke a promise."""
        return self.faults if self.declared else self.comparison.differences


class Before:
    """The original version: built once, and again if a difference may be build noise."""

    def __init__(self, trial: Trial, source: Source, allow: Sequence[tuple[str, str]] = ()) -> None:
        self.trial, self.source, self.allow = trial, source, allow
        self.tag, built = trial.build("before", source, "build without cache", cache=False)
        self.image: Image = trial.image(self.tag)
        self.measures = cold(source, trial.options.target, built, self.image)
        self.homes = homes_of(source)
        self._again: Version | None = None

    def against(self, image: Image, tag: str, after: Source, caches: tuple[str, ...]) -> Comparison:
        """What differs in `image`, built from `after`, ignoring what differs between two builds of this version."""
        found = compare(self.image, image, caches, self.homes)
        if not found.differences:
            return found
        twice, again = self.built_twice(), self._second()
        rebuild = cache(lambda: self._twice("after", after).image)
        found = by_random_names(without(found, twice), twice, (self.image, again.image, image), rebuild)
        versions = self._version(self.image, self.tag), again
        return by_chance(found, versions, self._version(image, tag), rebuild, self.trial.context)

    def built_twice(self) -> Comparison:
        """What differs between two builds of this version."""
        return compare(self.image, self._second().image, (), self.homes)

    def _second(self) -> Version:
        self._again = self._again or self._twice("before", self.source)
        return self._again

    def _twice(self, side: str, source: Source) -> Version:
        tag, _ = self.trial.build(side, source, "build without cache, again", cache=False)
        return self._version(self.trial.image(tag), tag)

    def _version(self, image: Image, tag: str) -> Version:
        return Version(image, lambda paths: self.trial.files(tag, paths))


class Show(NamedTuple):
    """What else than the images is looked at."""

    measures: bool = True
    """How long rebuilds take."""
    reads: bool = True
    """Which files the RUNs read that a rewrite moves."""
    scanner: Scanner | None = None
    """What scans the images for vulnerabilities; None for nothing."""


class _Watch:
    """Watches what the changes of a result move, each once."""

    def __init__(self, trial: Trial, original: Source, context: Context, options: Options) -> None:
        self._watcher = Watcher(trial, original, context)
        self._original, self._context, self._options = original, context, options
        self._known: dict[Place | None, Watched] = {}

    def first_fault(self, result: Result) -> tuple[Applied, tuple[Difference, ...]] | None:
        """The first change of a result that moves a RUN past files that it uses, and those files."""
        for change in result.changes:
            if files := self.of(change, result).faults:
                return change, files
        return None

    def of(self, change: Applied | None, result: Result) -> Watched:
        """What watching one change shows; without a change, the whole result."""
        at = None if change is None else place(change)
        if at not in self._known:
            if at is not None:
                result = pipeline.run(self._original, self._options._replace(only=frozenset({at})))
            self._known[at] = self._watcher.watch(result.after, _context_after(self._context, result))
        return self._known[at]

    @property
    def unseen(self) -> str:
        """Why some RUN could not be watched; "" where all could."""
        return next((watched.unseen for watched in self._known.values() if watched.unseen), "")


def _context_after(context: Context, result: Result) -> Context:
    """The build context with the ignore file of a result."""
    return context if result.ignore_file is None else context.with_ignore_text(result.ignore_file.after.text)


def prove(trial: Trial, result: Result, options: Options, context: Context, runs: Runs, show: Show) -> Proof:
    """Prove a result that changes its file. Raises EngineError, SavedImageError, ContextError, OSError."""
    trial.take_context(context, result.before.path)
    try:
        before = Before(trial, result.before, options.allow)
    except BuildError as error:
        return unbuilt(result, error, result.before, trial)
    return prove_against(before, result, options, context, runs, show)


def unbuilt(result: Result, error: BuildError, source: Source, trial: Trial) -> Proof:
    """The proof where a version that was there before does not build."""
    said = advised(error, source, trial)
    return Proof("unbuilt", result, result, message=said, log=error.log, failed=error.failed)


def advised(error: BuildError, source: Source, trial: Trial) -> str:
    """Why a build failed, with what to do about it where that is known."""
    advice = hint(error.message, parse(source), trial.options.args)
    return f"{error.message}. {advice}" if advice else error.message


def prove_against(before: Before, result: Result, options: Options, context: Context, runs: Runs, show: Show) -> Proof:
    """Prove a result whose original was built. Raises EngineError, SavedImageError, OSError."""
    trial = before.trial
    watch = _Watch(trial, result.before, context, options) if show.reads else None
    left, seen, blamed = _settle(trial, before, result, options, runs, watch)
    proof = Proof(
        "broken" if blamed else "unshown" if seen.unshown else "proven", result, left, seen.comparison, tuple(blamed)
    )
    proof = proof._replace(ran=seen.ran, message=seen.unshown, unseen=watch.unseen if watch else "")
    if not result.changes and not any(blame.message for blame in blamed):
        proof = proof._replace(work=work_again(result, context, _context_after(context, result)))
    if show.scanner is not None and seen.tag:
        proof = proof._replace(scan=show.scanner.scan(BuiltImage(trial, before.tag), BuiltImage(trial, seen.tag)))
    if seen.measures is None:
        return proof
    if not show.measures:
        return proof._replace(before=before.measures, after=seen.measures)
    model = build_model(parse(left.after), options.target, lambda: context)
    edits = choose(model, context)
    first = {"before": before.measures, "after": seen.measures}
    try:
        found = measure(trial, {"before": left.before, "after": left.after}, edits, first)
    except BuildError as error:
        said = f"rebuilding after an edit failed: {error.message}"
        proof = proof._replace(message=said, log=error.log, failed=error.failed)
        return proof._replace(before=before.measures, after=seen.measures)
    return proof._replace(before=found["before"], after=found["after"], edited=(edits.source, edits.dependency))


def _settle(
    trial: Trial, before: Before, result: Result, options: Options, runs: Runs, watch: _Watch | None
) -> tuple[Result, Seen, list[Blame]]:
    """Leave out one broken change after another until the rest is proven."""
    blamed: list[Blame] = []
    left = result
    while True:
        seen = _see(trial, before, left, runs, cache=False)
        if not left.changes:  # somebody else's rewrite, which has no changes to leave out
            files = watch.of(None, left).faults if watch else ()
            blame = Blame(None, seen.blame, seen.message, seen.log, files, seen.failed)
            return left, seen, [blame] if seen.broken or files else []
        if seen.broken:
            change, last = _pin(trial, before, left, options, runs, seen)
            files = watch.of(change, left).faults if watch else ()
            blamed.append(Blame(change, last.blame, last.message, last.log, files, last.failed))
        elif watch and (found := watch.first_fault(left)):
            change, files = found
            blamed.append(Blame(change, (), "", "", files))
        else:
            return left, seen, blamed
        options = options._replace(without=options.without | {place(change)})
        left = pipeline.run(result.before, options)
        if not left.changed:
            return left, Seen(NOTHING), blamed


def _see(trial: Trial, before: Before, result: Result, runs: Runs, *, cache: bool) -> Seen:
    """Build the rewritten version and compare it with the original."""
    trial.ignores("after", None if result.ignore_file is None else result.ignore_file.after.to_bytes())
    declared = runs.declared or any(change.contract in OF_OTHER_IMAGES for change in result.changes)
    cache = cache or (declared and runs.cached)
    try:
        tag, built = trial.build("after", result.after, "build" if cache else "build without cache", cache=cache)
    except BuildError as error:
        return Seen(NOTHING, message=error.message, log=error.log, failed=error.failed)
    image = trial.image(tag)
    measures = cold(result.after, trial.options.target, built, image)
    caches = caches_of(result) if allows_caches(result) else ()
    sides = BuiltFrom(before.image, before.source), BuiltFrom(image, result.after)
    if not declared:
        seen = before.against(image, tag, result.after, caches)
        seen = _freed(before.image, image, needed_at_start(seen, before.image, image))
        allowed = allow(with_origins(seen, *sides, trial.options.target), before.allow)
        return Seen(allowed, measures=measures, tag=tag)
    compared = with_origins(compare(before.image, image, caches, before.homes), *sides, trial.options.target)
    faults = settings(result.before, compared.differences, image)
    if runs.containers is None:
        raise EngineError(
            "this engine cannot run images, but a different image must be run to be checked: use docker or podman"
        )
    seen_running = smoke(runs.containers, Sides(before.tag, tag, before.image, image), runs.words, trial.tell)
    faults = (*faults, *seen_running.faults)
    return Seen(compared, faults, True, seen_running.said, seen_running.unshown, measures, tag=tag)


def _freed(before: Image, after: Image, seen: Comparison) -> Comparison:
    """Add a difference if cache files are gone but not their bytes, because a lower layer still holds them."""
    gone = -seen.cache_bytes
    if gone < LEAST_FREED or before.size - after.size > gone / 2:
        return seen
    what = f"is not {size(gone)} smaller, although those files are gone: an earlier layer still holds them"
    return seen._replace(differences=(*seen.differences, Difference("image size", what, 0, "size")))


def allows_caches(result: Result) -> bool:
    """Whether cache folders may differ: a change promises only same-but-caches, or there are no promises."""
    return not result.changes or any(change.contract != "same-image" for change in result.changes)


def caches_of(result: Result) -> tuple[str, ...]:
    """The cache folders of a Dockerfile's package managers."""
    text = result.before.text
    named = [manager for manager in managers() if any(command in text for command in manager.commands)]
    return tuple(dict.fromkeys(cache for manager in named for cache in manager.caches))


def homes_of(source: Source) -> frozenset[str]:
    """The homes that ENV lines of a Dockerfile set for their RUNs, also where the image ends with another."""
    steps = (step for stage in build_model(parse(source)).stages for step in stage.steps)
    return frozenset(home for step in steps if (home := step.env.get("HOME")) and home.startswith("/"))


def place(change: Applied) -> Place:
    """How `Options.only` and `Options.without` name a change."""
    return change.rule, change.offset


def _pin(
    trial: Trial, before: Before, result: Result, options: Options, runs: Runs, seen: Seen
) -> tuple[Applied, Seen]:
    """Find the change that breaks the promise, and what building with it showed.

    Bisects over prefixes of the changes: the culprit is the last change of the shortest broken prefix.
    """
    changes = result.changes
    good, bad = 0, len(changes)
    while bad - good > 1:
        half = (good + bad) // 2
        some = pipeline.run(result.before, options._replace(only=frozenset(map(place, changes[:half]))))
        found = _see(trial, before, some, runs, cache=True) if some.changed else Seen(NOTHING)
        if found.broken:
            bad, seen = half, found
        else:
            good = half
    return changes[bad - 1], seen
