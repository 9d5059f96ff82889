"""Which copies can move behind an install, and what the install needs in front of it."""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests import Inputs, Install, inputs
from dfix.rewriter.model.copied import Copied, Unclear
from dfix.rewriter.model.images import repository
from dfix.rewriter.model.paths import overlaps
from dfix.rewriter.model.stage import Stage, Step
from dfix.transforms.split_manifests.installs import InstallRun, ProjectInstall

MOST_COPY_LINES = 25
_SETTLED = (".lock", ".json", ".toml", ".yaml", ".yml", ".txt", ".cfg", ".ini", ".xml", ".lockb", ".config")
_ODD = frozenset("*?[]\\$'\"\n")


class Needed(NamedTuple):
    """One COPY line to write: context paths of a moved copy that land in the same folder of the image.

    `relative` is that folder below the copy's destination.
    """

    copy: Copied
    sources: tuple[str, ...]
    relative: str


class Plan(NamedTuple):
    """`moved` copies go behind the install; `needed` are the lines that take the first one's place."""

    moved: tuple[Copied, ...]
    needed: tuple[Needed, ...]
    files: tuple[str, ...]
    warnings: tuple[str, ...]

    def copied_first(self) -> frozenset[str]:
        """The context's files that are copied in the place of the moved copies."""
        return frozenset(source for need in self.needed for source in need.sources)


def needs(context: Context, known: list[Copied | Unclear], run: InstallRun) -> Inputs | None:
    """What the installs of `run` read, all together; None when that is not known but no copy brings a folder either."""
    files: list[str] = []
    folders: list[str] = []
    warnings: list[str] = []
    for install in run.installs:
        try:
            found = _read(context, known, install)
        except LeaveAlone as no:
            if _is_told(known, no):
                raise
            return None
        files += [path for path in found.files if path not in files]
        folders += [path for path in found.folders if path not in folders]
        warnings += found.warnings
        if found.newest_npm and not has_npm_7(run.step.stage):
            raise LeaveAlone(
                "lock-rewritten",
                f"an npm older than 7 rewrites the lock file, and {run.step.stage.image} does not tell which it has",
                "use `npm ci`",
            )
    return Inputs(tuple(files), tuple(folders), tuple(warnings))


def plan(
    context: Context, known: list[Copied | Unclear], run: InstallRun, read: Inputs, staying: frozenset[int]
) -> Plan | None:
    """What to move behind `run`, whose installs read `read`. None when they come first already.

    `staying` holds the indexes of steps whose copies are not to be moved.
    """
    folder = run.installs[-1].located.folder or ""
    moved = [
        item
        for item in known
        if isinstance(item, Copied)
        and item.step.index not in staying
        and _brings_more(item, read)
        and (overlaps(item.destination, folder) or any(item.brought.image_path_of(path) for path in read.files))
    ]
    if not moved or all(_is_settled(path, read) for copy in moved for path in _by_name(copy)):
        return None
    for item in known:
        if isinstance(item, Unclear) and item.step.index > moved[0].step.index:
            raise LeaveAlone("unclear-copy", f"line {item.step.instruction.line}: {item.reason}")
    needed = _needed(context, moved, known, read)
    return Plan(tuple(moved), needed, (*read.files, *(f"{folder}/" for folder in read.folders)), read.warnings)


def _is_told(known: list[Copied | Unclear], no: LeaveAlone) -> bool:
    """Whether to say that the inputs are not known. A copy that is not understood comes before a missing manifest."""
    unclear = next((item for item in known if isinstance(item, Unclear) and looks_like_a_tree(item.step)), None)
    if no.reason.code == "missing-file" and unclear is not None:
        raise LeaveAlone("unclear-copy", f"line {unclear.step.instruction.line}: {unclear.reason}")
    return unclear is not None or any(isinstance(item, Copied) and item.brings_a_folder for item in known)


def looks_like_a_tree(step: Step) -> bool:
    """Whether a COPY names a folder, as far as its words tell."""
    return any(word.text in (".", "./", "/", "*") or word.text.endswith("/") for word in step.instruction.words[:-1])


def has_npm_7(stage: Stage) -> bool:
    """Whether the base image is an official Node.js image that comes with npm 7 or newer (Node.js 16 and later)."""
    name, tag = repository(stage.base.image)
    number = tag.partition("-")[0].partition(".")[0]
    if number.isdigit():
        return name == "node" and int(number) >= 16
    return name == "node" and number in ("", "latest", "current", "lts", "slim", "alpine", "bookworm", "trixie")


def _read(context: Context, known: list[Copied | Unclear], install: ProjectInstall) -> Inputs:
    """What the install reads, as context paths; where no folder gives an answer, the first one's reason is raised."""
    located = install.located
    if located.folder is None:
        raise LeaveAlone("unknown-folder", f"the folder in which `{install.shown}` runs is not known before the build")
    first: LeaveAlone | None = None
    for folder in context_folders(known, located.folder):
        try:
            return _read_in(context, known, install, folder)
        except LeaveAlone as no:
            first = first or no
    if first is not None:
        raise first
    return _read_in(context, known, install, None)


