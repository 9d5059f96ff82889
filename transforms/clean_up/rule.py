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
read; scripts of the build context are read, whatever runs them. When a later instruction names the cache folder; when
the commands are not a `&&` chain (a heredoc has to begin with `set -e`); when a setting moves the cache, perhaps into
the application, or makes installs offline; for ONBUILD, whose text is part
of the image; when the base image is too old to know the flag; and for Yarn unless it is certainly Yarn 1. pnpm,
bun and gem have no clean-up that saves space.

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
from dfix.rewriter.model.cache_use import (
    CacheUse,
    ManagerUse,
    RunIndex,
    cache_stays,
    cache_uses,
    mounts_are_known,
    updates,
)
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.clean_up.cache_settings import not_moved
from dfix.transforms.clean_up.context_scripts import ContextScripts
from dfix.transforms.clean_up.insertion import clean_up_edit
from dfix.transforms.clean_up.later_needs import unneeded_later, unused_afterwards
from dfix.transforms.clean_up.needless_updates import removal, updates_are_needless
from dfix.transforms.clean_up.own_program import is_not_own
from dfix.transforms.clean_up.removed_files import Search
from dfix.transforms.clean_up.tool_version import flag_changes_more, knows_flag
from dfix.transforms.clean_up.yarn_version import is_classic

NAME = "clean-up"
SUMMARY = "empty package managers' caches in the RUN that fills them"
CONTRACT: Contract = "same-but-caches"
CODES = ("DL3009", "DL3019", "DL3032", "DL3036", "DL3040", "DL3042", "DL3060")
ORDER = 30

_APT = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n"
_APT_DONE = "FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
_YARN = {"package.json": '{"name": "a"}', "yarn.lock": ""}

_ONBUILD = "the text of an ONBUILD is part of the image's configuration, which must stay the same"

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
        "another operator",
        "FROM debian:12\nRUN apt-get update; apt-get install -y curl || true\n",
        because="`||` separates its commands",
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
    search = Search(model, RunIndex(), ContextScripts(model))
    for stage in model.stages:
        if not stage.ships:
            continue
        for step in stage.steps:
            if step.keyword == "RUN":
                text = step.source_text
                if any(stem in text for stem in stems()):
                    yield from _run(search, step)


def _run(search: Search, step: Step) -> Iterator[Change | Refusal]:
    runs = search.runs
    appended = False
    for cache_use in cache_uses(step, runs.of(step)):
        flagged = _flagged(step, cache_use, runs)
        if flagged is None or (appended and not flagged):
            continue
        try:
            is_not_own(search, step, cache_use)
            edits = _flags(search, step, cache_use, flagged) if flagged else _appended(search, step, cache_use)
            if step.onbuild:
                raise LeaveAlone("onbuild", _ONBUILD)
        except LeaveAlone as no:
            yield Refusal(NAME, step.instruction.span.start, *no.reason)
        else:
            appended = appended or not flagged
            reason = _reason(cache_use, with_flag=bool(flagged))
            yield Change(NAME, step.instruction.span.start, edits, reason, CONTRACT)


def _flagged(step: Step, cache_use: CacheUse, runs: RunIndex) -> tuple[ManagerUse, ...] | None:
    """The commands that get the manager's flag; () to append a command instead, None to leave the RUN as it is.

    With the flag every command fetches the package lists itself, so that an update before it can go.
    """
    clean_up = cache_use.clean_up
    if not clean_up.flag:
        return ()
    if clean_up.lists and any(use.usage.verb == "update" for use in cache_use.filled_by):
        return cache_use.filled_by if updates_are_needless(step, cache_use, runs) else ()
    if clean_up.lists and _updated_before(step, cache_use, runs):
        return None
    return () if flag_changes_more(step, cache_use, runs) else cache_use.filled_by


def _updated_before(step: Step, cache_use: CacheUse, runs: RunIndex) -> bool:
    """Whether an earlier RUN fetches the package lists that this one uses, so that only that one can remove them."""
    earlier = step.stage.steps[: step.index]
    parent = step.stage.parent
    while parent is not None:
        earlier = parent.steps + earlier
        parent = parent.parent
    uses = (use for run in earlier if run.keyword == "RUN" for use in runs.of(run).uses)
    usages = (use.usage for use in uses if use.usage.manager is cache_use.manager)
    return any(usage.verb == "update" and updates(usage, cache_use.clean_up) for usage in usages)


def _flags(search: Search, step: Step, cache_use: CacheUse, flagged: tuple[ManagerUse, ...]) -> tuple[Edit, ...]:
    lists = any(updates(use.usage, cache_use.clean_up) for use in flagged)
    offline = next((use for use in cache_use.uses if use.usage.has(cache_use.clean_up.offline)), None)
    if offline is not None:
        raise LeaveAlone("needed-later", f"`{offline.shown}` in the same RUN installs from the cache")
    cache_stays(step, cache_use)
    not_moved(search, step, cache_use)
    mounts_are_known(step, cache_use)
    knows_flag(step.stage, cache_use)
    unused_afterwards(cache_use, search.runs.of(step))
    unneeded_later(search, step, cache_use, lists=lists)
    edits = [removal(step, use) for use in flagged if use.usage.verb == "update"]
    installs = [use.usage.subcommand for use in flagged if use.usage.verb != "update"]
    ends = [word.span.end for word in installs if word is not None]
    flags = [Edit(Span(end, end), f" {cache_use.clean_up.flag}") for end in ends]
    return (*(edit for edit in edits if edit is not None), *flags)


def _appended(search: Search, step: Step, cache_use: CacheUse) -> tuple[Edit, ...]:
    lists = cache_use.clean_up.lists or cache_use.only_lists
    cache_stays(step, cache_use)
    not_moved(search, step, cache_use)
    unneeded_later(search, step, cache_use, lists=lists)
    if cache_use.runs_itself:
        mounts_are_known(step, cache_use)
    if cache_use.manager.name == "yarn":
        is_classic(search.model, step, cache_use)
    edit = clean_up_edit(step, cache_use)
    if search.runs.of(step).only_updates:
        shown = cache_use.filled_by[0].shown
        raise LeaveAlone("only-lists", f"`{shown}` fetches package lists that nothing uses", "remove the RUN")
    return (edit,)


def _reason(cache_use: CacheUse, *, with_flag: bool) -> str:
    shown = cache_use.filled_by[0].shown
    if with_flag and cache_use.filled_by[0].usage.verb == "update":
        return f"`{shown}` leaves package lists in this layer; with {cache_use.clean_up.flag} no install needs it"
    if with_flag:
        return f"`{shown}` leaves its cache in this layer; {cache_use.clean_up.flag} avoids that"
    if cache_use.clean_up.lists:
        return f"`{shown}` leaves package lists in this layer; only this RUN can remove them"
    return f"`{shown}` leaves its cache in this layer; only this RUN can remove it"
