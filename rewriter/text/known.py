"""What a command has already seen of the file system.

Dockerfiles that are near each other have folders, compose files and Makefiles in common. While a command runs, these
are looked at once; the language server, which lives on, looks again for each answer.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, TypeVarTuple

MOST = 2_000
"""With more answers than this, all are forgotten, so that a large repository takes no more memory than a small one."""

Asked = TypeVarTuple("Asked")
Answer = TypeVar("Answer")
_answers: list[dict[Hashable, Any]] = []
"""Those of the running command; none outside of one."""


@contextmanager
def keeping() -> Iterator[None]:
    """Keep the answers of `once` in the block, in which nothing but dfix is to change the files."""
    _answers.append({})
    try:
        yield
    finally:
        _answers.pop()


def once(ask: Callable[[*Asked], Answer], *arguments: *Asked) -> Answer:
    """`ask(*arguments)`, which is not asked again in a block of `keeping`. The answer must not be changed."""
    if not _answers:
        return ask(*arguments)
    known, question = _answers[-1], (ask, arguments)
    if question not in known:
        if len(known) >= MOST:
            known.clear()
        known[question] = ask(*arguments)
    answer: Answer = known[question]
    return answer
