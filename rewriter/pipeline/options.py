"""The options of one run of the pipeline."""

from __future__ import annotations

from dfix.rewriter.text.named_tuple import NamedTuple

Place = tuple[str, int]
"""A rule and the character offset, in the original file, of one of its changes."""


class RecordedChange(NamedTuple):
    """A change that a baseline has on record."""

    rule: str
    instruction: str
    """A digest of the instruction's text, see `pipeline.baseline`."""
    times: int
    """How many instructions of the file with that text have it."""


class Options(NamedTuple):
    """What to run on a Dockerfile, and with which context."""

    select: frozenset[str] | None = None
    """The rules to run; None means all."""
    warn: frozenset[str] = frozenset()
    """The rules whose changes alone do not make a run exit with status 1."""
    ignore: frozenset[str] = frozenset()
    ignored_checks: frozenset[str] = frozenset()
    """Checks of other tools: changes that answer one of them are left out."""
    require_ignore_reasons: bool = False
    """Whether an ignore comment must say why."""
    unsafe: bool = False
    target: str = ""
    """The builder: "buildkit", "buildah", "kaniko" or, if unknown, ""."""
    context: str | None = None
    """The build context folder; None means: find it."""
    context_from: str = "given"
    """Where `context` comes from, in words."""
    root: str = ""
    """The folder that nothing read or written may be outside of (dfix.rewriter.text.root), "": find it."""
    use_context: bool = True
    """False: look at no folder."""
    ignore_file: bool = True
    """False: make no change that needs lines in the ignore file, because nobody would write them."""
    plugins: bool = True
    """False: run only dfix's own rules."""
    only: frozenset[Place] | None = None
    """If not None, only these places may be changed."""
    without: frozenset[Place] = frozenset()
    """Places that must not be changed."""
    allow: tuple[tuple[str, str], ...] = ()
    """What may differ between two images for `dfix verify`: path or pattern, and reason."""
    baseline: tuple[RecordedChange, ...] = ()
    """Changes of this file that are left out because a baseline has them."""
    record: bool = False
    """Make no change, but list all of them for a baseline."""


class Saving(NamedTuple):
    """Which of the rules that run a save in the editor applies."""

    select: frozenset[str] | None = None
    """None means all."""
    ignore: frozenset[str] = frozenset()

    def narrow(self, options: Options, known: frozenset[str]) -> Options:
        """Options for a save: only safe changes, and only by rules that `options` would run.

        `known` are the names of all rules. A save writes a single file, so changes that need ignore-file lines are out.
        """
        left_out = frozenset() if self.select is None else known - self.select
        return options._replace(unsafe=False, ignore_file=False, ignore=options.ignore | self.ignore | left_out)
