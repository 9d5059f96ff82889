"""The edits: COPY lines in the author's layout, and lines that go."""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.brought import Brought, brings
from dfix.rewriter.layout.copy_lines import block, copy_line, folder_below
from dfix.rewriter.model import Model, Step
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.file_map.file_map import ImageFile
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.sync_manifests.gone_members import Gone
from dfix.transforms.sync_manifests.manifest_list import ManifestList

_SPECIAL_IN_COPY = frozenset("*?[]\\$'\" \t\n")
_SOURCE, _DESTINATION = 0, 1


def added_lines(model: Model, manifests: ManifestList, files: list[ImageFile]) -> tuple[Edit, ...]:
    """A COPY line for each file, beside those of the same kind."""
    at: dict[int, str] = {}
    for file in sorted(files, key=lambda file: file.source):
        if _SPECIAL_IN_COPY.intersection(file.source) or file.source.startswith("-"):
            raise LeaveAlone("odd-name", f"COPY would not take the name {file.source} literally", "rename it")
        like = _lines_of_kind(manifests, file)
        text = _like(manifests, like, file) or _new_line(manifests, file)
        offset = _place(manifests, like, file)
        at[offset] = at.get(offset, "") + text
    return tuple(_insertion(model, offset, text) for offset, text in sorted(at.items()))


def _lines_of_kind(manifests: ManifestList, file: ImageFile) -> list[Copied]:
    """The lines that bring one file of that name, of another folder, each written as plain words."""
    name = posixpath.basename(file.source)
    found = []
    for copy in manifests.copies:
        instruction = copy.step.instruction
        words = [word.text for word in instruction.words]
        entries = copy.brought.entries
        if len(words) != 2 or len(entries) != 1 or instruction.json is not None or "$" in "".join(words):
            continue
        folder, own_name = posixpath.split(entries[0].source)
        same = own_name == name or (posixpath.splitext(own_name)[1] == posixpath.splitext(name)[1] == ".patch")
        if same and folder != manifests.context_folder and "\n" not in _text(copy.step).rstrip("\n"):
            found.append(copy)
    return found


def _text(step: Step) -> str:
    instruction = step.instruction
    return instruction.text[instruction.span.start : instruction.span.end]


def _like(manifests: ManifestList, like: list[Copied], file: ImageFile) -> str:
    """The last of the author's lines, with the other file in it; "" if there is none that can be written so."""
    for copy in reversed(like):
        instruction = copy.step.instruction
        entry = copy.brought.entries[0]
        words = [word.text for word in instruction.words]
        places = posixpath.relpath(posixpath.dirname(entry.image), manifests.image_folder)
        new_place = posixpath.relpath(posixpath.dirname(file.path), manifests.image_folder)
        source = words[_SOURCE].removesuffix(entry.source) + file.source
        ending = posixpath.basename(entry.source)
        target = words[_DESTINATION]
        kept = "/" if target.endswith("/") else ""
        bare = target.rstrip("/")
        if bare.endswith(f"{places}/{ending}"):
            target = bare.removesuffix(f"{places}/{ending}") + f"{new_place}/{posixpath.basename(file.source)}"
        elif bare.endswith(places):
            target = bare.removesuffix(places) + new_place + kept
        else:
            continue
        if words[_SOURCE].endswith(entry.source) and _brings(manifests, copy, source, target, file):
            start = instruction.span.start
            first, last = (word.span for word in instruction.words)
            text = instruction.text
            middle = text[first.end : last.start]
            return text[start : first.start] + source + middle + target + "\n"
    return ""


def _brings(manifests: ManifestList, copy: Copied, source: str, target: str, file: ImageFile) -> bool:
    brought = brings(manifests.context, (source,), target, copy.step.workdir or "?")
    return isinstance(brought, Brought) and [(e.source, e.folder, e.image) for e in brought.entries] == [
        (file.source, False, file.path)
    ]


def _new_line(manifests: ManifestList, file: ImageFile) -> str:
    """A line with the flags and the style of the first line of the list."""
    first = manifests.first
    relative = posixpath.relpath(posixpath.dirname(file.path), manifests.image_folder)
    below = "" if relative == "." else relative
    written = first.written_destination
    base = written if first.destination == manifests.image_folder and "$" not in written else manifests.image_folder
    return copy_line(first.step.instruction, (file.source,), folder_below(base, below))


def _place(manifests: ManifestList, like: list[Copied], file: ImageFile) -> int:
    """The offset at which the line of a file is written."""
    sources = [copy.brought.entries[0].source for copy in like]
    if not like:
        return manifests.first.step.instruction.span.end
    if sources == sorted(sources):
        before = [copy for copy in like if copy.brought.entries[0].source < file.source]
        if not before:
            return like[0].step.instruction.span.start
        return before[-1].step.instruction.span.end
    return like[-1].step.instruction.span.end


def _insertion(model: Model, offset: int, text: str) -> Edit:
    """Lines at an offset; an edit before it may be the file's last line, which then lacks its newline."""
    source = model.source.text
    if offset and source[offset - 1] != "\n":
        return Edit(Span(offset, offset), "\n" + text.removesuffix("\n"))
    return Edit(Span(offset, offset), text)


def removed_lines(model: Model, gone: list[Gone]) -> tuple[Edit, ...]:
    """Without the lines of members that are gone. Raises LeaveAlone for one with a comment of its own."""
    written = []
    for one in gone:
        instruction = one.step.instruction
        moved = block(model.tree, instruction)
        after = [step for step in one.step.stage.steps if step.index == one.step.index + 1]
        heads_a_list = bool(after) and after[0].keyword == instruction.keyword
        if moved.span.start != instruction.span.start and not heads_a_list:
            reason = f"{one.source} is not in the build context, but a comment belongs to the COPY that names it"
            raise LeaveAlone("comment", reason, "remove both")
        written.append(Edit(instruction.span, ""))
    return tuple(written)
