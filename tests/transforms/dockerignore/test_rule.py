from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.pipeline.job import Job, work
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from tests.build_context import put, rewritten

ONLY = Options(select=frozenset(("dockerignore",)))
NPM = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\n"


def result_of(folder: Path, files: dict[str, str], dockerfile: str, options: Options = ONLY) -> Result:
    return rewritten(folder, files, dockerfile, options)


PROPOSED: list[tuple[str, dict[str, str], str, str]] = [
    (
        "modules and the git history",
        {"package.json": "{}", "node_modules/a/i.js": "", ".git/HEAD": ""},
        NPM,
        ".git\nnode_modules\n",
    ),
    (
        "modules of a subfolder",
        {"web/package.json": "{}", "web/node_modules/a/i.js": ""},
        "FROM node:22\nCOPY . /src\nRUN cd /src/web && npm install\n",
        "**/node_modules\n",
    ),
    (
        "a Python virtual environment",
        {"requirements.txt": "", ".venv/bin/python": "", "a.py": ""},
        "FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt\n",
        ".venv\n",
    ),
    (
        "Cargo's output",
        {"Cargo.toml": "", "target/debug/a": "", "src/main.rs": ""},
        "FROM rust:1\nCOPY . .\nRUN cargo build\n",
        "target\n",
    ),
    (
        ".NET outputs beside each project",
        {"Web/Web.csproj": "", "Web/bin/a.dll": "", "Web/obj/a.json": ""},
        "FROM mcr.example/sdk\nCOPY . .\nRUN dotnet publish Web\n",
        "**/bin\n**/obj\n",
    ),
    (
        "modules of the deepest folder that is looked into",
        {"a/b/c/d/package.json": "{}", "a/b/c/d/node_modules/a/i.js": ""},
        NPM,
        "**/node_modules\n",
    ),
    (
        "outputs of two folders, in their order",
        {"a/package.json": "{}", "a/node_modules/a/i.js": "", "b/Cargo.toml": "", "b/target/debug/a": ""},
        "FROM node:22\nCOPY . .\nRUN cd a && npm install\nRUN cd b && cargo build\n",
        "**/node_modules\n**/target\n",
    ),
]


@pytest.mark.parametrize(("name", "files", "dockerfile", "lines"), PROPOSED, ids=[case[0] for case in PROPOSED])
def test_proposed(tmp_path: Path, name: str, files: dict[str, str], dockerfile: str, lines: str) -> None:
    result = result_of(tmp_path, files, dockerfile)
    assert result.problem is None
    assert result.after.text == dockerfile
    assert result.ignore_file is not None
    assert result.ignore_file.after.text == f"{lines}.dockerignore\n"
    assert [change.contract for change in result.changes] == ["changed-image"]


ALONE: list[tuple[str, dict[str, str], str]] = [
    ("ignored already", {"package.json": "{}", "node_modules/a/i.js": "", ".dockerignore": "**/node_modules\n"}, NPM),
    ("not copied", {"package.json": "{}", "node_modules/a/i.js": ""}, NPM.replace("COPY . .", "COPY package.json ./")),
    (
        "named by a COPY",
        {"pom.xml": "", "target/a.jar": ""},
        "FROM a\nCOPY . .\nCOPY target/*.jar /a.jar\nRUN mvn package\n",
    ),
    (
        "named by a mount",
        {"package.json": "{}", "node_modules/a/i.js": ""},
        NPM + "RUN --mount=type=bind,source=node_modules,target=/m ls /m\n",
    ),
    (
        "files of it that a pattern names",
        {"package.json": "{}", "node_modules/a/i.js": ""},
        NPM.replace("COPY . .", "COPY node_m*/a/i.js ./"),
    ),
    ("deeper than is looked", {"a/b/c/d/e/package.json": "{}", "a/b/c/d/e/node_modules/a/i.js": ""}, NPM),
    ("git runs", {".git/HEAD": ""}, "FROM a\nCOPY . .\nRUN git describe > version\n"),
    ("a folder of that name without a manifest", {"node_modules/a/i.js": ""}, NPM),
    ("a target folder that is not an output", {"target/a.txt": "", "package.json": "{}"}, NPM),
]


