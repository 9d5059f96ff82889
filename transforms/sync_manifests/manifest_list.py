"""A list of manifests: the files that a stage copies one by one before an install."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.brought import Brought, CopyEntry
from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge import project_install
from dfix.rewriter.knowledge.load import is_named
from dfix.rewriter.model import Model, Stage, Step
from dfix.rewriter.model.commands import chain, located
from dfix.rewriter.model.copied import Copied, Unclear, copied
from dfix.rewriter.model.effects import effects
from dfix.rewriter.model.file_map.file_map import FileMap, Hidden, ImageFile, map_before, steps_before
from dfix.rewriter.model.file_map.install_reads import ProjectInstall
from dfix.rewriter.model.official_folders import is_missing_in_base
from dfix.rewriter.model.paths import overlaps, within
from dfix.rewriter.text.named_tuple import NamedTuple

LookUp = Callable[[Step], Copied | Unclear]
READERS = ("go", "node.install", "python.pip")
"""Which installs are looked at: those of which it was tried what they do without a manifest."""
_OWN = ("package.json", "go.work", "go.mod", "requirements.txt")


class ManifestList(NamedTuple):
    """The files that are copied one by one for an install."""

    step: Step
    """The RUN with the install."""
    install: ProjectInstall
    file_map: FileMap
    """Which file is where when the install runs."""
    image_folder: str
    """Where the install runs."""
    context_folder: str
    """The folder of the context that the list copies from; each file keeps its path below it."""
    copies: tuple[Copied, ...]
    """Those of the install's own stage that bring single files to the folder, or below it; at least one."""
    single: frozenset[str]
    """The image paths of the files that are copied one by one."""
    others: bool
    """Whether a step may bring other files, too."""

    @property
    def context(self) -> Context:
        """The build context."""
        return self.file_map.context

    @property
    def first(self) -> Copied:
        """The copy that brings the project's own manifest, or else the first one."""
        for copy in self.copies:
            names = [posixpath.split(entry.image) for entry in copy.brought.entries]
            if any(folder == self.image_folder and name in _OWN for folder, name in names):
                return copy
        return self.copies[0]

    @property
    def shown(self) -> str:
        """The install as the author wrote it."""
        return self.install.shown

    def whole(self) -> FileMap:
        """The files that the install would find if the whole folder of the context were copied first."""
        entry = CopyEntry(self.context_folder, True, self.image_folder)
        first = self.first._replace(brought=Brought(self.context, (entry,)), destination=self.image_folder)
        return FileMap(self.context, [first, *self.file_map.layers])

    def with_files(self, files: Sequence[ImageFile]) -> FileMap:
        """The files that the install finds if these are copied, too."""
        added = [
            file.copy._replace(brought=Brought(self.context, (CopyEntry(file.source, False, file.path),)))
            for file in files
        ]
        return FileMap(self.context, [*self.file_map.layers, *added])

    def finds(self, path: str) -> bool:
        """Whether the install finds a file of the context at its place. Raises LeaveAlone where that is unknown."""
        image_path = self.image_path(path)
        if image_path in self.single:
            return True
        if not self.others:
            return False
        there = self.file_map.at(image_path)
        if isinstance(there, Hidden):
            raise LeaveAlone(*there.reason)
        return there is not None

    def image_path(self, path: str) -> str:
        """Where a context path is in the image."""
        return posixpath.join(self.image_folder, posixpath.relpath(path, self.context_folder or "."))


def manifest_list(context: Context, step: Step, look_up: LookUp) -> ManifestList | None:
    """The list of a RUN's install. None where it has no such list, or more than one command that installs.

    `look_up` says what a COPY or ADD from the context brings.
    """
    installs = [
        ProjectInstall(command, *found)
        for command in located(step, conditions=True)
        if (found := project_install(command.words)) is not None
    ]
    if (
        len(installs) != 1
        or installs[0].reader not in READERS
        or installs[0].located.depth
        or chain(step.script) is None
    ):
        return None  # the install may fail without failing the build
    folder = installs[0].located.folder
    if folder is None or not folder.startswith("/") or _has_mounted_files(step, folder):
        return None
    if not _is_copied_by_file(step, folder, look_up):
        return None
    file_map = map_before(step, context, look_up)
    copies = tuple(copy for copy in file_map.copies if copy.step.stage is step.stage and _brings_below(copy, folder))
    context_folder = _context_folder(file_map.copies, folder)
    if context_folder is None or not copies:
        return None
    others = any(isinstance(layer, Hidden) or layer.brings_a_folder for layer in file_map.layers)
    entries = (entry for copy in file_map.copies for entry in copy.brought.entries)
    single = frozenset(entry.image for entry in entries if not entry.folder)
    hidden = any(isinstance(layer, Hidden) for layer in file_map.layers)
    return ManifestList(
        step, installs[0], file_map, folder, context_folder, copies, frozenset() if hidden else single, others
    )


