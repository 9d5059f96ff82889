"""Where the tag and digest of an image are written: in the FROM, or in the default of a build argument."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dfix.rewriter.bases.global_arguments import declared
from dfix.rewriter.bases.image_reference import ImageReference
from dfix.rewriter.bases.image_use import BaseUse
from dfix.rewriter.dockerfile import Instruction, Tree
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit, Span

_ONE_VARIABLE = expression(r"(?P<before>[^$]*)\$(?:\{(?P<braced>\w+)\}|(?P<plain>\w+))(?P<after>[^$]*)")
_VARIABLE = r"\$(?:\{{?{0}\b)|\${0}\b"
_QUOTES = frozenset("\"'\\`")
_UNPLAIN = _QUOTES | {"$"}


class NoPlaceError(Exception):
    """Why a name cannot be written, as a phrase, and what to do instead."""

    def __init__(self, said: str, hint: str) -> None:
        super().__init__(said)
        self.hint = hint


class NamePlace(NamedTuple):
    """The part of an image's name that is written in one place, and what surrounds it in the whole name."""

    span: Span
    argument: str
    """The build argument whose default it is; "" for a word that names the image itself."""
    before: str
    after: str
    digest: Span | None
    """Where the digest is, if it is written apart from the rest: `python:${V}-slim@sha256:…`."""


def name_place(tree: Tree, use: BaseUse, *, digest: bool) -> NamePlace:
    """Where an image is named, if it is to have a `digest` or none. Raises NoPlaceError.

    Whoever gives the build argument another value must still get the image of that value, so a digest follows a tag
    with a variable only where the variable is the registry's name, or the argument's own default takes the digest.
    """
    span = _written_span(tree, use)
    if span is None or use.reference is None or not _QUOTES.isdisjoint(use.written):
        raise NoPlaceError(
            "its name is written in a way that dfix does not edit", "Write it on one line, without quotes"
        )
    registry, slash, image = use.written.rpartition("/")
    if not slash or not _is_balanced(registry):
        image = use.written
    start = span.end - len(image)
    if _UNPLAIN.isdisjoint(image):
        return NamePlace(Span(start, span.end), "", use.reference.text.removesuffix(image), "", None)
    head, at, digest_there = image.partition("@")
    if not _UNPLAIN.isdisjoint(digest_there) or not _is_balanced(head):
        raise _no_plain_variable(image)
    apart = Span(start + len(head) + 1, span.end) if at else None
    whole = use.reference._replace(digest="").text if at else use.reference.text
    named, colon, tag = head.rpartition(":")
    if not colon or not _UNPLAIN.isdisjoint(tag) or not _is_balanced(named):
        return _in_default(tree, head, whole, apart, digest=digest)
    if digest and not at:
        raise NoPlaceError("a build argument gives its name, and each value needs another digest", _ONE_ARGUMENT)
    end = start + len(head)
    return NamePlace(Span(end - len(tag), end), "", whole.removesuffix(tag), "", apart)


def _in_default(tree: Tree, head: str, whole: str, apart: Span | None, *, digest: bool) -> NamePlace:
    """The place in the default of the one build argument in `head`; `whole` is the name with its default."""
    match = _ONE_VARIABLE.fullmatch(head)
    if match is None:
        raise _no_plain_variable(head)
    if digest and match["after"] and apart is None:
        raise NoPlaceError(
            "a build argument gives only a part of its tag, and would no longer have an effect", _ONE_ARGUMENT
        )
    name = match["braced"] or match["plain"]
    default = _default_span(tree, name)
    inner = f"{tree.source.text[default.start : default.end]}{match['after']}"
    before = whole.removesuffix(inner)
    if before == whole or not before.endswith(match["before"]):
        raise NoPlaceError(f"ARG {name} is more than a part of its name", _ONE_ARGUMENT)
    return NamePlace(default, name, before, match["after"], apart)


def _is_balanced(text: str) -> bool:
    """Whether no `${…}` begins in a text and ends after it."""
    return text.count("{") == text.count("}")


def _no_plain_variable(text: str) -> NoPlaceError:
    many = text.count("$") > 1
    said = "it is made of several variables" if many else "it is made of a variable that is not plain"
    return NoPlaceError(said, _ONE_ARGUMENT)


_ONE_ARGUMENT = "Let one build argument hold the whole tag: ARG TAG=3.11-slim, FROM python:${TAG}"


def name_edits(place: NamePlace, new: ImageReference) -> list[Edit]:
    """What to write to name another tag or digest; the one in the place itself comes first. Raises NoPlaceError."""
    whole = new.text if place.digest is None else new._replace(digest="").text
    inner = whole.removeprefix(place.before).removesuffix(place.after)
    if f"{place.before}{inner}{place.after}" != whole or not inner:
        raise NoPlaceError(f"ARG {place.argument} holds only a part of what would change", _ONE_ARGUMENT)
    return [Edit(place.span, inner), *([Edit(place.digest, new.digest)] if place.digest is not None else [])]


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
        raise NoPlaceError(f"ARG {name} has no plain default", f"Write ARG {name}=VALUE once")
    other = _other_use(tree, name)
    if other is not None:
        raise NoPlaceError(
            f"ARG {name} is also used on line {other.line}, which would change, too", "Use an argument of its own"
        )
    end = words[0].span.end - len(quote)
    return Span(end - len(inner), end)


def _other_use(tree: Tree, name: str) -> Instruction | None:
    """An instruction other than FROM that uses a global build argument: another ARG's default, or an ARG in a stage."""
    variable = re.compile(_VARIABLE.format(re.escape(name)))
    in_stage = False
    for instruction in tree.instructions:
        if instruction.keyword == "FROM":
            in_stage = True
            if any(variable.search(flag.value or "") for flag in instruction.flags):
                return instruction
        elif instruction.keyword == "ARG":
            for word in instruction.words:
                declares, own_default, default = word.text.partition("=")
                if (in_stage and declares == name and not own_default) or variable.search(default):
                    return instruction
    return None