@pytest.mark.parametrize(("name", "files", "dockerfile"), ALONE, ids=[case[0] for case in ALONE])
def test_left_alone(tmp_path: Path, name: str, files: dict[str, str], dockerfile: str) -> None:
    result = result_of(tmp_path, files, dockerfile)
    assert (result.changed, result.ignore_file, result.problem) == (False, None, None)


@pytest.mark.parametrize("options", [Options(), Options(unsafe=True)])
def test_only_when_selected_by_its_name(tmp_path: Path, options: Options) -> None:
    result = result_of(tmp_path, {"package.json": "{}", ".git/HEAD": ""}, NPM, options)
    assert result.ignore_file is None


def test_written_without_touching_the_dockerfile(tmp_path: Path) -> None:
    put(tmp_path, {".git/HEAD": "", "Dockerfile": NPM})
    path = tmp_path / "Dockerfile"
    before = path.stat().st_mtime_ns
    assert work(Job(str(path), ONLY, write=True)).written
    assert (tmp_path / ".dockerignore").read_text() == ".git\n.dockerignore\n"
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("files", "run", "reader"),
    [
        ({"pyproject.toml": '[build-system]\nrequires = ["setuptools_scm>=8"]\n'}, "pip install .", "pyproject.toml"),
        ({"pyproject.toml": '[tool.hatch.version]\nsource = "vcs"\n'}, "pip install .", "pyproject.toml"),
        ({"setup.py": "import versioneer\n"}, "pip install .", "setup.py"),
        ({"Makefile": "V := $(shell git describe)\nall:\n"}, "make", "Makefile"),
        ({"package.json": '{"scripts": {"build": "git rev-parse HEAD > rev"}}'}, "npm run build", "package.json"),
        ({"go.mod": "module a\n", "main.go": "package main\n"}, "go build -o /a .", "`go build -o /a .` on line 4"),
        ({"app.py": 'open("/app/.git/HEAD")\n'}, "true", "app.py"),
        ({"scripts/version.sh": "git describe --tags\n"}, "true", "scripts/version.sh"),
        ({"app.py": "import os\nfrom git import Repo\n"}, "true", "app.py"),
        ({"app.js": "const git = require('simple-git')()\n"}, "true", "app.js"),
        ({"app.py": ""}, "git describe", "`git` on line 4"),
        ({"pyproject.toml": '[tool.pdm.version]\nsource = "scm"\n'}, "pip install .", "pyproject.toml"),
        (
            {"a.gemspec": 'Gem::Specification.new { |s| s.files = `git ls-files -z`.split("\\0") }\n'},
            "true",
            "a.gemspec",
        ),
        ({"pyproject.toml": "[tool.poetry-dynamic-versioning]\nenable = true\n"}, "pip install .", "pyproject.toml"),
        ({"Cargo.toml": '[build-dependencies]\nvergen = "8"\n'}, "cargo build", "Cargo.toml"),
        ({"Cargo.toml": '[dependencies]\ngit-version = "0.3"\n'}, "cargo build", "Cargo.toml"),
        ({"build.gradle": 'plugins { id "com.palantir.git-version" }\n'}, "gradle build", "build.gradle"),
        ({"build.gradle.kts": 'plugins { id("pl.allegro.tech.build.axion-release") }\n'}, "true", "build.gradle.kts"),
        (
            {".mvn/extensions.xml": "<artifactId>jgitver-maven-plugin</artifactId>\n"},
            "mvn package",
            ".mvn/extensions.xml",
        ),
        ({"a.props": '<PackageReference Include="MinVer" />\n'}, "true", "a.props"),
        ({"a.csproj": "<Project/>\n"}, "dotnet publish", "`dotnet publish` on line 4"),
        ({"hugo.toml": "enableGitInfo = true\n"}, "hugo", "hugo.toml"),
        ({"mkdocs.yml": "plugins:\n- git-revision-date-localized\n"}, "mkdocs build", "mkdocs.yml"),
        ({".vitepress/config.ts": "export default { lastUpdated: true }\n"}, "true", ".vitepress/config.ts"),
        ({"mix.exs": '{v, 0} = System.cmd("git", ["describe"])\n'}, "mix compile", "mix.exs"),
        ({"src/a.app.src": "{application, a, [{vsn, git}]}.\n"}, "true", "src/a.app.src"),
        ({"meson.build": "vcs_tag(input: 'a.in', output: 'a.h')\n"}, "meson setup b", "meson.build"),
        ({"package.json": '{"devDependencies": {"git-revision-webpack-plugin": "5"}}'}, "true", "package.json"),
        ({"package.json": '{"scripts": {"prepare": "lefthook install"}}'}, "npm ci", "package.json"),
        ({"lib/Version.hs": 'main = readProcess "git" ["log"] ""\n'}, "true", "lib/Version.hs"),
        ({"src/App.java": "import org.eclipse.jgit.api.Git;\n"}, "true", "src/App.java"),
        ({"tool": "#!/usr/bin/perl\nmy $v = `git describe`;\n"}, "true", "tool"),
        ({"package.json": '{"scripts": {"build": "nx affected -t build"}}'}, "npm run build", "package.json"),
        (
            {"package.json": '{"scripts": {"build": "npm run all", "all": "turbo build --filter=[HEAD^1]"}}'},
            "npm run build",
            "package.json",
        ),
        ({"package.json": '{"scripts": {"prepare": "lint-staged"}}'}, "npm ci", "package.json"),
        ({"package.json": '{"scripts": {"release": "semantic-release"}}'}, "yarn release", "package.json"),
        ({"Makefile": "all:\n\t@goreleaser build\n"}, "make", "Makefile"),
        ({"ci/build.sh": "npx nx affected -t build\n"}, "sh ci/build.sh", "ci/build.sh"),
        ({"app/Main.hs": "import GitHash\n"}, "true", "app/Main.hs"),
        ({"app/Main.hs": "import qualified Development.GitRev as R\n"}, "true", "app/Main.hs"),
        ({"composer.json": "{}"}, "composer install", "`composer install` on line 4"),
        ({"a.py": ""}, "turbo run build --filter='[HEAD^1]'", "`turbo run build --filter='[HEAD^1]'` on line 4"),
        ({"a.py": ""}, 'pnpm --filter "...[origin/main]" build', '`pnpm --filter "...[origin/main]" build` on line 4'),
        ({"a.py": ""}, "npx nx affected -t build", "`npx nx affected -t build` on line 4"),
        ({"a.py": ""}, "pre-commit install", "`pre-commit install` on line 4"),
        ({"a.py": ""}, "test -d .git", "`test -d .git` on line 4"),
        ({"a.py": ""}, 'true\nCMD ["git", "log"]', "the CMD on line 5"),
    ],
)
def test_the_git_history_is_read(tmp_path: Path, files: dict[str, str], run: str, reader: str) -> None:
    result = result_of(tmp_path, {**files, ".git/HEAD": ""}, f"FROM a\nWORKDIR /app\nCOPY . .\nRUN {run}\n")
    assert result.ignore_file is None
    assert [(no.code, no.reason) for no in result.refusals] == [("git-history", f"{reader} may read the git history")]


