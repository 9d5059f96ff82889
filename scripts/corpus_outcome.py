"""What a corpus run records about one Dockerfile."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple


class Outcome(NamedTuple):
    """What happened to one file."""

    name: str
    in_context: bool
    state: str
    """"read", "note" (left as it is as a whole), "problem" (not a valid Dockerfile) or "crash"."""
    known: str
    """The line that BuildKit's old parser is known to read differently, "" for none."""
    faults: dict[str, str]
    """The failures: column of the report, message."""
    changed: Counter[str]
    """How often each rule changed something."""
    refused: Counter[tuple[str, str]]
    """How often each rule left a place alone, by (rule, code)."""
    diff: str
    """A unified diff with the reasons before it, "" when the file is unchanged."""
    installs: tuple[str, ...] = ()
    """For each install after a COPY of the sources: "split", or why it was left alone."""
    unsafe: tuple[str, ...] = ()
    """What the rules that need --unsafe changed, and why they left other stages alone."""
