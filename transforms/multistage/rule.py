"""Splits a stage that both builds and runs a program into a build stage and a runtime stage.

**What it does.** The existing stage keeps everything that builds, and gets a name. The new stage after it contains what
the program needs: its binary or folder, files that it may read, the libraries that it links, users, settings and the
start command. Compilers, sources, development dependencies and downloads are left behind; the reason says about how
many megabytes that is.

**Why.** A Go binary of 10 MB ships with 800 MB of compiler. What does not ship is neither pulled nor scanned nor
attacked.

**Which languages.** Go, Cargo, C and C++ (make, CMake, autotools), Maven and Gradle (a JRE of the same major version;
Spring Boot 3.3 and later in layers), .NET, Node.js (without development dependencies; slim image; static files for a
globally installed server; Next.js standalone), pip, Poetry, Pipenv, PDM and uv (a virtual environment, a prefix, or all
folders into which they install, with the manager if the container runs it), PHP (extensions and the vendor folder),
Bundler, Mix releases. Only Dockerfiles with a single stage. Where the Dockerfile has neither CMD nor ENTRYPOINT, a
compose file tells what the container runs.

**What the runtime stage keeps.** ENV, ARG, WORKDIR, USER and the users themselves, EXPOSE, VOLUME, LABEL, HEALTHCHECK
and the program that it runs, STOPSIGNAL, SHELL, ENTRYPOINT and CMD; CA certificates and time zones where the base image
has them; the system packages that the author installs, except build packages. A `-dev` package is replaced by the
libraries that belong to it, according to the package lists of Debian and Ubuntu. Variables that only the old base image
sets (GOLANG_VERSION) are lost.

**What it promises.** A different image, so it needs `--unsafe`: `dfix verify` builds both images, compares their
settings, lists what is gone and runs both. The C library and the distribution's release stay the same; interpreters
keep their paths. Which libraries the packages of Python, Ruby and Node.js load is known by their names only, or from
package-lock.json: the reason tells where `dfix verify` has to show that none is missing.

**When it refuses.** When a RUN may create something that the program needs (an unknown command, a download); when dfix
cannot tell what the container runs or which command builds it; when the program links the C library of a base image
whose tag names no release; when the sources run other programs, or development dependencies at run time (also from
scripts of package.json such as `migrate`); when a start script or HEALTHCHECK needs a program, file or interpreter that
the runtime stage lacks; when the package of a library is unknown. It reports a stage that ships a compiler or
development dependencies, but that it cannot split because the Dockerfile has several stages, because no command builds
anything, or because nothing would be left behind.

References: [Multi-stage builds](https://docs.docker.com/build/building/multi-stage/)
"""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example
from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model import Model

NAME = "multistage"
SUMMARY = "keep compilers, sources and development dependencies in a build stage"
CONTRACT: Contract = "changed-image"
CODES: tuple[str, ...] = ()
ORDER = 12
READS_SOURCES = True
MAY_DROP = ("FROM",)
"""The reference of the base image is replaced."""

_GO = {"go.mod": "module example.com/a\n\ngo 1.22\n", "main.go": 'package main\n\nimport "net"\n'}
_GO_BUILD = 'FROM golang:1.22\nWORKDIR /src\nCOPY . .\nRUN go build -o /app .\nCMD ["/app"]\n'
_RUNTIME = (
    "RUN apt-get update \\\n    && apt-get install -y --no-install-recommends {} \\\n"
    "    && rm -rf /var/lib/apt/lists/*\n"
)
_NODE = {
    "package.json": '{"scripts": {"build": "tsc", "start": "node dist/a.js"}, "devDependencies": {"typescript": "5"}}',
    "src/a.ts": "",
}
_TSC = 'FROM node:22-slim\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\nCMD ["npm", "start"]\n'
_PYTHON = {"requirements.txt": "psycopg2==2.9.9\n", "app.py": "import psycopg2\n"}
_PIP = (
    "FROM python:3.12-slim\nRUN apt-get update && apt-get install -y gcc libpq-dev\nWORKDIR /srv\n"
    'COPY requirements.txt ./\nRUN pip install -r requirements.txt\nCOPY . .\nCMD ["python", "app.py"]\n'
)
_POETRY = (
    "FROM python:3.12\nRUN pip install poetry\nWORKDIR /app\nCOPY . .\nRUN poetry install --no-root\n"
    'CMD ["poetry", "run", "python", "app.py"]\n'
)

