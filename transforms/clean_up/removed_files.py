"""What a clean-up would remove, and where to look for what needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from dfix.rewriter.model import Model, Step
    from dfix.rewriter.model.cache_use import CacheUse, RunIndex
    from dfix.transforms.clean_up.context_scripts import ContextScripts


Answer = TypeVar("Answer")


class Search(NamedTuple):
    """What is known about a Dockerfile and its context, read once for all clean-ups."""

    model: Model
    runs: RunIndex
    scripts: ContextScripts
    inherited: tuple[ContextScripts, ...] = ()
    """The files of the images on which it builds."""
    place: str = "line {line}"
    """How a reason says where a step is; without `{line}` for what is in no Dockerfile."""

    @property
    def all_scripts(self) -> tuple[ContextScripts, ...]:
        """The files of the image, by the Dockerfile that brings them."""
        return (self.scripts, *self.inherited)

    def line(self, step: Step) -> str:
        """Where a step is: "line 3", "line 3 of app/Dockerfile (FROM base)", "compose.yaml"."""
        return self.place.replace("{line}", str(step.instruction.line))

    @property
    def is_container(self) -> bool:
        """Whether it stands for a container, not for a Dockerfile that is built."""
        return "{line}" not in self.place

    def at(self, step: Step) -> str:
        """Where a command of a step is: "on line 3", "in compose.yaml"."""
        return f"{'in' if self.is_container else 'on'} {self.line(step)}"

    def once(self, question: Hashable, answer: Callable[[], Answer]) -> Answer:
        """The answer to a question, worked out once for all clean-ups; raises LeaveAlone as often as it is asked."""
        answers = self.runs.answers
        if question not in answers:
            try:
                answers[question] = answer()
            except LeaveAlone as no:
                answers[question] = no
        found = answers[question]
        if isinstance(found, LeaveAlone):
            raise found.with_traceback(None)
        return cast("Answer", found)


class Removal(NamedTuple):
    """What a clean-up would remove."""

    search: Search
    cache_use: CacheUse
    lists: bool
    """Whether it removes package lists, without which an install fails that has no update of its own."""

    @property
    def kind(self) -> Hashable:
        """What is removed: equal for all RUNs that leave the same cache."""
        return (self.cache_use.manager.name, self.lists)

    @property
    def matters_to_texts(self) -> bool:
        """Whether a text that mentions the manager can need what is removed at all."""
        return self.lists or bool(self.cache_use.clean_up.offline)