@pytest.mark.parametrize(
    ("files", "run"),
    [
        ({"pyproject.toml": '[project]\nurls = {a = "https://github.com/a/b.git"}\n'}, "pip install ."),
        ({"package.json": '{"repository": {"type": "git", "url": "git+https://example.com/a.git"}}'}, "npm ci"),
        ({"go.mod": "module a\n", "main.go": "package main\n"}, "go build -buildvcs=false -o /a ."),
        (
            {"requirements.txt": "git+https://example.com/a\n", "app.py": "# github\n"},
            "pip install -r requirements.txt",
        ),
        ({".gitignore": "x\n", "README.md": "git clone\n"}, "true"),
        ({"Cargo.toml": '[dependencies]\na = { git = "https://example.com/a" }\n'}, "cargo build"),
        (
            {"Gemfile": 'git_source(:github) { |r| "https://github.com/#{r}.git" }\ngem "a", git: "https://a/b"\n'},
            "true",
        ),
        ({"mix.exs": '{:a, github: "a/b"}\nlinks: %{"GitHub" => "https://github.com/a/b"}\n'}, "mix compile"),
        ({"pom.xml": "<scm><connection>scm:git:git://a/b.git</connection></scm>\n"}, "mvn package"),
        ({"pyproject.toml": "[tool.black]\nexclude = '/(\\.git|build)/'\n"}, "pip install ."),
        ({"composer.json": '{"repositories": [{"type": "vcs", "url": "https://a/b"}]}'}, "composer validate"),
        ({"package.json": '{"scripts": {"release": "semantic-release", "build": "tsc"}}'}, "npm run build"),
        ({"package.json": '{"scripts": {"build": "turbo build --filter=web"}}'}, "npm run build"),
        ({"Makefile": "release:\n\tgoreleaser build\n"}, "npm ci"),
        ({"ci/release.sh": "goreleaser build\n"}, "sh ci/build.sh"),
        ({"app/Main.hs": "import GitHub\n"}, "true"),
        ({"package.json": '{"devDependencies": {"lint-staged": "15", "pre-commit": "1"}}'}, "npm ci"),
        ({"package.json": '{"scripts": {"prepare": "husky"}}'}, "npm ci"),
        ({"app.js": "const longitude = digits // legitimate\n"}, "true"),
        ({"mix.exs": "digits = longitude\n"}, "mix compile"),
        ({".github/workflows/a.sh": "git describe\n", "Jenkinsfile": "sh 'git log'\n"}, "true"),
        ({"a.py": ""}, "apt-get update && apt-get install -y git"),
        ({"a.py": ""}, "npm install -g lefthook"),
        ({"a.py": ""}, "rm -rf .git"),
        ({"a.py": ""}, "pip install git+https://example.com/a"),
        ({"a.py": ""}, "echo $GIT_SHA > version"),
    ],
)
def test_the_git_history_is_not_read(tmp_path: Path, files: dict[str, str], run: str) -> None:
    result = result_of(tmp_path, {**files, ".git/HEAD": ""}, f"FROM a\nWORKDIR /app\nCOPY . .\nRUN {run}\n")
    assert result.ignore_file is not None
    assert result.ignore_file.after.text.startswith(".git\n")


