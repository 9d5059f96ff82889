"""Whether the package manager of an image is too old for its flag."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.cache_folders import written

if TYPE_CHECKING:
    from dfix.rewriter.model import Stage, Step
    from dfix.rewriter.model.cache_use import Filling, Runs, Use

_NEWER = re.compile(r"(?:>=.*|[=~]=2\d.*)")
_UPGRADES = frozenset(("-U", "--upgrade"))


def knows_flag(stage: Stage, filling: Filling) -> None:
    """Raise LeaveAlone where the image's manager may not know the flag. One that the author uses elsewhere is known."""
    clean_up = filling.clean_up
    if any(clean_up.flag in written(step) for step in stage.steps if step.keyword == "RUN"):
        return
    if _matches(_image(stage), clean_up.too_old):
        raise LeaveAlone(
            "tool-version", f"{filling.manager.name} of {_image(stage)} may be too old to know {clean_up.flag}"
        )


def flag_changes_more(step: Step, filling: Filling, runs: Runs) -> bool:
    """Whether the manager that runs may be one that installs in another way when it gets the flag."""
    clean_up, stage = filling.clean_up, step.stage
    if _renewed(step, filling, runs):
        return False
    if _matches(_image(stage), clean_up.flag_changes):
        return True
    texts = (written(other) for other in stage.steps if other.keyword == "RUN")
    return stage.family == "unknown" and any(word in said for word in clean_up.old_packages for said in texts)


def _image(stage: Stage) -> str:
    """The image that a stage comes from in the end, without registry and digest where these are Docker's own."""
    while stage.parent is not None:
        stage = stage.parent
    return stage.image.removeprefix("docker.io/").removeprefix("library/").partition("@")[0]


def _matches(image: str, patterns: tuple[str, ...]) -> bool:
    """The last pattern that fits decides; one that begins with `!` takes back."""
    found = False
    for pattern in patterns:
        if fnmatchcase(image, pattern.removeprefix("!")):
            found = pattern[0] != "!"
    return found


def _renewed(step: Step, filling: Filling, runs: Runs) -> bool:
    """Whether the manager has been upgraded before the RUN's first install, or is by it."""
    stage: Stage | None = step.stage
    earlier = step.stage.steps[: step.index]
    while stage is not None and stage.parent is not None:
        stage = stage.parent
        earlier = stage.steps + earlier
    before = [use for other in earlier if other.keyword == "RUN" for use in runs.of(other).uses]
    before += [use for use in filling.uses if use.order <= filling.fills[0].order]
    return any(_upgrades_itself(use, filling.manager.name) for use in before if use.usage.manager is filling.manager)


def _upgrades_itself(use: Use, name: str) -> bool:
    for word in use.usage.operands:
        rest = word.literal_or_text.removeprefix(name)
        if rest != word.literal_or_text and (_NEWER.fullmatch(rest) or (not rest and use.usage.has(_UPGRADES))):
            return use.usage.verb == "install"
    return False
