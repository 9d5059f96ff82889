"""What one run of the pipeline is asked to do."""

from __future__ import annotations

from typing import NamedTuple

Place = tuple[str, int]
"""A rule and the character offset, in the file as it is, at which it changes something."""


class Options(NamedTuple):
    """`select` None means every rule. `target` names the builder ("buildkit", "buildah", "kaniko"; "" when unsaid).

    `context` is a build context folder that overrides finding one; without `use_context` no folder is looked at.
    Without `ignore_file` no change is made that needs lines in the context's ignore file, which nobody would write.
    Without `plugins` only dfix's own rules run. Changes at the places of `without` are not made, and where `only` is
    given no others than those.
    """

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    unsafe: bool = False
    target: str = ""
    context: str | None = None
    use_context: bool = True
    ignore_file: bool = True
    plugins: bool = True
    only: frozenset[Place] | None = None
    without: frozenset[Place] = frozenset()


class Saving(NamedTuple):
    """Which of the rules that run a save in the editor applies; `select` None means all."""

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()

    def narrow(self, options: Options, known: frozenset[str]) -> Options:
        """What a save applies: safe changes alone, by no rule that would not run otherwise.

        `known` are the names of all rules. A save has one file to write, so that none gets lines in the ignore file.
        """
        left_out = frozenset() if self.select is None else known - self.select
        return options._replace(unsafe=False, ignore_file=False, ignore=options.ignore | self.ignore | left_out)
