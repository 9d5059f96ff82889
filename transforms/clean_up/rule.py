"""Empties the caches of package managers in the RUN that fills them.

**What it does.** A layer keeps what its RUN leaves behind, and removing it in a later RUN frees nothing. This rule
adds the manager's own clean-up to the RUN: `rm -rf /var/lib/apt/lists/*` behind `apt-get update`, `dnf clean all`,
`yum clean all`, `microdnf clean all`, `zypper clean --all`, `npm cache clean --force`, `yarn cache clean`,
`conda clean --all --yes` (and mamba) and `composer clear-cache` behind their installs, `--no-cache-dir`
for `pip install`, and `--no-cache` for `apk add` (`rm -rf /var/cache/apk/*` where `apk update` runs).
The command goes behind the last use of the manager, in the layout of the RUN.

**What it promises.** The same image but for the package managers' cache folders. It never removes a package.

**When it leaves a RUN alone.** When the RUN cleans up in any way already, when a variable turns the cache off, when the
folder is a mount, and in stages that do not ship.

**When it refuses.** When a later RUN installs from the lists that this one fetches, or runs a script that may and that
cannot be read; when a later instruction names the cache folder; when the commands are not one chain of `&&`
(a heredoc has to begin with `set -e`); when the cache is at another place than usual; for ONBUILD, whose text is part
of the image; when the base image is too old to know the flag; and for Yarn unless it is known to be Yarn 1. pnpm,
bun and gem have no clean-up that frees something.

References: [Docker: building best practices](https://docs.docker.com/build/building/best-practices/#apt-get),
[pip: caching](https://pip.pypa.io/en/stable/topics/caching/),
[npm cache](https://docs.npmjs.com/cli/commands/npm-cache),
[Alpine: local APK cache](https://wiki.alpinelinux.org/wiki/Local_APK_cache)
"""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example
from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.load import stems
from dfix.rewriter.model import Model, Step
from dfix.rewriter.model.cache_folders import written
from dfix.rewriter.model.cache_use import Filling, Runs, Use, cache_stays, fillings, mounts_are_known, updates
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.clean_up.insertion import clean_up_edit
from dfix.transforms.clean_up.later_needs import unneeded_later, unused_behind
from dfix.transforms.clean_up.tool_version import flag_changes_more, knows_flag
from dfix.transforms.clean_up.yarn_version import is_classic

NAME = "clean-up"
SUMMARY = "empty the caches of package managers in the RUN that fills them"
CONTRACT: Contract = "same-but-caches"
CODES = ("DL3009", "DL3019", "DL3032", "DL3036", "DL3040", "DL3042", "DL3060")
ORDER = 30

_APT = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n"
_APT_DONE = "FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
_YARN = {"package.json": '{"name": "a"}', "yarn.lock": ""}

