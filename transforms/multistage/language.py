"""The languages that multistage knows: each is one module of `languages/`, and its file is all that it takes."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from typing import Protocol, cast

from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.stage import Stage
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.runtime_stage import BuildStage, RuntimeStage


class Language(Protocol):
    """A module of `languages/`."""

    NAME: str
    """The language's build tool, as messages name it."""
    PROGRAMS: frozenset[str]
    """A stage with a RUN of one of these programs is a stage of this language."""
    DEFAULT_COMMAND: tuple[str, ...]
    """What its base images run when the Dockerfile has neither ENTRYPOINT nor CMD; () where that is unknown."""

    def is_build_command(self, command: Located) -> bool:
        """Whether a command installs dependencies, compiles, or moves what was built."""

    def runtime_stage(self, build: BuildStage) -> RuntimeStage | None:
        """What the runtime stage is made of; None where nothing would be left behind.

        Raises LeaveAlone where the stage must not be split.
        """


def may_run_scripts(language: Language) -> bool:
    """Whether containers may run any script, because the runtime stage has all that the build stage installs.

    Then it isn't needed to know the command either, where the Dockerfile copies the folder of an application.
    `RUNS_SCRIPTS = True` in a language's module says so; others know one program that a container runs.
    """
    return bool(getattr(language, "RUNS_SCRIPTS", False))


@cache
def languages() -> tuple[Language, ...]:
    """Every language, sorted by the name of its module."""
    import pkgutil

    import dfix.transforms.multistage.languages as package

    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(cast("Language", importlib.import_module(f"{package.__name__}.{name}")) for name in names)


def languages_of(stage: Stage) -> tuple[Language, ...]:
    """The languages that a stage's RUNs build with."""
    text = "\n".join(step.instruction.logical for step in stage.steps if step.keyword == "RUN")
    return tuple(
        language
        for language in languages()
        # looking for the names in the text is quick, and rules out most languages before a script is parsed
        if any(program in text for program in language.PROGRAMS)
        and any(program_name(command.words[0]) in language.PROGRAMS for command in _commands(stage) if command.words)
    )


def _commands(stage: Stage) -> Iterator[Located]:
    for step in stage.steps:
        if step.keyword == "RUN" and not step.onbuild:
            yield from located(step)
