"""Which version of a package manager an install runs, where only some leave the lock file as it is."""

from __future__ import annotations

import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.manifests.shared.inputs import PnpmVersions
from dfix.rewriter.model import Stage
from dfix.rewriter.model.file_map.install_reads import Needed, ProjectInstall
from dfix.rewriter.model.image_text import everything_before
from dfix.rewriter.model.images import repository
from dfix.rewriter.text.expression import expression
from dfix.transforms.split_manifests.installs import InstallRun

_OTHER_YARN = expression(r"yarn set version|yarn policies set-version|\byarn@(?!\^?1\b|classic\b)[\w.^~-]*")
"""What chooses a Yarn other than the one of the image (Yarn 1 in official images of Node.js), or may do so."""
_NEWEST_PNPM = 12
"""The newest major version that was tried (2026-11-30)."""
_SWITCHES_ITSELF = 11
"""pnpm takes the version of package.json since 10, and since 11 writes it into the lock file (tried 2026-11-30)."""
_PNPM_TAG = expression(r"[\^~]?(?:latest-|next-)?(\d+)(?:[.\-+].*)?")
_INSTALLS = frozenset(("install", "i", "add"))
_MOVING_SETTING = expression(
    r"auto[-_]?install[-_]?peers|frozen[-_]?lockfile|lockfile[-_]include|exclude[-_]?links|inject[-_]?workspace|"
    r"shared[-_]?workspace|link[-_]?workspace|peers[-_]?suffix|git[-_]?branch[-_]?lockfile|global[-_]?pnpmfile"
)
"""Settings of pnpm that may change its lock file."""
_OUTSIDE = ("/root/", "/home/", "/etc/", "/usr/")
"""Folders of users and programs, where npm and pnpm find settings besides those of the project."""
_FROZEN_PNPM = "add `--frozen-lockfile`"
_FROZEN_YARN = "add `--frozen-lockfile` (Yarn 1) or `--immutable` (Yarn 2 and later)"


def check_version(run: InstallRun, install: ProjectInstall, read: Needed) -> None:
    """Raises LeaveAlone where another version than the ones that `read` holds for may run, and write another lock."""
    if install.lock_stays:
        return
    if read.newest_npm and not has_npm_7(run.step.stage):
        reason = f"npm before version 7 rewrites the lock file, and {run.step.stage.image} may have such an npm"
        raise LeaveAlone("lock-rewritten", reason, "use `npm ci`")
    other = _OTHER_YARN.search(everything_before(run.step)) if read.yarn_1 else None
    if other is not None:
        reason = f"Yarn 2 and later write the lock file in another form, and `{other[0]}` may choose such a Yarn"
        raise LeaveAlone("lock-rewritten", reason, _FROZEN_YARN)
    if read.pnpm is not None:
        _check_pnpm(run, install, read.pnpm)


def _check_pnpm(run: InstallRun, install: ProjectInstall, wanted: PnpmVersions) -> None:
    def no(why: str) -> LeaveAlone:
        return LeaveAlone("lock-rewritten", f"`{install.shown}` may rewrite the lock file: {why}", _FROZEN_PNPM)

    before = everything_before(run.step)
    setting = _MOVING_SETTING.search(before.replace("--frozen-lockfile", "").replace("prefer-frozen", ""))
    if setting is not None:
        raise no(f"the Dockerfile has the setting `{setting[0]}`")
    if any(map(copies_npm_settings, before.splitlines())):
        raise no("the Dockerfile copies settings of npm, which may be about it")
    versions = _versions_of_pnpm(run.step.stage, before, wanted.named)
    if not versions:
        raise no("dfix can't tell which version of pnpm runs")
    other = next((one for one in versions if not wanted.oldest <= one <= wanted.newest), None)
    if other is not None:
        raise no(f"pnpm {other} writes it in another form")
    if wanted.named and "corepack" not in before and max(versions) >= _SWITCHES_ITSELF:
        raise no(f"pnpm {_SWITCHES_ITSELF} and later may write into it the version that package.json asks for")


def copies_npm_settings(line: str) -> bool:
    """Whether a line, in lower case, copies an .npmrc to where npm and pnpm look besides the project."""
    copies = line.startswith(("copy ", "add ")) and "npmrc" in line
    return copies and any(word.startswith(_OUTSIDE) for word in line.split())


def _versions_of_pnpm(stage: Stage, before: str, named: int) -> set[int]:
    """The major versions that may run, from how the Dockerfile gets pnpm; empty if that is unknown."""
    versions: set[int] = set()
    unpinned = corepack = False
    for command in re.split(r"[\n;&|]", before.replace("\\\n", " ")):
        words = [word.strip("\"'[],()") for word in command.split()]
        for word in words:
            name, at, tag = word.partition("@")
            if name != "pnpm" or not at:
                continue
            number = _PNPM_TAG.fullmatch(tag)
            if number is None and tag != "latest":
                return set()
            versions.add(_NEWEST_PNPM if number is None else int(number[1]))
        unpinned = unpinned or ("npm" in words and "pnpm" in words and not _INSTALLS.isdisjoint(words))
        corepack = corepack or ("corepack" in words and "enable" in words)
    if unpinned:
        versions.add(_NEWEST_PNPM)
    if corepack and named:
        versions.add(named)
    elif corepack and not versions:
        return {_NEWEST_PNPM} if _has_current_corepack(stage) else set()
    return versions


def has_npm_7(stage: Stage) -> bool:
    """Whether the base image is an official Node.js image that comes with npm 7 or newer (Node.js 16 and later)."""
    return _is_node_since(stage, 16)


def _has_current_corepack(stage: Stage) -> bool:
    """Whether its Corepack takes the newest pnpm where nothing names a version (since Node.js 18.17)."""
    return _is_node_since(stage, 20)


def _is_node_since(stage: Stage, oldest: int) -> bool:
    name, tag = repository(stage.base.image)
    number = tag.partition("-")[0].partition(".")[0]
    if number.isdigit():
        return name == "node" and int(number) >= oldest
    return name == "node" and number in ("", "latest", "current", "lts", "slim", "alpine", "bookworm", "trixie")
