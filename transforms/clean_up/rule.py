"""Empties package managers' caches in the RUN that fills them.

**What it does.** A layer keeps what its RUN leaves behind, and removing it in a later RUN saves nothing. This rule
adds the manager's own clean-up to the RUN: `rm -rf /var/lib/apt/lists/*` after `apt-get update`, `dnf clean all`,
`yum clean all`, `microdnf clean all`, `zypper clean --all`, `npm cache clean --force`, `yarn cache clean`,
`conda clean --all --yes` (also mamba) and `composer clear-cache` after their installs, `--no-cache-dir`
for `pip install`, and `--no-cache` for `apk add`, which makes an `apk update` before it needless.
The command comes after the last use of the manager, in the layout of the RUN.

**What it promises.** The same image, except that the package managers' cache folders contain fewer files. It never
removes a package.

**When it leaves a RUN as it is.** When the RUN already cleans up in any way, when a variable turns the cache off, when
the folder is a mount, and in stages that don't ship.

**When it refuses.** When a later RUN, or what a container starts (CMD, ENTRYPOINT, HEALTHCHECK), installs from the
package lists that this one fetches or from its cache; when a later RUN runs a script that might and that dfix cannot
read; scripts of the build context, and those that the Dockerfile writes itself, are read, whatever runs them, and so is
the code of the project that a runner such as pytest or `go test` may run. When another Dockerfile that builds FROM this
image, or a command that another file runs in it, needs what is removed (dfix reads the compose, devcontainer, CI,
Kubernetes and Tilt files near the Dockerfile, Jenkinsfiles, Makefiles and scripts that build the image or name it).
When a later instruction names the cache folder; when the script goes on after a failure, and something other than the
manager runs last (`apt-get update; make`, a heredoc without `set -e`), or the manager runs in an `if`, a loop or before
`||`; when a setting moves the cache, perhaps into the application, or makes installs offline; for ONBUILD, whose text
is part of the image; when the base image is too old to know the flag; and for Yarn unless it is certainly Yarn 1. pnpm,
bun and gem have no clean-up that saves space.

References: [Docker: building best practices](https://docs.docker.com/build/building/best-practices/#apt-get),
[pip: caching](https://pip.pypa.io/en/stable/topics/caching/),
[npm cache](https://docs.npmjs.com/cli/commands/npm-cache),
[Alpine: local APK cache](https://wiki.alpinelinux.org/wiki/Local_APK_cache)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Contract
from dfix.rewriter.answers.example import Example
from dfix.rewriter.knowledge.load import stems
from dfix.rewriter.model.cache_use import RunIndex, cache_uses

if TYPE_CHECKING:
    from dfix.rewriter.answers.change import Change, Refusal
    from dfix.rewriter.model import Model, Step

NAME = "clean-up"
SUMMARY = "empty package managers' caches in the RUN that fills them"
CONTRACT: Contract = "same-but-caches"
CODES = ("DL3009", "DL3019", "DL3032", "DL3036", "DL3040", "DL3042", "DL3060")
ORDER = 30

_APT = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n"
_APT_DONE = "FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
_YARN = {"package.json": '{"name": "a"}', "yarn.lock": ""}

EXAMPLES: tuple[Example, ...] = (
    Example("apt", _APT, _APT_DONE),
    Example(
        "a list with a comment, in the layout of the RUN",
        "FROM debian:12\nRUN apt-get update && apt-get install -y \\\n    curl \\\n    # tls\n    ca-certificates\n",
        "FROM debian:12\nRUN apt-get update && apt-get install -y \\\n    curl \\\n    # tls\n    ca-certificates \\\n"
        "    && rm -rf /var/lib/apt/lists/*\n",
    ),
    Example(
        "pip, and a manager that is removed again",
        "FROM node:22\nRUN pip install a && \\\n    npm ci && \\\n    rm -rf /usr/local/lib/node_modules\n",
        "FROM node:22\nRUN pip install --no-cache-dir a && \\\n    npm ci && \\\n    npm cache clean --force && \\\n"
        "    rm -rf /usr/local/lib/node_modules\n",
    ),
    Example("apk", "FROM alpine:3.20\nRUN apk add curl\n", "FROM alpine:3.20\nRUN apk add --no-cache curl\n"),
    Example(
        "apk with an update of its own",
        "FROM alpine:3.20\nRUN apk update \\\n && apk add curl\n",
        "FROM alpine:3.20\nRUN apk add --no-cache curl\n",
    ),
    Example(
        "apk with an update that something else may need",
        "FROM alpine:3.20\nRUN apk update \\\n && apk search a \\\n && apk add curl\n",
        "FROM alpine:3.20\nRUN apk update \\\n && apk search a \\\n && apk add curl \\\n && rm -rf /var/cache/apk/*\n",
    ),
    Example(
        "sudo, and a comment of the shell",
        "FROM debian:12\nUSER dev\nRUN sudo apt-get update && sudo apt-get install -y gcc # c\n",
        "FROM debian:12\nUSER dev\n"
        "RUN sudo apt-get update && sudo apt-get install -y gcc && sudo rm -rf /var/lib/apt/lists/* # c\n",
    ),
    Example(
        "only the cache without a mount is emptied",
        "FROM debian:12\nRUN --mount=type=cache,target=/root/.cache/pip apt-get update && pip install flask\n",
        "FROM debian:12\nRUN --mount=type=cache,target=/root/.cache/pip apt-get update && pip install flask"
        " && rm -rf /var/lib/apt/lists/*\n",
    ),
    Example(
        "Yarn 1",
        "FROM node:22\nWORKDIR /app\nCOPY package.json yarn.lock ./\nRUN yarn install\n",
        "FROM node:22\nWORKDIR /app\nCOPY package.json yarn.lock ./\nRUN yarn install && yarn cache clean\n",
        files=_YARN,
    ),
    Example("cleaned up", _APT_DONE),
    Example(
        "cleaned up in another way", "FROM node:22\nRUN npm ci && rm -rf ~/.npm && yum -y install a && dnf clean all\n"
    ),
    Example("turned off", "FROM python:3.12\nENV PIP_NO_CACHE_DIR=1\nRUN pip install flask\n"),
    Example(
        "a cache mount",
        "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt --mount=target=/var/lib/apt/lists,type=cache \\\n"
        "    apt-get update && apt-get install -y git\n",
    ),
    Example("a stage that does not ship", "FROM node:22 AS b\nRUN npm ci\nFROM scratch\nCOPY --from=b /app /app\n"),
    Example("nothing to empty", "FROM node:22\nRUN pnpm install && bun install && gem install rake\n"),
    Example("words that are not commands", 'FROM debian:12\nRUN echo "apt-get update" && cat apt-get pip\n'),
    Example("the exec form", 'FROM debian:12\nRUN ["pip", "install", "flask"]\n'),
    Example(
        "a later RUN needs the lists",
        "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\n",
        because="`apt-get install -y curl` on line 3 uses the package lists",
    ),
    Example(
        "a stage that builds on this one needs the lists",
        _APT.replace("12", "12 AS base") + "FROM base\nRUN apt-get install -y git\n",
        because="on line 4 uses the package lists",
    ),
    Example("a script that cannot be read", _APT + "RUN ./setup.sh\n", because="line 3 runs the script setup.sh"),
    Example(
        "a later RUN names the cache",
        "FROM node:22\nRUN npm ci\nRUN chown -R node /root/.npm\n",
        because="`chown -R node /root/.npm` on line 3 uses /root/.npm",
    ),
    Example(
        "an install from the cache",
        "FROM node:22\nRUN npm ci\nRUN cd a && npm ci --offline\n",
        because="`npm ci --offline` on line 3 installs from the cache",
    ),
    Example(
        "commands with ;",
        "FROM debian:12\nRUN apt-get update; apt-get install -y curl\n",
        "FROM debian:12\nRUN apt-get update; apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n",
    ),
    Example(
        "a script that stops at errors",
        "FROM debian:12\nRUN set -eux; \\\n    apt-get update; \\\n    apt-get install -y curl; \\\n    make\n",
        "FROM debian:12\nRUN set -eux; \\\n    apt-get update; \\\n    apt-get install -y curl; \\\n    make; \\\n"
        "    rm -rf /var/lib/apt/lists/*\n",
    ),
    Example(
        "something else at the end of a script that goes on",
        "FROM debian:12\nRUN apt-get update; apt-get install -y curl; make\n",
        because="goes on after a failure",
    ),
    Example(
        "another operator",
        "FROM debian:12\nRUN apt-get update; apt-get install -y curl || true\n",
        because="is part of a list with `||`",
    ),
    Example(
        "a branch",
        "FROM debian:12\nRUN if [ -e /a ]; then npm ci; fi && echo done\n",
        because="`npm ci` is inside an `if`",
    ),
    Example(
        "another folder",
        "FROM node:22\nRUN npm ci --cache /c\n",
        because="`npm ci --cache` moves npm's cache to another folder",
    ),
    Example("lists that nothing uses", "FROM debian:12\nRUN apt-get update\nCOPY a /a\n", because="that nothing uses"),
    Example(
        "an old image", "FROM ubuntu:14.04\nRUN pip install flask\n", because="may be too old to know --no-cache-dir"
    ),
    Example(
        "ONBUILD", "FROM python:3.12\nONBUILD RUN pip install flask\n", because="part of the image's configuration"
    ),
    Example("an unknown Yarn", "FROM node:22\nRUN yarn install\n", because="without the build context"),
    Example(
        "Yarn 2 and later",
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN yarn install\n",
        because=".yarnrc.yml belongs to Yarn 2 or later",
        files={**_YARN, ".yarnrc.yml": ""},
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Clean up in each RUN of a stage that ships; a second manager of the same RUN follows in the next round."""
    runs = RunIndex()
    steps = [
        (step, cache_uses(step, runs.of(step)))
        for stage in model.stages
        for step in (stage.steps if stage.ships else ())
        if step.keyword == "RUN" and _names_a_manager(step)
    ]
    filling = [(step, filled) for step, filled in steps if filled]
    if filling:
        # most of the rule's modules are only needed here, and a save in an editor waits for each import
        from dfix.transforms.clean_up.clean_ups import clean_ups

        yield from clean_ups(model, runs, filling)
    hidden = [step for step, filled in steps if not filled and not runs.of(step).uses]
    if hidden:
        from dfix.transforms.clean_up.hidden_installs import hidden_install

        for step in hidden:
            yield from hidden_install(step)


def _names_a_manager(step: Step) -> bool:
    text = step.source_text
    return any(stem in text for stem in stems())
