"""Copies what an install reads before the install, and the rest of the sources after it.

**What it does.** `COPY . .` followed by `npm ci` runs the install again after every edit of any file. This rule
writes a COPY of the manifests in front of the install and moves the copy of the tree behind it, so that an
edit of the sources leaves the install cached. Where install and build share a RUN, the RUN is parted between them, and
`cd`, `export` and `set` go with the second part.

**Which files.** All that the install reads and that the build context ships after its ignore file: manifest, lock
file, files that they include (`-r`, `-c`, workspaces, `file:` dependencies, patches), settings, hook scripts and what
these import. Each keeps its place, its owner flags and its folder.

**What it promises.** The same image: the same files with the same content, mode and owner, and the same configuration.

**When it refuses.** When the install runs code that cannot be followed, when something between the copy and the
install may read the sources, when the later copy would overwrite what the install wrote (a `node_modules`
folder in the context), or when the install may rewrite a lock file that the context brings. It also
leaves files alone that are split already.

References: [Optimize cache usage](https://docs.docker.com/build/cache/optimize/),
[Dockerfile reference: COPY](https://docs.docker.com/reference/dockerfile/#copy)
"""

from __future__ import annotations

from collections.abc import Iterator

from rewriter.change import Change, Contract, Refusal
from rewriter.model import Model, Stage, Step
from rewriter.model.commands import chain
from rewriter.model.copied import Copied, copied
from rewriter.split.between import blocker_between, cut, prefix, removes_afterwards
from rewriter.split.installs import InstallRun, install_run
from rewriter.split.plan import Blocker, Plan, plan
from rewriter.split.write import Parting, edits, folder_mode_differs
from transforms.example import Example

NAME = "split-manifests"
SUMMARY = "copy dependency manifests, install, then copy the sources"
CONTRACT: Contract = "same-image"
CODES: tuple[str, ...] = ()
ORDER = 10

_LOCK = '{"name":"a","lockfileVersion":3,"packages":{"":{"name":"a"}}}'

EXAMPLES: tuple[Example, ...] = (
    Example(
        name="npm",
        files={"package.json": '{"name":"a"}', "package-lock.json": _LOCK, "server.js": ""},
        before="FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n",
        after="FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Split each install whose manifests come with the whole tree."""
    for stage in model.stages:
        yield from _stage(model, stage)


def _stage(model: Model, stage: Stage) -> Iterator[Change | Refusal]:
    copies: list[Step] = []
    for step in stage.steps:
        if step.onbuild:
            continue
        if step.keyword in ("COPY", "ADD"):
            if step.instruction.flag("from") is None and not step.instruction.heredocs:
                copies.append(step)
        elif step.keyword == "RUN" and copies:
            run = install_run(step)
            found = _consider(model, copies, run) if run is not None else None
            if found is not None:
                yield found
                return


def _consider(model: Model, copies: list[Step], run: InstallRun) -> Change | Refusal | None:
    context = model.context
    shown = run.installs[0].shown
    offset = run.step.instruction.span.start
    if context is None:
        if not any(_looks_like_a_tree(step) for step in copies):
            return None
        reason = f"`{shown}` reads files of the build context, which is not known"
        return Refusal(NAME, offset, "no-context", reason, "name its folder with --context")
    found = _split(model, copies, run)
    if isinstance(found, Blocker):
        return Refusal(NAME, offset, found.code, found.reason, found.hint)
    return found


def _split(model: Model, copies: list[Step], run: InstallRun) -> Change | Blocker | None:
    context = model.context
    assert context is not None  # the caller has looked
    trees = [item for item in (copied(step, context) for step in copies) if isinstance(item, Copied)]
    at = cut(run, trees)
    made = plan(context, copies, run, at if isinstance(at, int) else len(run.commands))
    if made is None or isinstance(made, Blocker):
        return made
    if isinstance(at, Blocker):
        return at
    between = blocker_between(context, made, run.step.stage.steps, run) or folder_mode_differs(model, made)
    if between is not None:
        return between
    parts = chain(run.step.script)
    parting = None
    if parts is not None and at < len(parts):
        state = removes_afterwards(run, at) or prefix(run, parts, at, model.source.text)
        if isinstance(state, Blocker):
            return state
        parting = Parting(parts, at, state)
    written = edits(model, made, run, parting)
    if isinstance(written, Blocker):
        return written
    return Change(NAME, made.moved[0].step.instruction.span.start, written, _reason(made, run), CONTRACT)


def _reason(made: Plan, run: InstallRun) -> str:
    files = list(made.files)
    listed = files[0] if len(files) == 1 else ", ".join(files[:-1]) + " and " + files[-1]
    if len(files) > 6:
        listed = ", ".join(files[:4]) + f" and {len(files) - 4} more"
    verb = "is" if len(files) == 1 else "are"
    text = f"an edit of any file runs `{run.installs[0].shown}` again, yet {listed} {verb} all it reads"
    return "; ".join([text, *made.warnings])


def _looks_like_a_tree(step: Step) -> bool:
    return any(word.text in (".", "./", "/", "*") or word.text.endswith("/") for word in step.instruction.words[:-1])
