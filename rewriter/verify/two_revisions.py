"""A Dockerfile and its build context at two revisions: what did the change of the Dockerfile do, and what the sources?

The Dockerfile's part is the old file against the new one, both with the new sources. The sources' part is the old file
with the old sources against the old file with the new ones. The ignore file belongs to the Dockerfile.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from dfix.rewriter.context.folder import Context
from dfix.rewriter.context.ignore import BadPatternError
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.model import build as build_model
from dfix.rewriter.model.reruns import Reruns
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.root import real
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.compare import Comparison, allow, compare, without
from dfix.rewriter.verify.engine import BuildError
from dfix.rewriter.verify.origins import BuiltFrom, with_origins
from dfix.rewriter.verify.proof import Blame, Proof, Sources, Verdict
from dfix.rewriter.verify.prove import Before, Show, advised, prove_against, unbuilt
from dfix.rewriter.verify.scanner import BuiltImage, Scanner
from dfix.rewriter.verify.smoke import Runs
from dfix.rewriter.verify.snapshot import ContextError
from dfix.rewriter.verify.trial import Trial
from dfix.rewriter.verify.vulnerabilities import Scan

_PIECE = 1 << 20


class Revision(NamedTuple):
    """A Dockerfile and its build context at one revision."""

    source: Source
    """With the path that the Dockerfile has in the user's tree."""
    path: str
    """Where the Dockerfile of this revision lies."""
    context: Context


class TwoRevisions(NamedTuple):
    """A Dockerfile at two revisions; None where it isn't there."""

    old: Revision | None
    new: Revision | None

    @property
    def result(self) -> Result:
        """The change of the Dockerfile, as a rewrite by somebody else."""
        last = self.new or self.old
        assert last is not None
        before = self.old.source if self.old is not None else last.source
        after = self.new.source if self.new is not None else before
        return Result(Source(last.source.path, before.text, bom=before.bom), after, (), (), (), None)


class Changed(NamedTuple):
    """What differs between the two revisions of a Dockerfile that both have."""

    dockerfile: bool
    """Also where only the ignore file does."""
    sources: tuple[str, ...]
    """The files of the build context that the old Dockerfile reads, by its own ignore file.

    The Dockerfile and the ignore file themselves, which a COPY may bring, are none.
    """

    @property
    def anything(self) -> bool:
        """Whether a build may differ."""
        return self.dockerfile or bool(self.sources)


def changed(old: Revision, new: Revision) -> Changed:
    """What differs between two revisions. Raises ContextError for an ignore file that no build accepts."""
    for context in (old.context, new.context):
        if context.fault:
            raise ContextError(f"the ignore file cannot be used ({context.fault})")
    same = old.source.text == new.source.text and old.context.ignore_text == new.context.ignore_text
    recipe = _recipe(old) | _recipe(new)
    paths = [path for path in _differing(old.context, _with_ignore_file_of(old, new)) if path not in recipe]
    tree = parse(old.source)
    model = build_model(tree, "", lambda: old.context) if check(tree) is None else None
    if paths and model is not None and not model.opaque:
        reads = [Reruns(model, old.context), Reruns(model, new.context)]
        paths = [path for path in paths if any(side.touched(path) for side in reads)]
    return Changed(not same, tuple(paths))


def judge(pair: TwoRevisions, trials: tuple[Trial, Trial], options: Options, runs: Runs, show: Show) -> Proof:
    """What the changes did; `trials` are for the old sources and for the new ones.

    Raises EngineError, SavedImageError, ContextError, OSError.
    """
    if pair.new is None:
        return Proof("gone", pair.result, pair.result)
    if pair.old is None:
        return _of_a_new_file(pair.new, pair.result, trials[1])
    found = changed(pair.old, pair.new)
    if not found.anything:
        return Proof("unchanged", pair.result, pair.result, sources=Sources(()))
    return _Judgement(pair.old, pair.new, found, trials, options).proof(runs, show)


def _of_a_new_file(new: Revision, result: Result, trial: Trial) -> Proof:
    trial.take_context(new.context, new.path)
    try:
        before = Before(trial, new.source)
    except BuildError as error:
        return unbuilt(result, error, new.source, trial)
    return Proof("new", result, result, after=before.measures)


