"""Reading a Dockerfile with BuildKit's own parser (the `dockerfile` package: Go, v0.12.5), to compare dfix with it."""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from json import JSONDecoder
from typing import NamedTuple

from dfix.rewriter.dockerfile import Instruction, Tree
from dfix.rewriter.dockerfile.instruction import KEYWORDS
from dfix.rewriter.dockerfile.json_form import read_array
from dfix.rewriter.model.build import assignments

LISTS = frozenset(("FROM", "EXPOSE", "COPY", "ADD", "VOLUME", "ARG"))
"""Instructions whose value BuildKit cuts into words, in shell form too."""


class Reading(NamedTuple):
    """One instruction as BuildKit reads it; of an ONBUILD, `values` and `json` are those of what it holds."""

    keyword: str
    start: int
    end: int
    flags: tuple[str, ...]
    json: bool
    values: tuple[str, ...]
    heredocs: tuple[tuple[str, str], ...]


def buildkit_reads(text: str) -> list[Reading] | None:
    """BuildKit's reading of a text; None if its parser rejects it."""
    import dockerfile  # its threads would not survive a fork of scripts/mutation_session.py

    try:
        commands = dockerfile.parse_string(text)
    except dockerfile.GoParseError:
        return None
    return [
        Reading(
            c.cmd.upper() if c.cmd is not None and c.cmd.isascii() else c.cmd or "",
            c.start_line,
            c.end_line,
            c.flags,
            c.json,
            c.value,
            tuple((heredoc.name, heredoc.content) for heredoc in c.heredocs),
        )
        for c in commands
    ]


def dfix_reads(tree: Tree) -> list[Reading]:
    """The same from dfix's tree."""
    found = []
    for instruction in tree.instructions:
        inner = instruction.inner or instruction
        heredocs = tuple((h.name, tree.source.text[h.body.start : h.body.end]) for h in instruction.heredocs)
        found.append(
            Reading(
                instruction.keyword,
                instruction.line,
                instruction.end_line,
                tuple(as_written(instruction)),
                is_json(inner),
                tuple(map(c_string, values(inner))),
                tuple((c_string(name), c_string(body)) for name, body in heredocs),
            )
        )
    return found


def c_string(text: str) -> str:
    """A text up to its first NUL: the package passes strings through C."""
    return text.partition("\0")[0]


def as_written(instruction: Instruction) -> list[str]:
    """An instruction's flags with their quotes taken out, as BuildKit keeps them."""
    return [f"--{flag.name}" + ("" if flag.value is None else f"={flag.value}") for flag in instruction.flags]


def values(instruction: Instruction) -> list[str]:
    """An instruction's value as BuildKit's nodes hold it, without the `=` of a pair."""
    if instruction.keyword in ("ENV", "LABEL"):
        return [text for pair in assignments(instruction) for text in pair]
    nested = instruction.keyword == "ONBUILD" and instruction.value  # in another one, which BuildKit rejects later
    if instruction.keyword not in KEYWORDS or instruction.inner is not None or nested:
        return [""]
    if instruction.keyword == "HEALTHCHECK":
        kind, rest = _health(instruction)
        array = read_array(rest) if rest.startswith("[") else None
        return [kind, *([rest] if array is None and rest else [piece.text for piece in array or ()])] if kind else []
    if instruction.json is not None or instruction.keyword in LISTS:
        return [word.text for word in instruction.words]
    return [instruction.value] if instruction.value else []


def is_json(instruction: Instruction) -> bool:
    """Whether BuildKit takes the value for a JSON array."""
    if instruction.keyword == "HEALTHCHECK":
        rest = _health(instruction)[1]
        return rest.startswith("[") and read_array(rest) is not None
    return instruction.json is not None


def _health(instruction: Instruction) -> tuple[str, str]:
    kind, *rest = instruction.value.split(None, 1) or [""]
    return kind, rest[0] if rest else ""


def difference(ours: list[Reading], theirs: list[Reading]) -> str:
    """Where two readings differ, in one line; "" if they are the same."""
    for mine, other in zip(ours, theirs, strict=False):
        for field in Reading._fields:
            if getattr(mine, field) != getattr(other, field):
                return f"line {other.start}: {field} {getattr(mine, field)!r} instead of {getattr(other, field)!r}"
    return "" if len(ours) == len(theirs) else f"{len(ours)} instructions instead of {len(theirs)}"


