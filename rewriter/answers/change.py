"""What a transform answers: a change with its reason and contract, or a refusal with its reason."""

from __future__ import annotations

from typing import Literal, NamedTuple

from dfix.rewriter.text.source import Edit

Contract = Literal["same-image", "same-but-caches", "changed-image"]
"""What a change promises about the image that ships (docs/rules.md explains each)."""


class Change(NamedTuple):
    """One rewrite at one place.

    `offset` is where the change is reported (a character offset in the text it was proposed on), `edits` are
    the replacements that belong together: all are applied or none. `reason` is one sentence for the user. `ignored` are
    lines that the ignore file of the build context gets with them.
    """

    rule: str
    offset: int
    edits: tuple[Edit, ...]
    reason: str
    contract: Contract
    ignored: tuple[str, ...] = ()


class Refusal(NamedTuple):
    """A place that a transform considered and left alone.

    `code` groups refusals for statistics ("hook-script"); `reason` names the thing found, as a sentence;
    `hint` says what would allow the change, where there is such a thing.
    """

    rule: str
    offset: int
    code: str
    reason: str
    hint: str = ""
