"""Copies what an install reads before the install, and the rest of the sources after it.

**What it does.** `COPY . .` followed by `npm ci` runs the install again after every edit of any file. This rule
writes a COPY of the manifests in front of the install and moves the copy of the tree behind it, so that an
edit of the sources leaves the install cached. Where install and build share a RUN, the RUN is parted between them, and
`cd`, `export` and `set` go with the second part.

**Which installs.** npm, Yarn (1 and later), pnpm, Bun, workspaces of each, Prisma's client; pip, pip-tools, poetry,
pdm, pipenv, uv, hatch, conda and mamba; Composer; Bundler; `dotnet restore`; `go mod download`; Mix; Dart and
Flutter; renv; a target of a plain Makefile that runs one of them.

**poetry and pdm** install the project itself too, for which they need the sources. Its dependencies come first then
(`poetry install --no-root`), and the author's own command runs again behind the copy.

**Builds that fetch for themselves.** `go build`, `mvn package`, `dotnet publish`, `cargo build`, `swift build` and
`sbt assembly` run behind the copy of the sources. In a stage that is thrown away, a RUN of their own command for it
goes in front of that copy: `go mod download`, `mvn dependency:go-offline`, `dotnet restore`, `cargo fetch`, `swift
package resolve`, `sbt update`, and `./gradlew --version`, with which the wrapper fetches Gradle itself. Where the
context brings what would be fetched, or a cache mount keeps it, there is nothing to gain. Cargo needs its sources to
fetch, unless Cargo.toml names the path of each target; cargo-chef does more there.

**Which files.** All that the install reads and that the build context ships after its ignore file: manifest, lock
file, files that they include (`-r`, `-c`, workspaces, `file:` dependencies, patches), settings, hook scripts and what
these import. Each keeps its place, its owner flags and its folder.

**What it promises.** The same image: the same files with the same content, mode and owner, and the same configuration.

**When it refuses.** When the install runs code that cannot be followed, when something between the copy and the
install may read the sources, when the later copy would overwrite what the install wrote (a `node_modules` folder in
the context; `npm ci` removes that itself, so that it gets a line in `.dockerignore` and the split is made, unless
another Dockerfile is in the context), or when the install may rewrite a lock file that the context brings. It also
leaves files alone that are split already, and tells where such a split forgot a file.

References: [Optimize cache usage](https://docs.docker.com/build/cache/optimize/),
[Dockerfile reference: COPY](https://docs.docker.com/reference/dockerfile/#copy)
"""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example
from dfix.rewriter.answers.reason import LeaveAlone, attempt
from dfix.rewriter.model import Model, Stage, Step
from dfix.transforms.split_manifests.dependencies_first import INSTALLS_PROJECT
from dfix.transforms.split_manifests.fetch_first import EarlyDownload, early_download
from dfix.transforms.split_manifests.installs import InstallRun, install_run
from dfix.transforms.split_manifests.late_files import left_behind
from dfix.transforms.split_manifests.makefile_installs import make_run
from dfix.transforms.split_manifests.moved_copies import looks_like_a_tree
from dfix.transforms.split_manifests.strategies import Split, download_first, install_moved, install_twice

NAME = "split-manifests"
SUMMARY = "copy dependency manifests, install, then copy the sources"
CONTRACT: Contract = "same-image"
CODES: tuple[str, ...] = ()
ORDER = 10

_PACKAGE = '{"name": "a", "version": "1.0.0", "dependencies": {"b": "^1.0.0"}}'
_LOCK = (
    '{"name": "a", "version": "1.0.0", "lockfileVersion": 3, "packages": '
    '{"": {"name": "a", "version": "1.0.0", "dependencies": {"b": "^1.0.0"}}}}'
)
_NODE = {"package.json": _PACKAGE, "package-lock.json": _LOCK, "server.js": ""}
_NPM = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
_PIP = "FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\nRUN pip install -r requirements.txt\n"
_GO = {
    "go.mod": "module a\n\nrequire b v1.0.0\n",
    "go.sum": "b v1.0.0 h1:x=\nb v1.0.0/go.mod h1:y=\n",
    "main.go": "",
}
_GO_BUILD = (
    "FROM golang:1.22 AS build\nWORKDIR /src\nCOPY . .\nRUN go build -o /app .\n\n"
    "FROM scratch\nCOPY --from=build /app /app\n"
)
_POETRY = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN poetry install\n"


def _with_script(hook: str, script: str) -> str:
    return f'{{"name": "a", "scripts": {{"{hook}": "{script}"}}}}'


