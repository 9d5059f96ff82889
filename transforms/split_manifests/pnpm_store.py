"""What has to hold for `pnpm fetch && rm -rf node_modules` before an install: nothing but the store is left of it."""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.effects import effects
from dfix.rewriter.model.file_map.file_map import steps_before
from dfix.rewriter.model.image_text import everything_before
from dfix.rewriter.model.official_images import base_image
from dfix.rewriter.model.paths import overlaps
from dfix.rewriter.text.expression import expression
from dfix.transforms.split_manifests.version_that_runs import copies_npm_settings

_MOVES = expression(
    r"node_modules|(?:store|modules|lockfile)[-_]?dir|virtual[-_]?store|pnpmfile|side[-_]?effects|node[-_]?linker"
)
"""What may put packages elsewhere, or something at the place of node_modules; in lower case."""
_KNOWN_OPTIONS = frozenset(
    "--frozen-lockfile --no-frozen-lockfile --prefer-frozen-lockfile --no-prefer-frozen-lockfile -P "
    "--prod --production -D --dev --no-optional --ignore-scripts --prefer-offline --force -f --silent -s "
    "--loglevel --reporter --no-color --shamefully-hoist --strict-peer-dependencies --no-strict-peer- "
    "dependencies --unsafe-perm --registry -r --recursive --fix-lockfile".split()
)
"""Options that move neither the store nor node_modules, nor choose another project; source: pnpm.io/cli/install."""
_MAY_FAIL = "the install may need less than the lock file has, or reach more"


def pnpm_may_fail(step: Step, install: Located) -> str:
    """Why the fetch may fail where the install does not, as a clause.

    A member that the context lacks, or a setting in the environment of one command. Raises LeaveAlone where the fetch
    may leave something besides the store, or remove something that was there.
    """
    before = everything_before(step)
    moves = _MOVES.search(before)
    if moves is not None:
        raise LeaveAlone("fetch-settings", f"the Dockerfile names `{moves[0]}`, so the packages may be elsewhere")
    if any(map(copies_npm_settings, before.splitlines())):
        raise LeaveAlone("fetch-settings", "the Dockerfile copies settings of npm, which may put packages elsewhere")
    if base_image(step.stage.base.image) is None:
        reason = f"dfix does not know {step.stage.base.image}, which may have node_modules where the fetch removes it"
        raise LeaveAlone("fetch-settings", reason)
    options = (word.literal_or_text.partition("=")[0] for word in install.words[1:] if word.text.startswith("-"))
    unknown = next((option for option in options if option not in _KNOWN_OPTIONS), "")
    if unknown:
        raise LeaveAlone("fetch-settings", f"`{unknown}` may choose other packages, or put them elsewhere")
    if install.folder is None:
        raise LeaveAlone("unknown-folder", "dfix does not know in which folder the install runs")
    modules = posixpath.join(install.folder, "node_modules")
    maker = next((made for other in steps_before(step) if (made := _may_make(other, modules))), "")
    if maker:
        raise LeaveAlone("fetched-before", f"{maker} may make {modules}, which would be removed")
    return _MAY_FAIL


def _may_make(step: Step, path: str) -> str:
    """What in a step may make a path, as a phrase; "" if nothing does. Copies of the context's files come later."""
    line = step.instruction.line
    if step.keyword == "ADD" or (step.keyword == "COPY" and step.instruction.flag("from") is not None):
        to = step.destination
        return f"the {step.keyword} on line {line}" if to is None or overlaps(to, path) else ""
    if step.keyword != "RUN":
        return ""
    if step.script.opaque:
        return f"the RUN on line {line}"
    for command in located(step, conditions=True):
        found = effects(command)
        if found.anything or any(overlaps(place.path, path) for place in found.writes):
            return f"`{found.shown}` on line {line}"
    return ""
