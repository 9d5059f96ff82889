"""Which Yarn a project uses: Yarn 2 and later may keep what they install in their cache folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.cache_folders import written

if TYPE_CHECKING:
    from dfix.rewriter.model import Model, Step
    from dfix.rewriter.model.cache_use import Filling

_PINNED = re.compile(r'"packageManager"\s*:\s*"yarn@(\d+)')
_CHOOSES = ("corepack", "yarn set version", "yarn policies", "yarnPath", "yarn@berry", "yarn@stable")


def is_classic(model: Model, step: Step, filling: Filling) -> None:
    """Raise LeaveAlone where the RUN's Yarn may not be Yarn 1, whose cache is a cache and nothing else."""
    if all(use.usage.says("yarn global add") or use.usage.says("yarn global upgrade") for use in filling.fills):
        return
    context = model.context
    if context is None:
        reason = "whether Yarn keeps what it installs in its cache is not known without the build context"
        raise LeaveAlone("tool-version", reason, "name its folder with --context")
    files = context.below("")
    berry = next((path for path in files if path.endswith(".yarnrc.yml") or path.startswith(".yarn/")), None)
    if berry is not None:
        raise LeaveAlone(
            "tool-version", f"{berry} belongs to Yarn 2 or later, which may keep in its cache what it installs"
        )
    pinned = _PINNED.search(context.read("package.json") or "")
    if pinned is not None:
        if pinned[1] == "1":
            return
        raise LeaveAlone(
            "tool-version", f"package.json asks for Yarn {pinned[1]}, which may keep in its cache what it installs"
        )
    chosen = next((word for word in _CHOOSES for other in step.stage.steps if word in written(other)), None)
    if chosen is not None:
        raise LeaveAlone("tool-version", f"`{chosen}` may choose another Yarn than Yarn 1")
