"""Which copies can move after an install, and which COPY lines the install needs before it."""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.manifests import Inputs
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.paths import overlaps
from dfix.transforms.split_manifests.install_inputs import not_followed
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.move import ManifestCopy, Move
from dfix.transforms.split_manifests.obstacles import check_environment, passes_between
from dfix.transforms.split_manifests.stage_copies import StageCopies

MOST_COPY_LINES = 25
"""More lines than this are not readable; the number is a choice."""
_SETTLED = (".lock", ".json", ".toml", ".yaml", ".yml", ".txt", ".cfg", ".ini", ".xml", ".lockb", ".config")
"""Ends of names of files that change as rarely as manifests."""
_SPECIAL_IN_COPY = frozenset("*?[]\\$'\"\n")


def plan_move(copies: StageCopies, run: InstallRun, read: Inputs) -> Move | None:
    """Which copies move after `run`, whose installs read `read`. None when nothing would be gained.

    A first copy of single files that something prevents from moving stays where it is, and the others are tried without
    it: after `COPY a.sh ./`, `RUN ./a.sh` and `COPY . .`, only the last one moves.
    """
    if not read.files and not read.folders:
        return None
    folder = run.installs[-1].located.folder or ""
    movable = [
        copy
        for copy in copies.clear
        if _brings_more(copy, read)
        and (overlaps(copy.destination, folder) or any(copy.brought.image_path_of(path) for path in read.files))
    ]
    while not all(_is_settled(path, read) for copy in movable for path in _sources(copy)):
        for copy in copies.unclear:
            if copy.step.index > movable[0].step.index:
                raise not_followed(copy.step.keyword, copy.step.instruction.line, copy.reason)
        shown = (*read.files, *(f"{name}/" for name in read.folders))
        move = Move(tuple(movable), _lines(copies, movable, read), shown, read.warnings)
        try:
            passes_between(copies, move, run)
            check_environment(move, run)
        except LeaveAlone:
            if movable[0].brings_a_folder:
                raise
            del movable[0]
        else:
            return move
    return None


def _brings_more(copy: Copied, read: Inputs) -> bool:
    """Whether the copy brings something that no install reads."""
    for path in copy.brought.paths():
        if path not in read.files and not any(path.startswith(folder + "/") for folder in read.folders):
            return True
    return False


def _sources(copy: Copied) -> list[str]:
    """The context paths that the copy names, folders with a slash at the end."""
    return [entry.source + "/" * entry.folder for entry in copy.brought.entries]


def _is_settled(path: str, read: Inputs) -> bool:
    """Whether the file changes as rarely as a manifest: copying it before the install does no harm."""
    name = posixpath.basename(path)
    return path in read.files or name.endswith(_SETTLED) or (name.startswith(".") and not path.endswith("/"))


def _lines(copies: StageCopies, moved: list[Copied], read: Inputs) -> tuple[ManifestCopy, ...]:
    """The COPY lines for what the install reads: one for each moved copy and each folder of the image.

    package.json, package-lock.json and scripts/post.js of `COPY . .` make two lines, `COPY package.json
    package-lock.json ./` and `COPY scripts/post.js ./scripts/`.
    """
    together: dict[tuple[int, str], list[str]] = {}
    lines: list[ManifestCopy] = []
    for path in read.files:
        _check_name(path)
        for image_path, copy in copies.image_paths(path).items():
            if copy in moved and not _stays_before(copies, moved, path, image_path):
                key = (moved.index(copy), _below(copy, posixpath.dirname(image_path)))
                together.setdefault(key, []).append(path)
    for (index, below), paths in together.items():
        lines.append(ManifestCopy(moved[index], tuple(paths), below))
    for folder in read.folders:
        _check_name(folder, of_folder=True)
        file = copies.context.below(folder)[0]
        for image_path, copy in copies.image_paths(file).items():
            if copy in moved:
                image_folder = image_path.removesuffix(file.removeprefix(folder))
                lines.append(ManifestCopy(copy, (folder,), _below(copy, image_folder)))
    if len(lines) > MOST_COPY_LINES:
        raise LeaveAlone(
            "too-many-files", f"the split would need {len(lines)} COPY lines; dfix writes at most {MOST_COPY_LINES}"
        )
    return tuple(lines)


def _check_name(path: str, *, of_folder: bool = False) -> None:
    if _SPECIAL_IN_COPY.intersection(path) or (path.startswith("-") and not of_folder):
        raise LeaveAlone("odd-name", f"COPY would not take the name {path} literally", "rename it")


def _stays_before(copies: StageCopies, moved: list[Copied], path: str, image_path: str) -> bool:
    """Whether a copy before the moved ones puts the file at the same place already."""
    first = moved[0].step.index
    return any(copy.step.index < first and copy.brought.image_path_of(path) == image_path for copy in copies.clear)


def _below(copy: Copied, image_folder: str) -> str:
    """An image folder relative to the copy's destination, "" for the destination itself."""
    relative = posixpath.relpath(image_folder, copy.destination)
    return "" if relative == "." else relative
