"""Removes files in the RUN that makes them, where a later RUN removes them today.

**What it does.** A layer keeps what a later one removes: packages that are only needed for a build, a downloaded
archive, a cloned repository. Where one RUN makes them and a later one removes them, this rule makes one RUN of both,
with up to one RUN between them. Copies and metadata between them move above or below.

**Why.** An image with `RUN apk add gcc`, `RUN pip install lxml` and `RUN apk del gcc` still contains the compiler: 100
to 300 MB that are stored, pushed and pulled.

A file that a COPY brings, that the next RUN only reads, and that it then removes with `rm`, becomes a bind mount of
that RUN, so that no layer contains it: `RUN --mount=type=bind,source=x.tgz,target=/tmp/x.tgz tar -xf /tmp/x.tgz`. dfix
does so where the settings say `target = "buildkit"`, or the file begins with a `# syntax=docker/dockerfile:1` line.

**Beyond merge-runs.** merge-runs only joins neighbours whose last RUN is quick, or that install, use and remove
packages. This rule also joins RUNs of which the last is slow (`tar xf x.tgz && make install && rm x.tgz`), archives and
repositories that a slow RUN in between uses, and RUNs with a COPY between them.

**What it costs.** Editing one of the commands repeats the others, too. Editing files of the project repeats no more
than before, with one exception: a COPY of manifests, settings, keys or archives that the later RUN needs moves above
the first one. dfix says so in the reason. A COPY of a folder or of sources never moves up.

**What it promises.** The same image: the same files with the same content, mode and owner, and the same configuration.

**When it refuses.** When ENV, ARG, USER, WORKDIR, SHELL or VOLUME is between; when a COPY between them may be seen by
the RUNs that it would pass, or changes with the sources; when the RUNs have mounts or different flags; when the joined
RUN would have more than 40 lines; and whenever merge-runs would not put both scripts into one shell: `set -e`, a
started service, an ignored failure over several lines, a comment that keeps them apart. A file stays copied when
commands of the RUN may change it or are not known, when the COPY may make its folder or has a flag, when something else
may be at its path, and when the build context is unknown. A part of a copied folder (`COPY . .`, then `RUN rm -rf
docs`) stays in the COPY's layer; dfix only says so, since a line in .dockerignore would leave it out everywhere.

References: [Best practices: RUN](https://docs.docker.com/build/building/best-practices/#run),
[Storage drivers: layers](https://docs.docker.com/engine/storage/drivers/),
[RUN --mount=type=bind](https://docs.docker.com/reference/dockerfile/#run---mounttypebind)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example

if TYPE_CHECKING:
    from dfix.rewriter.model import Model, Stage

NAME = "late-removal"
SUMMARY = "remove files in the RUN that makes them, instead of a later one"
CONTRACT: Contract = "same-image"
CODES: tuple[str, ...] = ()
ORDER = 22
MAY_DROP = ("COPY", "RUN")

_FROM = "FROM debian:12\nWORKDIR /app\n"
_SYNTAX = "# syntax=docker/dockerfile:1\nFROM debian:12\n"
_ALPINE = "FROM python:3.12-alpine\nWORKDIR /app\n"

EXAMPLES: tuple[Example, ...] = (
    Example(
        name="an archive that a build uses",
        before=_FROM
        + "RUN curl -fsSLo /tmp/x.tgz https://example.com/x.tgz\n"
        + "RUN tar -xf /tmp/x.tgz -C /opt && make -C /opt/x install && rm /tmp/x.tgz\n",
        after=_FROM
        + "RUN curl -fsSLo /tmp/x.tgz https://example.com/x.tgz \\\n"
        + "    && tar -xf /tmp/x.tgz -C /opt && make -C /opt/x install && rm /tmp/x.tgz\n",
    ),
    Example(
        name="a repository, a slow RUN and the removal",
        before=_FROM
        + "RUN git clone https://example.com/tool.git /tmp/tool\nRUN make -C /tmp/tool install\nRUN rm -rf /tmp/tool\n",
        after=_FROM
        + "RUN git clone https://example.com/tool.git /tmp/tool \\\n"
        + "    && make -C /tmp/tool install \\\n    && rm -rf /tmp/tool\n",
    ),
    Example(
        name="a manifest between moves above the packages",
        before=_ALPINE
        + "RUN apk add --no-cache --virtual .build gcc musl-dev\n\n# what the service needs\nCOPY requirements.txt .\n"
        + "RUN pip install --no-cache-dir -r requirements.txt && apk del .build\n",
        after=_ALPINE
        + "# what the service needs\nCOPY requirements.txt .\n"
        + "RUN apk add --no-cache --virtual .build gcc musl-dev \\\n"
        + "    && pip install --no-cache-dir -r requirements.txt && apk del .build\n",
    ),
    Example(
        name="metadata and a copy that nobody needs move below",
        before=_FROM
        + "RUN apt-get update && apt-get install -y --no-install-recommends curl\n"
        + "EXPOSE 80\nCOPY src /app/src\n"
        + "RUN curl -fsSLo /usr/local/bin/tool https://example.com/tool && apt-get purge -y curl\n",
        after=_FROM
        + "RUN apt-get update && apt-get install -y --no-install-recommends curl \\\n"
        + "    && curl -fsSLo /usr/local/bin/tool https://example.com/tool && apt-get purge -y curl\n"
        + "EXPOSE 80\nCOPY src /app/src\n",
    ),
    Example(
        name="a copied archive, mounted",
        files={"x.tgz": ""},
        before=_SYNTAX + "COPY x.tgz /tmp/\nRUN tar -xzf /tmp/x.tgz -C /opt && rm /tmp/x.tgz && mkdir /opt/y\n",
        after=_SYNTAX
        + "RUN --mount=type=bind,source=x.tgz,target=/tmp/x.tgz \\\n"
        + "    tar -xzf /tmp/x.tgz -C /opt && mkdir /opt/y\n",
    ),
    Example(
        name="a copied script, which may change itself",
        files={"setup.sh": ""},
        before=_SYNTAX + "COPY setup.sh /tmp/\nRUN sh /tmp/setup.sh && rm /tmp/setup.sh\n",
        because="`sh /tmp/setup.sh` may do more to /tmp/setup.sh than read it",
    ),
    Example(
        name="an archive for an unknown builder",
        files={"x.tgz": ""},
        before="FROM debian:12\nCOPY x.tgz /tmp/\nRUN tar -xzf /tmp/x.tgz -C /opt && rm /tmp/x.tgz\n",
        because="dfix does not know whether the builder has bind mounts",
    ),
    Example(
        name="the sources between",
        before=_ALPINE + "RUN apk add --no-cache gcc\nCOPY . .\nRUN make && apk del gcc\n",
        because="`apk add --no-cache gcc` would run again with each edit of what the COPY on line 4 brings",
    ),
    Example(
        name="a variable between",
        before=_FROM
        + "RUN curl -fsSLo /tmp/x.tgz https://example.com/x.tgz\nENV PREFIX=/opt\n"
        + "RUN tar -xf /tmp/x.tgz -C /opt && make -C /opt/x install && rm /tmp/x.tgz\n",
        because="the ENV on line 4 is between",
    ),
    Example(
        name="a working folder between",
        before=_FROM + "RUN git clone https://example.com/tool.git /tmp/tool\nWORKDIR /tmp/tool\n"
        "RUN make install && rm -rf /tmp/tool\n",
        because="the WORKDIR on line 4 is between",
    ),
    Example(
        name="a mount",
        before=_ALPINE
        + "RUN --mount=type=cache,target=/tmp wget -O /tmp/x.tgz https://example.com/x.tgz\n"
        + "RUN --mount=type=cache,target=/tmp tar -xf /tmp/x.tgz -C /opt && make -C /opt/x install && rm /tmp/x.tgz\n",
        because="has a mount",
    ),
    Example(
        name="a script that changes its shell",
        before=_FROM
        + "RUN set -e; curl -fsSLo /tmp/x.tgz https://example.com/x.tgz\n"
        + "RUN tar -xf /tmp/x.tgz -C /opt && make -C /opt/x install && rm /tmp/x.tgz\n",
        because="`set -e` changes the shell",
    ),
    Example(
        name="removed where it was made already",
        before=_FROM
        + "RUN curl -fsSLo /tmp/x.tgz https://example.com/x.tgz && tar -xf /tmp/x.tgz -C /opt && rm /tmp/x.tgz\n"
        + "RUN make -C /opt/x install && rm -rf /tmp/*\n",
    ),
    Example(
        name="merge-runs joins these",
        before=_FROM
        + "RUN curl -fsSLo /tmp/x.tgz https://example.com/x.tgz\nRUN tar -xf /tmp/x.tgz -C /opt && rm /tmp/x.tgz\n",
    ),
    Example(
        name="a stage that does not ship",
        before="FROM debian:12 AS build\nRUN git clone https://example.com/tool.git /tmp/tool\n"
        "RUN make -C /tmp/tool install && rm -rf /tmp/tool\nFROM debian:12\nCOPY --from=build /usr/local /usr/local\n",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Join the RUNs of every stage that ships of which one removes what an earlier one makes."""
    stages = [stage for stage in model.stages if stage.ships]
    yield from _joined_runs(model, [stage for stage in stages if _counts(stage, "RUN") > 1])
    yield from _mounts(model, [stage for stage in stages if _counts(stage, "RUN") and _counts(stage, "COPY")])


