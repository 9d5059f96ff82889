"""BuildKit's rules for single instructions (frontend/dockerfile/instructions): arity, flags, forms, order.

They decide whether a file can build at all. What depends on values known only during a build is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rewriter.syntax.instruction import KEYWORDS, Instruction
from rewriter.syntax.tree import Fault, Tree

_FLAGS: dict[str, frozenset[str]] = {
    "ADD": frozenset(("chmod", "chown", "link", "keep-git-dir", "checksum", "exclude", "unpack")),
    "COPY": frozenset(("from", "chmod", "chown", "link", "parents", "exclude")),
    "FROM": frozenset(("platform",)),
    "RUN": frozenset(("mount", "network", "security", "device")),
    "HEALTHCHECK": frozenset(("interval", "timeout", "start-period", "start-interval", "retries")),
}
_STAGE_NAME = re.compile(r"[a-z][a-z0-9\-_.]*", re.IGNORECASE)
_TEMPLATE = re.compile(r"\{\{|\{%|<%|%%|#(?:include|define|if|endif)\b|@[A-Z_]+@|\$\{\{|__[A-Z_]+__$")


def check(tree: Tree) -> Fault | None:
    """The first reason for which BuildKit would refuse the file, or None."""
    if tree.fault is not None:
        return tree.fault
    started = False
    for instruction in tree.instructions:
        fault = check_instruction(instruction)
        if fault is not None:
            return fault
        if instruction.keyword == "FROM":
            started = True
        elif not started and instruction.keyword != "ARG":
            return Fault(
                instruction.line, f"{instruction.keyword} stands before the first FROM", "begin with FROM (or ARG)"
            )
    return None if started else Fault(0, "no FROM in the file", "a Dockerfile starts with FROM")


def check_instruction(instruction: Instruction) -> Fault | None:
    """What is wrong with one instruction by itself."""
    keyword = instruction.keyword
    if keyword not in KEYWORDS:
        return _unknown(instruction)
    allowed = _FLAGS.get(keyword, frozenset())
    for flag in instruction.flags:
        if flag.name not in allowed:
            return Fault(instruction.line, f"{keyword} has no flag --{flag.name}", "see the Dockerfile reference")
    wrong = _FORMS[keyword](instruction) if keyword in _FORMS else ""
    return Fault(instruction.line, f"{keyword} {wrong}", "see the Dockerfile reference") if wrong else None


def _unknown(instruction: Instruction) -> Fault:
    start = instruction.text[instruction.keyword_span.start : instruction.keyword_span.start + 60]
    shown = start.split("\n", 1)[0].split(" ", 1)[0][:30]
    if _TEMPLATE.search(start.split("\n", 1)[0]):
        return Fault(instruction.line, f"`{shown}` looks like a template's syntax", "run dfix on the rendered file")
    return Fault(instruction.line, f"unknown instruction `{shown}`", "correct it, or continue the line above it")


def _from(instruction: Instruction) -> str:
    words = instruction.words
    if len(words) not in (1, 3) or (len(words) == 3 and words[1].text.upper() != "AS"):
        return "takes an image, or an image, AS and a stage name"
    if len(words) == 3 and not _STAGE_NAME.fullmatch(words[2].text):
        return f"names a stage `{words[2].text}`, which is no legal stage name"
    return ""


def _copy(instruction: Instruction) -> str:
    return "takes at least one source and a destination" if len(instruction.words) < 2 else ""


def _pairs(instruction: Instruction) -> str:
    words = instruction.words
    if not words:
        return "needs a name and a value"
    if "=" not in words[0].text:
        return "" if len(words) > 1 else "needs a name and a value"
    for word in words:
        name, sign, _ = word.text.partition("=")
        if not sign or not name:
            return f"has a word without a name and `=`: `{word.text}`"
    return ""


def _some(instruction: Instruction) -> str:
    return "" if instruction.value else "needs a value"


def _onbuild(instruction: Instruction) -> str:
    inner = instruction.inner
    if inner is None:
        return "needs an instruction"
    if inner.keyword in ("ONBUILD", "FROM", "MAINTAINER"):
        return f"must not hold {inner.keyword}"
    fault = check_instruction(inner)
    return f"holds a faulty instruction: {fault.message}" if fault is not None else ""


def _shell(instruction: Instruction) -> str:
    return "takes a JSON array of strings" if not instruction.json else ""


_FORMS: dict[str, Callable[[Instruction], str]] = {
    "FROM": _from,
    "COPY": _copy,
    "ADD": _copy,
    "ENV": _pairs,
    "LABEL": _pairs,
    "ARG": _some,
    "MAINTAINER": _some,
    "WORKDIR": _some,
    "USER": _some,
    "STOPSIGNAL": _some,
    "EXPOSE": _some,
    "VOLUME": _some,
    "HEALTHCHECK": _some,
    "ONBUILD": _onbuild,
    "SHELL": _shell,
}
