"""Merges neighbouring RUNs where that makes the image smaller or keeps package lists fresh, and only there.

**What it does.** It joins the scripts of RUNs that directly follow each other with `&&`, in the layout of the file. A
comment between two RUNs keeps its place above the second script, on a line of its own within the RUN.

**Why.** Each RUN is a layer, and a layer keeps what a later one removes: `rm -rf /var/lib/apt/lists/*` in a separate
RUN saves nothing. A separate `apt-get update` stays in the build cache while the packages change, and later installs
then use outdated lists.

**When merging is an improvement.** Two neighbours become one RUN when

1. the second is quick and removes, moves or re-owns what the first created: package caches, packages, a downloaded
   archive,
2. both use the distribution's package manager and do nothing else that is slow, and the second relies on the lists
   that the first fetched; after a RUN that only fetches lists, the second may be any RUN that uses them,
3. the first is quick and sets up the package manager that the second uses: `/etc/apt/…`, `apt-key`,
   `dpkg --add-architecture`,
4. both are quick and change something: `mkdir`, `chmod`, `ln`, `sed -i`, `useradd`, `echo … >`, `git config`.

So do up to four where the last one removes, by name, packages that the first one installs: compilers that are only
needed in between.

A slow RUN (a download, a compiler, the packages of a language, an unknown script) stays separate from the next one, so
that a change to that one does not repeat it; so do two RUNs that each fetch their own lists or clean up after
themselves. Stages that don't ship are left as they are, because merging saves nothing there.

**What it promises.** The same image: the same files with the same content, mode and owner, and the same
configuration. A failing command fails the build at the same place. There is one exception: when a command that empties
a cache moves behind another command of that package manager, a folder in the cache may be missing from the new image.

**When it refuses.** When the flags differ (`--mount`, `--network`), when the merged RUN would have more than 100 lines,
when a comment between the two is meant for another tool, is an instruction that is commented out, or says that the RUNs
are separate on purpose, when there is any comment and merging would only save a layer, and when the second script
depends on a shell and a container of its own:

- The first script uses `set`, functions, `trap`, `source`, `exec` or a background job. A chain of plain commands with
  `cd`, `export` or a variable is put into a subshell; `a || b` and `a; b` on one line are put into braces.
- The second script asks for `$?` or `$!`, the shell reads a profile, or both scripts use a program that the first may
  replace.
- The first script starts a service, uses `/etc/hosts`, `/proc` or a `tmpfs`, changes `/bin/sh` or the user, or removes
  the working directory.

References: [Best practices: RUN](https://docs.docker.com/build/building/best-practices/#run),
[Dockerfile reference: RUN](https://docs.docker.com/reference/dockerfile/#run),
[hadolint DL3059](https://github.com/hadolint/hadolint/wiki/DL3059)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Contract
from dfix.rewriter.answers.example import Example

if TYPE_CHECKING:
    from dfix.rewriter.answers.change import Change, Refusal
    from dfix.rewriter.model import Model

NAME = "merge-runs"
SUMMARY = "merge neighbouring RUNs where that saves space or keeps package lists fresh"
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
        name="a repository and its packages",
        before=_FROM
        + "RUN echo 'deb https://example.com/apt x main' > /etc/apt/sources.list.d/x.list\n"
        + "RUN apt-get update \\\n && apt-get install -y x\n",
        after=_FROM
        + "RUN echo 'deb https://example.com/apt x main' > /etc/apt/sources.list.d/x.list \\\n"
        + " && apt-get update \\\n && apt-get install -y x\n",
    ),
    Example(
        name="a download, unpacked and removed",
        before=_FROM
        + "RUN curl -fsSLo /tmp/x.tgz https://example.com/x.tgz\nRUN tar -xf /tmp/x.tgz -C /opt && rm /tmp/x.tgz\n",
        after=_FROM
        + "RUN curl -fsSLo /tmp/x.tgz https://example.com/x.tgz \\\n"
        + "    && tar -xf /tmp/x.tgz -C /opt && rm /tmp/x.tgz\n",
    ),
    Example(
        name="packages that are only needed for an install",
        before="FROM python:3.11-alpine\n"
        + "RUN apk add --virtual .build gcc\nRUN pip install --no-cache-dir lxml\nRUN apk del .build\n",
        after="FROM python:3.11-alpine\n"
        + "RUN apk add --virtual .build gcc \\\n    && pip install --no-cache-dir lxml \\\n    && apk del .build\n",
    ),
    Example(
        name="cd stays in its own script",
        before=_FROM + "RUN cd /etc && ln -s a b\nRUN touch made\n",
        after=_FROM + "RUN (cd /etc && ln -s a b) \\\n    && touch made\n",
    ),
    Example(
        name="lists with || or ; are put into braces",
        before=_FROM + "RUN mkdir /data || true\nRUN groupadd app; useradd -g app app\nRUN touch /data/x\n",
        after=_FROM
        + "RUN { mkdir /data || true; } \\\n    && { groupadd app; useradd -g app app; } \\\n    && touch /data/x\n",
    ),
    Example(
        name="two slow steps",
        before="FROM node:22\nWORKDIR /app\nRUN npm ci\nRUN npm run build\n",
        because="a change to `npm run build` does not repeat `npm ci`",
    ),
    Example(
        name="a quick step after a slow one",
        before="FROM node:22\nWORKDIR /app\nRUN npm ci\nRUN mkdir -p logs\n",
        because="a change to `mkdir -p logs` does not repeat `npm ci`, which is slow",
    ),
    Example(
        name="installs that each fetch their lists",
        before=_FROM
        + "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
        + "RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*\n",
        because="installs packages, too; kept separate",
    ),
    Example(
        name="a comment stays above its script",
        before=_FROM
        + "RUN apt-get update && \\\n  apt-get install -y curl\n\n# no lists:\nRUN rm -rf /var/lib/apt/lists/*\n",
        after=_FROM
        + "RUN apt-get update && \\\n  apt-get install -y curl && \\\n  # no lists:\n  rm -rf /var/lib/apt/lists/*\n",
    ),
    Example(
        name="a comment between quick steps",
        before=_FROM + "RUN mkdir /a\n# for the logs\nRUN mkdir /b\n",
        because="would only save a layer",
    ),
    Example(
        name="a comment for another tool",
        before=_FROM + "RUN apt-get update\n# hadolint ignore=DL3008\nRUN apt-get install -y curl\n",
        because="may be meant for a tool",
    ),
    Example(
        name="a comment that separates on purpose",
        before=_FROM + "RUN apt-get update\n# a layer of its own\nRUN apt-get install -y curl\n",
        because="separate on purpose",
    ),
    Example(
        name="an instruction that is commented out",
        before=_FROM + "RUN apt-get update\n#RUN apt-get install -y git\nRUN apt-get install -y curl\n",
        because="commented out",
    ),
    Example(
        name="different flags",
        before=_FROM + "RUN --network=none mkdir /a\nRUN mkdir /b\n",
        because="only one of the two RUNs has `--network=none`",
    ),
    Example(
        name="a tmpfs is empty in each RUN",
        before=_FROM
        + "RUN --mount=type=tmpfs,target=/t touch /t/a\nRUN --mount=type=tmpfs,target=/t cp /t/* /b || touch /b\n",
        because="the tmpfs mount at /t starts empty",
    ),
    Example(
        name="exec form",
        before=_FROM + 'RUN ["mkdir", "/a"]\nRUN mkdir /b\n',
        because="is in exec form",
    ),
    Example(
        name="instructions of an ONBUILD",
        before=_FROM + "ONBUILD RUN mkdir /a\nONBUILD RUN mkdir /b\n",
    ),
    Example(
        name="a stage that does not ship",
        before="FROM debian:12 AS build\nRUN mkdir /a\nRUN touch /a/b\nFROM debian:12\nCOPY --from=build /a /a\n",
        because="the stage `build` does not ship",
    ),
    Example(
        name="set -e",
        before=_FROM + "RUN set -e; mkdir /a\nRUN mkdir /b\n",
        because="`set -e` changes the shell",
    ),
    Example(
        name="a shell that stops at errors",
        before=_FROM + 'SHELL ["/bin/bash", "-e", "-c"]\nRUN mkdir /a; mkdir /b\nRUN mkdir /c\n',
        because="`/bin/bash -e -c` stops at errors",
    ),
    Example(
        name="a list over several lines",
        before=_FROM + "RUN mkdir /a; \\\n    mkdir /b\nRUN mkdir /c\n",
        because="not a plain `&&` chain",
    ),
    Example(
        name="a comment at the end of the script",
        before=_FROM + "RUN mkdir /a # for the logs\nRUN mkdir /b\n",
        because="`# for the logs` would comment out",
    ),
    Example(
        name="a question about the previous command",
        before=_FROM + "RUN mkdir /a\nRUN echo $? > /b\n",
        because="`$?` in the later RUN",
    ),
    Example(
        name="a background job",
        before=_FROM + "RUN mkdir /a && touch /b &\nRUN mkdir /c\n",
        because="would still be running",
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
        because="a file that BuildKit mounts fresh",
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
        name="the working directory is removed",
        before=_FROM + "RUN rm -rf /app\nRUN touch x\n",
        because="may remove the working directory",
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
        because="reads its profile again",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Merge the RUNs of every stage that ships; say of every other RUN why it is not merged with the one before it."""
    stages = [stage for stage in model.stages if sum(step.keyword == "RUN" for step in stage.steps) > 1]
    if stages:
        # most of the rule's modules are only needed here, and a save in an editor waits for each import
        from dfix.transforms.merge_runs.merges import merge_runs

        yield from merge_runs(model, stages)
