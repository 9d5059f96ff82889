"""Copies what an install reads before the install, and the rest of the sources after it.

**What it does.** After `COPY . .`, `npm ci` re-runs whenever any file changes. This rule writes a COPY of the manifests
before the install and moves the copy of the sources after it, so that the install stays cached when you edit a source.
Where install and build share a RUN, the RUN is split between them; the second part repeats `cd`, `export` and `set`.

**Which installs.** npm, Yarn (1 and later), pnpm, Bun, workspaces of each, Prisma's client; pip, pip-tools, poetry,
pdm, pipenv, uv, hatch, conda and mamba; Composer; Bundler; `dotnet restore`; `go mod download`; Mix; Dart and
Flutter; renv; a target of a plain Makefile that runs one of them.

**poetry, pdm and uv** also install the project itself, which needs the sources. Here the dependencies are installed
first (`poetry install --no-root`, `uv sync --no-install-project`), and your own command runs again after the copy.

**Composer** runs the project's scripts and makes an autoloader, which may list the classes of the sources. There,
`composer install --no-scripts --no-autoloader` comes first, and your own command after the copy installs nothing more.
That was built with Composer 2.5.5 and packages in folders. Scripts that run before or between the packages
(`pre-install-cmd`, `post-package-install`) and plugins that may read the sources keep the install where it is. Plugins
that only act when all packages are there come with the second run: symfony/flex from 1.15.3 on, symfony/runtime,
php-http/discovery. `php -d memory_limit=-1 composer.phar install` is an install, too. Without a lock file the same
holds where Composer is 2.2 or later, which runs no plugin that composer.json does not allow, and no script before
the packages depends on whether there is one: the first run writes it, and the second finds it. `composer run-script
post-update-cmd` then runs what only an install without a lock file does.

**Bundler** rewrites a Gemfile.lock that it wrote in an earlier major version, or for another processor only. Then
`bundle install` runs before the copy and once more after it: the copy brings the old lock file back, and the second run
writes the same new one without installing anything. That was built with Bundler 2.2.5, 2.3.15 and 2.6.7 and a registry
of files. For a processor that the lock file lacks, the second run asks the registry for its list of gems once more.

**Builds that download.** `go build`, `mvn package`, `dotnet publish`, `cargo build`, `swift build` and `sbt assembly`
run after the copy of the sources. The rule adds a RUN before that copy that only downloads: `go mod download`,
`mvn dependency:go-offline`, `dotnet restore`, `cargo fetch`, `swift package resolve`, `sbt update`, and
`./gradlew --version`, with which the wrapper downloads Gradle. In a stage that ships, it adds only those of Go, Maven
and Cargo, which fill nothing but caches, and `dotnet restore`, which besides fills `obj`, as the build's own restore
does: the image may keep packages that the build does not use. Where a step between the copy and the build keeps the
copy in its place (`RUN chmod +x mvnw`), the download comes before the copy, with its own `chmod`. It adds nothing where
the build context already has the packages, or a cache mount keeps them. Every Cargo command looks for the sources of
the project's targets, so `cargo fetch` runs beside empty ones, which the same RUN removes: it compiles nothing, and
leaves nothing but crates. cargo-chef goes further, and builds the dependencies too. Where a command of the same RUN
comes first (`apk add maven && mvn package`), the RUN is split between the two.

**pnpm.** Where `pnpm install` has to stay after the sources, because its hooks run the project's code or it may rewrite
its lock file, and the stage does not ship, `pnpm fetch --ignore-scripts` comes before the copy. It fills pnpm's store
from the lock file alone; the same RUN removes its node_modules. No script runs then, since pnpm would keep what a
script made in its own package, and not run it again. With pnpm 8.15, 9.15, 10.33 and 12.21, the install then needed no
network, and ended with the same files.

**.NET.** dfix reads projects, solutions, what they refer to and import, and what MSBuild and NuGet find by themselves
(Directory.Build.props, `App.csproj.user`, response files, nuget.config). Where packages or projects are only for one
configuration, `dotnet publish -c Release` gets `dotnet restore -p:Configuration=Release`, since a build restores with
its own properties. Code of a project that may read files or that runs in a restore keeps the install where it is, and
so do .razor files from .NET 10 on, which `dotnet restore` looks for. All that rests on documentation and on the
sources of MSBuild, NuGet and the SDK; it was not built.

**Downloads that may fail.** `go mod download`, `mvn dependency:go-offline` and `cargo fetch` ask for everything that
the manifests name: private modules that the build does not need, or modules of a Maven reactor that need each other
and are in no repository. Where that may be, the RUN ends in `|| true`: what can be fetched is fetched, and your own
build decides as before. For a day, Maven remembers what a repository did not have; the RUN removes that record, so
that the build asks again. .NET and sbt have no such form here; there the rule refuses.

**Which files.** Everything that the install reads and that the ignore file does not leave out: manifest, lock file,
files they include (`-r`, `-c`, workspaces, `file:` dependencies, patches), settings, hook scripts and what these
import. Each keeps its folder, and the owner flags of its COPY.

**What it promises.** The same image: the same files with the same content, mode and owner, and the same configuration.
A download in a stage that ships may leave more in the manager's caches, and says so.

**When it refuses.** When the install runs code that dfix cannot follow; when something between the copy and the
install may read the sources; when the later copy would overwrite what the install wrote (a `node_modules` folder in
the context); or when the install may rewrite a lock file of the context, and a later COPY brings that file again. The
lock files of npm, Yarn 1, pnpm, Bundler and uv are compared with their manifests; for pnpm, the Dockerfile or
package.json also has to say which version runs, since each takes only its own form. `npm ci` removes `node_modules`
itself; there the rule adds it to `.dockerignore` and splits, unless the context has another Dockerfile. A Dockerfile
that is split already stays as it is, and the rule reports a manifest that such a split forgot.

References: [Optimize cache usage](https://docs.docker.com/build/cache/optimize/),
[Dockerfile reference: COPY](https://docs.docker.com/reference/dockerfile/#copy)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Contract
from dfix.rewriter.answers.example import Example

if TYPE_CHECKING:
    from dfix.rewriter.answers.change import Change, Refusal
    from dfix.rewriter.model import Model

NAME = "split-manifests"
SUMMARY = "copy dependency manifests, install, then copy the sources"
CONTRACT: Contract = "same-image"
CODES: tuple[str, ...] = ()
ORDER = 10

_PACKAGE = '{"name": "a", "version": "1.0.0", "dependencies": {"b": "^1.0.0"}}'
_LOCK = (
    '{"name": "a", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": '
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
        name="npm ci before the copy of the sources",
        files=_NODE,
        before=_NPM,
        after="FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n",
    ),
    Example(
        name="the comment moves with the copy, and both copies have its flags",
        files=_NODE,
        before=(
            "FROM node:22\nWORKDIR /app\n\n# the application\nCOPY --chown=node:node . .\n\n"
            'RUN npm ci\n\nCMD ["node", "server.js"]\n'
        ),
        after=(
            "FROM node:22\nWORKDIR /app\n\nCOPY --chown=node:node package.json package-lock.json ./\n\n"
            "RUN npm ci\n\n# the application\nCOPY --chown=node:node . .\n\n"
            'CMD ["node", "server.js"]\n'
        ),
    ),
    Example(
        name="install and build of a subfolder in one RUN",
        files={"web/package.json": _PACKAGE, "web/package-lock.json": _LOCK, "web/src/a.js": "", "api/main.go": ""},
        before="FROM node:22 AS web\nWORKDIR /src\nCOPY . .\nRUN cd web && npm ci && npm run build\n",
        after=(
            "FROM node:22 AS web\nWORKDIR /src\nCOPY web/package.json web/package-lock.json ./web/\n"
            "RUN cd web && npm ci\nCOPY . .\nRUN cd web && npm run build\n"
        ),
    ),
    Example(
        name="a hook script and what it imports are copied to their own places",
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
        name="the WORKDIR comes after the copy",
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
    Example(name="no build context", before=_NPM, because="reads files from the build context, which is unknown"),
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
        name="poetry plugins may read the project",
        files={"pyproject.toml": '[tool.poetry.requires-plugins]\na = "*"\n', "a/__init__.py": ""},
        before=_POETRY.replace("poetry install", "poetry install --no-root"),
        because="asks for plugins of poetry",
    ),
    Example(
        name="Go modules are downloaded before the sources are copied",
        files=_GO,
        before=_GO_BUILD,
        after=_GO_BUILD.replace("COPY . .\n", "COPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\n"),
    ),
    Example(
        name="Go modules are in the build context",
        files={**_GO, "vendor/modules.txt": "# b v1.0.0\n"},
        before=_GO_BUILD,
        because="vendor/modules.txt is in the build context",
    ),
    Example(
        name="the download would add lines to go.sum",
        files={**_GO, "go.sum": ""},
        before=_GO_BUILD,
        because="go.sum has no sums of b v1.0.0",
    ),
    Example(
        name="node_modules in the build context would overwrite the installed one",
        files={**_NODE, "node_modules/b/index.js": ""},
        before=_NPM.replace("npm ci", "npm install"),
        because="the build context ships node_modules",
    ),
    Example(
        name="the install would rewrite the lock file",
        files={**_NODE, "package.json": _PACKAGE.replace("^1.0.0", "^2.0.0")},
        before=_NPM.replace("npm ci", "npm install"),
        because="would rewrite package-lock.json: `dependencies` differs from package.json",
    ),
    Example(
        name="a command before the install may read the sources",
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
        name="the ignore file leaves out the manifest",
        files={**_NODE, ".dockerignore": "*.json\n"},
        before=_NPM,
        because="package.json is left out by line 1 of .dockerignore",
    ),
    Example(
        name="the RUN removes at its end what it installed",
        files=_NODE,
        before="FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build && rm -rf node_modules\n",
        because="`rm -rf node_modules` at the end of the RUN",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """For each stage, split its first install that runs after the sources are copied, or say why not."""
    if any(step.keyword in ("COPY", "ADD") for stage in model.stages for step in stage.steps):
        # most of the rule's modules are only needed here, and a save in an editor waits for each import
        from dfix.transforms.split_manifests.first_install import split_stages

        yield from split_stages(model)