def may_install_from_list(step: Step) -> bool:
    """Whether a RUN after a COPY may install what manifests name; without a look at the build context."""
    text = step.instruction.text[step.instruction.span.start : step.instruction.span.end]
    return is_named("project", text) and any(
        earlier.keyword in ("COPY", "ADD") for earlier in step.stage.steps[: step.index]
    )


def _is_copied_by_file(step: Step, folder: str, look_up: LookUp) -> bool:
    """Whether a COPY brings a file below the folder, and none the folder itself.

    A quick look that follows no links. The last ones come first, since one of them often brings all.
    """
    found = False
    for earlier in reversed(step.stage.steps[: step.index]):
        if earlier.keyword in ("COPY", "ADD") and earlier.instruction.flag("from") is None and not earlier.onbuild:
            copy = look_up(earlier)
            if isinstance(copy, Copied):
                if any(entry.folder and within(folder, entry.image) for entry in copy.brought.entries):
                    return False
                found = found or _brings_below(copy, folder)
    return found


def _has_mounted_files(step: Step, folder: str) -> bool:
    return any(
        mount.kind == "bind" or mount.target is None or (mount.kind != "secret" and within(folder, mount.target))
        for mount in step.mounts
        if mount.kind != "ssh"
    )


def _brings_below(copy: Copied, folder: str) -> bool:
    return any(not entry.folder and within(entry.image, folder) for entry in copy.brought.entries)


def _context_folder(copies: Sequence[Copied], image_folder: str) -> str | None:
    """The folder below which each copied file has the same path as below the image's folder; None if there is none."""
    found: set[str] = set()
    for entry in (entry for copy in copies for entry in copy.brought.entries):
        if not within(entry.image, image_folder):
            if entry.folder and within(image_folder, entry.image):
                return None  # the folder itself is copied: no list
            continue
        relative = posixpath.relpath(entry.image, image_folder)
        if relative == "." or not f"/{entry.source}".endswith(f"/{relative}"):
            return None
        found.add(entry.source[: len(entry.source) - len(relative)].rstrip("/"))
    return found.pop() if len(found) == 1 else None


def later_steps(model: Model, step: Step) -> Iterator[Step]:
    """The steps that run after a step in the image that it leaves: also those of stages that build on its stage."""
    yield from (later for later in step.stage.steps[step.index + 1 :] if not later.onbuild)
    for stage in model.stages:
        if stage is not step.stage and step.stage in stage.ancestry():
            yield from (later for later in stage.steps if not later.onbuild)


def copied_later(model: Model, manifests: ManifestList) -> list[Copied]:
    """The copies of the context that follow after the install."""
    steps = [later for later in later_steps(model, manifests.step) if later.keyword in ("COPY", "ADD")]
    own = (copied(later, manifests.context) for later in steps if later.instruction.flag("from") is None)
    return [copy for copy in own if isinstance(copy, Copied)]


def check_absent(manifests: ManifestList, files: Sequence[ImageFile]) -> None:
    """Raises LeaveAlone unless no step, and not the base image, may have put a file there already."""
    stage: Stage = manifests.step.stage
    for file in files:
        if not is_missing_in_base(stage, file.path):
            reason = f"dfix does not know whether the base image {stage.base.image} has {file.path}"
            raise LeaveAlone("base-image", reason, f"copy {file.source} with an instruction of its own")
    for step in (*steps_before(manifests.step), manifests.step):
        if step.keyword == "RUN":
            _check_run(manifests, step, files)


def _check_run(manifests: ManifestList, step: Step, files: Sequence[ImageFile]) -> None:
    line = step.instruction.line
    if step.script.opaque:
        reason = f"the RUN on line {line} may write {files[0].path}: {step.script.opaque}"
        raise LeaveAlone("written-in-build", reason, f"copy {files[0].source} with an instruction of its own")
    for command in located(step):
        if command.command is manifests.install.located.command:
            return
        found = effects(command)
        for file in files:
            if found.anything or any(overlaps(place.path, file.path) for place in found.writes):
                reason = f"`{found.shown}` on line {line} may write {file.path}"
                raise LeaveAlone("written-in-build", reason, f"copy {file.source} with an instruction of its own")
