"""Does a locked version satisfy what a manifest requires? In the notations of Mix, pub and Cargo.

Sources: hexdocs.pm/elixir ("Version"), dart.dev ("Package versioning"), doc.rust-lang.org/cargo ("Specifying
Dependencies"). Pre-releases (`-rc.1`) and unusual notations get no answer.
"""

from __future__ import annotations

import re

from dfix.rewriter.text.expression import expression

_LONGEST = 1_000
"""Characters of a requirement; a longer one gets no answer."""
_VERSION = expression(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\+[\w.-]+)?")
_PART = expression(r"(?P<sign>~>|\^|>=|<=|==|>|<|!=|)\s*(?P<version>\d[\w.+-]*)")


def fits(version: str, requirement: str) -> bool | None:
    """Whether "1.7.3" satisfies "~> 1.7", "^1.2.0", ">=1.0.0 <2.0.0" or "~> 1.0 or ~> 2.0"; None when unclear."""
    have = _numbers(version)
    if have is None or len(requirement) > _LONGEST:
        return None
    answers = [_all(have, part) for part in " ".join(requirement.split()).split(" or ")]
    if True in answers:
        return True
    return None if None in answers else False


def mismatch(name: str, version: str, requirement: str, fit: bool | None) -> str:
    """Why a lock file may not satisfy a requirement: `version` is "" for a missing package, `fit` what `fits` says."""
    if not version:
        return f"it does not list {name}"
    if fit is None:
        return f"dfix can't tell whether its {name} {version} satisfies `{requirement}`"
    return f"its {name} {version} does not satisfy `{requirement}`"


def _all(have: tuple[int, int, int], requirement: str) -> bool | None:
    if requirement in ("", "any"):
        return True
    rest = re.sub(r" and |,", " ", requirement).strip()
    while rest:  # ">=1.0.0 <2.0.0": one comparison after the other
        part = _PART.match(rest)
        if part is None:
            return None
        answer = _compare(have, part["sign"], part["version"])
        if answer is not True:
            return answer
        rest = rest[part.end() :].strip()
    return True


def _compare(have: tuple[int, int, int], sign: str, written: str) -> bool | None:
    want = _numbers(written)
    if want is None:
        return None
    if sign == "~>":  # only the last number that is written may grow: "~> 1.7" allows 1.9, "~> 1.7.0" does not
        dots = written.partition("+")[0].count(".")
        upper = (want[0] + 1, 0, 0) if dots < 2 else (want[0], want[1] + 1, 0)
        return want <= have < upper
    if sign == "^":
        upper = (want[0] + 1, 0, 0) if want[0] else (0, want[1] + 1, 0)
        return want <= have < upper
    return {
        "": have == want,
        "==": have == want,
        "!=": have != want,
        ">=": have >= want,
        "<=": have <= want,
        ">": have > want,
        "<": have < want,
    }[sign]


def _numbers(written: str) -> tuple[int, int, int] | None:
    match = _VERSION.fullmatch(written.strip())
    return None if match is None else (int(match[1]), int(match[2] or 0), int(match[3] or 0))
