"""Which recommended packages an `apt-get install` brings, and which of them the image needs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.recommended import purposes, recommended
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.context.folder import Context
    from dfix.rewriter.knowledge.usage import Usage
    from dfix.rewriter.model import Model

_NAME = expression(r"(?P<name>[a-z0-9][a-z0-9+.-]*[a-z0-9+])(?::[a-z0-9]+)?(?:[=/][\w.+:~-]+)?")
"""A package as apt takes it: `git`, `libc6:i386`, `curl=7.88.1-10`, `vim/bookworm-backports`."""
_WORD = expression(r"[\w+-]+@?")
_SCRIPTS = (".sh", ".bash", ".mk")
_SCRIPT_NAMES = frozenset(("Makefile", "makefile", "GNUmakefile"))
_VENDORED = frozenset(("node_modules", "vendor", ".git"))
_MOST_NAMED = 4
"""With more packages, the list would say less than it hides; the number is a choice."""
_MOST_FILES = 2000
_LARGEST = 100_000


class RecommendedChoice(NamedTuple):
    """What becomes of the recommended packages of an install."""

    named: tuple[str, ...]
    """Those that the install names from now on."""
    left_out: tuple[str, ...]

    @property
    def megabytes(self) -> int:
        """About how much space the packages that are left out take."""
        return sum(purposes().megabytes.get(name, 0) for name in self.left_out)


def choose(usage: Usage, shown: str, words: frozenset[str], installed: Iterable[str]) -> RecommendedChoice:
    """What becomes of the recommended packages, where `installed` are named by the same or an earlier install.

    `words` are those of the Dockerfile and of scripts in the build context. Raises LeaveAlone.
    """
    pending = [_name(word.literal_or_text, shown) for word in usage.operands]
    present = {*pending, *installed}
    named: list[str] = []
    left_out: list[str] = []
    while pending:
        package = pending.pop(0)
        for other in _recommended(package):
            if other in present or other in left_out:
                continue
            if other in purposes().needed or _is_used(other, words):
                named.append(other)
                present.add(other)
                pending.append(other)
            elif other in purposes().idle or other in purposes().used_by:
                left_out.append(other)
            else:
                reason = f"{package} recommends {other}, which a program may need"
                hint = f"add `--no-install-recommends`, and name {other} if the image needs it"
                raise LeaveAlone("recommended", reason, hint)
    choice = RecommendedChoice(tuple(named), tuple(left_out))
    if choice.megabytes and len(named) > _MOST_NAMED:
        reason = f"`{shown}` would have to name {len(named)} more packages, which are recommended and may be needed"
        hint = "add `--no-install-recommends`, and name those of them that the image needs: " + ", ".join(named)
        raise LeaveAlone("recommended", reason, hint)
    return choice


def names_of(usage: Usage) -> list[str]:
    """The packages that an install names literally."""
    matches = (_NAME.fullmatch(word.literal_or_text) for word in usage.operands)
    return [match["name"] for match in matches if match is not None]


def words_of(model: Model) -> frozenset[str]:
    """The words of a Dockerfile, and of the shell scripts and Makefiles in its build context."""
    texts = [step.source_text for stage in model.stages for step in stage.steps]
    if model.context is not None:
        texts += _scripts(model.context)
    return frozenset(word for text in texts for word in _WORD.findall(text))


def _scripts(context: Context) -> list[str]:
    paths = context.some_without(_VENDORED, _MOST_FILES)
    named = (path for path in paths if path.endswith(_SCRIPTS) or posixpath.basename(path) in _SCRIPT_NAMES)
    return [context.read(path, _LARGEST) or "" for path in named]


def _is_used(package: str, words: frozenset[str]) -> bool:
    return any(word in words for word in (package, *purposes().used_by.get(package, ())))


def _name(text: str, shown: str) -> str:
    match = _NAME.fullmatch(text)
    if match is None:
        reason = f"`{shown}` does not name its packages literally"
        raise LeaveAlone("recommended", reason, "add `--no-install-recommends`, and name what the image needs")
    return match["name"]


def _recommended(package: str) -> tuple[str, ...]:
    found = recommended(package)
    if found is None:
        reason = f"dfix does not know what {package} recommends"
        hint = "add `--no-install-recommends`, and name what the image needs of it"
        raise LeaveAlone("recommended", reason, hint)
    return found
