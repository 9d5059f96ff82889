"""A separate download in a stage that ships: the image may keep more in the manager's caches, and is the same else."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model import Model, Step
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.file_map.install_reads import Needed
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.split_manifests.fetch_first import SeparateDownload
from dfix.transforms.split_manifests.fetched_places import FetchedPlaces
from dfix.transforms.split_manifests.move import Move
from dfix.transforms.split_manifests.shipped_paths import shipping_line

_CLEANS = ("clean", "purge", "prune", "clear", "locals")
_HINT = "build in a separate stage, and copy only the result from it"


def check_shipped_fetch(
    step: Step, download: SeparateDownload, move: Move, command: str, places: FetchedPlaces
) -> None:
    """Raises LeaveAlone where a download in a stage that ships would leave more than packages in the caches.

    `places` are where it puts the packages. `command` is the whole download, with what it needs before and after it.
    """
    install = download.run.installs[0]
    shown = install.shown
    if not download.prefetch.only_caches:
        raise LeaveAlone("fetch-ships", fetch_ships(shown), _HINT)
    if places.moved:
        reason = f"`{shown}` keeps what it fetches where {places.moved} says, in the stage that ships"
        raise LeaveAlone("fetch-ships", reason, _HINT)
    remover = next(_removers(step, download.prefetch.without_fetch), None)
    if remover is not None:
        line, text = remover
        reason = f"`{text}` on line {line} may remove fetched files, which a download of its own keeps in its layer"
        raise LeaveAlone("fetch-ships", reason, _HINT)
    if command != download.command and any(copy.step.instruction.flag("chown") for copy in move.copies):
        reason = f"a download for `{shown}` makes folders of the sources, which belong to another user in the image"
        raise LeaveAlone("fetch-ships", reason, _HINT)


def check_steps_after(model: Model, step: Step, download: SeparateDownload, read: Needed) -> None:
    """Raises LeaveAlone where steps after a download above the copies may change what it wrote, and that ships."""
    for folder in download.prefetch.writes:
        for path in dict.fromkeys(posixpath.join(posixpath.dirname(file.path), folder) for file in read.files):
            line = shipping_line(model, step.stage, path)
            if line:
                shown = download.run.installs[0].shown
                reason = f"a step between the copy and `{shown}` may change {path}, which a separate download fills"
                raise LeaveAlone("fetch-ships", f"{reason} before it and which ships (line {line})", _HINT)


def fetch_ships(shown: str) -> str:
    """Why a manager's download is not written in a stage that ships."""
    return f"`{shown}` runs in the stage that ships; a separate download may leave more files there"


def kept_in_image(download: SeparateDownload) -> str:
    """What the user has to know of such a download, to follow the reason of the change."""
    if download.prefetch.only_needed:
        return ""
    what = f"the image keeps {download.prefetch.what}, also those that the build does not use"
    return f"; {what} (`dfix verify` says how many MB)"


def _removers(step: Step, harmless: frozenset[str]) -> Iterator[tuple[int, str]]:
    """The commands that remove files or clean caches, from the RUN of the build to the end of the stage."""
    for other in step.stage.steps[step.index :]:
        if other.keyword != "RUN" or other.onbuild:
            continue
        if other.script.opaque:
            yield other.instruction.line, other.source_text[:60]
        for command in located(other, conditions=True):
            if _removes(command, harmless):
                yield other.instruction.line, " ".join(word.text for word in command.words)[:60]


def _removes(command: Located, harmless: frozenset[str]) -> bool:
    """Whether a command may remove cached files; `mvn clean`, one of the `harmless` goals, empties only the output."""
    if not command.words:
        return False
    cleans = any(word.text in _CLEANS and word.text not in harmless for word in command.words[1:])
    return program_name(command.words[0]) in of_kind("frees") or cleans
