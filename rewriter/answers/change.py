"""The two answers of a transform: a change with its reason and contract, or a refusal with its reason."""

from __future__ import annotations

from typing import Literal

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit

Contract = Literal["same-image", "same-but-caches", "repairs", "changed-image"]
"""What a change promises about the image that ships (docs/rules.md explains each)."""
OF_OTHER_IMAGES: frozenset[Contract] = frozenset(("repairs", "changed-image"))
"""With these, the image may be another, so that only running it shows whether it is right."""


class Change(NamedTuple):
    """One rewrite at one place."""

    rule: str
    """The name of the rule ("merge-runs")."""
    offset: int
    """Where the change is reported: a character offset in the text on which it was proposed."""
    edits: tuple[Edit, ...]
    """Replacements that belong together: all are applied, or none."""
    reason: str
    """One sentence for the user."""
    contract: Contract
    """What the change promises about the image."""
    ignored: tuple[str, ...] = ()
    """Lines to add to the ignore file of the build context, together with the edits."""
    settles: int | None = None
    """The offset of the instruction about which the rule then refuses nothing more; None for no such instruction."""
    worth: str = ""
    """What it is worth, with a figure and where that comes from: "about 20 MB less (…, measured)"; "" for unknown."""
    checks: tuple[str, ...] = ()
    """The checks of other tools that this change answers, so that a comment which turns one of them off keeps it away.
    Empty for all `CODES` of its rule."""


class Refusal(NamedTuple):
    """A place that a transform considered and left alone."""

    rule: str
    """The name of the rule ("split-manifests")."""
    offset: int
    """Where the refusal is reported: a character offset in the text."""
    code: str
    """A name of reasons.toml ("hook-script"), by which refusals are counted and documented."""
    reason: str
    """One sentence: what dfix saw in the author's lines, and why it prevents the change."""
    hint: str = ""
    """An instruction that makes the change possible; "" when there is none."""
    checks: tuple[str, ...] = ()
    """As in `Change`."""
