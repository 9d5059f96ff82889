"""Keeps the list of manifests complete that a Dockerfile copies before an install.

**What it does.** Before an install, many Dockerfiles copy the manifests of a workspace one by one, so that the install
stays cached when a source changes. A new member is easily forgotten there, and one that was deleted breaks the build.
This rule adds a COPY for each manifest that the install needs and does not find, in the layout of the lines beside it,
and removes the COPY of a member that is gone.

**How it is told.** A change is a finding like any other, so `dfix --check` exits 1. With `warn = ["sync-manifests"]` in
the settings it is told, and does not count.

**Which lists.**

- `go mod download`: the go.mod of folders that replace a required module, and of those that go.work uses. The download
  fails without them.
- `pip install -r`: files that a copied one includes (`-r`, `-c`). The install fails without them.
- pnpm: patches that `patchedDependencies` names. The install fails without them.
- pnpm: members that a copied member depends on (`workspace:`), or in which a later command works (`pnpm --filter api
  build`). With `--frozen-lockfile`, pnpm links to such a member, but installs none of its dependencies; without, it
  fails.
- Yarn 1: the same. Without the member, Yarn installs a package of that name from the registry.
- Yarn 2 and later with `--immutable`: all members, since the install fails if one is missing.
- npm: members in which a later command works (`npm run build -w web`). What a member needs that others depend on, npm
  installs from package-lock.json anyway.

**What it promises.** The contract is `repairs`. Today, the build fails, or the install leaves out packages. With
the new lines, the install finds what it would find if the members that the list names, and those that they need, were
copied whole before it. Today's Dockerfile has no build to compare this with: it fails, or
its image lacks these packages. The check of the result holds only that every other COPY is still there, that the new
ones bring single files, and that none of them puts another file where one is today. `dfix verify` can't prove such a
change either: where the original builds, it runs both images, as for rules that make another image; else it says that
the original fails.

**What it leaves alone.** A list that leaves members out is often meant so:

- the install has an option that may choose members (`--filter`, `--workspace`), or another that dfix doesn't know here;
- no copied member depends on the one that is missing, and no later command works in it;
- nothing is missing without it: with npm, where another member depends on it; with pnpm, where it has no dependencies;
- no later COPY of the stage, or of one that builds on it, brings the member; the ignore file leaves it out;
- a later command installs again;
- manifests come from another stage (`turbo prune`), by a bind mount, or with `COPY --parents`;
- a RUN before the install may write the manifest, or the base image may have it;
- the lock file does not say what the manifests of all members do;
- the member has install hooks, commands (`bin`) or compiled parts, which need more than its manifest;
- a file is copied to another place than the one that it has in the project.

A COPY stays although its source is missing where the project (a lock file, go.work) or another instruction still names
the folder, where the folder is there, where no other member beside it is copied, or where other sources are missing as
well: then the file may be made before the build, or dfix may look at another folder than the build does.

Cargo, .NET, uv, Maven and Gradle are not looked at yet, and neither are lists in a stage from which only
`node_modules` is copied (`COPY --from=deps`).

References: [pnpm: working with Docker](https://pnpm.io/docker),
[Go Modules: replace directive](https://go.dev/ref/mod#go-mod-file-replace),
[pip: requirements file format](https://pip.pypa.io/en/stable/reference/requirements-file-format/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example
from dfix.rewriter.knowledge.load import is_named

if TYPE_CHECKING:
    from dfix.rewriter.model import Model

NAME = "sync-manifests"
SUMMARY = "complete the list of manifests that is copied before an install"
CONTRACT: Contract = "repairs"
CODES: tuple[str, ...] = ()
ORDER = 8
MAY_DROP = ("COPY", "ADD")

_GO = {
    "go.mod": "module a\n\nrequire example.com/b v0.0.0\n\nreplace example.com/b => ./internal/b\n",
    "internal/b/go.mod": "module example.com/b\n",
    "main.go": "",
}
_GO_FILE = "FROM golang:1.22\nWORKDIR /src\nCOPY go.mod ./\nRUN go mod download\nCOPY . .\nRUN go build ./...\n"
_PNPM = {
    "package.json": '{"name": "root", "private": true}',
    "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
    "pnpm-lock.yaml": (
        "lockfileVersion: '9.0'\n\n"
        "settings:\n  autoInstallPeers: true\n  excludeLinksFromLockfile: false\n\n"
        "importers:\n\n  .: {}\n\n"
        "  packages/api:\n    dependencies:\n      core:\n        specifier: workspace:*\n"
        "        version: link:../core\n"
        "\n  packages/core:\n    dependencies:\n      is-number:\n        specifier: 7.0.0\n        version: 7.0.0\n\n"
        "packages:\n\n  is-number@7.0.0:\n    resolution: {integrity: sha512-x}\n    engines: {node: '>=0.12.0'}\n\n"
        "snapshots:\n\n  is-number@7.0.0: {}\n"
    ),
    "packages/api/package.json": '{"name": "api", "dependencies": {"core": "workspace:*"}}',
    "packages/core/package.json": '{"name": "core", "dependencies": {"is-number": "7.0.0"}}',
}
_PNPM_FILE = (
    "FROM node:22\nRUN npm install -g pnpm@9\nWORKDIR /app\n"
    "COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./\nCOPY packages/api/package.json packages/api/\n"
    "RUN pnpm install --frozen-lockfile\nCOPY . .\n"
)
_PIP_FILE = "FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\nCOPY . .\n"
_NPM = {
    "package.json": '{"name": "root", "private": true, "workspaces": ["packages/*"]}',
    "packages/api/package.json": '{"name": "api"}',
}
_GONE_FILE = (
    "FROM node:22\nWORKDIR /app\nCOPY package.json ./\nCOPY packages/api/package.json packages/api/\n"
    "COPY packages/old/package.json packages/old/\nRUN npm install\nCOPY . .\n"
)

EXAMPLES: tuple[Example, ...] = (
    Example(
        name="a folder that replaces a Go module",
        files=_GO,
        before=_GO_FILE,
        after=_GO_FILE.replace("COPY go.mod ./\n", "COPY go.mod ./\nCOPY internal/b/go.mod ./internal/b/\n"),
    ),
    Example(
        name="a member of a pnpm workspace on which another depends",
        files=_PNPM,
        before=_PNPM_FILE,
        after=_PNPM_FILE.replace("api/\n", "api/\nCOPY packages/core/package.json packages/core/\n"),
    ),
    Example(
        name="requirements that another file includes",
        files={"requirements.txt": "-r req/base.txt\n", "req/base.txt": "flask\n", "a.py": ""},
        before=_PIP_FILE,
        after=_PIP_FILE.replace("txt ./\n", "txt ./\nCOPY req/base.txt ./req/\n"),
    ),
    Example(
        name="a member that is gone",
        files=_NPM,
        before=_GONE_FILE,
        after=_GONE_FILE.replace("COPY packages/old/package.json packages/old/\n", ""),
    ),
    Example(
        name="an install of some members only",
        files=_PNPM,
        before=_PNPM_FILE.replace("--frozen-lockfile", "--frozen-lockfile --filter api"),
        because="has --filter, with which packages/core/package.json may be left out on purpose",
    ),
    Example(
        name="a member on which none depends",
        files={**_PNPM, "packages/api/package.json": '{"name": "api"}'},
        before=_PNPM_FILE,
    ),
    Example(
        name="a later install completes the first",
        files=_PNPM,
        before=_PNPM_FILE + "RUN pnpm install --frozen-lockfile --offline\n",
    ),
    Example(
        name="the member has an install hook",
        files={
            **_PNPM,
            "packages/core/package.json": (
                '{"name": "core", "dependencies": {"is-number": "7.0.0"}, "scripts": {"postinstall": "node a.js"}}'
            ),
        },
        before=_PNPM_FILE,
        because="its hook `postinstall` may read files",
    ),
    Example(
        name="the base image may have the file",
        files=_GO,
        before=_GO_FILE.replace("golang:1.22", "example.com/go:1"),
        because="does not know whether the base image example.com/go:1 has /src/internal/b/go.mod",
    ),
    Example(
        name="a folder that is made before the build",
        files={**_NPM, "packages/old/src/a.js": ""},
        before=_GONE_FILE,
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Complete the list of manifests of each install, or say why not."""
    copies = any(step.keyword == "COPY" for stage in model.stages for step in stage.steps)
    if copies and is_named("project", model.tree.source.text):
        # most of the rule's modules are only needed here
        from dfix.transforms.sync_manifests.repairs import repairs

        yield from repairs(model)