EXAMPLES: tuple[Example, ...] = (
    Example(
        name="Go: the binary and the folder of templates that it may read",
        files={**_GO, "templates/index.html": "", "README.md": ""},
        before=_GO_BUILD,
        after=(
            "FROM golang:1.22 AS build\nWORKDIR /src\nCOPY . .\nRUN go build -o /app .\n\n"
            f"FROM debian:bookworm-slim\n{_RUNTIME.format('ca-certificates tzdata')}WORKDIR /src\n"
            "COPY --from=build /app /app\nCOPY --from=build /src/templates /src/templates\n"
            'CMD ["/app"]\n'
        ),
    ),
    Example(
        name="settings, users and the program that HEALTHCHECK runs",
        files=_GO,
        before=(
            "FROM golang:1.22\nLABEL team=web\nENV LANG=C.UTF-8\nRUN useradd -u 1000 web\nWORKDIR /src\nCOPY . .\n"
            "RUN go build -o /usr/local/bin/app .\nUSER web\nEXPOSE 8080\nHEALTHCHECK CMD curl -f localhost:8080\n"
            "ENTRYPOINT app\n"
        ),
        after=(
            "FROM golang:1.22 AS build\nENV LANG=C.UTF-8\nRUN useradd -u 1000 web\nWORKDIR /src\nCOPY . .\n"
            "RUN go build -o /usr/local/bin/app .\n\n"
            f"FROM debian:bookworm-slim\n{_RUNTIME.format('ca-certificates tzdata curl')}"
            "LABEL team=web\nENV LANG=C.UTF-8\nRUN useradd -u 1000 web\nWORKDIR /src\n"
            "COPY --from=build /usr/local/bin/app /usr/local/bin/app\n"
            "USER web\nEXPOSE 8080\nHEALTHCHECK CMD curl -f localhost:8080\nENTRYPOINT app\n"
        ),
    ),
    Example(
        name="Node.js: TypeScript is left behind",
        files=_NODE,
        before=_TSC,
        after=(
            "FROM node:22-slim AS build\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\n"
            "RUN npm prune --omit=dev\n\n"
            "FROM node:22-slim\nWORKDIR /app\nCOPY --from=build /app /app\n"
            'CMD ["npm", "start"]\n'
        ),
    ),
    Example(
        name="Python: compilers are left behind, the linked library is installed",
        files=_PYTHON,
        before=_PIP,
        after=(
            "FROM python:3.12-slim AS build\nRUN apt-get update && apt-get install -y gcc libpq-dev\nWORKDIR /srv\n"
            "COPY requirements.txt ./\nRUN pip install --prefix=/install -r requirements.txt\n\n"
            f"FROM python:3.12-slim\n{_RUNTIME.format('libpq5')}WORKDIR /srv\n"
            'COPY --from=build /install /usr/local\nCOPY . .\nCMD ["python", "app.py"]\n'
        ),
    ),
    Example(
        name="a tag without a release",
        files=_GO,
        before=_GO_BUILD.replace("golang:1.22", "golang:latest"),
        because="golang:latest does not name its Debian release, whose C library the binary may be linked to",
    ),
    Example(
        name="a download that the program may need",
        files=_GO,
        before=_GO_BUILD.replace("RUN go", "RUN curl -o /data https://example.com/data\nRUN go"),
        because="`curl -o /data https://example.com/data` on line 4 may create something the program needs",
    ),
    Example(
        name="a development dependency that starts the application",
        files={**_NODE, "package.json": _NODE["package.json"].replace("node dist", "tsc dist")},
        before=_TSC,
        because="`tsc dist/a.js` runs typescript, a development dependency",
    ),
    Example(
        name="Poetry: the container runs it, with its own environment",
        files={"pyproject.toml": "[tool.poetry]\n", "app.py": ""},
        before=_POETRY,
        after=(
            "FROM python:3.12 AS build\nRUN pip install poetry\nWORKDIR /app\nCOPY . .\n"
            "RUN poetry install --no-root\n\nFROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n"
            "COPY --from=build /usr/local /usr/local\n"
            "COPY --from=build /root/.cache/pypoetry/virtualenvs /root/.cache/pypoetry/virtualenvs\n"
            'CMD ["poetry", "run", "python", "app.py"]\n'
        ),
    ),
    Example(
        name="Poetry keeps its environment where dfix does not know",
        files={"pyproject.toml": "[tool.poetry]\n", "app.py": ""},
        before=_POETRY.replace("WORKDIR", "ENV POETRY_VIRTUALENVS_PATH=$PLACE\nWORKDIR"),
        because="POETRY_VIRTUALENVS_PATH may make poetry use another folder",
    ),
    Example(
        name="nothing to leave behind",
        files={"requirements.txt": "flask\n", "app.py": ""},
        before="FROM python:3.12-slim\nCOPY . .\nRUN pip install -r requirements.txt\nCMD python app.py\n",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Split the stage of a Dockerfile that has only one."""
    from dfix.transforms.multistage.conversion import convert
    from dfix.transforms.multistage.conversion_edits import edits, reason
    from dfix.transforms.multistage.ships_compiler import unsplit_stages

    if len(model.stages) != 1:
        yield from unsplit_stages(model)
        return
    (stage,) = model.stages
    offset = stage.instruction.span.start
    try:
        conversion = convert(model, stage)
    except LeaveAlone as no:
        yield Refusal(NAME, offset, *no.reason)
        return
    if conversion is not None:
        yield Change(NAME, offset, edits(conversion), reason(conversion), CONTRACT)
    else:
        yield from unsplit_stages(model)
