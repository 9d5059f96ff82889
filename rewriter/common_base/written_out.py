"""All files of a base: its own Dockerfile, the bake file, and the Dockerfiles that are built on it."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from dfix.rewriter.common_base.bake_file import ALL, BaseTarget, ServiceTarget, bake_text
from dfix.rewriter.common_base.beginning import FirstStep
from dfix.rewriter.common_base.own_settings import builds_of
from dfix.rewriter.common_base.reduced_dockerfile import OnBase, comments_above, on_base
from dfix.rewriter.common_base.shared_beginnings import SharedBeginning
from dfix.rewriter.context.context_path import normal
from dfix.rewriter.dockerfile import Instruction
from dfix.rewriter.model import Model
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.root import real
from dfix.rewriter.text.source import Source

FOLDER = "common-base"
_BAKE = f"{FOLDER}/docker-bake.hcl"
_OTHER = expression(r"[^a-z0-9]+")
_DOCKERFILE = expression(r"dockerfile|containerfile", re.IGNORECASE)
_CONTROL = expression(r"[\x00-\x1f\x7f]")

Reader = Callable[[str], Model | Problem]


class ChangedFile(NamedTuple):
    """A file before and after; a new one is empty before."""

    before: Source
    after: Source
    new: bool


class BaseFiles(NamedTuple):
    """What is to be written for the groups, and what is to be said of it."""

    files: tuple[ChangedFile, ...]
    notes: tuple[Problem, ...]
    """What else has to change, by hand."""
    left: tuple[Problem, ...]
    """Groups that get no base, and files that can't be read."""


class _Group(NamedTuple):
    shared: SharedBeginning
    models: Mapping[str, Model]


def base_files(groups: Iterable[SharedBeginning], read: Reader, root: Callable[[str], str]) -> BaseFiles:
    """Write out a base for each group, in memory.

    `read` reads a Dockerfile once more; `root` tells the folder that holds everything it may be built with.
    """
    left: list[Problem] = []
    by_root: defaultdict[str, list[_Group]] = defaultdict(list)
    models: dict[str, Model] = {}
    for group in groups:
        found = _opened(group, read, root, models)
        if isinstance(found, Problem):
            left.append(found)
        else:
            by_root[root(group.members[0].path)].append(found)
    files: list[ChangedFile] = []
    notes: list[Problem] = []
    for _, ones in sorted(by_root.items()):
        made = _Written(ones)
        fault = made.fault()
        if fault is not None:
            left.append(fault)
            continue
        files += made.files()
        notes += made.notes()
    return BaseFiles(tuple(files), tuple(notes), tuple(left))


def _opened(
    group: SharedBeginning, read: Reader, root: Callable[[str], str], models: dict[str, Model]
) -> _Group | Problem:
    """The Dockerfiles of a group, or why it gets no base."""
    first = group.members[0]
    no_base = partial(Problem, first.path, first.line)
    if group.base.platform:
        return no_base("it gets no base: its FROM names a platform", "Give the platform to the build instead")
    if len({root(member.path) for member in group.members}) > 1:
        return no_base("it gets no base: the Dockerfiles are in several repositories", "Name those of one")
    for member in group.members:
        if _CONTROL.search(member.path):
            return no_base("it gets no base: a path has a control character", "Rename it")
        if member.path not in models:
            model = read(member.path)
            if isinstance(model, Problem):
                return model
            models[member.path] = model
    opened = {member.path: models[member.path] for member in group.members}
    if len({model.tree.directive("syntax") for model in opened.values()}) > 1:
        return no_base("it gets no base: the Dockerfiles have different `# syntax=` lines", "Make them the same")
    return _Group(group, opened)