_ONBUILD = "the text of an ONBUILD is part of the image's configuration, which stays the same"

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
        "FROM alpine:3.20\nRUN apk update \\\n && apk add curl \\\n && rm -rf /var/cache/apk/*\n",
    ),
    Example(
        "sudo, and a comment of the shell",
        "FROM debian:12\nUSER dev\nRUN sudo apt-get update && sudo apt-get install -y gcc # c\n",
        "FROM debian:12\nUSER dev\n"
        "RUN sudo apt-get update && sudo apt-get install -y gcc && sudo rm -rf /var/lib/apt/lists/* # c\n",
    ),
    Example(
        "only the mounted manager is left",
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
    Example("cleaned up otherwise", "FROM node:22\nRUN npm ci && rm -rf ~/.npm && yum -y install a && dnf clean all\n"),
    Example("turned off", "FROM python:3.12\nENV PIP_NO_CACHE_DIR=1\nRUN pip install flask\n"),
    Example(
        "a cache mount",
        "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt --mount=target=/var/lib/apt/lists,type=cache \\\n"
        "    apt-get update && apt-get install -y git\n",
    ),
    Example("a stage that does not ship", "FROM node:22 AS b\nRUN npm ci\nFROM scratch\nCOPY --from=b /app /app\n"),
    Example("nothing to empty", "FROM node:22\nRUN pnpm install && bun install && gem install rake\n"),
    Example("words that are no command", 'FROM debian:12\nRUN echo "apt-get update" && cat apt-get pip\n'),
    Example("the exec form", 'FROM debian:12\nRUN ["pip", "install", "flask"]\n'),
    Example(
        "a later RUN needs the lists",
        "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\n",
        because="`apt-get install -y curl` on line 3 uses the lists of packages",
    ),
    Example(
        "a stage that builds on this one needs the lists",
        _APT.replace("12", "12 AS base") + "FROM base\nRUN apt-get install -y git\n",
        because="on line 4 uses the lists",
    ),
    Example("a script that cannot be read", _APT + "RUN ./setup.sh\n", because="line 3 runs the script setup.sh"),
    Example(
        "a later RUN names the cache",
        "FROM node:22\nRUN npm ci\nRUN chown -R node /root/.npm\n",
        because="`chown -R node /root/.npm` on line 3 names /root/.npm",
    ),
    Example(
        "an install from the cache",
        "FROM node:22\nRUN npm ci\nRUN cd a && npm ci --offline\n",
        because="`npm ci --offline` on line 3 installs from the cache",
    ),
    Example(
        "another operator",
        "FROM debian:12\nRUN apt-get update; apt-get install -y curl || true\n",
        because="`||` stands between its commands",
    ),
    Example(
        "a branch",
        "FROM debian:12\nRUN if [ -e /a ]; then npm ci; fi && echo done\n",
        because="`npm ci` stands within an `if`",
    ),
    Example(
        "another folder",
        "FROM node:22\nRUN npm ci --cache /c\n",
        because="`npm ci --cache` puts the cache of npm elsewhere",
    ),
    Example("lists that nothing uses", "FROM debian:12\nRUN apt-get update\nCOPY a /a\n", because="that nothing uses"),
    Example(
        "an old image", "FROM ubuntu:14.04\nRUN pip install flask\n", because="may be too old to know --no-cache-dir"
    ),
    Example(
        "ONBUILD", "FROM python:3.12\nONBUILD RUN pip install flask\n", because="part of the image's configuration"
    ),
    Example(
        "a Yarn that is not known", "FROM node:22\nRUN yarn install\n", because="not known without the build context"
    ),
    Example(
        "Yarn 2 and later",
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN yarn install\n",
        because=".yarnrc.yml belongs to Yarn 2 or later",
        files={**_YARN, ".yarnrc.yml": ""},
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Clean up each RUN of a stage that ships; further managers of a RUN follow in the next round."""
    runs = Runs()
    for stage in model.stages:
        if not stage.ships:
            continue
        for step in stage.steps:
            if step.keyword == "RUN":
                text = written(step)
                if any(stem in text for stem in stems()):
                    yield from _run(model, step, runs)


def _run(model: Model, step: Step, runs: Runs) -> Iterator[Change | Refusal]:
    appended = False
    for filling in fillings(step, runs.of(step)):
        flagged = _flagged(step, filling, runs)
        if flagged is None or (appended and not flagged):
            continue
        try:
            found = _flags(model, step, filling, flagged, runs) if flagged else _appended(model, step, filling, runs)
            if step.onbuild:
                raise LeaveAlone("onbuild", _ONBUILD)
        except LeaveAlone as no:
            yield Refusal(NAME, step.instruction.span.start, *no.reason)
        else:
            appended = appended or not flagged
            reason = _reason(filling, with_flag=bool(flagged))
            yield Change(NAME, step.instruction.span.start, found, reason, CONTRACT)


def _flagged(step: Step, filling: Filling, runs: Runs) -> tuple[Use, ...] | None:
    """The commands that get the manager's flag; none where it appends a command instead. None: leave it all."""
    clean_up = filling.clean_up
    if not clean_up.flag:
        return ()
    if clean_up.lists and any(use.usage.verb == "update" for use in filling.fills):
        return ()
    if clean_up.lists and _updated_before(step, filling, runs):
        return None
    return () if flag_changes_more(step, filling, runs) else filling.fills


def _updated_before(step: Step, filling: Filling, runs: Runs) -> bool:
    """Whether an earlier RUN fetches the lists that this one uses: the place to clean up is there."""
    earlier = step.stage.steps[: step.index]
    parent = step.stage.parent
    while parent is not None:
        earlier = parent.steps + earlier
        parent = parent.parent
    uses = (use for other in earlier if other.keyword == "RUN" for use in runs.of(other).uses)
    own = (use.usage for use in uses if use.usage.manager is filling.manager)
    return any(one.verb == "update" and updates(one, filling.clean_up) for one in own)


def _flags(model: Model, step: Step, filling: Filling, flagged: tuple[Use, ...], runs: Runs) -> tuple[Edit, ...]:
    lists = any(use.usage.has(filling.clean_up.refreshes) for use in flagged)
    offline = next((use for use in filling.uses if use.usage.has(filling.clean_up.offline)), None)
    if offline is not None:
        raise LeaveAlone("needed-later", f"`{offline.shown}` in the same RUN works from the cache")
    cache_stays(step, filling)
    mounts_are_known(step, filling)
    knows_flag(step.stage, filling)
    unused_behind(filling, runs.of(step))
    unneeded_later(model, step, filling, runs, lists=lists)
    ends = [use.usage.subcommand.span.end for use in flagged if use.usage.subcommand is not None]
    return tuple(Edit(Span(end, end), f" {filling.clean_up.flag}") for end in ends)


def _appended(model: Model, step: Step, filling: Filling, runs: Runs) -> tuple[Edit, ...]:
    lists = filling.clean_up.lists or filling.only_lists
    cache_stays(step, filling)
    unneeded_later(model, step, filling, runs, lists=lists)
    if filling.runs_itself:
        mounts_are_known(step, filling)
    if filling.manager.name == "yarn":
        is_classic(model, step, filling)
    edit = clean_up_edit(step, filling)
    if runs.of(step).only_updates:
        shown = filling.fills[0].shown
        raise LeaveAlone("only-lists", f"`{shown}` fetches lists of packages that nothing uses", "remove the RUN")
    return (edit,)


def _reason(filling: Filling, *, with_flag: bool) -> str:
    shown = filling.fills[0].shown
    if with_flag:
        return f"`{shown}` leaves a cache in the layer, which {filling.clean_up.flag} avoids"
    what = "lists of packages" if filling.clean_up.lists else "a cache"
    return f"`{shown}` leaves {what} in the layer, which only the same RUN can remove"
