"""Excludes build outputs of your machine and the git history from the build context.

**What it does.** Where a COPY of a folder brings `node_modules`, `.venv`, `target`, `bin` and `obj`, `.git` and the
like, it adds lines for them to the context's ignore file, or creates one.

**Why.** Every build sends these folders to the builder; every build on your machine changes them, which invalidates
the COPY; and they replace what the image installed for itself.

**When it runs.** Only when selected by name: `--select dockerignore`, or the same in the settings. Outputs of a package
manager are excluded only where the Dockerfile runs that manager.

**What it promises.** Nothing: the image loses these folders, which is the purpose.

**When it refuses.** When the Dockerfile names such a folder itself (`COPY target/app.jar .`); for `.git`, when a
command or a file of the project may read the history (a version made of the last commit); when another Dockerfile may
need it: one in the context, or one that a compose, bake, skaffold or devcontainer file, a Makefile or a CI file names.

References: [.dockerignore files](https://docs.docker.com/build/concepts/context/#dockerignore-files)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example

if TYPE_CHECKING:
    from dfix.rewriter.model import Model

NAME = "dockerignore"
SUMMARY = "exclude local build outputs and .git from the build context"
CONTRACT: Contract = "changed-image"
CODES: tuple[str, ...] = ()
ORDER = 5
OPT_IN = True
"""Runs only when it is selected by name, and then without --unsafe."""

_NPM = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\n"

EXAMPLES: tuple[Example, ...] = (
    Example(
        name="local modules and the git history",
        files={"package.json": "{}", "node_modules/a/index.js": "", ".git/HEAD": ""},
        before=_NPM,
        ignore_file=".git\nnode_modules\n.dockerignore\n",
    ),
    Example(
        name="lines are added to an existing ignore file",
        files={"Cargo.toml": "", "target/debug/a": "", ".dockerignore": "*.md\n"},
        before="FROM rust:1\nWORKDIR /src\nCOPY . .\nRUN cargo build\n",
        ignore_file="*.md\ntarget\n",
    ),
    Example(
        name="modules that the Dockerfile copies by name",
        files={"package.json": "{}", "node_modules/a/index.js": ""},
        before="FROM node:22\nCOPY . .\nCOPY node_modules ./node_modules\nRUN npm install\n",
    ),
    Example(
        name="no package manager runs, so the image needs the local modules",
        files={"package.json": "{}", "node_modules/a/index.js": ""},
        before='FROM node:22\nCOPY . .\nCMD ["node", "a.js"]\n',
    ),
    Example(
        name="another Dockerfile, which may need the modules",
        files={"package.json": "{}", "node_modules/a/index.js": "", "Dockerfile.dev": "FROM node:22\n"},
        before=_NPM,
        because="another build of the same context may need it: Dockerfile.dev is in the build context",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Ignore-file lines for the first COPY that brings such folders."""
    context = model.context
    if context is None:
        return
    # few runs ask this rule, and a save in an editor waits for each import
    from dfix.rewriter.context.other_builds import other_build
    from dfix.rewriter.model.copied import Copied, copied
    from dfix.rewriter.model.ignore_file_copies import with_itself
    from dfix.transforms.dockerignore.git_readers import git_reader
    from dfix.transforms.dockerignore.host_outputs import GIT, HostOutputs, host_outputs

    steps = [step for stage in model.stages for step in stage.steps if step.keyword in ("COPY", "ADD")]
    outputs: HostOutputs | None = None
    for step in steps:
        if step.onbuild or step.instruction.flag("from") is not None:
            continue
        copy = copied(step, context)
        if not isinstance(copy, Copied) or not copy.brings_a_folder:
            continue
        outputs = outputs or host_outputs(model, context)
        lines = outputs.lines(copy)
        if not lines:
            continue
        offset = step.instruction.span.start
        reader = git_reader(model, context) if GIT in lines else ""
        if reader:
            lines = tuple(line for line in lines if line != GIT)
            if not lines:
                hint = f"add `.git` to {context.ignore_name} if the build does without it"
                yield Refusal(NAME, offset, "git-history", f"{reader} may read the git history", hint)
                return
        brings = f"the {step.keyword} on line {step.instruction.line} brings {', '.join(lines)} from your machine"
        if context.second_ignore_name:
            reason = (
                f"{brings}, and {context.second_ignore_name} is used instead of {context.ignore_name} by some builders"
            )
            hint = f"add the lines to both {context.ignore_name} and {context.second_ignore_name}"
            yield Refusal(NAME, offset, "second-ignore-file", reason, hint)
            return
        other = other_build(context.root, model.source.path, context.within)
        if other:
            reason = f"{brings}, but another build of the same context may need it: {other}"
            yield Refusal(
                NAME,
                offset,
                "other-dockerfile",
                reason,
                f"add the lines to {context.ignore_name} yourself if no build needs them",
            )
            return
        reason = f"{brings} into the image; {context.ignore_name} will exclude it"
        yield Change(NAME, offset, (), reason, CONTRACT, with_itself(model, context, lines))
        return
