"""Makes one RUN of neighbours where that makes the image smaller or the cache right, and only there.

**What it does.** It joins the scripts of RUNs that stand next to each other with `&&`, in the layout of the file.

**Why.** Each RUN is a layer, and a layer keeps what a later one removes: `rm -rf /var/lib/apt/lists/*` in a RUN of its own
frees nothing. An `apt-get update` of its own stays in the cache while the packages change, and these are then
installed from old lists.

**When it gains something.** Two neighbours become one RUN when

1. the later takes no time and removes, moves or re-owns what the earlier made (package caches and documents,
   packages, a downloaded archive),
2. both use the package manager of the distribution and nothing else that takes time, and the later relies on the lists that
   the earlier has fetched and left behind; after a RUN that only fetches lists, any RUN that uses them follows,
3. the earlier takes no time and sets up the package manager that the later uses (`/etc/apt/…`, `apt-key`,
   `dpkg --add-architecture`), or
4. both take no time and change something: `mkdir`, `chmod`, `ln`, `sed -i`, `useradd`, `echo … >`, `git config`.

Steps that take time (a download, a compiler, the packages of a language, a script that is not known) stay apart, so that each
keeps its cache. A quick step behind a slow one stays apart for the same reason. Two RUNs that each fetch their own lists, or
clean up behind themselves, stay apart too. Stages that are thrown away are left alone: merging saves nothing there.

**What it promises.** The same image: the same files with the same content, mode and owner, and the same
configuration. A failing command fails the build at the same place.

**When it refuses.** When the flags differ (`--mount`, `--network`), when a comment stands between the two, and when the later script
would find something else than in a shell and a container of its own:

- `set`, functions, `trap`, `source`, `exec` and background jobs of the earlier one. A chain of plain commands with `cd`, `export` or
  a variable is put into a subshell; `a || b` and `a; b` into braces.
- A script that asks for `$?` or `$!`; a shell that reads a profile; a program that both use and that the earlier may replace.
- A service that would still run; a changed `/etc/hosts`, `/proc`, `tmpfs`; a working folder that is removed; a
  change of `/bin/sh` or of the user.

A RUN of more than 40 lines is not written.

References: [Best practices: RUN](https://docs.docker.com/build/building/best-practices/#run),
[Dockerfile reference: RUN](https://docs.docker.com/reference/dockerfile/#run),
[hadolint DL3059](https://github.com/hadolint/hadolint/wiki/DL3059)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rewriter.change import Change, Contract, Refusal
from rewriter.layout.join import Element, join
from rewriter.merge.groups import Apart, Merge, merges
from transforms.example import Example

if TYPE_CHECKING:
    from rewriter.model import Model
    from rewriter.shell.nodes import Script
    from rewriter.syntax import Instruction

NAME = "merge-runs"
SUMMARY = "make one RUN of neighbours where that saves space or keeps package lists fresh"
CONTRACT: Contract = "same-image"
CODES: tuple[str, ...] = ("DL3059",)
ORDER = 20

EXAMPLES: tuple[Example, ...] = ()


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Merge the RUNs of every stage that ships."""
    for stage in model.stages:
        if not stage.ships:
            continue
        for found in merges(stage):
            if isinstance(found, Apart):
                why = found.why
                yield Refusal(NAME, found.step.instruction.span.start, why.code, why.reason, why.hint)
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
