"""Keeps what package managers download between builds, in cache mounts.

**What it does.** `RUN --mount=type=cache,target=/root/.npm` gives a RUN a folder that stays on the builder and is not
part of the image. When the RUN runs again, because a lock file or a source has changed, the package manager finds what
it downloaded or compiled before. What the author wrote to keep the cache out of the layer goes (`--no-cache-dir`,
`npm cache clean --force`, `rm -rf /var/lib/apt/lists/*`), because it would empty the mount.

**Which managers.** apt, npm, Yarn 1, pnpm, Bun, pip, uv, Poetry, Pipenv, PDM, Composer (in its own image), Go, Cargo,
Maven, Gradle and .NET; each with the folders that its documentation names, and only those of which nothing else is
part of the image: for apt `/var/cache/apt` and `/var/lib/apt/lists`, not `/var/lib/apt`.

**What it gains.** Seconds, on a builder that is used again: a RUN runs as often as before, but downloads less. On a
fresh CI machine it gains nothing unless the machine keeps the builder's cache; `--cache-to` does not export cache
mounts. There it may even lose: a layer with `go mod download` comes from a registry's cache, the content of a mount
does not. So the rule only runs by name: `--select cache-mounts`, or the same in the settings. The builder has to be
BuildKit, which Docker uses since version 23.0.

**What it promises.** The same image, except that the package managers' cache folders contain fewer files.

**Which RUNs.** All that use the same cache in stages on one base image, or none: a mount hides what an earlier RUN put
into the folder. In stages that ship, only RUNs that leave no cache behind today get one; `--select
clean-up,cache-mounts` makes them such. The mounts of Go, Cargo, Maven, Gradle, .NET, pnpm and Bun are only for stages
that don't ship. What a manager compiles for one base image (wheels of pip, packages of Go with C) is kept apart from
that for others by `id=`.

For apt, mounts have `sharing=locked`. Debian's images delete packages after each install (docker-clean). A stage that
does not ship turns that off; in one that ships this would change the image, so only the lists are kept.

**When it refuses.** When the user's home is not known, or the RUN changes the user; when a variable, an option or a
settings file moves the cache, turns it off, or makes installed files links into it; when a command works from the
cache alone (`--offline`, `--no-restore`), because a builder may empty a mount at any time; when apt installs from the
lists of an earlier RUN; when a COPY, a command or another stage names the folder; when another RUN of the stage may use
the cache without a mount (`make`, a script); when the clean-up is not an element of a plain chain; when `mvn install`
would leave the project's own modules to other builds; when `# syntax=` is older than 1.2 or the settings name a builder
without cache mounts; and when a RUN mounts something else there.

Cargo's `target` folder is not mounted, because later steps copy the program out of it.

**What it does not see.** A cache outlives what it was filled with: packages that a repository replaces under the same
version (Maven's SNAPSHOT) may be as old as the package manager lets them be, and a wheel that pip compiled stays when
the tag of the base image moves to another release. A tag that names the release avoids that.

References: [Optimize cache usage: cache mounts](https://docs.docker.com/build/cache/optimize/#use-cache-mounts),
[RUN --mount=type=cache](https://docs.docker.com/reference/dockerfile/#run---mounttypecache)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Contract
from dfix.rewriter.answers.example import Example
from dfix.rewriter.knowledge.load import is_named

if TYPE_CHECKING:
    from dfix.rewriter.answers.change import Change, Refusal
    from dfix.rewriter.model import Model

NAME = "cache-mounts"
SUMMARY = "keep what package managers download between builds in cache mounts"
CONTRACT: Contract = "same-but-caches"
CODES: tuple[str, ...] = ()
ORDER = 35
OPT_IN = True
MAY_DROP = ("RUN",)

_GO = "FROM golang:1.22 AS build\nWORKDIR /src\nCOPY . .\n"
_SHIPS = "FROM debian:12\nCOPY --from=build /out /usr/local/bin/app\n"
_GO_MOUNTS = (
    "--mount=type=cache,target=/go/pkg/mod \\\n"
    "    --mount=type=cache,id=go-build-golang-1.22,target=/root/.cache/go-build \\\n    "
)
_LISTS = "--mount=type=cache,target=/var/lib/apt/lists,sharing=locked"
_NPM = "FROM node:22 AS build\nWORKDIR /app\nCOPY . .\n"
_PAGES = "FROM nginx:1\nCOPY --from=build /app/dist /usr/share/nginx/html\n"
_MAVEN = "FROM maven:3.9-eclipse-temurin-21 AS build\nWORKDIR /src\nCOPY . .\n"
_JAR = "FROM eclipse-temurin:21-jre\nCOPY --from=build /src/target/app.jar /app.jar\n"

EXAMPLES: tuple[Example, ...] = (
    Example(
        "Go's two caches, on every RUN that uses them",
        "FROM golang:1.22 AS build\nWORKDIR /src\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\n"
        "RUN go build -o /out .\n" + _SHIPS,
        f"FROM golang:1.22 AS build\nWORKDIR /src\nCOPY go.mod go.sum ./\nRUN {_GO_MOUNTS}go mod download\nCOPY . .\n"
        f"RUN {_GO_MOUNTS}go build -o /out .\n{_SHIPS}",
    ),
    Example(
        "npm in a build stage",
        _NPM + "RUN npm ci && npm run build\n" + _PAGES,
        _NPM + "RUN --mount=type=cache,target=/root/.npm \\\n    npm ci && npm run build\n" + _PAGES,
    ),
    Example(
        "apt in a build stage: packages and lists",
        "FROM debian:12 AS build\nRUN apt-get update \\\n && apt-get install -y gcc \\\n"
        " && rm -rf /var/lib/apt/lists/*\nCOPY . .\nRUN make\n" + _SHIPS,
        "FROM debian:12 AS build\nRUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n"
        f" {_LISTS} \\\n rm -f /etc/apt/apt.conf.d/docker-clean && apt-get update \\\n && apt-get install -y gcc\n"
        "COPY . .\nRUN make\n" + _SHIPS,
    ),
    Example(
        "apt in an image that ships: the lists, in place of their removal",
        "FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/* /tmp/*\n",
        f"FROM debian:12\nRUN {_LISTS} \\\n    apt-get update && apt-get install -y curl && rm -rf /tmp/*\n",
    ),
    Example(
        "pip, in place of --no-cache-dir",
        "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt\n",
        "FROM python:3.12-slim\nCOPY requirements.txt .\n"
        "RUN --mount=type=cache,id=pip-python-3.12-slim,target=/root/.cache/pip \\\n"
        "    pip install -r requirements.txt\n",
    ),
    Example(
        "Maven, beside settings.xml",
        _MAVEN.replace("COPY . .", "COPY settings.xml /root/.m2/\nCOPY . .") + "RUN mvn -B package\n" + _JAR,
        _MAVEN.replace("COPY . .", "COPY settings.xml /root/.m2/\nCOPY . .")
        + "RUN --mount=type=cache,target=/root/.m2/repository,sharing=locked \\\n    mvn -B package\n"
        + _JAR,
    ),
    Example(
        "another user, in an image that documents it",
        "FROM node:22 AS build\nUSER node\nWORKDIR /home/node/app\nCOPY . .\nRUN npm ci\n" + _PAGES,
        "FROM node:22 AS build\nUSER node\nWORKDIR /home/node/app\nCOPY . .\n"
        "RUN --mount=type=cache,target=/home/node/.npm,uid=1000,gid=1000 \\\n    npm ci\n" + _PAGES,
    ),
    Example("mounts already", _NPM + "RUN --mount=type=cache,target=/root/.npm npm ci\n" + _PAGES),
    Example("nothing that has a cache", "FROM node:22\nRUN npm run build\n"),
    Example(
        "an image that contains the cache",
        "FROM node:22\nRUN npm ci\n",
        because="the image that ships contains the cache of `npm ci` on line 2",
    ),
    Example(
        "a base image whose user is not known",
        "FROM example.com/node AS build\nRUN npm ci\n" + _PAGES,
        because="dfix does not know the user and home of example.com/node",
    ),
    Example(
        "a variable that turns the cache off",
        "FROM python:3.12\nENV PIP_NO_CACHE_DIR=1\nRUN pip install flask\n",
        because="PIP_NO_CACHE_DIR turns pip's cache off",
    ),
    Example(
        "a moved cache",
        _GO + "ENV GOMODCACHE=/modules\nRUN go build -o /out .\n" + _SHIPS,
        because="GOMODCACHE moves go's cache",
    ),
    Example(
        "a RUN that may use the cache without a mount",
        _GO + "RUN go mod download\nRUN make\n" + _SHIPS,
        because="`make` on line 5 may use go's cache, but would have no mount",
    ),
    Example(
        "a later stage copies from the cache",
        _MAVEN + "RUN mvn -B package\n" + _JAR + "COPY --from=build /root/.m2 /root/.m2\n",
        because="copies /root/.m2 from this stage",
    ),
    Example(
        "the cache is packed into an archive",
        _MAVEN + "RUN mvn -B package && tar czf /m2.tgz ~/.m2\n" + _JAR,
        because="uses mvn's cache",
    ),
    Example(
        "the project's own modules",
        _MAVEN + "RUN mvn -B install\n" + _JAR,
        because="puts the project's own results into mvn's folder",
    ),
    Example(
        "packages of an earlier restore",
        "FROM mcr.microsoft.com/dotnet/sdk:8.0 AS build\nCOPY . .\nRUN dotnet restore\n"
        "RUN dotnet publish --no-restore -o /out\nFROM mcr.microsoft.com/dotnet/aspnet:8.0\n"
        "COPY --from=build /out /app\n",
        because="needs what an earlier command left in the folder",
    ),
    Example(
        "lists of an earlier RUN",
        "FROM debian:12 AS build\nRUN apt-get update\nRUN apt-get install -y gcc\n" + _SHIPS,
        because="`apt-get update` on line 2 may fetch lists for another RUN",
    ),
    Example(
        "a removal of more than the cache",
        "FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt\n",
        because="also removes the folder of the mount",
    ),
    Example(
        "an old frontend",
        "# syntax=docker/dockerfile:1.1\n" + _NPM + "RUN npm ci\n" + _PAGES,
        because="is older than 1.2",
    ),
    Example(
        "another mount",
        _NPM + "RUN --mount=type=tmpfs,target=/root npm ci\n" + _PAGES,
        because="mounts /root already, with type=tmpfs",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Give all RUNs that use one cache their mounts."""
    runs = (step for stage in model.stages for step in stage.steps if step.keyword == "RUN")
    if any(is_named("mount", step.source_text) for step in runs):
        from dfix.transforms.cache_mounts.cache_mounts import cache_mounts  # most files need none of this

        yield from cache_mounts(model)