class _Judgement:
    """Both answers for a Dockerfile that both revisions have."""

    def __init__(
        self, old: Revision, new: Revision, found: Changed, trials: tuple[Trial, Trial], options: Options
    ) -> None:
        self._old, self._new, self._found, self._options = old, new, found, options
        self._result = TwoRevisions(old, new).result
        self._then, self._now = trials
        self._scanner: Scanner | None = None

    def proof(self, runs: Runs, show: Show) -> Proof:
        """Build what is needed, and answer."""
        self._scanner = show.scanner
        old, new, result = self._old, self._new, self._result
        own_ignore_file = old.context.ignore_text == new.context.ignore_text
        context = _with_ignore_file_of(old, new)
        self._now.take_context(new.context, new.path, () if own_ignore_file else (context,))
        if not own_ignore_file:
            self._now.ignores("before", old.context.ignore_text.encode("utf-8", "surrogateescape"))
            show = show._replace(reads=False)
        try:
            before = Before(self._now, old.source, self._options.allow)
        except BuildError as error:
            return self._together(error)
        if self._found.dockerfile:
            proof = prove_against(before, result, self._options, context, runs, show)
        else:
            proof = Proof("unchanged", result, result)
        return proof._replace(sources=self._sources(before) if self._found.sources else Sources(()))

    def _sources(self, now: Before) -> Sources:
        """The old Dockerfile with the old sources, against the same with the new ones."""
        try:
            then = self._built_then()
        except BuildError as error:
            message = f"with the old sources it did not build: {advised(error, self._old.source, self._then)}"
            return Sources(self._found.sources, None, message, error.log, failed=error.failed)
        scan = self._scanned(then.tag, BuiltImage(now.trial, now.tag))
        return Sources(self._found.sources, _seen(then, BuiltFrom(now.image, now.source)), scan=scan)

    def _scanned(self, then: str, now: BuiltImage) -> Scan | None:
        return self._scanner.scan(BuiltImage(self._then, then), now) if self._scanner is not None else None

    def _built_then(self) -> Before:
        self._then.take_context(self._old.context, self._old.path)
        return Before(self._then, self._old.source, self._options.allow)

    def _together(self, error: BuildError) -> Proof:
        """The answer where the old Dockerfile doesn't build with the new sources."""
        result, paths = self._result, self._found.sources
        failed = unbuilt(result, error, self._old.source, self._now)._replace(sources=Sources(paths))
        why = failed.message
        then = self._built_or_none() if paths else None
        if then is None:
            return failed._replace(message=f"the old Dockerfile does not build: {why}{self._new_builds()}")
        if not self._found.dockerfile:
            return failed._replace(message=f"it builds with the old sources, but not with the new ones: {why}")
        apart = f"The old Dockerfile does not build with them, so the two were compared together: {why}"
        sources = Sources(paths, None, apart, error.log, failed=error.failed)
        try:
            tag, _ = self._now.build("after", self._new.source, "build without cache", cache=False)
        except BuildError as second:
            blame = Blame(None, (), advised(second, self._new.source, self._now), second.log, failed=second.failed)
            return Proof("broken", result, result, blamed=(blame,), sources=sources)
        seen = _seen(then, BuiltFrom(self._now.image(tag), self._new.source))
        scan = self._scanned(then.tag, BuiltImage(self._now, tag))
        verdict: Verdict = "unshown" if seen.differences else "proven"
        return Proof(verdict, result, result, seen, sources=sources, scan=scan)

    def _built_or_none(self) -> Before | None:
        try:
            return self._built_then()
        except BuildError:
            return None

    def _new_builds(self) -> str:
        """Whether the new Dockerfile builds, as a sentence behind another one; "" where it is the old one."""
        if not self._found.dockerfile:
            return ""
        try:
            self._now.build("after", self._new.source, "build without cache", cache=False)
        except BuildError as error:
            return f". The new one does not build either: {error.message}"
        return ". The new one builds"


def _seen(then: Before, now: BuiltFrom) -> Comparison:
    """What differs from the old revision's image, without what differs between two builds of that revision."""
    found = compare(then.image, now.image, (), then.homes)
    found = without(found, then.built_twice()) if found.differences else found
    found = with_origins(found, BuiltFrom(then.image, then.source), now, then.trial.options.target)
    return allow(found, then.allow)


def _recipe(revision: Revision) -> set[str]:
    """The Dockerfile and the ignore file by their paths in the context, into which a build may copy them."""
    folder = revision.context.root
    places = (revision.path, revision.context.ignore_path or os.path.join(folder, ".dockerignore"))
    return {os.path.relpath(real(path), folder).replace(os.sep, "/") for path in places}


def _with_ignore_file_of(old: Revision, new: Revision) -> Context:
    """The new build context with the old ignore file."""
    if old.context.ignore_text == new.context.ignore_text:
        return new.context
    try:
        return new.context.with_ignore_text(old.context.ignore_text)
    except BadPatternError as error:
        raise ContextError(f"the ignore file cannot be used ({error})") from error


def _differing(old: Context, new: Context) -> Iterator[str]:
    """The files that ship and differ between two folders."""
    before, after = old.below(""), new.below("")
    both = set(before) & set(after)
    for path in sorted({*before, *after}):
        if path not in both or not _same(os.path.join(old.root, path), os.path.join(new.root, path)):
            yield path


def _same(old: str, new: str) -> bool:
    try:
        before, after = os.lstat(old), os.lstat(new)
        if stat.S_ISLNK(before.st_mode) and stat.S_ISLNK(after.st_mode):
            return os.readlink(old) == os.readlink(new)
        if before.st_mode != after.st_mode or before.st_size != after.st_size:
            return False
        with open(old, "rb") as first, open(new, "rb") as second:
            while piece := first.read(_PIECE):
                if piece != second.read(_PIECE):
                    return False
        return True
    except OSError:
        return False
