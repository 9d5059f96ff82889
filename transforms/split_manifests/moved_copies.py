"""Which copies can move after an install, and which COPY lines the install needs before it."""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.copied import Copied, Unclear
from dfix.rewriter.model.file_map.file_map import FileMap, ImageFile, not_followed
from dfix.rewriter.model.file_map.install_reads import Needed
from dfix.rewriter.model.paths import overlaps
from dfix.transforms.split_manifests.closed_world import check_closed_world
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.late_lines import place_of_lines
from dfix.transforms.split_manifests.move import ManifestCopy, Move
from dfix.transforms.split_manifests.obstacles import passes_between
from dfix.transforms.split_manifests.stage_copies import StageCopies

MOST_COPY_LINES = 25
"""More lines than this are not readable; the number is a choice."""
_SETTLED = (".lock", ".json", ".toml", ".yaml", ".yml", ".txt", ".cfg", ".ini", ".xml", ".lockb", ".config")
"""Ends of names of files that change as rarely as manifests."""
_SPECIAL_IN_COPY = frozenset("*?[]\\$'\"\n")


def plan_move(copies: StageCopies, run: InstallRun, read: Needed) -> Move | None:
    """Which copies move after `run`, whose installs read `read`. None when nothing would be gained.

    A first copy of single files that something prevents from moving stays where it is, and the others are tried without
    it: after `COPY a.sh ./`, `RUN ./a.sh` and `COPY . .`, only the last one moves.
    """
    if not read.files and not read.folders:
        return None
    movable = _movable(copies, run, read)
    while not all(_is_settled(path, read) for copy in movable for path in _sources(copy)):
        for unclear in copies.unclear:
            if unclear.step.index > movable[0].step.index and _may_overwrite(unclear, movable):
                raise LeaveAlone(*not_followed(unclear))
        move = Move(tuple(movable), _lines(copies, movable, read), read.shown, read.warnings)
        try:
            passes_between(copies, move, run)
            check_closed_world(copies, move, run, read)
        except LeaveAlone:
            if movable[0].brings_a_folder:
                raise
            del movable[0]
        else:
            return move._replace(place=place_of_lines(copies, move, run))
    return None


def check_single_files(copies: StageCopies, run: InstallRun, read: Needed) -> None:
    """Raises LeaveAlone for single files of the sources before an install that cannot come after it.

    `plan_move` leaves them where they are without a word, since a copy of a folder may still move.
    """
    movable = _movable(copies, run, read)
    if not all(has_settled_name(path) for copy in movable for path in _sources(copy)):
        move = Move(tuple(movable), _lines(copies, movable, read), read.shown, read.warnings)
        passes_between(copies, move, run)
        check_closed_world(copies, move, run, read)


def lines_above(copies: StageCopies, run: InstallRun, read: Needed) -> Move | None:
    """The COPY lines for a step before the first copy that brings more than `read`, while the copies stay in place.

    None where a file that it reads comes later otherwise. Raises LeaveAlone for what it may read besides.
    """
    above = _movable(copies, run, read)
    if not above or copies.unclear:
        return None
    if any(file.copy not in above and file.copy.step.index > above[0].step.index for file in read.files):
        return None
    move = Move(tuple(above), _lines(copies, above, read), read.shown, read.warnings)
    if any(line.as_it_is for line in move.lines):
        return None
    check_closed_world(copies, move, run, read)
    return move


def _movable(copies: StageCopies, run: InstallRun, read: Needed) -> list[Copied]:
    """The copies that bring more than an install reads, of those that bring something to it."""
    folder = run.installs[-1].located.folder or ""
    bringing = {file.copy.step for file in read.files}
    movable = [
        copy
        for copy in copies.clear
        if brings_more(copy, read) and (overlaps(copy.destination, folder) or copy.step in bringing)
    ]
    return _with_overwriting(copies, movable)


def _with_overwriting(copies: StageCopies, movable: list[Copied]) -> list[Copied]:
    """The copies that move, and those after them that put another file where one of them puts one.

    After `COPY . .` and `COPY prod.txt requirements.txt`, the second has to stay the last writer.
    """
    moving: list[Copied] = []
    for copy in copies.clear:
        if copy in movable or any(_overwrites(copy, earlier) for earlier in moving):
            moving.append(copy)
    return moving