class _Written:
    """The bases of one repository."""

    def __init__(self, groups: Sequence[_Group]) -> None:
        self.groups = groups
        self.models = {path: model for group in groups for path, model in sorted(group.models.items())}
        self.contexts = {path: _context(model) for path, model in self.models.items()}
        self.top = os.path.commonpath([*self.contexts.values(), *(os.path.dirname(real(path)) for path in self.models)])
        self.names = _base_names(groups, self.models.values())

    def fault(self) -> Problem | None:
        """Why nothing can be written."""
        folder = os.path.join(self.top, FOLDER)
        if os.path.lexists(folder):
            return Problem(folder, 0, "no base is shown, because this path exists already", "Rename or remove it")
        return None

    def files(self) -> Iterator[ChangedFile]:
        """The new files, then the changed ones."""
        for group, name in zip(self.groups, self.names, strict=True):
            yield self._new(self._dockerfile(name), _base_text(group))
        yield self._new(_BAKE, self._bake())
        for path, model in sorted(self.models.items()):
            yield ChangedFile(model.source, on_base(model, self._stages(path)), new=False)

    def notes(self) -> Iterator[Problem]:
        """What else has to change so that everything is built as before."""
        said = f"builds all of it; a plain `docker build` finds no image {self.names[0]}"
        folder = shown_name(self.top)
        where = "here" if folder == "." else f"in {folder}"
        yield Problem(os.path.join(self.top, _BAKE), 0, said, f"Run `docker buildx bake -f {_BAKE}` {where}")
        for path, model in sorted(self.models.items()):
            for file in sorted({build.file for build in builds_of(model)}):
                said = f"it builds {shown_name(path)}, which needs the base from now on"
                yield Problem(file, 0, said, "Give that build the base as a named context")
            for one in self._stages(path):
                if "$" in model.stages[one.member.number].instruction.words[0].text:
                    said = f"its build argument no longer chooses the image, which is that of {one.name}"
                    yield Problem(path, one.member.line, said, "Give the base the same argument if you need it")
            if self._brings_base(path, model):
                said = f"it copies its build context with {FOLDER}/, too, into the image"
                yield Problem(path, 0, said, f"Exclude {FOLDER} in the ignore file")

    def _new(self, name: str, text: str) -> ChangedFile:
        empty = Source(os.path.join(self.top, name), "")
        return ChangedFile(empty, empty.with_text(text), new=True)

    def _dockerfile(self, base: str) -> str:
        return f"{FOLDER}/Dockerfile" if len(self.names) == 1 else f"{FOLDER}/{base}.Dockerfile"

    def _stages(self, path: str) -> Iterator[OnBase]:
        for group, name in zip(self.groups, self.names, strict=True):
            for member in group.shared.members:
                if member.path == path:
                    yield OnBase(member, group.shared.of(member), name)

    def _bake(self) -> str:
        bases = [BaseTarget(name, FOLDER, os.path.basename(self._dockerfile(name))) for name in self.names]
        taken = {*self.names, ALL}
        services = []
        for path in sorted(self.models):
            file, context = real(path), self.contexts[path]
            relative = _slashes(os.path.relpath(file, self.top))
            name = _free(_target_name(relative, self.top), taken)
            used = tuple(dict.fromkeys(one.name for one in self._stages(path)))
            folder = _slashes(os.path.relpath(context, self.top))
            services.append(ServiceTarget(name, folder, _slashes(os.path.relpath(file, context)), used))
        return bake_text(_BAKE, bases, services)

    def _brings_base(self, path: str, model: Model) -> bool:
        """Whether a Dockerfile copies the folder of the base."""
        folder = _slashes(os.path.relpath(os.path.join(self.top, FOLDER), self.contexts[path]))
        if model.context is None or folder.startswith("../") or model.context.never_ships(folder):
            return False
        copies = (step for stage in model.stages for step in stage.steps if step.keyword in ("COPY", "ADD"))
        return any(
            source is None or f"{folder}/".startswith(f"{normal(source)}/".lstrip("/"))
            for step in copies
            if step.instruction.flag("from") is None
            for source in step.sources
        )


def _context(model: Model) -> str:
    return real(model.context.root if model.context is not None else os.path.dirname(model.source.path) or ".")


def _base_names(groups: Sequence[_Group], models: Iterable[Model]) -> list[str]:
    """A name for each base that no stage and no image of the Dockerfiles has."""
    taken = {word for model in models for instruction in model.tree.instructions for word in _names(instruction)}
    if len(groups) == 1:
        return [_free(FOLDER, taken)]
    return [_free(f"{FOLDER}-{_slug(_last_name(group.shared.base.image))}", taken) for group in groups]


def _names(instruction: Instruction) -> Iterator[str]:
    """What an instruction may name as an image or stage."""
    if instruction.keyword == "FROM":
        yield from (word.text.lower() for word in instruction.words)
    yield from ((flag.value or "").lower() for flag in instruction.flags if flag.name == "from")


def _last_name(image: str) -> str:
    return image.rpartition("/")[2].partition("@")[0]


def _target_name(relative: str, top: str) -> str:
    """A target for a Dockerfile: its folder, and its own name where that says more."""
    folder, _, name = relative.rpartition("/")
    own = _slug(_DOCKERFILE.sub("", name))
    return _slug(f"{folder} {own}") or _slug(os.path.basename(top)) or "app"


def _slug(text: str) -> str:
    return _OTHER.sub("-", text.lower()).strip("-")


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number where it is taken; takes it."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return free


def _slashes(path: str) -> str:
    return path.replace(os.sep, "/")


def _base_text(group: _Group) -> str:
    """The Dockerfile of a base: its image and the steps, with the comments that any of the Dockerfiles has above."""
    shared = group.shared
    first = shared.members[0]
    syntax = group.models[first.path].tree.directive("syntax")
    lines = [f"# syntax={syntax}"] if syntax is not None else []
    lines.append(f"FROM {shared.base.image}")
    for at, element in enumerate(shared.steps):
        for number in range(len(element.settings)):
            lines += _step_lines(group, [step.settings[number] for step in _each(shared, at)])
        lines += _step_lines(group, [step.step for step in _each(shared, at)])
    return "\n".join(lines) + "\n"


def _each(shared: SharedBeginning, at: int) -> list[FirstStep]:
    return [member.elements[at] for member in shared.members]


def _step_lines(group: _Group, indexes: Sequence[int]) -> list[str]:
    """A step as the first of the Dockerfiles writes it, below the comments of all."""
    instructions = [
        (model := group.models[member.path], model.stages[member.number].steps[index].instruction)
        for member, index in zip(group.shared.members, indexes, strict=True)
    ]
    comments = dict.fromkeys(line for model, one in instructions for line in comments_above(model, one))
    model, first = instructions[0]
    text = model.source.text[first.span.start : first.span.end]
    if not first.heredocs:  # whose line ends are those of the file that it makes
        text = text.replace("\r\n", "\n")
    return [*comments, text.rstrip("\r\n")]
