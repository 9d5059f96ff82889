"""Moves installs and downloads that need nothing of a COPY above it, so that editing a source does not repeat them.

**What it does.** `COPY . /app` runs again when a file changes, and so does every RUN below it. A RUN that installs
named packages, or downloads something, reads nothing of the copied files. This rule moves it above the COPY, with its
comment.

**Which RUNs.** Those of which dfix knows every command, and at least one is slow: packages of apt, apk, dnf, yum,
microdnf, tdnf and zypper; `pip install NAME`, `npm install -g NAME`, `gem install NAME`; downloads by curl and
wget to a path that they name. Other commands of the RUN may make folders and users, change the system's settings, or
empty caches. Quick RUNs beside them come along.

**Which build arguments.** ARGs with another value in every build (BUILD_DATE, GIT_COMMIT, VCS_REF, VERSION without a
default …) go down to the first step that names them, or to the end of the stage, if an install or download then no
longer runs again with each value: a RUN has all ARGs above it in its environment. LABELs that name them go along.
CACHEBUST and the like stay.

**Which copies.** COPY and ADD of the build context, and COPY from another stage, to a folder of the author's own:
`/app`, `/opt/shop`, `/usr/src/app`. Several of them are passed at once.

**What it promises.** The same image: the same files with the same content, mode and owner, and the same
configuration. RUNs never change places with each other.

**When it refuses.** When the copy goes where packages and programs look or write (`/`, `/etc`, `/usr/local/bin`, a
home); when the RUN names the copied files, runs an unknown program, or has an option that may read the working folder;
when a variable (PATH, PYTHONPATH, HOME …) or settings of an earlier step lead to the copied files; when it does not run
as root; when ENV, ARG, USER, SHELL or VOLUME is between, or another RUN that stays; when it changes accounts, and the
COPY looks one up; and when a comment says something about the order. An ARG stays above a RUN with a command that
dfix does not know, or that installs packages of a language, whose scripts may read any variable.

What is downloaded then stays in the build cache until its line changes, as the other layers above it do.

References: [Best practices: leverage build cache](https://docs.docker.com/build/building/best-practices/#leverage-build-cache),
[Optimize cache usage: order your layers](https://docs.docker.com/build/cache/optimize/#order-your-layers)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example

if TYPE_CHECKING:
    from dfix.rewriter.model import Model

NAME = "order-layers"
SUMMARY = "move installs and downloads above a COPY or a changing ARG of which they need nothing"
CONTRACT: Contract = "same-image"
CODES: tuple[str, ...] = ()
ORDER = 5

_FROM = "FROM debian:12\nWORKDIR /app\n"
_APT = "RUN apt-get update && apt-get install -y curl\n"

EXAMPLES: tuple[Example, ...] = (
    Example(
        name="packages of the system",
        before=_FROM + "COPY . .\n" + _APT + 'CMD ["./start"]\n',
        after=_FROM + _APT + 'COPY . .\nCMD ["./start"]\n',
    ),
    Example(
        name="the comment moves with its RUN, and blank lines stay between",
        before=_FROM + "\n# sources\nCOPY . .\n\n# for health checks\n" + _APT + "\nEXPOSE 80\n",
        after=_FROM + "\n# for health checks\n" + _APT + "\n# sources\nCOPY . .\n\nEXPOSE 80\n",
    ),
    Example(
        name="packages of languages by name, past several copies and a WORKDIR",
        before="FROM python:3.12\nCOPY requirements.txt /app/\nCOPY src /app/src\nWORKDIR /app\n"
        "RUN pip install --upgrade pip\nRUN pip install -r requirements.txt\n",
        after="FROM python:3.12\nRUN pip install --upgrade pip\nCOPY requirements.txt /app/\nCOPY src /app/src\n"
        "WORKDIR /app\nRUN pip install -r requirements.txt\n",
    ),
    Example(
        name="a download, below what another stage built",
        before="FROM golang:1.22 AS build\nRUN go version\nFROM debian:12\nCOPY --from=build /out /opt/shop\n"
        "RUN curl -fsSL https://example.com/tool-1.2 -o /usr/local/bin/tool && chmod +x /usr/local/bin/tool\n",
        after="FROM golang:1.22 AS build\nRUN go version\nFROM debian:12\n"
        "RUN curl -fsSL https://example.com/tool-1.2 -o /usr/local/bin/tool && chmod +x /usr/local/bin/tool\n"
        "COPY --from=build /out /opt/shop\n",
    ),
    Example(
        name="a user comes along, since a later install passes it",
        before=_FROM + "COPY . .\nRUN useradd -r web\n" + _APT,
        after=_FROM + "RUN useradd -r web\n" + _APT + "COPY . .\n",
    ),
    Example(
        name="a build argument that only a label uses",
        before="FROM debian:12\nARG GIT_COMMIT\nLABEL revision=$GIT_COMMIT\n" + _APT + "EXPOSE 80\n",
        after="FROM debian:12\n" + _APT + "ARG GIT_COMMIT\nLABEL revision=$GIT_COMMIT\nEXPOSE 80\n",
    ),
    Example(
        name="a build argument above a RUN that may read it",
        before="FROM python:3.12\nARG VERSION\nRUN pip install flask\nLABEL version=$VERSION\n",
        because="scripts of what `pip install flask` installs may read VERSION",
    ),
    Example(
        name="a build argument that is meant to run the steps below again",
        before="FROM debian:12\nARG CACHEBUST=1\n" + _APT,
    ),
    Example(name="already above", before=_FROM + _APT + "COPY . .\n"),
    Example(name="quick steps only", before=_FROM + "COPY . .\nRUN mkdir /data\n"),
    Example(
        name="a copy to where programs are looked for",
        before=_FROM + "COPY bin/ /usr/local/bin/\n" + _APT,
        because="puts files into /usr/local/bin, where packages and programs look or write",
    ),
    Example(
        name="a copy to an unknown folder",
        before="FROM example/debian\nCOPY . .\n" + _APT,
        because="is not known before the build",
    ),
    Example(
        name="the same RUN needs the sources",
        before=_FROM + "COPY . .\n" + _APT.rstrip() + " && make\n",
        because="`make` may read the copied files",
    ),
    Example(
        name="the RUN names the copied files",
        before=_FROM + "COPY . .\n" + _APT.rstrip() + " && rm -rf /app/.git\n",
        because="`rm -rf /app/.git` changes /app/.git, where the COPY on line 3 puts files",
    ),
    Example(
        name="a RUN that stays is between",
        before=_FROM + "COPY . .\nRUN ./prepare.sh\n" + _APT,
        because="the RUN on line 4 is between",
    ),
    Example(
        name="a variable is set between",
        before=_FROM + "COPY . .\nENV DEBIAN_FRONTEND=noninteractive\n" + _APT,
        because="the ENV on line 4 is between",
    ),
    Example(
        name="programs are looked for in the copied files",
        before=_FROM + "ENV PATH=/app/bin:$PATH\nCOPY . .\n" + _APT,
        because="so programs may look where the COPY on line 4 puts files",
    ),
    Example(
        name="settings that an earlier step wrote",
        before=_FROM + "RUN echo 'deb file:/app/debs ./' > /etc/apt/sources.list.d/own.list\nCOPY . .\n" + _APT,
        because="may have left a path in /app in settings",
    ),
    Example(
        name="a comment about the order",
        before=_FROM + "COPY . .\n# has to come after the sources\n" + _APT,
        because="may be about its place",
    ),
    Example(
        name="another user",
        before=_FROM + "USER web\nCOPY . .\nRUN pip install flask\n",
        because="runs as web",
    ),
    Example(
        name="the owner of the copy is changed by the RUN",
        before=_FROM + "COPY --chown=web . .\n" + _APT.rstrip() + " && usermod -u 900 web\n",
        because="looks up web",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """For each stage, move the RUNs that need nothing of the copies above them; say of others why they stay."""
    if not any(step.keyword in ("COPY", "ADD", "ARG") for stage in model.stages for step in stage.steps):
        return
    from dfix.transforms.order_layers.late_arguments import LateArguments, late_arguments
    from dfix.transforms.order_layers.move_edits import (  # most files need none of the rule's other modules
        edits,
        late_edits,
    )
    from dfix.transforms.order_layers.moves import MovedRuns, moves

    for stage in model.stages:
        for late in late_arguments(model, stage):
            if isinstance(late, LateArguments):
                name = late.steps[0].instruction.words[0].text.partition("=")[0]
                reason = f"`{late.passed}` does not use {name}, but re-runs with each of its values"
                yield Change(
                    NAME, late.steps[0].instruction.span.start, late_edits(model, late, stage), reason, CONTRACT
                )
            else:
                yield Refusal(NAME, late.step.instruction.span.start, *late.reason)
        for found in moves(model, stage):
            if isinstance(found, MovedRuns):
                title = next(run.title for run in found.runs if run.title)
                copy = found.copy.instruction
                reason = f"`{title}` needs nothing of the {found.copy.keyword} on line {copy.line}, but re-runs with it"
                yield Change(NAME, copy.span.start, edits(model, found), reason, CONTRACT)
            else:
                yield Refusal(NAME, found.step.instruction.span.start, *found.reason)
