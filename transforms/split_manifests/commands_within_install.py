"""The commands that an install runs within its own words: `npm ci --omit=$(cat .omit)`."""

from __future__ import annotations

from collections.abc import Callable, Set

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.file_map.install_reads import ProjectInstall
from dfix.rewriter.model.substitutions import substitutions
from dfix.rewriter.neighbours.image_links import links_before
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.obstacles import why_it_stays

_HINT = "write the value literally, or set it with an ARG"


def check_substitutions(
    run: InstallRun, install: ProjectInstall, copies: list[Copied], copied_first: Callable[[], Set[str]]
) -> None:
    """Raises LeaveAlone where a command within the install's words may read something that a copy brings too late."""
    links = links_before(run.step)
    for inner in substitutions(install.located):
        if inner.opaque:
            reason = f"dfix cannot read the command `{inner.text[:60]}` within `{install.shown}`: {inner.opaque}"
            raise LeaveAlone("setting", reason, _HINT)
        for command in inner.commands:
            why = why_it_stays(command, run.step, run.step, copies, links, copied_first)
            if why:
                raise LeaveAlone("setting", f"{why}, and `{install.shown}` uses what it prints", _HINT)
