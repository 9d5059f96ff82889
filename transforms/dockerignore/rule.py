"""Leaves what builds make on the host, and the history of git, out of the build context.

**What it does.** Where a COPY of a folder brings `node_modules`, `.venv`, `target`, `bin` and `obj`, `.git` and the
like, it adds lines for them to the ignore file of the context, or makes one.

**Why.** Such folders are sent to the builder with every build, change with every build on the host, and take the
place of what the image installed for itself.

**When it does so.** Only when it is asked for by name: `--select dockerignore`, or the same in the settings. For the
outputs of a package manager also only where the Dockerfile runs that manager.

**What it promises.** Nothing: the image loses these folders, which is what it is for.

**When it refuses.** When the Dockerfile names such a folder itself (`COPY target/app.jar .`), runs git, or another
Dockerfile lies in the context, which may need it.

References: [.dockerignore files](https://docs.docker.com/build/concepts/context/#dockerignore-files)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example
from dfix.rewriter.context.find_context import other_dockerfiles
from dfix.rewriter.model.copied import Copied, copied
from dfix.transforms.dockerignore.host_outputs import outputs

if TYPE_CHECKING:
    from dfix.rewriter.model import Model

NAME = "dockerignore"
SUMMARY = "leave outputs of the host and .git out of the build context"
CONTRACT: Contract = "changed-image"
CODES: tuple[str, ...] = ()
ORDER = 5
OPT_IN = True
"""Made only when it is selected by its name, and then without --unsafe."""

_NPM = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\n"

EXAMPLES: tuple[Example, ...] = (
    Example(
        name="modules of the host and the history of git",
        files={"package.json": "{}", "node_modules/a/index.js": "", ".git/HEAD": ""},
        before=_NPM,
        ignore_file=".git\nnode_modules\n",
    ),
    Example(
        name="lines are added to those that are there",
        files={"Cargo.toml": "", "target/debug/a": "", ".dockerignore": "*.md\n"},
        before="FROM rust:1\nWORKDIR /src\nCOPY . .\nRUN cargo build\n",
        ignore_file="*.md\ntarget\n",
    ),
    Example(
        name="modules that the Dockerfile copies as such",
        files={"package.json": "{}", "node_modules/a/index.js": ""},
        before="FROM node:22\nCOPY . .\nCOPY node_modules ./node_modules\nRUN npm install\n",
    ),
    Example(
        name="no package manager runs: the modules of the host are the ones that count",
        files={"package.json": "{}", "node_modules/a/index.js": ""},
        before='FROM node:22\nCOPY . .\nCMD ["node", "a.js"]\n',
    ),
    Example(
        name="another Dockerfile may need them",
        files={"package.json": "{}", "node_modules/a/index.js": "", "Dockerfile.dev": "FROM node:22\n"},
        before=_NPM,
        because="another Dockerfile is in the context",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Lines for what the first COPY of a folder brings."""
    context = model.context
    if context is None:
        return
    steps = [step for stage in model.stages for step in stage.steps if step.keyword in ("COPY", "ADD")]
    for step in steps:
        if step.onbuild or step.instruction.flag("from") is not None:
            continue
        item = copied(step, context)
        lines = outputs(model, context, item) if isinstance(item, Copied) and item.brings_a_folder else ()
        if not lines:
            continue
        offset = step.instruction.span.start
        listed = ", ".join(lines)
        if other_dockerfiles(context.root, model.source.path):
            reason = f"{listed} of the host would ship, but another Dockerfile is in the context"
            yield Refusal(NAME, offset, "other-dockerfile", reason, f"add the lines to {context.ignore_name} yourself")
            return
        reason = f"{listed} of the host would ship with every build; {context.ignore_name} leaves them out"
        yield Change(NAME, offset, (), reason, CONTRACT, lines)
        return
