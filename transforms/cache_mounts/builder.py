"""Whether the builder of a Dockerfile knows cache mounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from dfix.rewriter.model import Model

_FRONTEND = expression(
    r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?::(?P<tag>[\w.-]+))?(?:@sha256:[0-9a-f]+)?", 0
)
_NUMBERS = expression(r"(\d+)(?:\.(\d+))?(?:\.\d+)?(?:-|$)")
_NAMED = ("latest", "labs", "master", "master-labs", "experimental")


def has_mounts(model: Model) -> None:
    """Raise LeaveAlone where the settings, or the `# syntax=` line, name a builder without cache mounts.

    Docker builds with BuildKit since version 23.0 and has had cache mounts in `docker/dockerfile` since 1.2.
    """
    if model.target in ("buildah", "kaniko"):
        told = f'the settings say `target = "{model.target}"`, and cache mounts are a feature of BuildKit'
        raise LeaveAlone("no-cache-mounts", told)
    syntax = model.tree.directive("syntax")
    if syntax is None:
        return
    found = _FRONTEND.fullmatch(syntax.strip().split(" ")[0])
    if found is None:
        raise LeaveAlone("no-cache-mounts", f"dfix does not know whether the frontend {syntax} has cache mounts")
    tag = found["tag"] or "latest"
    number = _NUMBERS.match(tag)
    if number is not None and (int(number[1]), int(number[2] or 99)) < (1, 2):
        told = f"`# syntax={syntax}` is older than 1.2, with which cache mounts came"
        raise LeaveAlone("no-cache-mounts", told, "use `# syntax=docker/dockerfile:1`")
    if number is None and tag not in _NAMED:
        raise LeaveAlone("no-cache-mounts", f"dfix does not know whether the frontend {syntax} has cache mounts")
