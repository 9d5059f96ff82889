"""More splits than in the rule's own examples; each result was written by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.pipeline.run import Options
from tests.build_context import rewritten

PACKAGE = json.dumps({"name": "a", "version": "1.0.0"})
PROJECT = {"name": "a", "version": "1.0.0"}
LOCK = json.dumps({**PROJECT, "lockfileVersion": 3, "requires": True, "packages": {"": PROJECT}}, indent=2) + "\n"
NODE = {"package.json": PACKAGE, "package-lock.json": LOCK, "src/a.js": "", "conf/app.conf": "", "my file.txt": ""}
PIP = {"requirements.txt": "flask\n", "app.py": "", "static/a.css": ""}


def split(tmp_path: Path, files: dict[str, str], text: str) -> Result:
    return rewritten(tmp_path, files, text, Options(select=frozenset(["split-manifests"]), context=str(tmp_path)))


GO = {
    "go.mod": "module a\n\nrequire (\n\texample.com/b v1.2.3\n\tc v0.0.0\n)\n\nreplace c => ./sdk\n",
    "go.sum": "example.com/b v1.2.3 h1:x=\nexample.com/b v1.2.3/go.mod h1:y=\n",
    "sdk/go.mod": "module c\n",
    "sdk/c.go": "",
    "main.go": 'package main\n\nimport "example.com/b"\n',
}
GO_HEAD = "FROM golang:1.22\nWORKDIR /src\nCOPY . .\n"
HEAD = "FROM node:22\nWORKDIR /app\nCOPY . .\n"
GO_TAIL = "FROM scratch\nCOPY --from=0 /src/app /app\n"
PHP = {
    "composer.json": '{"require": {"a/b": "^1"}, "scripts": {"pre-install-cmd": "x", "test": "y"}, "autoload": {"psr-4": {"A": "src"}}}',
    "composer.lock": '{"packages": [{"name": "a/b", "version": "1.0.0"}]}',
    "src/A.php": "",
}
NET = {
    "App.sln": 'Project("{F}") = "Web", "src\\Web\\Web.csproj", "{1}"\nEndProject\n',
    "Directory.Packages.props": "<Project/>",
    "Directory.Build.props": "<Project/>",
    "NuGet.config": "<configuration/>",
    "src/Web/Web.csproj": '<Project><ItemGroup><ProjectReference Include="..\\Core\\Core.csproj" /></ItemGroup></Project>',
    "src/Core/Core.csproj": "<Project/>",
    "src/Web/Program.cs": "",
}
CHANGED = [
    (
        "JSON form",
        NODE,
        'FROM node:22\nWORKDIR /app\nCOPY [".", "."]\nRUN npm ci\n',
        'FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY [".", "."]\n',
    ),
    (
        "a folder of its own beside files that stay",
        PIP,
        "FROM python:3\nWORKDIR /srv\nCOPY static ./static\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n",
        "FROM python:3\nWORKDIR /srv\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY static ./static\n",
    ),
    (
        "sources and manifest in one COPY",
        PIP,
        "FROM python:3\nWORKDIR /srv\nCOPY app.py requirements.txt ./\nRUN pip install -r requirements.txt\n",
        "FROM python:3\nWORKDIR /srv\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\n"
        "COPY app.py requirements.txt ./\n",
    ),
    (
        "a destination from ENV",
        PIP,
        "FROM python:3\nENV HOME_DIR=/srv\nCOPY . $HOME_DIR\nWORKDIR $HOME_DIR\nRUN pip install -r requirements.txt\n",
        "FROM python:3\nENV HOME_DIR=/srv\nCOPY requirements.txt $HOME_DIR/\nWORKDIR $HOME_DIR\n"
        "RUN pip install -r requirements.txt\nCOPY . $HOME_DIR\n",
    ),
    (
        "a relative destination and another WORKDIR in between",
        {"api/requirements.txt": "", "api/a.py": ""},
        "FROM python:3\nWORKDIR /srv\nCOPY . .\nWORKDIR /srv/api\nRUN pip install -r requirements.txt\n",
        "FROM python:3\nWORKDIR /srv\nCOPY api/requirements.txt ./api/\nWORKDIR /srv/api\n"
        "RUN pip install -r requirements.txt\nCOPY . /srv/\n",
    ),
    (
        "the working folder of the base image",
        PIP,
        "FROM python:3\nCOPY . .\nRUN pip install -r requirements.txt\n",
        "FROM python:3\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\nCOPY . .\n",
    ),
    (
        "steps in between that do not read the sources",
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nENV A=b\nRUN apt-get update && apt-get install -y git\n"
        "RUN npm install -g npm@10\nUSER node\nRUN npm ci\n",
        "FROM node:22\nWORKDIR /app\nENV A=b\nRUN apt-get update && apt-get install -y git\n"
        "RUN npm install -g npm@10\nCOPY package.json package-lock.json ./\nUSER node\nRUN npm ci\nCOPY . .\n",
    ),
    (
        "a folder made in between that the context does not have",
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN mkdir -p logs /data\nRUN npm ci\n",
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN mkdir -p logs /data\nRUN npm ci\nCOPY . .\n",
    ),
    (
        "set and export go with the second part",
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN set -ex && export CI=1 && npm ci \\\n    # build it\n    && npm run build\n",
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN set -ex && export CI=1 && npm ci\n"
        "COPY . .\n# build it\nRUN set -ex && export CI=1 && npm run build\n",
    ),
    (
        "flags of the RUN go to both parts",
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN --mount=type=cache,target=/root/.npm npm ci && npm test\n",
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\n"
        "RUN --mount=type=cache,target=/root/.npm npm ci\nCOPY . .\n"
        "RUN --mount=type=cache,target=/root/.npm npm test\n",
    ),
    (
        "commands that belong to the install stay with it",
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN apt-get update; npm ci; rm -rf /var/lib/apt/lists/*\n",
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\n"
        "RUN apt-get update; npm ci; rm -rf /var/lib/apt/lists/*\nCOPY . .\n",
    ),
    (
        "a subshell in a subfolder",
        {"web/package.json": PACKAGE, "web/a.js": "", "b.py": ""},
        "FROM node:22\nCOPY . /src\nWORKDIR /src\nRUN (cd web && npm install)\n",
        "FROM node:22\nCOPY web/package.json /src/web/\nWORKDIR /src\nRUN (cd web && npm install)\nCOPY . /src\n",
    ),
    (
        "two installs for one copy",
        {"package.json": PACKAGE, "requirements.txt": "", "a.py": ""},
        "FROM python:3\nWORKDIR /srv\nCOPY . .\nRUN pip install -r requirements.txt && npm install\n",
        "FROM python:3\nWORKDIR /srv\nCOPY requirements.txt package.json ./\n"
        "RUN pip install -r requirements.txt && npm install\nCOPY . .\n",
    ),
    (
        "two installs in two RUNs",
        {"package.json": PACKAGE, "requirements.txt": "", "a.py": ""},
        "FROM python:3\nWORKDIR /srv\nCOPY . .\nRUN pip install -r requirements.txt\nRUN npm install\n",
        "FROM python:3\nWORKDIR /srv\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\n"
        "COPY package.json ./\nRUN npm install\nCOPY . .\n",
    ),
    (
        "requirements by their absolute path",
        PIP,
        "FROM python:3\nCOPY . /srv\nRUN pip install -r /srv/requirements.txt\n",
        "FROM python:3\nCOPY requirements.txt /srv/\nRUN pip install -r /srv/requirements.txt\nCOPY . /srv\n",
    ),
    (
        "lower case, CRLF and no last newline",
        PIP,
        "from python:3\r\nworkdir /srv\r\ncopy . .\r\nrun pip install -r requirements.txt",
        "from python:3\r\nworkdir /srv\r\ncopy requirements.txt ./\r\nrun pip install -r requirements.txt\r\ncopy . .",
    ),
    (
        "a copy over one of its files moves after the install too",
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nCOPY conf/app.conf src/a.js\nRUN npm ci\n",
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nCOPY conf/app.conf src/a.js\n",
    ),
    (
        "the manifest is copied to another place as well",
        NODE,
        "FROM node:22\nCOPY . /app\nCOPY package.json /backup/\nWORKDIR /app\nRUN npm ci\n",
        "FROM node:22\nCOPY package.json package-lock.json /app/\nCOPY package.json /backup/\nWORKDIR /app\nRUN npm ci\nCOPY . /app\n",
    ),
    (
        "a manifest that a later copy of single files puts in place stays with it",
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nCOPY package.json package-lock.json ./\nRUN npm ci\n",
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n",
    ),
    (
        "a constraint from the environment that is copied first",
        {**PIP, "limits.txt": "", "requirements.txt": "-c limits.txt\n"},
        "FROM python:3\nWORKDIR /srv\nENV PIP_CONSTRAINT=/srv/limits.txt\nCOPY . .\nRUN pip install -r requirements.txt\n",
        "FROM python:3\nWORKDIR /srv\nENV PIP_CONSTRAINT=/srv/limits.txt\nCOPY requirements.txt limits.txt ./\n"
        "RUN pip install -r requirements.txt\nCOPY . .\n",
    ),
    (
        "Go modules, and the build after the copy",
        GO,
        "FROM golang:1.22\nWORKDIR /src\nCOPY . .\nRUN go mod download && go build -o /app .\n",
        "FROM golang:1.22\nWORKDIR /src\nCOPY go.mod go.sum ./\nCOPY sdk/go.mod ./sdk/\nRUN go mod download\nCOPY . .\n"
        "RUN go build -o /app .\n",
    ),
    (
        "manifests are copied first, but nothing is fetched",
        GO,
        "FROM golang\nWORKDIR /src\nCOPY go.mod go.sum ./\nCOPY . .\nRUN go build -o app .\n" + GO_TAIL,
        "FROM golang\nWORKDIR /src\nCOPY go.mod go.sum ./\nCOPY sdk/go.mod ./sdk/\nRUN go mod download\nCOPY . .\n"
        "RUN go build -o app .\n" + GO_TAIL,
    ),
    (
        "a Go build gets a download before it",
        GO,
        "FROM golang:1.22 AS build\nWORKDIR /src\n# the sources\nCOPY . .\nARG V\n\n# build them\n"
        "RUN CGO_ENABLED=0 go build -o /app .\n\nFROM scratch\nCOPY --from=build /app /app\n",
        "FROM golang:1.22 AS build\nWORKDIR /src\nCOPY go.mod go.sum ./\nCOPY sdk/go.mod ./sdk/\nARG V\n\n"
        "RUN go mod download\n# the sources\nCOPY . .\n# build them\n"
        "RUN CGO_ENABLED=0 go build -o /app .\n\nFROM scratch\nCOPY --from=build /app /app\n",
    ),
    (
        "a Go build in a folder, after export and cd",
        {
            "api/go.mod": GO["go.mod"].replace("replace c => ./sdk", "").replace("c v0.0.0", ""),
            "api/go.sum": GO["go.sum"],
            "api/a.go": GO["main.go"],
        },
        "FROM golang AS build\nCOPY . /src\nRUN export GOPROXY=direct && cd /src/api && go install ./... && go vet\n"
        "FROM scratch\nCOPY --from=build /go/bin/api /app\n",
        "FROM golang AS build\nCOPY api/go.mod api/go.sum /src/api/\n"
        "RUN export GOPROXY=direct && cd /src/api && go mod download\nCOPY . /src\n"
        "RUN export GOPROXY=direct && cd /src/api && go install ./... && go vet\n"
        "FROM scratch\nCOPY --from=build /go/bin/api /app\n",
    ),
    (
        "PHP packages without scripts, and the autoloader after the copy",
        PHP,
        "FROM php:8.3\nWORKDIR /app\nCOPY . .\nRUN composer install --no-dev --no-scripts && composer dump-autoload -o\n",
        "FROM php:8.3\nWORKDIR /app\nCOPY composer.json composer.lock ./\nRUN composer install --no-dev --no-scripts\n"
        "COPY . .\nRUN composer dump-autoload -o\n",
    ),
    (
        "projects of .NET at their own places (D12)",
        NET,
        "FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\nCOPY . .\n"
        "RUN dotnet restore src/Web/Web.csproj && dotnet publish src/Web -c Release -o /out\n",
        "FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\nCOPY src/Web/Web.csproj ./src/Web/\n"
        "COPY src/Core/Core.csproj ./src/Core/\nCOPY Directory.Build.props Directory.Packages.props NuGet.config ./\n"
        "RUN dotnet restore src/Web/Web.csproj\nCOPY . .\nRUN dotnet publish src/Web -c Release -o /out\n",
    ),
    (
        "dependencies of uv, and the project after the copy",
        {"pyproject.toml": "[build-system]\nrequires = []\n", "uv.lock": "", "a.py": ""},
        "FROM python\nWORKDIR /app\nCOPY . .\nRUN uv sync --locked --no-install-project\nRUN uv sync --locked\n",
        "FROM python\nWORKDIR /app\nCOPY pyproject.toml uv.lock ./\nRUN uv sync --locked --no-install-project\n"
        "COPY . .\nRUN uv sync --locked\n",
    ),
    (
        "dependencies of poetry first, then the author's command (D08)",
        {
            "pyproject.toml": "[tool.poetry]\nreadme = 'README.md'\n",
            "poetry.lock": "",
            "README.md": "",
            "spot/__init__.py": "",
        },
        "FROM python:3.11\nWORKDIR /app\nCOPY . .\nRUN pip install poetry && poetry install\n"
        'ENTRYPOINT ["poetry","run","spot"]\n',
        "FROM python:3.11\nWORKDIR /app\nCOPY pyproject.toml poetry.lock ./\n"
        "RUN pip install poetry && poetry install --no-root\nCOPY . .\nRUN poetry install\n"
        'ENTRYPOINT ["poetry","run","spot"]\n',
    ),
    (
        "a RUN of its own, over several lines, and what follows it",
        {"pyproject.toml": "[tool.poetry]\n", "poetry.lock": "", "a/__init__.py": ""},
        "FROM python\nWORKDIR /app\nCOPY . .\n# everything\nRUN poetry install \\\n        --only main && python -m a\n",
        "FROM python\nWORKDIR /app\nCOPY pyproject.toml poetry.lock ./\nRUN poetry install --only main --no-root\n"
        "COPY . .\n# everything\nRUN poetry install \\\n        --only main && python -m a\n",
    ),
    (
        "another COPY in between that overwrites nothing",
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nCOPY conf/app.conf /etc/app/\nRUN npm ci\n",
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nCOPY conf/app.conf /etc/app/\nRUN npm ci\nCOPY . .\n",
    ),
]


@pytest.mark.parametrize(("name", "files", "before", "after"), CHANGED, ids=[case[0] for case in CHANGED])
def test_changed(tmp_path: Path, name: str, files: dict[str, str], before: str, after: str) -> None:
    result = split(tmp_path, files, before)
    assert result.problem is None
    assert result.after.text == after


REFUSED = [
    (
        "a project's install within a condition",
        {"pyproject.toml": "", "poetry.lock": ""},
        "FROM python\nWORKDIR /app\nCOPY . .\nRUN poetry install || poetry lock\n",
        "`poetry install` is part of a longer command",
    ),
    (
        "tools that the RUN removes at its end",
        {"pyproject.toml": "", "poetry.lock": "", "a.py": ""},
        "FROM python\nWORKDIR /app\nCOPY . .\nRUN apk add gcc && poetry install && apk del gcc\n",
        "`apk del gcc` at the end of the RUN only saves space in the same RUN",
    ),
    (
        "the host's obj would overwrite the restored one",
        {**NET, "src/Core/obj/project.assets.json": ""},
        "FROM sdk\nWORKDIR /src\nCOPY . .\nRUN dotnet restore src/Web/Web.csproj\n",
        "the build context ships src/Core/obj, which would overwrite what the restore writes",
    ),
    (
        "scripts of PHP's install",
        PHP,
        "FROM php:8.3\nWORKDIR /app\nCOPY . .\nRUN composer install\n",
        "composer.json: the install runs the scripts of `pre-install-cmd`",
    ),
    (
        "another composer.json that the environment names",
        {**PHP, "other.json": "{}"},
        "FROM php:8.3\nENV COMPOSER=other.json\nWORKDIR /app\nCOPY . .\nRUN composer install --no-scripts\n",
        "COMPOSER makes `composer install --no-scripts` read other.json",
    ),
    (
        "a Go build that is part of a longer command",
        GO,
        GO_HEAD + "RUN go build -o app . || go build -o app .\n" + GO_TAIL,
        "`go build -o app .` is part of a longer command",
    ),
    (
        "a Go build after another command",
        GO,
        GO_HEAD + "RUN make gen && go build -o app .\n" + GO_TAIL,
        "`make gen` may read the copied files, and it runs before the install in the same RUN",
    ),
    (
        "a Go build with unknown settings",
        GO,
        GO_HEAD + "ARG F\nRUN GOFLAGS=$F go build -o app .\n" + GO_TAIL,
        "`go build -o app .` sets GOFLAGS for itself",
    ),
    (
        "modules from elsewhere",
        GO,
        GO_HEAD + "RUN go build -mod=vendor -o app .\n" + GO_TAIL,
        "`go build -mod=vendor -o app .` has -mod=vendor",
    ),
    (
        "modules switched off",
        GO,
        "FROM golang\nENV GO111MODULE=off\nWORKDIR /src\nCOPY . .\nRUN go build -o app .\n" + GO_TAIL,
        "GO111MODULE is set to off",
    ),
    (
        "a RUN with an SSH key",
        GO,
        GO_HEAD + "RUN --mount=type=ssh go build -o app .\n" + GO_TAIL,
        "the RUN on line 4 has flags; whether a separate download needs them is unknown",
    ),
    (
        "the module cache goes to another stage",
        GO,
        GO_HEAD + "RUN go build -o app .\nFROM golang\nCOPY --from=0 /go /go\n",
        "line 6 copies /go from this stage, which may contain fetched files",
    ),
    (
        "a RUN in between that generates sources",
        GO,
        GO_HEAD + "RUN make generate\nRUN go build -o app .\n" + GO_TAIL,
        "`make generate` may read the copied files",
    ),
    (
        "sums that a download would add",
        {**GO, "go.sum": ""},
        GO_HEAD + "RUN go build -o app .\n" + GO_TAIL,
        "go.sum has no sums of example.com/b v1.2.3",
    ),
    (
        "modules that the download would have to add to go.sum",
        {**GO, "go.sum": ""},
        GO_HEAD + "RUN go mod download\n",
        "go.sum has no sums of example.com/b v1.2.3",
    ),
    (
        "another module file that the environment names",
        {**GO, "go.dev.mod": ""},
        "FROM golang:1.22\nENV GOFLAGS=-modfile=go.dev.mod\nWORKDIR /src\nCOPY . .\nRUN go mod download\n",
        "GOFLAGS makes `go mod download` read go.dev.mod",
    ),
    (
        "a tool of Go that looks at the sources first",
        GO,
        GO_HEAD + "RUN go vet ./... && go mod download\n",
        "`go vet ./...` may read the copied files, and it runs before the install in the same RUN",
    ),
    (
        "state within a group",
        NODE,
        HEAD + "RUN { npm ci; cd /tmp; } && npm test\n",
        "`cd /tmp` is part of a longer command",
    ),
    (
        "a loop over the sources",
        NODE,
        HEAD + "RUN for f in src/*; do echo x; done\nRUN npm ci\n",
        "names src/*, a pattern",
    ),
    (
        "a loop over a list",
        NODE,
        HEAD + "RUN for f in $(ls); do echo x; done\nRUN npm ci\n",
        "`$(ls)` reads the current folder",
    ),
    (
        "a condition on a source",
        NODE,
        HEAD + "RUN [[ -f src/a.js ]] && npm ci\n",
        "reads src/a.js, and it runs before the install",
    ),
    (
        "a group that writes to a source",
        NODE,
        HEAD + "RUN { echo a; } > src/a.js\nRUN npm ci\n",
        "changes src/a.js",
    ),
    (
        "a stage's files to a folder above",
        NODE,
        HEAD + "COPY --from=x /a ..\nRUN npm ci\n",
        "may overwrite copied files",
    ),
    ("a pattern that the shell matches", NODE, HEAD + "RUN echo * > /list\nRUN npm ci\n", "names *, a pattern"),
    (
        "code loaded by every node",
        NODE,
        HEAD + 'ENV NODE_OPTIONS="--require ./src/a.js"\nRUN npm ci\n',
        "NODE_OPTIONS makes `npm ci` read ./src/a.js",
    ),
    (
        "constraints from the environment",
        PIP,
        "FROM python:3\nWORKDIR /srv\nCOPY . .\nRUN PIP_CONSTRAINT=app.py pip install -r requirements.txt\n",
        "PIP_CONSTRAINT makes",
    ),
    (
        "a setting that is unknown before the build",
        PIP,
        "FROM python:3\nARG PIP_CONSTRAINT\nWORKDIR /srv\nCOPY . .\nRUN pip install -r requirements.txt\n",
        "reads PIP_CONSTRAINT, whose value is unknown before the build",
    ),
    ("a script between", NODE, HEAD + "RUN ./prepare.sh\nRUN npm ci\n", "`./prepare.sh` may read the copied files"),
    ("ownership between", NODE, HEAD + "RUN chown -R node /app\nRUN npm ci\n", "changes /app"),
    ("a redirect between", NODE, HEAD + "RUN echo x > conf/app.conf\nRUN npm ci\n", "changes conf/app.conf"),
    ("exec form between", NODE, HEAD + 'RUN ["make"]\nRUN npm ci\n', "it is in exec form"),
    ("a volume between", NODE, HEAD + "VOLUME /app\nRUN npm ci\n", "the VOLUME on line 4"),
    (
        "a copy from a stage over it",
        NODE,
        HEAD + "COPY --from=x /a /app/src\nRUN npm ci\n",
        "may overwrite copied files",
    ),
    (
        "a variable of the copy that changes in between",
        NODE,
        "FROM node:22\nENV D=/app\nCOPY . $D\nENV D=/other\nWORKDIR /app\nRUN npm ci\n",
        "changes D, which the COPY before it uses",
    ),
    (
        "a bind mount",
        NODE,
        HEAD + "RUN --mount=type=bind,target=/x npm ci\n",
        "already mounts files from the build context",
    ),
    (
        "a mount over the sources",
        NODE,
        HEAD + "RUN --mount=type=cache,target=/app/src npm ci\n",
        "mounts over /app/src",
    ),
    (
        "a command before the install",
        NODE,
        HEAD + "RUN node build.js && npm ci\n",
        "may read the copied files, and it runs before the install",
    ),
    ("not a plain chain", NODE, HEAD + "RUN npm ci; npm run build\n", "its commands are not a plain `&&` chain"),
    ("state that cannot be repeated", NODE, HEAD + "RUN . ./env.sh && npm ci && npm test\n", "`. ./env.sh`"),
    (
        "umask before the install",
        NODE,
        HEAD + "RUN umask 022 && npm ci && npm test\n",
        "`umask 022` changes the shell for the commands",
    ),
    (
        "build dependencies removed at the end",
        PIP,
        "FROM python:3-alpine\nWORKDIR /srv\nCOPY . .\n"
        "RUN apk add gcc && pip install -r requirements.txt && python setup.py build && apk del gcc\n",
        "`apk del gcc` at the end of the RUN",
    ),
    (
        "a destination that a build argument decides",
        NODE,
        "FROM node:22\nARG D=/app\nCOPY . $D\nWORKDIR /app\nRUN npm ci\n",
        "dfix cannot follow the COPY on line 3: its destination $D",
    ),
    (
        "an unknown npm version",
        NODE,
        "FROM base\nWORKDIR /app\nCOPY . .\nRUN npm install\n",
        "npm before version 7",
    ),
    (
        "old npm",
        NODE,
        "FROM node:14\nWORKDIR /app\nCOPY . .\nRUN npm install\n",
        "npm before version 7 rewrites the lock file, and node:14 may have such an npm",
    ),
]


@pytest.mark.parametrize(("name", "files", "text", "reason"), REFUSED, ids=[case[0] for case in REFUSED])
def test_refused(tmp_path: Path, name: str, files: dict[str, str], text: str, reason: str) -> None:
    result = split(tmp_path, files, text)
    assert result.problem is None
    assert result.after.text == text
    assert any(reason in refusal.reason for refusal in result.refusals), [r.reason for r in result.refusals]


SILENT = [
    "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n",
    "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm run build\n",
    "FROM node:22\nCOPY --from=build /app /app\nWORKDIR /app\nRUN npm ci\n",
    "FROM node:22\nCOPY my\\ file.txt /x/\nRUN echo npm ci\n",
]


@pytest.mark.parametrize("text", SILENT)
def test_nothing_to_say(tmp_path: Path, text: str) -> None:
    result = split(tmp_path, NODE, text)
    assert result.after.text == text
    assert result.refusals == ()


OTHER_FOLDER = "FROM node:22\nWORKDIR /app\nCOPY vendor /opt/\nCOPY package*.json ./\nRUN npm ci\n"
STAYS = [
    (
        "dependencies first already, by the author",
        {"pyproject.toml": "", "poetry.lock": "", "a.py": ""},
        "fetched-before",
        "FROM python\nCOPY pyproject.toml poetry.lock /app/\nWORKDIR /app\nRUN poetry install --no-root\nCOPY . .\n"
        "RUN poetry install\n",
    ),
    (
        "manifests that were mounted for an install before",
        {"pyproject.toml": "", "uv.lock": "", "a.py": ""},
        "fetched-before",
        "FROM python\nWORKDIR /app\nRUN --mount=type=bind,source=uv.lock,target=uv.lock \\\n"
        "    --mount=type=bind,source=pyproject.toml,target=pyproject.toml uv sync --locked --no-install-project\n"
        "COPY . .\nRUN uv sync --locked\n",
    ),
    (
        "vendored modules",
        {**GO, "vendor/modules.txt": ""},
        "nothing-to-fetch",
        GO_HEAD + "RUN go build -o app .\n" + GO_TAIL,
    ),
    (
        "no modules at all",
        {"go.mod": "module a\n", "main.go": ""},
        "nothing-to-fetch",
        GO_HEAD + "RUN go build -o app .\n" + GO_TAIL,
    ),
    ("no go.mod", {"main.go": ""}, "missing-file", GO_HEAD + "RUN go build -o app .\n" + GO_TAIL),
    (
        "modules in a cache mount",
        GO,
        "kept-in-mount",
        GO_HEAD + "RUN --mount=type=cache,target=/go/pkg/mod go build -o app .\n" + GO_TAIL,
    ),
    (
        "split already",
        GO,
        "fetched-before",
        "FROM golang\nWORKDIR /src\nCOPY go.mod go.sum ./\nCOPY sdk/go.mod sdk/\nRUN go mod download\nCOPY . .\n"
        "RUN go build -o app .\n" + GO_TAIL,
    ),
    ("another program's module", GO, "names-packages", GO_HEAD + "RUN go install example.com/tool@latest\n" + GO_TAIL),
    (
        "a tool for the whole image",
        NODE,
        "names-packages",
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm i -g serve\n",
    ),
    (
        "exec form",
        NODE,
        "exec-form",
        'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN ["npm", "install"]\n',
    ),
    (
        "a shell in the shell",
        NODE,
        "not-a-chain",
        'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN bash -c "npm install && npm test"\n',
    ),
    ("a script with its own interpreter", NODE, "unread-script", "FROM a\nCOPY . .\nRUN <<E\n#!/bin/sh\nnpm ci\nE\n"),
    (
        "a tool for the whole image, in a shell in the shell",
        NODE,
        "names-packages",
        'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN bash -c "npm i -g serve"\n',
    ),
    (
        "a goal of a plugin",
        {"pom.xml": "<project/>"},
        "unknown-goal",
        "FROM maven:3\nCOPY . /a\nRUN cd /a && mvn clean assembly:assembly\n",
    ),
    (
        "a crate with its version",
        {"Cargo.toml": "", "src/main.rs": ""},
        "names-packages",
        "FROM rust\nWORKDIR /a\nCOPY . .\nRUN cargo install --locked --version 0.7.4 cargo-auditable\n",
    ),
    ("Leiningen", {"project.clj": ""}, "unknown-manager", "FROM clojure\nCOPY . /a\nWORKDIR /a\nRUN lein uberjar\n"),
    (
        "Composer as a file",
        {"composer.json": "{}"},
        "nothing-gained",
        "FROM php\nCOPY . /a\nRUN php -c /a /c/composer.phar install\n",
    ),
    (
        "a script of the project",
        {**NODE, "install.sh": "#!/bin/sh\n# npm ci\nnpm ci\n"},
        "wrapper-script",
        "FROM node:22\nWORKDIR /a\nCOPY . .\nRUN ./install.sh\n",
    ),
    ("an update", {"composer.json": "{}"}, "lock-rewritten", "FROM php\nCOPY . /a\nWORKDIR /a\nRUN composer update\n"),
    (
        "another folder",
        {"a/build.gradle": ""},
        "unknown-folder",
        "FROM gradle AS b\nCOPY . /a\nRUN gradle -p /a x\n" + GO_TAIL,
    ),
    ("only what it reads", {**NODE, "vendor/a.tgz": ""}, "other-folder", OTHER_FOLDER),
]


@pytest.mark.parametrize(("name", "files", "code", "before"), STAYS, ids=[case[0] for case in STAYS])
def test_why_an_install_stays(tmp_path: Path, name: str, files: dict[str, str], code: str, before: str) -> None:
    result = split(tmp_path, files, before)
    assert result.after.text == before
    assert [refusal.code for refusal in result.refusals] == [code]


def test_go_get_and_go_mod_tidy_download_first(tmp_path: Path) -> None:
    for command in ("go get -d ./...", "go mod tidy", "go build -trimpath -o app .", "go test -short ./..."):
        before = GO_HEAD + f"RUN {command}\nRUN go build -o app .\n" + GO_TAIL
        after = split(tmp_path, GO, before).after.text
        assert "COPY sdk/go.mod ./sdk/\nRUN go mod download\nCOPY . .\n" in after, command
    before = GO_HEAD + "RUN go get -u ./...\n" + GO_TAIL
    assert [refusal.code for refusal in split(tmp_path, GO, before).refusals] == ["fetch-settings"]


def test_a_second_install_after_one_that_is_left_alone(tmp_path: Path) -> None:
    before = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN ./setup.sh && pip install -r requirements.txt\nRUN npm ci\n"
    result = split(tmp_path, {**NODE, "requirements.txt": "", "setup.sh": ""}, before)
    assert [(refusal.line, refusal.code) for refusal in result.refusals] == [(4, "reads-first"), (5, "run-between")]


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("chmod +x src/a.js", "commit the mode instead (`git update-index --chmod=+x src/a.js`), and remove the RUN"),
        ("chown node src", "move that RUN below the install, if the install does not need what it does"),
        ("cat src/a.js", "move that RUN below the install, if the install does not need what it does"),
        ("/opt/setup.sh", "move that RUN before the copy, if it does not need the sources"),
    ],
)
def test_the_hint_for_a_command_between(tmp_path: Path, command: str, hint: str) -> None:
    files = {"package.json": '{"name": "a"}', "yarn.lock": "", "src/a.js": ""}
    text = f"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN {command}\nRUN yarn install --frozen-lockfile\n"
    result = rewritten(tmp_path, files, text, Options(select=frozenset(("split-manifests",)), context=str(tmp_path)))
    assert [refusal.hint for refusal in result.refusals] == [hint]


def test_it_refuses_nothing_of_a_run_that_it_splits(tmp_path: Path) -> None:
    files = {
        **NODE,
        "lib/package.json": '{"name": "b", "version": "1.0.0"}',
        "pyproject.toml": "[project]\nname = 'a'\n",
    }
    files["package.json"] = json.dumps({**PROJECT, "dependencies": {"b": "file:lib"}})
    text = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install --no-package-lock\nRUN pip install .\n"
    result = split(tmp_path, files, text)
    assert "COPY lib ./lib/\nRUN npm install --no-package-lock\nCOPY . .\n" in result.after.text, result.refusals
    assert [refusal.line for refusal in result.refusals] == [5]
