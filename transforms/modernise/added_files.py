"""ADD as COPY, where what it adds is in the build context and no archive; and `./` for COPYs of several files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.archive_content import is_plain
from dfix.rewriter.context.context_path import normal
from dfix.rewriter.context.other_contexts import other_context
from dfix.rewriter.model.paths import is_address
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.modernise.answered import answered, left_alone
from dfix.transforms.modernise.keyword_casing import keyword_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.answers.change import Change, Refusal
    from dfix.rewriter.context.folder import Context
    from dfix.rewriter.dockerfile import Instruction
    from dfix.rewriter.model import Model

_CHECKS = ("DL3020",)
_SLASH_CHECKS = ("DL3021",)
_KEPT_FLAGS = frozenset(("chown", "chmod", "link"))
_SPECIAL = frozenset("*?[]\\$\"'")
_GIT = ("github.com/", "gitlab.com/", "bitbucket.org/")


def added_files(model: Model) -> Iterator[Change | Refusal]:
    """What becomes of each ADD."""
    for instruction in model.tree.instructions:
        if instruction.keyword != "ADD" or instruction.heredocs or not _is_plain_add(instruction):
            continue
        try:
            _no_archive(model, instruction)
        except LeaveAlone as no:
            yield left_alone(instruction, _CHECKS, no)
            continue
        copy = "copy" if keyword_of(instruction) == "add" else "COPY"
        reason = "ADD does the same as COPY here: what it adds is in the build context and no archive"
        yield answered(instruction, _CHECKS, (Edit(instruction.keyword_span, copy),), reason)


def several_files(model: Model) -> Iterator[Change]:
    """Write `./` for `.`: other builders take the destination of several files for a folder only with a slash."""
    for instruction in model.tree.instructions:
        if instruction.keyword != "COPY" or len(instruction.words) <= 2 or instruction.heredocs:
            continue
        start, end = instruction.words[-1].span
        if instruction.text[start:end] == ".":
            reason = "A destination of several files ends with `/`"
            yield answered(instruction, _SLASH_CHECKS, (Edit(Span(end, end), "/"),), reason)


def _is_plain_add(instruction: Instruction) -> bool:
    """Whether an ADD names its sources literally, none of them elsewhere, and has only flags that COPY has too."""
    sources = [word.text for word in instruction.words[:-1]]
    if any(flag.name not in _KEPT_FLAGS for flag in instruction.flags):
        return False
    if len(sources) > 1 and not instruction.words[-1].text.endswith(("/", ".")):
        return False  # hadolint would ask for a slash, which may change what that means
    return not any(
        is_address(source) or source.startswith(_GIT) or source.endswith(".git") or _SPECIAL & set(source)
        for source in sources
    )


def _no_archive(model: Model, instruction: Instruction) -> None:
    """Raise LeaveAlone unless each source is a folder, or a file that is no archive, in every build of the file."""
    context = model.context
    named = [word for word in instruction.words[:-1] if normal(word.text)]  # others are the whole build context
    for word in named:
        path = normal(word.text)
        if context is None or context.fault:
            raise LeaveAlone("no-context", f"Whether {word.text} is an archive, which ADD unpacks, is not known")
        real = context.followed(path)
        if real is not None and context.is_folder(real):
            continue
        if real is None or not context.ships(real):
            raise LeaveAlone("archive", f"{word.text} is not in the build context, so it may be an archive")
        if not is_plain(context, real) or not is_plain(context, path):
            raise LeaveAlone("archive", f"{word.text} is or may be an archive, which ADD unpacks and COPY does not")
    if named and context is not None:
        other = _other_context(model, context)
        if other:
            text = f"{named[0].text} may be an archive in another build, which ADD unpacks and COPY does not: {other}"
            raise LeaveAlone("other-context", text)


def _other_context(model: Model, context: Context) -> str:
    key = ("other context", model.source.path)
    if key not in context.answers:
        context.answers[key] = other_context(context.root, model.source.path, context.within)
    return str(context.answers[key])