def _read_in(context: Context, known: list[Copied | Unclear], install: ProjectInstall, folder: str | None) -> Inputs:
    """The same, where the content of the context's `folder` lies in the folder of the install."""
    located = install.located
    assert located.folder is not None
    arguments = []
    for word in located.words[len(located.words) - len(install.arguments) :]:
        text = word.value if word.value is not None else word.text
        arguments.append(_context_argument(known, text, located.folder, folder))
    added = [_context_argument(known, text, located.folder, folder) for text in install.added]
    if folder is None and (*arguments, *added) == (*install.arguments, *install.added):
        raise LeaveAlone("missing-file", f"no COPY before `{install.shown}` brings what it reads")
    program = located.words[0].text
    found = inputs(context, Install(install.manager, (*arguments, *added), folder or "", install.reader, program))
    if install.makefile:
        return found._replace(files=(posixpath.join(folder or "", install.makefile), *found.files))
    if "/" not in program:
        return found
    return _with_program(known, program, located.folder, found)


def _with_program(known: list[Copied | Unclear], program: str, folder: str, found: Inputs) -> Inputs:
    """A program that is copied itself (`./mvnw`) is read too."""
    path = posixpath.normpath(posixpath.join(folder, program))
    for item in reversed(known):
        origin = item.brought.context_path_of(path) if isinstance(item, Copied) else None
        if origin is not None:
            return found._replace(files=(origin, *(file for file in found.files if file != origin)))
    if program.startswith("/"):
        return found
    raise LeaveAlone("missing-file", f"no COPY brings {program}")


def context_folder(known: list[Copied | Unclear], image_folder: str) -> str | None:
    """The context folder whose content lies at `image_folder`, "" for the context's root; None when none does."""
    return next(iter(context_folders(known, image_folder)), None)


def context_folders(known: list[Copied | Unclear], image_folder: str) -> list[str]:
    """Every context folder of which content lies at `image_folder`, those copied as a whole and later first."""
    brought = [item.brought for item in reversed(known) if isinstance(item, Copied)]
    whole = [folder for one in brought if (folder := one.context_folder_at(image_folder)) is not None]
    single = [posixpath.dirname(source) for one in brought for source in one.files_in(image_folder)]
    return list(dict.fromkeys((*whole, *single)))


def _context_argument(known: list[Copied | Unclear], text: str, image_folder: str, folder: str | None) -> str:
    """An argument whose path is absolute in the image, as a path relative to the context folder."""
    flag, sign, value = text.partition("=") if text.startswith("--") else ("", "", text)
    if not value.startswith("/"):
        return text
    for item in reversed(known):
        if isinstance(item, Copied):
            path = posixpath.normpath(value)
            origin = item.brought.context_path_of(path)
            origin = item.brought.context_folder_at(path) if origin is None else origin
            if origin is not None:
                return flag + sign + posixpath.relpath(origin or ".", folder or ".")
    return text


def _brings_more(copy: Copied, read: Inputs) -> bool:
    """Whether the copy brings something that no install reads."""
    for path in copy.brought.paths():
        if path not in read.files and not any(path.startswith(folder + "/") for folder in read.folders):
            return True
    return False


def _by_name(copy: Copied) -> list[str]:
    """What it brings, a folder as one that ends in a slash."""
    return [entry.source + "/" * entry.folder for entry in copy.brought.entries]


def _is_settled(path: str, read: Inputs) -> bool:
    """Whether an edit of the file is as rare as one of a manifest: such a file may stand in front of the install."""
    name = posixpath.basename(path)
    return path in read.files or name.endswith(_SETTLED) or (name.startswith(".") and not path.endswith("/"))


def _needed(context: Context, moved: list[Copied], known: list[Copied | Unclear], read: Inputs) -> tuple[Needed, ...]:
    groups: dict[tuple[int, str], list[str]] = {}
    lines: list[Needed] = []
    for path in read.files:
        if _ODD.intersection(path) or path.startswith("-"):
            raise LeaveAlone("odd-name", f"{path} has a character that COPY would read as a pattern")
        for landed, copy in _landings(known, path).items():
            if copy in moved and not _stands_before(known, moved, path, landed):
                groups.setdefault((moved.index(copy), _below(copy, posixpath.dirname(landed))), []).append(path)
    for (index, relative), paths in groups.items():
        lines.append(Needed(moved[index], tuple(paths), relative))
    for folder in read.folders:
        if _ODD.intersection(folder):
            raise LeaveAlone("odd-name", f"{folder} has a character that COPY would read as a pattern")
        first = context.below(folder)[0]
        for landed, copy in _landings(known, first).items():
            if copy in moved:
                image_folder = landed.removesuffix(first.removeprefix(folder))
                lines.append(Needed(copy, (folder,), _below(copy, image_folder)))
    if len(lines) > MOST_COPY_LINES:
        raise LeaveAlone("too-many-files", f"{len(lines)} COPY lines would be needed, more than {MOST_COPY_LINES}")
    return tuple(lines)


def _landings(known: list[Copied | Unclear], path: str) -> dict[str, Copied]:
    """Each image path to which a context path is copied, and the last copy that brings it there."""
    found: dict[str, Copied] = {}
    for item in known:
        landed = item.brought.image_path_of(path) if isinstance(item, Copied) else None
        if landed is not None and isinstance(item, Copied):
            found[landed] = item
    return found


def _stands_before(known: list[Copied | Unclear], moved: list[Copied], path: str, landed: str) -> bool:
    """Whether a copy that stays in front of the moved ones brings the file to the same place already."""
    first = moved[0].step.index
    return any(
        isinstance(item, Copied) and item.step.index < first and item.brought.image_path_of(path) == landed
        for item in known
    )


def _below(copy: Copied, image_folder: str) -> str:
    """An image folder relative to the copy's destination, "" for the destination itself."""
    relative = posixpath.relpath(image_folder, copy.destination)
    return "" if relative == "." else relative
