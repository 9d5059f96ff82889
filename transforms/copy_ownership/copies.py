"""How a COPY relates to the paths of a `chown`, and whether `--chown` gives its files what the `chown` gives them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Literal

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.build import used_stages
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.model.file_map.file_map import map_before, not_followed
from dfix.rewriter.model.paths import overlaps, within
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.context.folder import Context
    from dfix.rewriter.model import Model, Stage, Step
    from dfix.rewriter.model.effects.given_owner import GivenOwner
    from dfix.transforms.copy_ownership.owner import Owner

Relation = Literal["covered", "apart", "mixed"]
_KEPT_FLAGS = frozenset(("from", "chmod"))
_MOST_FILES = 50_000
_GIVES_RIGHTS = expression(
    r"\bsetcap\b|\bchmod\s+(?:-\w+\s+)*(?:0?[2-7]\d{3}\b|[ugoa]*[+=][rwxX]*s)|\binstall\b[^\n]*\s-\w*m\s*=?0?[2-7]\d{3}\b"
)
"""Commands that give a file set-user-id bits or capabilities."""
_HAVE_RIGHTS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec", "/lib")
"""Where a distribution has programs that run with other rights (`su`, `ping`)."""


class Bringing(NamedTuple):
    """A COPY or ADD, and what is known of it."""

    step: Step
    copy: Copied | None
    """None for one from a stage."""
    destination: str


def bringing(step: Step, context: Context) -> Bringing | str:
    """What a COPY or ADD brings, as far as it is known; else why not, as a sentence."""
    copy: Copied | None = None
    if step.instruction.flag("from") is None:
        found = copied(step, context)
        if not isinstance(found, Copied):
            return not_followed(found).text
        copy = found
    destination = step.destination if copy is None else copy.destination
    if destination is None or not destination.startswith("/"):
        return f"dfix does not know the folder to which the {step.keyword} on line {step.instruction.line} copies"
    return Bringing(step, copy, destination)


def relation(to: Bringing, given: GivenOwner) -> Relation:
    """Whether all, none or some of what a COPY brings is what the `chown` re-owns."""
    if to.copy is None:
        inside = given.recursive and any(within(to.destination, path) for path in given.paths)
        if inside:
            return "covered"
        return "mixed" if any(overlaps(to.destination, path) for path in given.paths) else "apart"
    entries = to.copy.brought.entries
    if given.recursive:
        inside_all = all(any(within(entry.image, path) for path in given.paths) for entry in entries)
        near = any(overlaps(entry.image, path) for entry in entries for path in given.paths)
    else:
        inside_all = all(not entry.folder and entry.image in given.paths for entry in entries)
        near = any(
            entry.image == path or (entry.folder and within(path, entry.image))
            for entry in entries
            for path in given.paths
        )
    if entries and inside_all:
        return "covered"
    return "mixed" if near else "apart"


def check_copy(model: Model, to: Bringing, owner: Owner, command: str) -> bool:
    """Whether a COPY needs a `--chown`; False if it has the right one.

    Raises LeaveAlone where the files would not be those that the `chown` leaves.
    """
    instruction = to.step.instruction
    line = f"the {instruction.keyword} on line {instruction.line}"
    for flag in instruction.flags:
        if flag.name == "chown" and flag.value == owner.flag:
            continue
        if flag.name not in _KEPT_FLAGS:
            what = f"{line} has --{flag.name}, with which dfix does not know what --chown would do"
            raise LeaveAlone("copy-flag", what)
    if to.copy is None:
        _check_stage(model, to.step, owner, command, line)
    else:
        _check_files(to.copy, command, line)
    if model.context is not None:
        before = map_before(to.step, model.context)
        if before.followed(to.destination) != to.destination:
            raise LeaveAlone("linked-folder", f"the destination of {line} is reached through a symbolic link")
    return instruction.flag("chown") is None


def _check_files(copy: Copied, command: str, line: str) -> None:
    seen: set[tuple[int, int]] = set()
    for count, path in enumerate(copy.brought.paths()):
        if count > _MOST_FILES:
            raise LeaveAlone(
                "unclear-copy", f"{line} brings more than {_MOST_FILES} files, which dfix does not look at"
            )
        if copy.brought.has_rights(path):
            what = f"`{command}` takes its set-user-ID bits or capabilities from {path}, and --chown would not"
            raise LeaveAlone("file-rights", what, "set them in a RUN after the COPY")
        linked = copy.brought.hard_linked(path)
        if linked is not None and linked in seen:
            what = (
                f"{path} is a hard link to another file that {line} brings, which `{command}` makes a file of its own"
            )
            raise LeaveAlone("hard-link", what)
        if linked is not None:
            seen.add(linked)


def _check_stage(model: Model, step: Step, owner: Owner, command: str, line: str) -> None:
    if not owner.sets_both:
        what = f"{line} keeps the owners of another stage, of which `{command}` changes only one part"
        raise LeaveAlone("unclear-owner", what, "name user and group: `chown user:group`")
    stages = used_stages(step, model.stages)
    if not stages:
        raise LeaveAlone("unclear-copy", f"{line} copies from an image, and dfix does not know what is in it")
    for source in step.sources:
        path = None if source is None else posixpath.normpath("/" + source.lstrip("/"))
        if path is None or path in ("/", "/usr") or any(within(path, folder) for folder in _HAVE_RIGHTS):
            what = f"{line} may bring files with set-user-ID bits or capabilities, which `{command}` would remove"
            raise LeaveAlone("file-rights", what)
    for stage in (one for named in stages for one in named.ancestry()):
        _check_no_rights(stage, command, line)


def _check_no_rights(stage: Stage, command: str, line: str) -> None:
    for step in stage.steps:
        gives = gives_rights(step)
        if gives:
            what = f"`{gives}` gives files rights that `{command}` may remove, and {line} with --chown would not"
            raise LeaveAlone("file-rights", what)


def gives_rights(step: Step) -> str:
    """What a RUN says that gives files set-user-ID or set-group-ID bits or capabilities; "" for nothing."""
    found = _GIVES_RIGHTS.search(step.source_text) if step.keyword == "RUN" else None
    return "" if found is None else found[0]