def text_after_json(tree: Tree) -> str:
    """The line of an instruction with text after its JSON array, which v0.12.5 ignores; "" for none."""
    for instruction in tree.instructions:
        inner = instruction.inner or instruction
        if inner.json is None and inner.value.startswith("["):
            try:
                array, end = JSONDecoder().raw_decode(inner.value)
            except ValueError:
                continue
            if isinstance(array, list) and end < len(inner.value):
                return str(instruction.line)
    return ""


class _Block(NamedTuple):
    """An instruction's lines, or one line between instructions (`meaning` None)."""

    lines: str
    meaning: tuple[object, ...] | None


def changed_without_reason(before: str, after: str) -> str:
    """What differs between two files where no instruction has a different meaning; "" for nothing.

    Only uses the files, BuildKit's parser and difflib, not dfix's report: an instruction that reads the same must have
    the same bytes, blank lines may only differ next to an instruction that differs, and comments may move with their
    instruction, but not be added.
    """
    old, new = _blocks(before), _blocks(after)
    if old is None or new is None:
        return ""
    added = _between(new) - _between(old) - _inner_comments(old)
    if added:
        return f"a new line between instructions: {next(iter(added))!r}"
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        was, now = old[i:j], new[k:m]
        if not any(block.meaning is not None for block in was + now):
            return f"lines between instructions: {[block.lines for block in was + now]!r}"
        meant = {block.meaning for block in now if block.meaning is not None}
        for block in was:
            if block.meaning in meant:
                return f"the layout of an instruction that stays: {block.lines!r}"
    return ""


def _between(blocks: list[_Block]) -> Counter[str]:
    return Counter(block.lines for block in blocks if block.meaning is None and block.lines.strip())


def _inner_comments(blocks: list[_Block]) -> Counter[str]:
    r"""The comments inside of instructions: the last ones are between them once the `\` before them has to go."""
    inside = (line for block in blocks if block.meaning is not None for line in block.lines.split("\n")[1:])
    return Counter(line for line in inside if line.lstrip().startswith("#"))


def _blocks(text: str) -> list[_Block] | None:
    readings = None if "\0" in text else buildkit_reads(text)
    if readings is None:
        return None
    lines = text.split("\n")
    blocks = []
    at = 0
    for reading in readings:
        blocks += [_Block(line, None) for line in lines[at : reading.start - 1]]
        whole = "\n".join(lines[reading.start - 1 : reading.end])
        blocks.append(_Block(whole, (reading.keyword, *reading[3:])))
        at = reading.end
    return blocks + [_Block(line, None) for line in lines[at:]]


def lost_comments(before: str, after: str) -> list[str]:
    """Comments of `before` that `after` lacks: whole lines, and whatever follows ` #` on a line.

    This counts more than Dockerfile and shell comments (URL fragments, heredoc lines), so that nothing depends on
    parsing the file correctly.
    """
    return sorted((_comments(before) - _comments(after)).elements())


def lost_words(before: str, after: str) -> list[str]:
    """Words of `before` that `after` lacks, wherever they are; joining and splitting RUNs loses none of these.

    Ignores operators that join commands, and repetitions of a flag: two RUNs merged into one need it only once.
    """
    return sorted((words(before) - words(after)).elements())


_BETWEEN_WORDS = re.compile(r"[\s;&|(){}<>\\]+")


def words(text: str) -> Counter[str]:
    """The words of a text, each with how often it is written (a flag: once)."""
    found = Counter(word for word in _BETWEEN_WORDS.split(text) if word and word.upper() != "RUN")
    return Counter({word: 1 if word.startswith("--") else count for word, count in found.items()})


_COMMENT = re.compile(r"(?:^\s*|(?<!\\)(?:\\\\)*[ \t])(#.*)")
"""A blank after an odd number of backslashes is part of a word, and so is the `#` after it."""


def _comments(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in text.split("\n"):
        match = _COMMENT.search(line)
        if match is not None:
            found[match[1].rstrip(" \t\r\\")] += 1
    return found
