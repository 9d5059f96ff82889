"""What a requirement does to the version of a package manager: `pip==18.1`, `pip<19`, `virtualenv==16.0.0`.

Source: the version specifiers of Python's packaging guide
(https://packaging.python.org/en/latest/specifications/version-specifiers/), read 2026-11-30.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from dfix.rewriter.knowledge import CleanUp

Effect = Literal["older", "newer", ""]
"""Whether a version before the one for which the flag only keeps the cache may run afterwards, or a later one does."""
_REQUIREMENT = expression(r"(?P<name>[a-z]+)(?:\[[^\]]*\])?(?P<clauses>(?: ?[=<>~!].*)?)")
_CLAUSE = expression(r" ?(?P<operator>[=<>~!]{1,3}) ?(?P<release>\d{1,9}(?:\.\d{1,9}){0,5})(?P<rest>[\w.*+-]*) ?")
_ENDLESS = (10**9,)


def effect_of(requirement: str, clean_up: CleanUp, *, upgrades: bool) -> Effect:
    """What installing a requirement does; "" for one that may leave the version as it is."""
    found = _REQUIREMENT.fullmatch(requirement)
    if found is None or found["name"] not in clean_up.changed_until:
        return ""
    changed_until = _release(clean_up.changed_until[found["name"]])
    if not found["clauses"]:
        return "newer" if upgrades else ""
    least, below = _bounds(found["clauses"])
    if below <= changed_until:
        return "older"
    return "newer" if least >= changed_until or upgrades else ""


def _bounds(clauses: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The least release that fits, and one that all that fit are below; (0) for both where a clause is not known."""
    least: tuple[int, ...] = (0,)
    below: tuple[int, ...] = _ENDLESS
    for clause in clauses.partition(";")[0].split(","):
        found = _CLAUSE.fullmatch(clause)
        if found is None:
            return (0,), (0,)
        operator, release = found["operator"], _release(found["release"])
        if operator in ("==", "===", "=", "~=", ">=", ">"):
            least = max(least, release)
        if operator == "<":
            below = min(below, release)
        elif operator == "~=":
            below = min(below, _next(release[:-1] or release))
        elif operator in ("==", "===", "=", "<="):
            below = min(below, _next(release) if "*" in found["rest"] else (*release, 1))
    return least, below


def _release(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def _next(release: tuple[int, ...]) -> tuple[int, ...]:
    return (*release[:-1], release[-1] + 1)
