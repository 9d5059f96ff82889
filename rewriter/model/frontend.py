"""Which version of the Dockerfile frontend a `# syntax=` line names, for features that came with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from dfix.rewriter.dockerfile import Tree

_FRONTEND = expression(
    r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?::(?P<tag>[\w.-]+))?(?:@sha256:[0-9a-f]+)?", 0
)
_NUMBERS = expression(r"(\d+)(?:\.(\d+))?(?:\.\d+)?(?:-|$)")
_NAMED = ("latest", "labs", "master", "master-labs", "experimental")


def frontend_lacks(tree: Tree, feature: str, since: tuple[int, int]) -> str:
    """Why the frontend of a `# syntax=` line may lack a feature, as a sentence; "" where it has it, or none is named.

    Without such a line, the builder's own frontend reads the file.
    """
    syntax = tree.directive("syntax")
    if syntax is None:
        return ""
    unknown = f"dfix does not know whether the frontend {syntax} has {feature}"
    found = _FRONTEND.fullmatch(syntax.strip().split(" ")[0])
    if found is None:
        return unknown
    tag = found["tag"] or "latest"
    number = _NUMBERS.match(tag)
    if number is not None and (int(number[1]), int(number[2] or 99)) < since:
        return f"`# syntax={syntax}` is older than {since[0]}.{since[1]}, which added {feature}"
    return unknown if number is None and tag not in _NAMED else ""