EXAMPLES: tuple[Example, ...] = (
    Example(
        name="npm ci behind the copy of the tree",
        files=_NODE,
        before=_NPM,
        after="FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n",
    ),
    Example(
        name="the comment goes with the copy, and the flags with both",
        files=_NODE,
        before=(
            "FROM node:22\nWORKDIR /app\n\n# the application\nCOPY --chown=node:node . .\n\n"
            'RUN npm install\n\nCMD ["node", "server.js"]\n'
        ),
        after=(
            "FROM node:22\nWORKDIR /app\n\nCOPY --chown=node:node package.json package-lock.json ./\n\n"
            "RUN npm install\n\n# the application\nCOPY --chown=node:node . .\n\n"
            'CMD ["node", "server.js"]\n'
        ),
    ),
    Example(
        name="install and build in one RUN of a subfolder",
        files={"web/package.json": _PACKAGE, "web/package-lock.json": _LOCK, "web/src/a.js": "", "api/main.go": ""},
        before="FROM node:22 AS web\nWORKDIR /src\nCOPY . .\nRUN cd web && npm ci && npm run build\n",
        after=(
            "FROM node:22 AS web\nWORKDIR /src\nCOPY web/package.json web/package-lock.json ./web/\n"
            "RUN cd web && npm ci\nCOPY . .\nRUN cd web && npm run build\n"
        ),
    ),
    Example(
        name="a hook script and what it imports keep their places",
        files={
            "package.json": _with_script("postinstall", "node scripts/post.js"),
            "scripts/post.js": "require('./banner')",
            "scripts/banner.js": "console.log('hi')",
            "server.js": "",
        },
        before=_NPM.replace("npm ci", "npm install"),
        after=(
            "FROM node:22\nWORKDIR /app\nCOPY package.json ./\n"
            "COPY scripts/post.js scripts/banner.js ./scripts/\nRUN npm install\nCOPY . .\n"
        ),
    ),
    Example(
        name="requirements that include others",
        files={
            "requirements.txt": "-r req/base.txt\nflask\n",
            "req/base.txt": "-c limits.txt\n",
            "req/limits.txt": "",
            "a.py": "",
        },
        before=_PIP,
        after=(
            "FROM python:3.12-slim\nWORKDIR /srv\nCOPY requirements.txt ./\nCOPY req/base.txt req/limits.txt ./req/\n"
            "RUN pip install -r requirements.txt\nCOPY . .\n"
        ),
    ),
    Example(
        name="a folder of the image that WORKDIR names only afterwards",
        files={"requirements.txt": "flask\n", "app.py": ""},
        before="FROM python:3.12\nADD . /code\nWORKDIR /code\nRUN python -m pip install -r requirements.txt\n",
        after=(
            "FROM python:3.12\nCOPY requirements.txt /code/\nWORKDIR /code\n"
            "RUN python -m pip install -r requirements.txt\nADD . /code\n"
        ),
    ),
    Example(
        name="already split",
        files=_NODE,
        before="FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n",
    ),
    Example(name="no build context", before=_NPM, because="which is not known"),
    Example(
        name="a hook that reads files",
        files={"package.json": _with_script("prepare", "tsc -p ."), "tsconfig.json": "{}"},
        before=_NPM.replace("npm ci", "npm install"),
        because="package.json: the hook `prepare` runs `tsc -p .`",
    ),
    Example(
        name="poetry installs dependencies first, then the project",
        files={"pyproject.toml": "[tool.poetry]\n", "poetry.lock": "", "a/__init__.py": ""},
        before=_POETRY,
        after=_POETRY.replace(
            "COPY . .\n", "COPY pyproject.toml poetry.lock ./\nRUN poetry install --no-root\nCOPY . .\n"
        ),
    ),
    Example(
        name="plugins of poetry may read the project",
        files={"pyproject.toml": '[tool.poetry.requires-plugins]\na = "*"\n', "a/__init__.py": ""},
        before=_POETRY.replace("poetry install", "poetry install --no-root"),
        because="asks for plugins of poetry",
    ),
    Example(
        name="modules of Go are fetched before the sources are copied",
        files=_GO,
        before=_GO_BUILD,
        after=_GO_BUILD.replace("COPY . .\n", "COPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\n"),
    ),
    Example(
        name="modules of Go that the context brings",
        files={**_GO, "vendor/modules.txt": "# b v1.0.0\n"},
        before=_GO_BUILD,
    ),
    Example(
        name="a go.sum to which the download would add something",
        files={**_GO, "go.sum": ""},
        before=_GO_BUILD,
        because="go.sum has no sums of b v1.0.0",
    ),
    Example(
        name="node_modules in the context would win",
        files={**_NODE, "node_modules/b/index.js": ""},
        before=_NPM.replace("npm ci", "npm install"),
        because="the build context ships node_modules",
    ),
    Example(
        name="a lock file that the install would rewrite",
        files={**_NODE, "package.json": _PACKAGE.replace("^1.0.0", "^2.0.0")},
        before=_NPM.replace("npm ci", "npm install"),
        because="would rewrite package-lock.json: `dependencies` differs from package.json",
    ),
    Example(
        name="something between reads the tree",
        files=_NODE,
        before="FROM node:22\nWORKDIR /app\nCOPY . .\nRUN ./configure.sh\nRUN npm ci\n",
        because="`./configure.sh` may read the copied files",
    ),
    Example(
        name="the project installs itself",
        files={"requirements.txt": "-e .\n", "setup.py": "", "a.py": ""},
        before=_PIP,
        because="installs the project itself",
    ),
    Example(
        name="the manifest is left out by the ignore file",
        files={**_NODE, ".dockerignore": "*.json\n"},
        before=_NPM,
        because="package.json is left out by line 1 of .dockerignore",
    ),
    Example(
        name="what the RUN installs it removes at its end",
        files=_NODE,
        before="FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build && rm -rf node_modules\n",
        because="`rm -rf node_modules` at the end of the RUN",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Split each install whose manifests come with the whole tree."""
    for stage in model.stages:
        yield from _stage(model, stage)


def _stage(model: Model, stage: Stage) -> Iterator[Change | Refusal]:
    copies: list[Step] = []
    mounted: set[str] = set()
    seen: set[str] = set()
    yield from _triggers(stage)
    for step in stage.steps:
        if step.onbuild:
            continue
        if step.keyword in ("COPY", "ADD"):
            if step.instruction.flag("from") is None and not step.instruction.heredocs:
                copies.append(step)
        elif step.keyword == "RUN":
            binds = any(mount.kind == "bind" for mount in step.mounts)
            if not copies and not binds:
                continue
            try:
                run = install_run(step) or _made(model, copies, step)
                managers = {install.manager for install in run.installs} if run is not None else set()
                if not copies:
                    mounted |= managers  # split already, without a copy
                    continue
                if run is not None and managers <= mounted:
                    continue
                found = _consider(model, copies, run, seen) if run is not None else _download(model, copies, step)
            except LeaveAlone as no:
                yield Refusal(NAME, step.instruction.span.start, *no.reason)
                return
            if found is not None:
                yield Change(NAME, found.at, found.edits, found.reason, CONTRACT, found.ignored)
                return
            seen |= managers


def _triggers(stage: Stage) -> Iterator[Refusal]:
    """ONBUILD runs in builds that begin with this image, each with a context of its own."""
    triggers = [step for step in stage.steps if step.onbuild]
    tree = next((step for step in triggers if step.keyword in ("COPY", "ADD") and looks_like_a_tree(step)), None)
    for step in triggers:
        run = install_run(step) if step.keyword == "RUN" and tree is not None and step.index > tree.index else None
        if run is not None:
            reason = f"`{run.installs[0].shown}` runs in builds that begin with this image, whose files are not known"
            yield Refusal(NAME, step.instruction.span.start, "onbuild", reason)
            return


def _made(model: Model, copies: list[Step], step: Step) -> InstallRun | None:
    return None if model.context is None or not copies else make_run(model.context, copies, step)


def _consider(model: Model, copies: list[Step], run: InstallRun, seen: set[str]) -> Split | None:
    """`seen` are managers whose installs come before this one: their dependencies are there already."""
    context = model.context
    if context is None:
        if not any(looks_like_a_tree(step) for step in copies):
            return None
        raise _no_context(run.installs[0].shown)
    try:
        found = install_moved(model, context, copies, run)
    except LeaveAlone as no:
        if no.reason.code != INSTALLS_PROJECT:
            raise
        if seen.issuperset(install.manager for install in run.installs):
            return None
        found = install_twice(model, context, copies, run)
        if found is None:
            raise
    if found is None:
        left_behind(context, copies, run)
    return found


def _download(model: Model, copies: list[Step], step: Step) -> Split | None:
    if model.context is not None:
        return download_first(model, model.context, copies, step)
    found = attempt(early_download, model, step)
    if isinstance(found, EarlyDownload) and not step.stage.ships and any(map(looks_like_a_tree, copies)):
        raise _no_context(found.run.installs[0].shown)
    return None


def _no_context(shown: str) -> LeaveAlone:
    reason = f"`{shown}` reads files of the build context, which is not known"
    return LeaveAlone("no-context", reason, "name its folder with --context")
