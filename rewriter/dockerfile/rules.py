"""BuildKit's rules for single instructions (frontend/dockerfile/instructions): arity, flags, forms, order, stages.

They decide whether a file can build at all. What depends on values that only a build knows is not checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dfix.rewriter.answers.spelling import did_you_mean
from dfix.rewriter.dockerfile.instruction import KEYWORDS, MAY_BE_JSON, Instruction
from dfix.rewriter.dockerfile.lexing import BLANKS, short_word
from dfix.rewriter.dockerfile.stage_names import stage_fault
from dfix.rewriter.dockerfile.tree import Fault, Tree
from dfix.rewriter.text.expression import expression

_FLAGS: dict[str, frozenset[str]] = {
    "ADD": frozenset(("chmod", "chown", "link", "keep-git-dir", "checksum", "exclude", "unpack")),
    "COPY": frozenset(("from", "chmod", "chown", "link", "parents", "exclude")),
    "FROM": frozenset(("platform",)),
    "RUN": frozenset(("mount", "network", "security", "device")),
    "HEALTHCHECK": frozenset(("interval", "timeout", "start-period", "start-interval", "retries")),
}
_YES_OR_NO = frozenset(("link", "parents", "keep-git-dir", "unpack"))
_MANY_TIMES = frozenset(("mount", "exclude", "device"))
_NEVER_ON_BUILD = frozenset(("ONBUILD", "FROM", "MAINTAINER"))
MAX_INSTRUCTIONS = 2_000
"""Rules compare instructions with each other; the longest file of the corpus has 300."""
MAX_STAGES = 200
"""The file of the corpus with most has 59."""
_STAGE_NAME = expression(r"[a-z][a-z0-9\-_.]*", re.IGNORECASE | re.ASCII)
_TEMPLATE = expression(r"\{\{|\{%|<%|%%|#(?:include|define|if|endif)\b|@[A-Z_]{1,200}@|\$\{\{|__[A-Z_]{1,200}__$")
_MIXED = "has a JSON array with values that are not strings"
_REFERENCE = "See the Dockerfile reference"


def check(tree: Tree) -> Fault | None:
    """The first reason why BuildKit refuses the file, or dfix because of its length; None when both accept it."""
    if len(tree.instructions) > MAX_INSTRUCTIONS:
        return Fault(0, f"more than {MAX_INSTRUCTIONS:,} instructions, which dfix does not rewrite", "Exclude it")
    if sum(instruction.keyword == "FROM" for instruction in tree.instructions) > MAX_STAGES:
        return Fault(0, f"more than {MAX_STAGES} stages, which dfix does not rewrite", "Exclude it")
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
            message = f"{instruction.keyword} comes before the first FROM"
            return Fault(instruction.line, message, "Begin with FROM (or ARG)")
    if not started:
        return Fault(0, "no FROM in the file", "A Dockerfile starts with FROM")
    return stage_fault(tree.instructions)


def check_instruction(instruction: Instruction) -> Fault | None:
    """What is wrong with an instruction, whatever the rest of the file says; None when nothing is."""
    keyword = instruction.keyword
    if keyword not in KEYWORDS:
        return _unknown(instruction)
    wrong = _flags(instruction) if instruction.flags else ""
    wrong = wrong or _form(instruction)
    return Fault(instruction.line, f"{keyword} {wrong}", _REFERENCE) if wrong else None


def _unknown(instruction: Instruction) -> Fault:
    start = instruction.text[instruction.keyword_span.start : instruction.keyword_span.start + 60]
    shown = start.split("\n", 1)[0].split(" ", 1)[0][:30]
    if _TEMPLATE.search(start.split("\n", 1)[0]):
        return Fault(instruction.line, f"`{shown}` looks like a template's syntax", "Run dfix on the rendered file")
    hint = did_you_mean(instruction.keyword, KEYWORDS, "Correct it")
    hint = f"{hint} Or continue the line above it" if hint.endswith("?") else f"{hint}, or continue the line above it"
    return Fault(instruction.line, f"unknown instruction `{shown}`", hint)


def _flags(instruction: Instruction) -> str:
    allowed = _FLAGS.get(instruction.keyword, frozenset())
    if instruction.keyword == "HEALTHCHECK" and instruction.value.upper() == "NONE":
        return ""  # BuildKit does not look at them
    seen = set()
    for flag in instruction.flags:
        name, value = flag.name, flag.value
        if name not in allowed:
            return f"has no flag --{short_word(name)}"
        if name in seen and name not in _MANY_TIMES:
            return f"has the flag --{name} twice"
        seen.add(name)
        if name not in _YES_OR_NO:
            if value is None:
                return f"needs a value for its flag --{name}"
        elif value is not None and value.lower() not in ("true", "false"):
            return f"accepts only true or false for its flag --{name}"
    return ""


def _form(instruction: Instruction) -> str:
    """What is wrong with the instruction's value, "" when nothing is."""
    if instruction.value.startswith("[") and _is_mixed(instruction):
        return _MIXED
    judge = _FORMS.get(instruction.keyword)
    return judge(instruction) if judge is not None else ""


