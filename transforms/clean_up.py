"""Empties the caches of package managers in the RUN that fills them.

**What it does.** A layer keeps what its RUN leaves behind, and removing it in a later RUN frees nothing. This rule
adds the manager's own clean-up to the RUN: `rm -rf /var/lib/apt/lists/*` behind `apt-get update`, `dnf clean all`,
`yum clean all`, `microdnf clean all`, `zypper clean --all`, `npm cache clean --force`, `yarn cache clean`,
`conda clean -afy`, `mamba clean --all --yes` and `composer clear-cache` behind their installs, `--no-cache-dir`
for `pip install`, and `--no-cache` for `apk add` (`rm -rf /var/cache/apk/*` where `apk update` runs).
The command goes behind the last use of the manager, in the layout of the RUN.

**What it promises.** The same image but for the package managers' cache folders. It never removes a package.

**When it leaves a RUN alone.** When the RUN cleans up in any way already, when a variable turns the cache off, when the
folder is a mount, and in stages that do not ship.

**When it refuses.** When a later RUN installs from the lists that this one fetches, or runs a script that may and that
cannot be read; when a later instruction names the cache folder; when the commands are not one chain of `&&`
(a heredoc has to begin with `set -e`); when the cache is at another place than usual; when the base image is too old
to know the flag; and for Yarn unless it is known to be Yarn 1. pnpm, bun and gem have no clean-up that frees
something.

References: [Docker: building best practices](https://docs.docker.com/build/building/best-practices/#apt-get),
[pip: caching](https://pip.pypa.io/en/stable/topics/caching/),
[npm cache](https://docs.npmjs.com/cli/commands/npm-cache),
[Alpine: local APK cache](https://wiki.alpinelinux.org/wiki/Local_APK_cache)
"""

from __future__ import annotations

from collections.abc import Iterator

from rewriter.caches import Obstacle
from rewriter.caches.filled import Filling, Use, fillings, moved, too_old, updates, uses
from rewriter.caches.later import needed_later
from rewriter.caches.place import clean_up_edit
from rewriter.caches.yarn import not_classic
from rewriter.change import Change, Contract, Refusal
from rewriter.knowledge.load import stems
from rewriter.model import Model, Step
from rewriter.source import Edit, Span
from transforms.example import Example

NAME = "clean-up"
SUMMARY = "empty the caches of package managers in the RUN that fills them"
CONTRACT: Contract = "same-but-caches"
CODES = ("DL3009", "DL3019", "DL3032", "DL3036", "DL3040", "DL3042", "DL3060")
ORDER = 30

EXAMPLES: tuple[Example, ...] = ()


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Clean up each RUN of a stage that ships; further managers of a RUN follow in the next round."""
    for stage in model.stages:
        if not stage.ships:
            continue
        for step in stage.steps:
            if step.keyword == "RUN" and any(stem in step.instruction.logical for stem in stems()):
                yield from _run(model, step)


def _run(model: Model, step: Step) -> Iterator[Change | Refusal]:
    appended = False
    for filling in fillings(step):
        flagged = _flagged(step, filling)
        if flagged is None or (appended and not flagged):
            continue
        found = _flags(model, step, filling, flagged) if flagged else _appended(model, step, filling)
        if isinstance(found, Obstacle):
            yield Refusal(NAME, filling.fills[0].at.command.span.start, *found)
        else:
            appended = appended or not flagged
            reason = _reason(filling, with_flag=bool(flagged))
            yield Change(NAME, filling.fills[0].at.command.span.start, found, reason, CONTRACT)


def _flagged(step: Step, filling: Filling) -> tuple[Use, ...] | None:
    """The commands that get the manager's flag; none where it appends a command instead. None: leave it all."""
    clean_up = filling.clean_up
    if not clean_up.flag:
        return ()
    if clean_up.append and any(use.usage.verb == "update" for use in filling.fills):
        return ()
    if clean_up.append and _updated_before(step, filling):
        return None
    return filling.fills


def _updated_before(step: Step, filling: Filling) -> bool:
    """Whether an earlier RUN fetches the lists that this one uses: the place to clean up is there."""
    earlier = step.stage.steps[: step.index]
    parent = step.stage.parent
    while parent is not None:
        earlier = parent.steps + earlier
        parent = parent.parent
    runs = (other for other in earlier if other.keyword == "RUN")
    own = (use.usage for run in runs for use in uses(run) if use.usage.manager is filling.manager)
    return any(one.verb == "update" and updates(one, filling.clean_up) for one in own)


def _flags(model: Model, step: Step, filling: Filling, flagged: tuple[Use, ...]) -> tuple[Edit, ...] | Obstacle:
    lists = any(use.usage.has(filling.clean_up.refreshes) for use in flagged)
    found = moved(step, filling) or too_old(step.stage, filling) or needed_later(model, step, filling, lists=lists)
    if found is not None:
        return found
    ends = [use.usage.subcommand.span.end for use in flagged if use.usage.subcommand is not None]
    return tuple(Edit(Span(end, end), f" {filling.clean_up.flag}") for end in ends)


def _appended(model: Model, step: Step, filling: Filling) -> tuple[Edit, ...] | Obstacle:
    lists = filling.clean_up.lists or filling.only_lists
    found = moved(step, filling) or needed_later(model, step, filling, lists=lists)
    if found is None and filling.manager.name == "yarn":
        found = not_classic(model, step, filling)
    if found is not None:
        return found
    edit = clean_up_edit(step, filling)
    return edit if isinstance(edit, Obstacle) else (edit,)


def _reason(filling: Filling, *, with_flag: bool) -> str:
    shown = filling.fills[0].shown
    if with_flag:
        return f"`{shown}` leaves a cache in the layer, which {filling.clean_up.flag} avoids"
    what = "lists of packages" if filling.clean_up.lists else "a cache"
    return f"`{shown}` leaves {what} in the layer, which only the same RUN can remove"