def _overwrites(copy: Copied, earlier: Copied) -> bool:
    if copy.brings_a_folder:
        return False  # obstacles.py looks at what it brings
    for entry in copy.brought.entries:
        if earlier.brought.context_path_of(entry.image) not in (None, entry.source):
            return True
    return False


def _may_overwrite(unclear: Unclear, movable: list[Copied]) -> bool:
    return unclear.destination is None or any(overlaps(unclear.destination, copy.destination) for copy in movable)


def brings_more(copy: Copied, read: Needed) -> bool:
    """Whether the copy brings something that no install reads."""
    return any(not read.reads(path) for path in copy.brought.paths())


def _sources(copy: Copied) -> list[str]:
    """The context paths that the copy names, folders with a slash at the end."""
    return [entry.source + "/" * entry.folder for entry in copy.brought.entries]


def _is_settled(path: str, read: Needed) -> bool:
    """Whether the file changes as rarely as a manifest: copying it before the install does no harm."""
    return any(file.source == path for file in read.files) or has_settled_name(path)


def has_settled_name(path: str) -> bool:
    """Whether a file's name is of a kind that changes as rarely as a manifest: settings, lists, lock files."""
    name = posixpath.basename(path)
    return name.endswith(_SETTLED) or (name.startswith(".") and not path.endswith("/"))


def _lines(copies: StageCopies, moved: list[Copied], read: Needed) -> tuple[ManifestCopy, ...]:
    """The COPY lines for what the install reads: one for each moved copy and each folder of the image.

    package.json, package-lock.json and scripts/post.js of `COPY . .` make two lines, `COPY package.json
    package-lock.json ./` and `COPY scripts/post.js ./scripts/`. A file that gets another name needs the author's own
    line: `COPY prod.txt requirements.txt`.
    """
    staying = FileMap(copies.context, [layer for layer in copies.file_map.layers if layer not in moved])
    together: dict[tuple[int, str], list[str]] = {}
    lines: list[ManifestCopy] = []
    for file in read.files:
        if file.copy not in moved:
            continue
        there = staying.at(file.path)
        if isinstance(there, ImageFile) and there.source == file.source:
            continue
        index = moved.index(file.copy)
        folder, name = posixpath.split(file.path)
        if name != posixpath.basename(file.source):
            lines.append(_own_line(file))
            continue
        _check_name(file.source)
        together.setdefault((index, _below(file.copy, folder)), []).append(file.source)
    for (index, below), paths in together.items():
        lines.append(ManifestCopy(moved[index], tuple(paths), below))
    for needed in read.folders:
        if needed.copy in moved:
            _check_name(needed.source, of_folder=True)
            lines.append(ManifestCopy(needed.copy, (needed.source,), _below(needed.copy, needed.path)))
    if len(lines) > MOST_COPY_LINES:
        raise LeaveAlone(
            "too-many-files", f"the split would need {len(lines)} COPY lines; dfix writes at most {MOST_COPY_LINES}"
        )
    return tuple(lines)


def _own_line(file: ImageFile) -> ManifestCopy:
    """The author's own line, for a copy that brings just one file, under another name."""
    if len(file.copy.brought.entries) > 1:
        reason = f"the COPY on line {file.copy.step.instruction.line} brings {file.source} under another name"
        raise LeaveAlone("unclear-copy", reason, "give the manifest a COPY of its own")
    return ManifestCopy(file.copy, (file.source,), "", as_it_is=True)


def _check_name(path: str, *, of_folder: bool = False) -> None:
    if _SPECIAL_IN_COPY.intersection(path) or (path.startswith("-") and not of_folder):
        raise LeaveAlone("odd-name", f"COPY would not take the name {path} literally", "rename it")


def _below(copy: Copied, image_folder: str) -> str:
    """An image folder relative to the copy's destination, "" for the destination itself."""
    relative = posixpath.relpath(image_folder, copy.destination)
    return "" if relative == "." else relative
