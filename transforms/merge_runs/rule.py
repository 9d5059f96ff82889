"""Makes one RUN of neighbours where that makes the image smaller or the package lists fresh, and only there.

**What it does.** It joins the scripts of RUNs that stand next to each other with `&&`, in the layout of the file.

**Why.** Each RUN is a layer, and a layer keeps what a later one removes: `rm -rf /var/lib/apt/lists/*` in a RUN of
its own frees nothing. An `apt-get update` of its own stays in the cache while the packages change, and these are
then installed from old lists.

**When it gains something.** Two neighbours become one RUN when

1. the later takes little time and removes, moves or re-owns what the earlier made: package caches, packages, a
   downloaded archive,
2. both use the distribution's package manager and nothing else that takes time, and the later relies on the lists
   that the earlier leaves behind; behind a RUN that only fetches lists comes any RUN that uses them,
3. the earlier takes little time and sets up the package manager that the later uses: `/etc/apt/…`, `apt-key`,
   `dpkg --add-architecture`, or
4. both take little time and change something: `mkdir`, `chmod`, `ln`, `sed -i`, `useradd`, `echo … >`, `git config`.

Steps that take time (a download, a compiler, the packages of a language, a script that is not known) stay apart, so
that each keeps its cache. A quick step behind a slow one stays apart for the same reason. So do two RUNs that each
fetch their own lists or clean up behind themselves. Stages that are thrown away are left alone: merging saves
nothing there.

**What it promises.** The same image: the same files with the same content, mode and owner, and the same
configuration. A failing command fails the build at the same place.

**When it refuses.** When the flags differ (`--mount`, `--network`), when a comment stands between the two, when the
RUN would have more than 40 lines, and when the later script would find something else than in a shell and a
container of its own:

- `set`, functions, `trap`, `source`, `exec` or a background job of the earlier one. A chain of plain commands with
  `cd`, `export` or a variable is put into a subshell; `a || b` and `a; b` on one line are put into braces.
- A later script that asks for `$?` or `$!`; a shell that reads a profile; a program that both use and that may be
  another one by then.
- A service that would still run; a change of `/etc/hosts`, `/proc`, a `tmpfs`, of `/bin/sh` or of the user; a working
  folder that is removed.

References: [Best practices: RUN](https://docs.docker.com/build/building/best-practices/#run),
[Dockerfile reference: RUN](https://docs.docker.com/reference/dockerfile/#run),
[hadolint DL3059](https://github.com/hadolint/hadolint/wiki/DL3059)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example
from dfix.rewriter.layout.join import Element, join
from dfix.transforms.merge_runs.groups import Apart, Merge, merges

if TYPE_CHECKING:
    from dfix.rewriter.dockerfile import Instruction
    from dfix.rewriter.model import Model
    from dfix.rewriter.shell.nodes import Script

NAME = "merge-runs"
SUMMARY = "make one RUN of neighbours where that saves space or keeps package lists fresh"
CONTRACT: Contract = "same-image"
CODES: tuple[str, ...] = ("DL3059",)
ORDER = 20

_FROM = "FROM debian:12\nWORKDIR /app\n"

EXAMPLES: tuple[Example, ...] = (
    Example(
        name="package lists, an install and their removal",
        before=_FROM + "RUN apt-get update\nRUN apt-get install -y curl\n\nRUN rm -rf /var/lib/apt/lists/*\nCOPY . .\n",
        after=_FROM
        + "RUN apt-get update \\\n    && apt-get install -y curl \\\n    && rm -rf /var/lib/apt/lists/*\nCOPY . .\n",
    ),
    Example(
        name="quick steps, in the layout of the file",
        before=_FROM + "RUN mkdir /data && \\\n  chown 1000 /data\nRUN echo a > /etc/a\nRUN ln -s /etc/a /etc/b\n",
        after=_FROM
        + "RUN mkdir /data && \\\n  chown 1000 /data && \\\n  echo a > /etc/a && \\\n  ln -s /etc/a /etc/b\n",
    ),
    Example(
        name="a repository and what comes from it",
        before=_FROM
        + "RUN echo 'deb https://example.com/apt x main' > /etc/apt/sources.list.d/x.list\n"
        + "RUN apt-get update \\\n && apt-get install -y x\n",
        after=_FROM
        + "RUN echo 'deb https://example.com/apt x main' > /etc/apt/sources.list.d/x.list \\\n"
        + " && apt-get update \\\n && apt-get install -y x\n",
    ),
    Example(
        name="a download that is removed",
        before=_FROM
        + "RUN curl -fsSLo /tmp/x.tgz https://example.com/x.tgz\nRUN tar -xf /tmp/x.tgz -C /opt && rm /tmp/x.tgz\n",
        after=_FROM
        + "RUN curl -fsSLo /tmp/x.tgz https://example.com/x.tgz \\\n"
        + "    && tar -xf /tmp/x.tgz -C /opt && rm /tmp/x.tgz\n",
    ),
    Example(
        name="cd stays in its own script",
        before=_FROM + "RUN cd /etc && ln -s a b\nRUN touch made\n",
        after=_FROM + "RUN (cd /etc && ln -s a b) \\\n    && touch made\n",
    ),
    Example(
        name="alternatives stay together",
        before=_FROM + "RUN mkdir /data || true\nRUN groupadd app; useradd -g app app\nRUN touch /data/x\n",
        after=_FROM
        + "RUN { mkdir /data || true; } \\\n    && { groupadd app; useradd -g app app; } \\\n    && touch /data/x\n",
    ),
    Example(
        name="two slow steps",
        before="FROM node:22\nWORKDIR /app\nRUN npm ci\nRUN npm run build\n",
        because="`npm ci` and `npm run build` both take time",
    ),
    Example(
        name="a quick step behind a slow one",
        before="FROM node:22\nWORKDIR /app\nRUN npm ci\nRUN mkdir -p logs\n",
        because="`mkdir -p logs` takes little time and `npm ci` much",
    ),
    Example(
        name="installs that each fetch their lists",
        before=_FROM
        + "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
        + "RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*\n",
        because="apart, each keeps its cache",
    ),
    Example(
        name="a comment between them",
        before=_FROM + "RUN mkdir /a\n# for the logs\nRUN mkdir /b\n",
        because="a comment between the two RUNs",
    ),
    Example(
        name="other flags",
        before=_FROM + "RUN --network=none mkdir /a\nRUN mkdir /b\n",
        because="only one of the two RUNs has `--network=none`",
    ),
    Example(
        name="a tmpfs is empty in each RUN",
        before=_FROM
        + "RUN --mount=type=tmpfs,target=/t touch /t/a\nRUN --mount=type=tmpfs,target=/t cp /t/* /b || touch /b\n",
        because="the tmpfs mount at /t is empty again",
    ),
    Example(
        name="exec form",
        before=_FROM + 'RUN ["mkdir", "/a"]\nRUN mkdir /b\n',
    ),
    Example(
        name="what an onbuild image holds",
        before=_FROM + "ONBUILD RUN mkdir /a\nONBUILD RUN mkdir /b\n",
    ),
    Example(
        name="a stage that is thrown away",
        before="FROM debian:12 AS build\nRUN mkdir /a\nRUN touch /a/b\nFROM debian:12\nCOPY --from=build /a /a\n",
    ),
    Example(
        name="set -e",
        before=_FROM + "RUN set -e; mkdir /a\nRUN mkdir /b\n",
        because="`set -e` leaves something in the shell",
    ),
    Example(
        name="a shell that stops at errors",
        before=_FROM + 'SHELL ["/bin/bash", "-e", "-c"]\nRUN mkdir /a; mkdir /b\nRUN mkdir /c\n',
        because="`/bin/bash -e -c` stops at errors",
    ),
    Example(
        name="a list over several lines",
        before=_FROM + "RUN mkdir /a; \\\n    mkdir /b\nRUN mkdir /c\n",
        because="not joined by && alone",
    ),
    Example(
        name="a comment at the end of the script",
        before=_FROM + "RUN mkdir /a # for the logs\nRUN mkdir /b\n",
        because="`# for the logs` ends a script",
    ),
    Example(
        name="the status of what came before",
        before=_FROM + "RUN mkdir /a\nRUN echo $? > /b\n",
        because="`$?` in the later RUN",
    ),
    Example(
        name="a background job",
        before=_FROM + "RUN mkdir /a && touch /b &\nRUN mkdir /c\n",
        because="would go on running",
    ),
    Example(
        name="a service",
        before=_FROM
        + "RUN apt-get install -y postgresql && service postgresql start\nRUN rm -rf /var/cache/apt/archives\n",
        because="`service postgresql start`",
    ),
    Example(
        name="a file that the builder mounts",
        before=_FROM + "RUN echo 127.0.0.1 a >> /etc/hosts\nRUN mkdir /b\n",
        because="a file that the builder mounts anew",
    ),
    Example(
        name="another /bin/sh",
        before=_FROM + "RUN ln -sf bash /bin/sh\nRUN mkdir /b\n",
        because="`ln -sf bash /bin/sh` changes the shell",
    ),
    Example(
        name="a user that changes",
        before=_FROM + "RUN usermod -d /data root\nRUN touch ~/x\n",
        because="changes the user",
    ),
    Example(
        name="the working folder is removed",
        before=_FROM + "RUN rm -rf /app\nRUN touch x\n",
        because="may remove the working folder",
    ),
    Example(
        name="a hard link",
        before=_FROM + "RUN touch a && ln a b\nRUN chmod 700 a\n",
        because="makes a hard link",
    ),
    Example(
        name="a program that is replaced",
        before=_FROM + "RUN grep -c x /etc/a > b\nRUN mv grep /usr/local/bin/grep && grep x /etc/a > c\n",
        because="both RUNs use `grep`",
    ),
    Example(
        name="a login shell",
        before=_FROM + 'SHELL ["/bin/bash", "-lc"]\nRUN mkdir /a\nRUN mkdir /b\n',
        because="reads its profile anew",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Merge the RUNs of every stage that ships."""
    for stage in model.stages:
        if not stage.ships:
            continue
        for found in merges(stage):
            if isinstance(found, Apart):
                why = found.why
                yield Refusal(NAME, found.step.instruction.span.start, why.code, why.text, why.hint)
            else:
                yield _change(model, found)


def _change(model: Model, merge: Merge) -> Change:
    elements = [
        Element(work.step.instruction, work.step.script, *around)
        for work, around in zip(merge.works, merge.wraps, strict=True)
    ]
    count = len(merge.works)
    reason = merge.reasons[0] if len(merge.reasons) == 1 else "; ".join(merge.reasons[:2])
    if count > 2:
        reason = f"{count} RUNs make one: {reason}"
    return Change(NAME, elements[0].instruction.span.start, join(elements, _scripts(model)), reason, CONTRACT)


def _scripts(model: Model) -> Iterator[tuple[Instruction, Script]]:
    """Every RUN of the file, as the layout that its author uses."""
    for stage in model.stages:
        for step in stage.steps:
            if step.keyword == "RUN" and not step.script.opaque and not step.instruction.heredocs:
                yield step.instruction, step.script