@pytest.mark.parametrize(("tag", "stamped"), [("6.0", False), ("7.0-alpine", False), ("8.0", True), ("10.0", True)])
def test_net_stamps_the_commit_since_8(tmp_path: Path, tag: str, stamped: bool) -> None:
    dockerfile = f"FROM mcr.microsoft.com/dotnet/sdk:{tag}\nWORKDIR /a\nCOPY . .\nRUN dotnet publish -o /out\n"
    result = result_of(tmp_path, {"a.csproj": "<Project/>\n", ".git/HEAD": ""}, dockerfile)
    assert (result.ignore_file is None) == stamped


@pytest.mark.parametrize(
    ("before", "stamped"),
    [
        ("FROM php:8.3-cli\n", False),
        ("FROM php:8.3-cli\nRUN apt-get update && apt-get install -y git unzip\n", True),
        ("FROM composer:2\n", True),
        ("FROM composer:2\nENV COMPOSER_ROOT_VERSION=1.0.0\n", False),
    ],
)
def test_composer_stamps_the_commit_where_git_is_present(tmp_path: Path, before: str, stamped: bool) -> None:
    dockerfile = f"{before}WORKDIR /a\nCOPY . .\nRUN composer install\n"
    result = result_of(tmp_path, {"composer.json": "{}", ".git/HEAD": ""}, dockerfile)
    assert (result.ignore_file is None) == stamped


def test_it_lets_a_split_be_made(tmp_path: Path) -> None:
    options = Options(select=frozenset(("dockerignore", "split-manifests")))
    files = {"package.json": '{"name": "a"}', "node_modules/a/i.js": "", "a.js": ""}
    result = result_of(tmp_path, files, NPM, options)
    assert result.after.text == NPM.replace(
        "COPY . .\nRUN npm install\n", "COPY package.json ./\nRUN npm install\nCOPY . .\n"
    )
    assert result.ignore_file is not None
    assert result.ignore_file.after.text == "node_modules\n.dockerignore\n"


def test_nothing_is_written_where_builders_read_another_ignore_file(tmp_path: Path) -> None:
    files = {"package.json": "{}", "node_modules/a/i.js": "", ".containerignore": ".git\n"}
    result = result_of(tmp_path, files, NPM)
    assert result.ignore_file is None
    assert [refused.code for refused in result.refusals] == ["second-ignore-file"]
