"""Whether the package manager of an image is new enough for its flag."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from dfix.rewriter.model import Stage, Step
    from dfix.rewriter.model.cache_use import CacheUse, ManagerUse, RunCommands, RunIndex

_NEWER = expression(r"(?:>=.*|[=~]=2\d.*)")
_UPGRADES = frozenset(("-U", "--upgrade"))


def knows_flag(stage: Stage, cache_use: CacheUse) -> None:
    """Raise LeaveAlone where the image's manager may not know the flag, unless the author already uses it."""
    clean_up = cache_use.clean_up
    if any(clean_up.flag in step.source_text for step in stage.steps if step.keyword == "RUN"):
        return
    if _matches(_image(stage), clean_up.too_old):
        raise LeaveAlone(
            "tool-version", f"{cache_use.manager.name} in {_image(stage)} may be too old to know {clean_up.flag}"
        )


def flag_changes_more(step: Step, cache_use: CacheUse, runs: RunIndex) -> bool:
    """Whether the flag may change more than the cache, because of the manager's version."""
    clean_up, stage = cache_use.clean_up, step.stage
    if _renewed(step, cache_use, runs):
        return False
    if _matches(_image(stage), clean_up.flag_changes):
        return True
    texts = (run.source_text for run in stage.steps if run.keyword == "RUN")
    return stage.family == "unknown" and any(word in text for word in clean_up.old_packages for text in texts)


def _image(stage: Stage) -> str:
    """The image that a stage is based on, without `docker.io/library/` and the digest."""
    while stage.parent is not None:
        stage = stage.parent
    return stage.image.removeprefix("docker.io/").removeprefix("library/").partition("@")[0]


def _matches(image: str, patterns: tuple[str, ...]) -> bool:
    """Whether an image matches; the last matching pattern wins, and `!pattern` excludes."""
    matches = False
    for pattern in patterns:
        if fnmatchcase(image, pattern.removeprefix("!")):
            matches = pattern[0] != "!"
    return matches


def _renewed(step: Step, cache_use: CacheUse, runs: RunIndex) -> bool:
    """Whether the manager upgrades itself before the RUN's first install, or with it: `pip install -U pip`."""
    name = cache_use.manager.name

    def renews(run: RunCommands) -> bool:
        return any(use.usage.manager.name == name and _upgrades_itself(use, name) for use in run.uses)

    if runs.ran_before(step, ("renewed", name), renews):
        return True
    first_filling = cache_use.filled_by[0].order
    return any(_upgrades_itself(use, name) for use in cache_use.uses if use.order <= first_filling)


def _upgrades_itself(use: ManagerUse, name: str) -> bool:
    for word in use.usage.operands:
        rest = word.literal_or_text.removeprefix(name)
        if rest != word.literal_or_text and (_NEWER.fullmatch(rest) or (not rest and use.usage.has(_UPGRADES))):
            return use.usage.verb == "install"
    return False
