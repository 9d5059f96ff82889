"""Where a digest is written: after the tag in the FROM, or in the default of the build argument that alone gives it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from dfix.rewriter.bases.global_arguments import declared
from dfix.rewriter.bases.image_use import BaseUse
from dfix.rewriter.dockerfile import Instruction, Tree
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Span

_LAST = expression(r"[^$]*\$(?:\{(?P<braced>\w+)\}|(?P<plain>\w+))")
_VARIABLE = r"\$(?:\{{?{0}\b)|\${0}\b"
_UNPLAIN = frozenset("$\"'\\`")


class NoPlaceError(Exception):
    """Why a digest cannot be written, as a phrase, and what to do instead."""

    def __init__(self, said: str, hint: str) -> None:
        super().__init__(said)
        self.hint = hint


class DigestPlace(NamedTuple):
    """A text that a digest follows."""

    span: Span
    argument: str
    """The build argument whose default it is; "" for a word that names the image itself."""


def digest_place(tree: Tree, use: BaseUse) -> DigestPlace:
    """The text that a digest follows. Raises NoPlaceError.

    Whoever gives the build argument another value must still get the image of that value, so a digest follows a tag
    with a variable only where the variable is the registry's name, or the argument's own default takes the digest.
    """
    span = _written_span(tree, use)
    if span is None:
        raise NoPlaceError(
            "its name is written in a way that dfix does not edit", "Write it on one line, without quotes"
        )
    if _UNPLAIN.isdisjoint(use.written):
        return DigestPlace(span, "")
    registry, slash, image = use.written.rpartition("/")
    if slash and _UNPLAIN.isdisjoint(image) and not {'"', "'", "\\", "`"} & set(registry):
        return DigestPlace(span, "")
    last = _LAST.fullmatch(use.written)
    if last is None:
        hint = "Let one build argument hold the whole tag: ARG TAG=3.11-slim, FROM python:${TAG}"
        raise NoPlaceError("a build argument gives only a part of its tag, and would no longer have an effect", hint)
    name = last["braced"] or last["plain"]
    return DigestPlace(_default_span(tree, name), name)


def others_of_argument(tree: Tree, name: str, uses: Sequence[BaseUse], own: frozenset[BaseUse]) -> str:
    """What else a build argument is part of, as a phrase: an image of the file that is not among `own`, or a stage."""
    for use in uses:
        if use not in own and any(name == argument for argument, _ in use.arguments):
            image = use.reference.text if use.reference is not None else use.written
            return f"is also part of {image} on line {use.line}"
    lines = {use.line for use in own}
    variable = re.compile(_VARIABLE.format(re.escape(name)))
    for instruction in tree.instructions:
        if (
            instruction.keyword == "FROM"
            and instruction.line not in lines
            and variable.search(instruction.words[0].text)
        ):
            return f"also chooses the stage on line {instruction.line}"
    return ""


def _written_span(tree: Tree, use: BaseUse) -> Span | None:
    """The place of the word in the file; None where it is not there in one piece, or more than once."""
    instruction = next((one for one in tree.instructions if one.line == use.line), None)
    if instruction is None:
        return None
    text = tree.source.text
    named = use.instruction == "FROM"
    spans = [instruction.words[0].span] if named else _in_flags(instruction, text, use.written)
    return spans[0] if len(spans) == 1 and text[spans[0].start : spans[0].end] == use.written else None


def _in_flags(instruction: Instruction, text: str, written: str) -> list[Span]:
    """Each place within the flags where `from=` names the image."""
    found = []
    for flag in instruction.flags:
        said = text[flag.span.start : flag.span.end]
        for match in re.finditer(rf"(?:^--|^--mount=|,)from={re.escape(written)}(?=,|$)", said):
            found.append(Span(flag.span.start + match.end() - len(written), flag.span.start + match.end()))
    return found


def _default_span(tree: Tree, name: str) -> Span:
    """The default of the global build argument, without quotes, if only FROMs use it. Raises NoPlaceError."""
    words = [word for word in declared(tree) if word.text.partition("=")[0] == name]
    written = tree.source.text[words[0].span.start : words[0].span.end] if len(words) == 1 else ""
    _, sign, default = written.partition("=")
    quote = default[:1] if default[:1] in ("'", '"') and len(default) > 1 and default[-1] == default[0] else ""
    inner = default[len(quote) : len(default) - len(quote)]
    if not sign or written != words[0].text or not inner or not _UNPLAIN.isdisjoint(inner):
        raise NoPlaceError(
            f"ARG {name} has no plain default that a digest could follow", f"Write ARG {name}=VALUE once"
        )
    other = _other_use(tree, name)
    if other is not None:
        raise NoPlaceError(
            f"ARG {name} is also used on line {other.line}, which a digest would change", "Use an argument of its own"
        )
    end = words[0].span.end - len(quote)
    return Span(end - len(inner), end)


def _other_use(tree: Tree, name: str) -> Instruction | None:
    """An instruction other than FROM that uses a global build argument: another ARG's default, or an ARG in a stage."""
    variable = re.compile(_VARIABLE.format(re.escape(name)))
    seen: Counter[str] = Counter()
    for instruction in tree.instructions:
        if instruction.keyword == "FROM":
            seen["FROM"] += 1
            flags = any(variable.search(flag.value or "") for flag in instruction.flags)
            if flags:
                return instruction
            continue
        if instruction.keyword != "ARG":
            continue
        for word in instruction.words:
            declares, _, default = word.text.partition("=")
            if (seen["FROM"] and declares == name) or variable.search(default):
                return instruction
    return None
