"""Facts about the machine that a command prints, never a path: `$(uname -m)`, `$(dpkg --print-architecture)`."""

from __future__ import annotations

import re

from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.text.expression import expression

FACT = "…"
"""What stands for such a fact in a text."""
_PRINTED = expression(r"\$\(\s*+([A-Za-z][\w.-]*+)(?:\s++(-{1,2}[\w-]++))?(?:\s[^()`;&|$/<>\n]*+)?\s*+\)")
OF_MACHINE = frozenset(f"{of}{part}" for of in ("TARGET", "BUILD") for part in ("OS", "ARCH", "VARIANT"))
"""Build arguments that BuildKit sets to a word about the machine (docs.docker.com, "Automatic platform ARGs")."""


def with_facts(text: str) -> str:
    """A text with FACT in the place of each `$(…)` that prints one."""
    return _PRINTED.sub(_printed, text) if "$(" in text else text


def is_fact(name: str, value: str | None) -> bool:
    """Whether a variable only holds facts: BuildKit's TARGETARCH, or one that the script sets to `$(uname -m)`."""
    if value is None:
        return name in OF_MACHINE
    return FACT in with_facts(value) and not {"$", "`", "/"}.intersection(with_facts(value))


def _printed(match: re.Match[str]) -> str:
    known = of_kind("fact")
    return FACT if match[1] in known or f"{match[1]} {match[2]}" in known else match[0]
