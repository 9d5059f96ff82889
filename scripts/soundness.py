"""Invariants of any file and dfix's result for it, checked independently of dfix's own code."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from reference import (
    buildkit_reads,
    changed_without_reason,
    dfix_reads,
    difference,
    lost_comments,
    lost_words,
    text_after_json,
    words,
)

from dfix.rewriter.dockerfile import Instruction, Tree, parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.registry import transforms
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.pipeline.transform import may_drop
from dfix.rewriter.text.source import Source

MODERNISE = "modernise"
_UPDATE = re.compile(
    r"(?<!\S)(?:sudo\s+)?apk\s+(?:-\S+\s+)*update(?:[ \t]+-\S+)*[ \t]*(?:(?:\\\s*)?&&|$)", re.MULTILINE
)
_UNCACHED = re.compile(r"\bapk\s(?:[^&|;\n]|\\\n)*--no-cache(?!\S)")
_CLEAN_UP = re.compile(r"(?<!\S)(?:sudo\s+)?(\w+)\s+(?:cache\s+)?(?:clean|clear-cache)(?!\S)[^&|;\n\\]*")


class Looked(NamedTuple):
    """A result and its faults by kind ("" for none).

    `known` is the line of a known difference to the old parser, where dfix is right.
    """

    result: Result
    faults: dict[str, str]
    known: str


def look_at(path: str, data: bytes, options: Options) -> Looked:
    """Run dfix on a file and check all invariants."""
    source = Source.from_bytes(path, data)
    tree = parse(source)
    reading, known = _reading(data, tree)
    result = run(source, options)
    faults = {"round trip": _round_trip(data, tree), "reading": reading, **_compare(result, options)}
    if result.problem is not None and check(tree) is None:
        faults["guard"] = result.problem.message
    return Looked(result, {column: message for column, message in faults.items() if message}, known)


def as_valid_text(source: Source) -> str:
    """The file as text for the Go package, which doesn't accept lone surrogates."""
    return _valid(source.text)


def _valid(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _round_trip(data: bytes, tree: Tree) -> str:
    text = tree.source.text
    joined = "".join(text[node.span.start : node.span.end] for node in tree.nodes)
    return "" if joined == text and tree.source.to_bytes() == data else "the nodes do not join to the file"


def _reading(data: bytes, tree: Tree) -> tuple[str, str]:
    if b"\0" in data:
        return "", ""  # the Go package passes the file through C, where it would end at a NUL
    text = data.decode("utf-8", "replace")
    theirs = buildkit_reads(text)
    if theirs is None:
        return ("dfix accepts what BuildKit refuses" if check(tree) is None else ""), ""
    if tree.fault is not None or any(map(_has_odd_flag, tree.instructions)):
        return "", ""
    found = difference(dfix_reads(parse(Source.from_bytes("", text.encode()))), theirs)
    known = text_after_json(tree) if ": json False" in found else ""
    return ("" if known else found), known


def _has_odd_flag(instruction: Instruction) -> bool:
    """Whether a flag has a non-ASCII character, which BuildKit garbles because it reads flags byte by byte."""
    inner = instruction.inner or instruction
    return not all((flag.name + (flag.value or "")).isascii() for flag in instruction.flags + inner.flags)


def _compare(result: Result, options: Options) -> dict[str, str]:
    if not result.changed:
        same = result.after.to_bytes() == result.before.to_bytes()
        return {"outside": "" if same and not result.changes else "changes are told, but the file is the same"}
    before, after = as_valid_text(result.before), as_valid_text(result.after)
    refused = buildkit_reads(before) is not None and buildkit_reads(after) is None
    again = run(Source.from_bytes(result.after.path, result.after.to_bytes()), options)
    stable = again.after.text == result.after.text  # the ignore file on disk is unchanged
    comments, missing = lost_comments(before, after), _undeclared(lost_words(before, after), result)
    # the old parser does not see what follows a JSON array, and modernise changes how instructions are written
    unknown = text_after_json(parse(result.before)) or any(change.rule == MODERNISE for change in result.changes)
    outside = "" if unknown else changed_without_reason(before, after)
    return {
        "refused after": "BuildKit refuses the result" if refused or check(parse(result.after)) is not None else "",
        "second run": "" if stable else f"{[change.rule for change in again.changes]} change it again",
        "comments": f"lost: {comments[0]}" if comments else "",
        "words": f"lost: {missing[0]}" if missing else "",
        "outside": outside or ("" if result.changes else "a change that is not told"),
    }


def _undeclared(lost: list[str], result: Result) -> list[str]:
    """The lost words, except those that a rule in the result declares it may drop (`MAY_DROP`).

    A COPY that moves past a WORKDIR gets another destination.
    """
    changed = {change.rule for change in result.changes}
    keywords = {keyword for rule in transforms() if rule.NAME in changed for keyword in may_drop(rule)}
    declared: Counter[str] = Counter()
    for instruction in parse(result.before).instructions:
        if instruction.keyword in keywords:
            declared += words(_valid(result.before.text[instruction.span.start : instruction.span.end]))
        elif instruction.keyword in ("COPY", "ADD") and "split-manifests" in changed and instruction.words:
            declared += words(_valid(instruction.words[-1].text))
    declared += needless_words(_valid(result.before.text), _valid(result.after.text), changed)
    return sorted((Counter(lost) - declared).elements())


def needless_words(before: str, after: str, changed: set[str]) -> Counter[str]:
    """The words of commands that may be gone: those that do nothing any more.

    An `apk update` whose installs have --no-cache, and a clean-up that another one of the same program repeats. Of what
    modernise writes otherwise, keywords, flags and `apt`.
    """
    needless: Counter[str] = Counter()
    if MODERNISE in changed:
        for instruction in parse(Source("", before)).instructions:
            spans = (instruction.keyword_span, *(flag.span for flag in instruction.flags))
            needless += sum((words(before[span.start : span.end]) for span in spans), Counter())
        needless["apt"] = words(before)["apt"]
    if "clean-up" in changed and _UNCACHED.search(after):
        for command in _UPDATE.findall(before):
            needless += words(command)
    if "merge-runs" in changed:
        written, kept = (Counter(" ".join(m[0].split()) for m in _CLEAN_UP.finditer(text)) for text in (before, after))
        programs = {found[1] for found in _CLEAN_UP.finditer(after)}
        for command, times in (written - kept).items():
            found = _CLEAN_UP.match(command)
            if found is not None and found[1] in programs:
                for _ in range(times):
                    needless += words(command)
    return needless


def counted(result: Result) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """How often each rule changes something, and how often it refuses for each reason."""
    return (
        Counter(change.rule for change in result.changes),
        Counter((refusal.rule, refusal.code) for refusal in result.refusals),
    )
