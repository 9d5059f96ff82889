"""Whether the builder of a Dockerfile knows cache mounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.frontend import frontend_lacks

if TYPE_CHECKING:
    from dfix.rewriter.model import Model


def has_mounts(model: Model) -> None:
    """Raise LeaveAlone where the settings, or the `# syntax=` line, name a builder without cache mounts.

    Docker builds with BuildKit since version 23.0 and has had cache mounts in `docker/dockerfile` since 1.2.
    """
    if model.target in ("buildah", "kaniko"):
        told = f'the settings say `target = "{model.target}"`, and cache mounts are a feature of BuildKit'
        raise LeaveAlone("no-cache-mounts", told)
    lacks = frontend_lacks(model.tree, "cache mounts", (1, 2))
    if lacks:
        hint = "use `# syntax=docker/dockerfile:1`" if "older" in lacks else ""
        raise LeaveAlone("no-cache-mounts", lacks, hint)
