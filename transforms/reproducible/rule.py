"""Declares SOURCE_DATE_EPOCH where a RUN puts times into files.

**What it does.** It adds the line `ARG SOURCE_DATE_EPOCH` above the first RUN of a stage that runs a program which is
known to heed that variable: pip, pipenv, `python -m compileall`, C compilers, cmake, configure, useradd and its like.

**Why.** `SOURCE_DATE_EPOCH=$(git log -1 --pretty=%ct) docker buildx build …` tells BuildKit the time that it writes
into the image, but a RUN only sees the variable where its stage declares it. Without it, each .pyc file that pip
compiles holds the time of the build, so that no two builds give the same image; with it, Python writes a checksum in
its place. `dfix verify --reproducible` shows what differs, before and after
([built twice](../verify.md#built-twice)).

**When it runs.** Only when selected by name: `--select reproducible`, or the same in the settings.

**What it promises.** The same image, as long as no build passes the variable: an ARG without a value sets nothing.
Who passes it (Buildx does so by itself if the environment has it) gets files that hold that time. If an ARG before
the first FROM gives a default, the new line takes it over, and the image changes with the next build: that needs
`--unsafe`, too.

**Where the line stands.** As late as it can: what is above it stays cached when the time is another one, and
everything from that RUN on is built again. A time that changes with every commit makes every build run the install;
the time of the last release, or of the last change of the lock file (`git log -1 --pretty=%ct -- requirements.txt`),
does not. ZIP files, and so wheels that pip builds, can't hold a time before 1980.

**What it leaves alone.** Stages that name SOURCE_DATE_EPOCH, in an ARG, an ENV or a command, and stages that are
built on them, which inherit it; triggers of ONBUILD. What BuildKit does with the times of files in the layers is
asked for in the command of the build (`rewrite-timestamp=true`), not in a Dockerfile. Logs and caches that differ are
not removed: `clean-up` removes caches.

References: [Build reproducibility](https://github.com/moby/buildkit/blob/master/docs/build-repro.md#source_date_epoch),
[SOURCE_DATE_EPOCH](https://reproducible-builds.org/docs/source-date-epoch/),
[Scope of build arguments](https://docs.docker.com/build/building/variables/#scoping)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example

if TYPE_CHECKING:
    from dfix.rewriter.model import Model, Stage, Step
    from dfix.rewriter.model.commands import Located

NAME = "reproducible"
SUMMARY = "declare SOURCE_DATE_EPOCH where a RUN puts times into files"
CONTRACT: Contract = "same-image"
CODES: tuple[str, ...] = ()
ORDER = 40
OPT_IN = True

_VARIABLE = "SOURCE_DATE_EPOCH"
_PIP = "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
_INSTALL = "RUN pip install -r requirements.txt\n"

EXAMPLES: tuple[Example, ...] = (
    Example("an install of Python packages", _PIP + _INSTALL, f"{_PIP}ARG {_VARIABLE}\n{_INSTALL}"),
    Example(
        "below what needs no time, above the comment of the RUN",
        "FROM debian:12\nRUN apt-get update && apt-get install -y gcc\nCOPY a.c .\n# compile\nRUN gcc -o /a a.c\n",
        "FROM debian:12\nRUN apt-get update && apt-get install -y gcc\nCOPY a.c .\n"
        f"ARG {_VARIABLE}\n# compile\nRUN gcc -o /a a.c\n",
    ),
    Example(
        "once for a stage, and once for those that are built on it",
        f"FROM python:3.12 AS base\n{_INSTALL}RUN useradd app\nFROM base\nRUN pip install gunicorn\n",
        f"FROM python:3.12 AS base\nARG {_VARIABLE}\n{_INSTALL}RUN useradd app\nFROM base\nRUN pip install gunicorn\n",
    ),
    Example(
        "each stage that hands over what it made",
        f"FROM debian:12 AS build\nRUN cmake --build /src\n{_PIP}COPY --from=build /a /a\n{_INSTALL}",
        f"FROM debian:12 AS build\nARG {_VARIABLE}\nRUN cmake --build /src\n{_PIP}COPY --from=build /a /a\n"
        f"ARG {_VARIABLE}\n{_INSTALL}",
    ),
    Example("declared already", f"{_PIP}ARG {_VARIABLE}\n{_INSTALL}"),
    Example("set by the author", f"{_PIP}ENV {_VARIABLE}=1700000000\n{_INSTALL}"),
    Example("named in the command", f"{_PIP}RUN {_VARIABLE}=0 pip install -r requirements.txt\n"),
    Example(
        "inherited from the stage below",
        f"FROM python:3.12 AS base\nARG {_VARIABLE}\nRUN useradd app\nFROM base\n{_INSTALL}",
    ),
    Example("no program that is known to heed it", "FROM node:22\nCOPY . .\nRUN npm ci && npm run build\n"),
    Example("pip installs nothing", "FROM python:3.12\nRUN pip --version && pip config list\n"),
    Example("a trigger", "FROM python:3.12\nONBUILD RUN pip install -r requirements.txt\n"),
    Example("nothing runs", "FROM scratch\nCOPY app /app\n"),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Declare the variable in each stage that can use it."""
    given: set[int] = set()
    for stage in model.stages:
        if any(one.index in given or _names_it(one) for one in stage.ancestry()):
            continue
        for step in stage.steps:
            said = "" if step.keyword != "RUN" or step.onbuild else _heeds(step)
            if said:
                given.add(stage.index)
                yield _declared(model, stage, step, said)
                break


def _names_it(stage: Stage) -> bool:
    return any(_VARIABLE in step.source_text for step in stage.steps)


def _heeds(step: Step) -> str:
    """The first command of a RUN that makes something else with the variable, and what it does, as a phrase."""
    from dfix.rewriter.knowledge.epoch_programs import epoch_programs
    from dfix.rewriter.model.commands import located

    programs = epoch_programs()
    for command in located(step):
        for name in _names(command):
            program = programs.get(name)
            if program is None or (program.families and step.stage.family not in program.families):
                continue
            if not program.words or any(word.literal_or_text in program.words for word in command.words[1:]):
                return f"`{name}` {program.what}"
    return ""


def _names(command: Located) -> Iterator[str]:
    """How the table may call a command: by its program, or by the module that Python runs."""
    from dfix.rewriter.shell.walk import program_name

    words = command.words
    if words:
        name = program_name(words[0])
        yield name
        if len(words) > 2 and words[1].text == "-m":
            yield f"{name} -m {words[2].text}"


def _declared(model: Model, stage: Stage, step: Step, said: str) -> Change:
    from dfix.rewriter.layout.copy_lines import block
    from dfix.rewriter.text.source import Edit, Span

    instruction = step.instruction
    start = block(model.tree, instruction).span.start
    written = instruction.text[instruction.keyword_span.start : instruction.keyword_span.end]
    keyword = "arg" if written.islower() else "ARG"
    default = stage.defaults.get(_VARIABLE, "")
    reason = f"{said}; a RUN only sees {_VARIABLE}, with which it would not, where its stage declares it"
    contract: Contract = "changed-image" if default else CONTRACT
    edit = Edit(Span(start, start), f"{keyword} {_VARIABLE}\n")
    return Change(NAME, instruction.span.start, (edit,), reason, contract)
