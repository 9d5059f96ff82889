"""`ENV name value` and `LABEL name value` in the form with `=`, if BuildKit reads the same value back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Refusal
from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.dockerfile.expand import expand, names
from dfix.rewriter.dockerfile.expansion import ExpansionError
from dfix.rewriter.dockerfile.lexing import BLANKS, split_words
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.modernise.answered import answered, left_alone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dfix.rewriter.dockerfile import Instruction
    from dfix.rewriter.model import Model

_CHECKS = ("LegacyKeyValueFormat",)
_KEYWORDS = ("ENV", "LABEL")
_NO_QUOTES = {ord(quote): None for quote in "'\""}
_ODD = "a 'b' \"c\" \\d $e"
"""A value that shows whether quotes change what becomes of a variable."""
_VARIABLE = expression(r"[A-Z_][A-Z0-9_]*=")
_ANOTHER_PAIR = expression(r"\s*(?:[\w.-]+=|[A-Z_][A-Z0-9_]*[ \t])")


def legacy_pairs(model: Model) -> Iterator[Change | Refusal]:
    """What becomes of each ENV and LABEL without `=`."""
    for instruction in model.tree.instructions:
        if instruction.keyword in _KEYWORDS and "=" not in instruction.words[0].text:
            try:
                edits = _edits(instruction)
            except LeaveAlone as no:
                yield left_alone(instruction, _CHECKS, no)
                continue
            name = instruction.words[0].text
            reason = f"`{instruction.keyword} {name}` has no `=` before its value, a form that BuildKit warns of"
            yield answered(instruction, _CHECKS, edits, reason)


def _edits(instruction: Instruction) -> tuple[Edit, ...]:
    gap = BLANKS.search(instruction.value)
    assert gap is not None  # BuildKit's rules demand a value
    name, value = instruction.value[: gap.start()], instruction.value[gap.end() :]
    base = instruction.value_at
    before = instruction.place(base + gap.start() - 1) + 1
    start, end = instruction.place(base + gap.end()), instruction.value_span.end
    if any(before <= comment.start < start for comment in instruction.comments):
        raise LeaveAlone("comment", f"A comment is between `{name}` and its value")
    in_one_line = end - start == len(value)
    others = instruction.text[start:end].split("\n")[1:]
    if any(_ANOTHER_PAIR.match(line) for line in others) or any(_VARIABLE.match(word) for word in value.split()[1:]):
        text = f"Without `=`, what looks like several variables is the value of `{name}` alone"
        raise LeaveAlone("several-values", text, "write each as `NAME=value`")
    form = _same_value(instruction, name, value, in_one_line=in_one_line)
    if in_one_line:
        return (Edit(Span(before, end), f"={form}"),)
    quote = '"' if form != value else ""
    edits = (Edit(Span(before, start), f"={quote}"), Edit(Span(end, end), quote))
    return edits if quote else edits[:1]


def _same_value(instruction: Instruction, name: str, value: str, *, in_one_line: bool) -> str:
    """The first way of writing a value as one word that BuildKit reads back as the same value, whatever is set."""
    escape = instruction.escape
    try:
        settings = list(_settings(names(value, escape)))
        read = [expand(value, env, escape) for env in settings]
    except ExpansionError as error:
        raise LeaveAlone("unclear-value", f"BuildKit cannot read the value of `{name}`: {error}") from None
    forms = [value, *([] if '"' in value else [f'"{value}"'])]
    if in_one_line:
        forms.append(f'"{value.translate(_NO_QUOTES)}"')
        if "$" not in value:
            forms.append(_quoted(read[0], escape))
    for form in forms:
        if _is_one_word(f"{name}={form}", escape) and _reads(form, settings, escape) == read:
            return form
    text = f"The value of `{name}` mixes quotes, blanks and variables, and would not stay the same as one word"
    raise LeaveAlone("unclear-value", text)


def _settings(variables: frozenset[str]) -> Iterator[Mapping[str, str]]:
    """Values that the variables may have: none is set, all are empty, all odd, and each one alone odd or empty."""
    yield {}
    for value in ("", _ODD):
        yield dict.fromkeys(variables, value)
        for variable in variables:
            yield {variable: value}


def _quoted(value: str, escape: str) -> str:
    for special in (escape, '"', "$"):
        value = value.replace(special, escape + special)
    return f'"{value}"'


def _is_one_word(text: str, escape: str) -> bool:
    found = split_words(text, 0, escape)
    return len(found) == 1 and found[0].text == text


def _reads(form: str, settings: list[Mapping[str, str]], escape: str) -> list[str] | None:
    try:
        return [expand(form, env, escape) for env in settings]
    except ExpansionError:
        return None