def _is_mixed(instruction: Instruction) -> bool:
    """Whether the value is a JSON array of something else than strings, which is neither exec nor shell form."""
    if instruction.keyword not in MAY_BE_JSON or instruction.json is not None:
        return False
    from dfix.rewriter.dockerfile.json_form import load

    return load(instruction.value) is not None


def _from(instruction: Instruction) -> str:
    words = instruction.words
    if len(words) not in (1, 3) or (len(words) == 3 and words[1].text.upper() != "AS"):
        return "takes an image, and optionally AS and a stage name"
    if len(words) == 3 and not _STAGE_NAME.fullmatch(words[2].text):
        return f"names a stage `{short_word(words[2].text)}`, which is not a legal stage name"
    return ""


def _copy(instruction: Instruction) -> str:
    words = instruction.words
    if len(words) < 2:
        return "takes at least one source and a destination"
    if words[-1].text.startswith("<<") and any(heredoc.name in words[-1].text for heredoc in instruction.heredocs):
        return "has a heredoc as its destination"
    return ""


def _pairs(instruction: Instruction) -> str:
    words = instruction.words
    if not words:
        return "needs a name and a value"
    if "=" not in words[0].text:
        return "" if BLANKS.search(instruction.value) else "needs a name and a value"
    for word in words:
        name, sign, _ = word.text.partition("=")
        if not sign or not name:
            return f"has a word without a name and `=`: `{short_word(word.text)}`"
    return ""


def _arguments(instruction: Instruction) -> str:
    if not instruction.words:
        return "needs a name"
    return "has a value without a name" if any(word.text[0] == "=" for word in instruction.words) else ""


def _some(instruction: Instruction) -> str:
    return "" if instruction.value else "needs a value"


def _volume(instruction: Instruction) -> str:
    if not instruction.words:
        return "needs a value"
    return "" if all(word.text.strip() for word in instruction.words) else "has an empty path"


def _healthcheck(instruction: Instruction) -> str:
    kind, *rest = instruction.value.split(None, 1)[:2] or [""]
    if kind.upper() == "NONE":
        return "NONE takes nothing more" if rest else ""
    if kind.upper() != "CMD":
        return "takes CMD and a command, or NONE"
    if not rest or rest == ["[]"]:
        return "CMD needs a command"
    return ""


def _onbuild(instruction: Instruction) -> str:
    """Check only what BuildKit's parser checks: the build that runs the instruction checks the rest."""
    inner = instruction.inner
    if inner is None:
        return "needs an instruction"
    if inner.keyword in _NEVER_ON_BUILD:
        return f"must not contain {inner.keyword}"
    wrong = _MIXED if _is_mixed(inner) else _pairs(inner) if inner.keyword in ("ENV", "LABEL") else ""
    return f"contains an invalid instruction: {inner.keyword} {wrong}" if wrong else ""


def _shell(instruction: Instruction) -> str:
    return "takes a JSON array of strings" if not instruction.json else ""


_FORMS: dict[str, Callable[[Instruction], str]] = {
    "FROM": _from,
    "COPY": _copy,
    "ADD": _copy,
    "ENV": _pairs,
    "LABEL": _pairs,
    "ARG": _arguments,
    "MAINTAINER": _some,
    "WORKDIR": _some,
    "USER": _some,
    "STOPSIGNAL": _some,
    "EXPOSE": _some,
    "VOLUME": _volume,
    "HEALTHCHECK": _healthcheck,
    "ONBUILD": _onbuild,
    "SHELL": _shell,
}
