"""Which Yarn a project uses: Yarn 2 and later may keep installed packages in the cache folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from dfix.rewriter.model import Model, Step
    from dfix.rewriter.model.cache_use import ManagerUse

_PINNED = expression(r'"packageManager"\s*:\s*"yarn@(\d+)')
_CHOOSES = ("corepack", "yarn set version", "yarn policies", "yarnPath", "yarn@berry", "yarn@stable")


def is_classic(model: Model, step: Step, uses: tuple[ManagerUse, ...]) -> None:
    """Raise LeaveAlone where the RUN's Yarn may not be Yarn 1, whose cache nobody needs."""
    if all(use.usage.says("yarn global add") or use.usage.says("yarn global upgrade") for use in uses):
        return
    context = model.context
    if context is None:
        reason = "without the build context dfix cannot tell whether Yarn keeps installed packages in its cache"
        raise LeaveAlone("tool-version", reason, "name the build context with --context")
    files = context.below("")
    berry = next((path for path in files if path.endswith(".yarnrc.yml") or path.startswith(".yarn/")), None)
    if berry is not None:
        raise LeaveAlone(
            "tool-version", f"{berry} belongs to Yarn 2 or later, which may keep installed packages in its cache"
        )
    pinned = _PINNED.search(context.read("package.json") or "")
    if pinned is not None:
        if pinned[1] == "1":
            return
        raise LeaveAlone(
            "tool-version", f"package.json asks for Yarn {pinned[1]}, which may keep installed packages in its cache"
        )
    chosen = next((word for word in _CHOOSES for run in step.stage.steps if word in run.source_text), None)
    if chosen is not None:
        raise LeaveAlone("tool-version", f"`{chosen}` may select a Yarn other than Yarn 1")