def _counts(stage: Stage, keyword: str) -> int:
    return sum(step.keyword == keyword for step in stage.steps)


def _joined_runs(model: Model, stages: Sequence[Stage]) -> Iterator[Change | Refusal]:
    if not stages:
        return
    from dfix.rewriter.neighbours.joined_run import usual_break_of  # most files need none of the rule's modules
    from dfix.transforms.late_removal.joined_edits import joined_edits
    from dfix.transforms.late_removal.removals import Joined, removals

    @cache
    def usual() -> str:
        return usual_break_of(model)

    for stage in stages:
        for found in removals(model, stage):
            if isinstance(found, Joined):
                joined = joined_edits(model, found, usual)
                offset = found.runs[0].step.instruction.span.start
                yield Change(NAME, offset, joined.edits, found.told, joined.contract)
            else:
                yield Refusal(NAME, found.step.instruction.span.start, *found.reason)


def _mounts(model: Model, stages: Sequence[Stage]) -> Iterator[Change | Refusal]:
    if not stages:
        return
    from dfix.transforms.late_removal.bind_mount import mount_edits
    from dfix.transforms.late_removal.mounted_files import MountedFile, mounted_files
    from dfix.transforms.late_removal.removed_sources import removed_sources

    for stage in stages:
        for removed in removed_sources(stage, model.context) if model.context is not None else ():
            yield Refusal(NAME, removed.run.instruction.span.start, *removed.reason)
        for found in mounted_files(model, stage):
            if isinstance(found, MountedFile):
                reason = f"`{found.shown}` frees no space: the layer of the COPY keeps {found.target}"
                yield Change(NAME, found.copy.instruction.span.start, mount_edits(model, found), reason, CONTRACT)
            else:
                yield Refusal(NAME, found.run.instruction.span.start, *found.reason)
