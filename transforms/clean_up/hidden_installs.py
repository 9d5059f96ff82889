"""Installs in a RUN that dfix doesn't recognise as commands: a wrapper of the author runs them, or another shell."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache

from dfix.rewriter.answers.change import Refusal
from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import managers, usage
from dfix.rewriter.knowledge.program_table import row
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import located
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.transforms.clean_up.rule import NAME

_CLEANED = expression(
    r"\bclean\b|--no-cache|/var/lib/apt/lists|/var/cache|\.npm\b|\.cache\b|--mount=type=(?:cache|tmpfs)"
)
"""The author may have taken care of the cache."""


def hidden_install(step: Step) -> Iterator[Refusal]:
    """The reason why a RUN keeps the cache of such an install; nothing where it has none."""
    try:
        _check(step)
    except LeaveAlone as no:
        yield Refusal(NAME, step.instruction.span.start, *no.reason)


def _check(step: Step) -> None:
    if _CLEANED.search(step.source_text):
        return
    if step.script.opaque:
        found = _install().search(step.source_text)
        if found is not None:
            reason = f"dfix can't read the RUN with `{found[0].strip()}`: {step.script.opaque}"
            raise LeaveAlone("unread-script", reason)
        return
    for command in located(step):
        if not command.words or usage(command.words) is not None:
            continue
        program = program_name(command.words[0])
        if row(program) is not None:
            continue
        found = _install().search(" ".join(word.literal_or_text for word in command.words[1:]))
        if found is not None:
            reason = f"`{program}` may run `{found[0].strip()}`, but dfix doesn't know how"
            raise LeaveAlone(
                "unread-script", reason, f"run `{found[0].strip()}` by itself, or remove its cache in the same RUN"
            )


@cache
def _install() -> re.Pattern[str]:
    """An install of a manager whose caches can be removed, at the start of a text or after a word."""
    known = [manager for manager in managers() if manager.clean_up is not None]
    return re.compile(
        "|".join(
            rf"(?:^|(?<=[\s\"';&|(]))(?:{_any(manager.commands)})[0-9.]*(?:@[\w.^~-]+)?\s+(?:-\S+\s+)*(?:{_any(verbs)})(?=$|[\s\"';&|)])"
            for manager in known
            if (verbs := [verb for verb, does in manager.verbs.items() if does == "install" and verb])
        ),
        re.MULTILINE,
    )


def _any(words: Collection[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
