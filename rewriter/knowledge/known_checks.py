"""Checks of hadolint and BuildKit, and which rule fixes what they report (`known_checks.toml`)."""

from __future__ import annotations

import os
import re
from functools import cache

from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table

_SHELLCHECK = expression(r"(?:(?:hadolint|shellcheck):)?(sc\d{4})", re.IGNORECASE | re.ASCII)


class KnownCheck(NamedTuple):
    """A check of another tool."""

    check: str
    """Its name: "DL3009"."""
    tool: str
    """hadolint or buildkit."""
    rule: str
    """The rule of dfix that fixes what it reports; "" for none."""
    about: str
    """What it reports, in a few words."""
    note: str
    """Where the rule fixes less, or why there is none; may be empty for a rule."""


@cache
def known_checks() -> dict[str, KnownCheck]:
    """The checks by name."""
    rows = own_table(os.path.dirname(__file__), "known_checks.toml")["check"]
    return {row["check"]: KnownCheck(**row) for row in rows}


def known_check(name: str) -> KnownCheck | None:
    """The check that is meant by a name as people write it: "DL3009", "hadolint:DL3009", "stagenamecasing"."""
    tool, colon, check = name.strip().rpartition(":")
    found = next((one for one in known_checks().values() if one.check.lower() == check.lower()), None)
    return None if found is None or (colon and tool.lower() != found.tool) else found


def shellcheck_code(name: str) -> str:
    """The code of a check of ShellCheck, which has hundreds: "SC2086"; "" for any other name."""
    found = _SHELLCHECK.fullmatch(name.strip())
    return found[1].upper() if found is not None else ""
