"""L4: lists of manifests that are copied before an install, complete or not."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from tests.attack.node import Manifest, Member, dumped, manifest, package_lock, pnpm_lock, yarn_lock
from tests.attack.packages import go_sum
from tests.attack.probe import Data, Files, Link, Probe, script
from tests.attack.shapes import chores, last, with_default_rules, written


class _Project(NamedTuple):
    """A project: its files, its list of manifests with the folder of each, and its install."""

    what: str
    base: str
    files: Files
    first: list[str]
    """Files of the root, copied with one COPY."""
    listed: list[str]
    """Manifests below, each of which has a COPY of its own."""
    install: str
    after: list[str]
    """Steps after the copy of the sources."""


def manifest_lists(rng: Random) -> Probe:
    """L4: lists of manifests before an install, of which some lack a file, or name one that is gone."""
    project = rng.choice((_npm, _pnpm, _pnpm, _yarn, _pip, _pip, _go, _go))(rng)
    place = rng.choice(("/app", "/srv/app", "/w"))
    listed, whole, more = list(project.listed), "", ""
    files = dict(project.files)
    draw = rng.random()
    if draw < 0.45 and listed:
        gone = rng.choice(listed)
        listed.remove(gone)
        more, whole = f"lacks {gone}", "whole"
    elif draw < 0.6:
        folder = rng.choice(("packages/old", "packages/api-old", "old"))
        name = project.listed[0].rpartition("/")[2] if project.listed else "package.json"
        listed.insert(rng.randint(0, len(listed)), f"{folder}/{name}")
        more, whole = "names one that is gone", "whole"
        if rng.random() < 0.3:
            files[f"{folder}/src.txt"] = "left\n"
    files, extra, said = _nasty(rng, files, listed, place)
    top = written(f"FROM {project.base}", *chores(rng), f"WORKDIR {place}")
    style = rng.random()
    copies = [f"COPY {' '.join(project.first)} ./", *(_copy(path, style) for path in listed)]
    if rng.random() < 0.2:
        rng.shuffle(copies)
    bottom = written(*extra, f"RUN {project.install}", "COPY . .", *project.after, last(rng))
    text = top + written(*copies) + bottom
    if whole:
        whole = top + "COPY . .\n" + bottom
    what = f"{project.what}, {more or 'complete'}, {said}"
    return Probe("L4", what, files, text, rules=with_default_rules(rng, "sync-manifests"), whole=whole)


def _copy(path: str, style: float) -> str:
    folder = path.rpartition("/")[0] or "."
    if style < 0.5:
        return f"COPY {path} {folder}/"
    if style < 0.7:
        return f"COPY {path} ./{path}"
    return f"COPY ./{path} ./{folder}/" if style < 0.9 else f'COPY ["{path}", "{folder}/"]'


def _nasty(rng: Random, files: Files, listed: list[str], place: str) -> tuple[Files, list[str], str]:
    """Something beside the list: settings, an ignore file, a folder that is there, another step."""
    draw = rng.choice(
        (
            "",
            "",
            "",
            "",
            "ignored",
            "made",
            "folder",
            "link",
            "mode",
            "onbuild",
            "user",
            "copied",
            "setting",
            "glob",
            "again",
        )
    )
    path = listed[0] if listed else "README.md"
    folder = path.rpartition("/")[0] or "."
    match draw:
        case "ignored":
            return (
                files
                | {
                    ".dockerignore": rng.choice(
                        (
                            "**/README.md\n",
                            "packages/web\n",
                            "*\n!package*\n!packages\n!*.txt\n!go.*\n!*.go\n!reqs\n!libs\n!*.yaml\n!*.lock\n",
                        )
                    )
                },
                [],
                draw,
            )
        case "made":
            return files, [f"RUN mkdir -p packages/core && echo '{{}}' > packages/core/{path.rpartition('/')[2]}"], draw
        case "folder":
            return files, [f"COPY {folder} {place}/{folder}"] if folder != "." else [], draw
        case "link":
            return files | {"packages/linked": Link(folder if folder != "." else "src")}, [], draw
        case "mode":
            return (
                {
                    name: Data(item.encode(), 0o600) if name == path and isinstance(item, str) else item
                    for name, item in files.items()
                },
                [],
                draw,
            )
        case "onbuild":
            return files, ["ONBUILD COPY . ."], draw
        case "user":
            return files, ["USER root"], draw
        case "copied":
            return files, ["COPY README.md ./packages/"], draw
        case "setting":
            return files | {".npmrc": "fund=false\n"}, [], draw
        case "glob":
            return (
                files | {"packages/core/notes.md": "x\n"},
                ["COPY packages/*/*.md ./"] if "packages/core/notes.md" in files else [],
                draw,
            )
        case "again":
            return files, [f"COPY {path} {folder}/"] if path in files else [], draw
    return files, [], draw or "plain"


def _members(rng: Random, wish: str) -> tuple[list[Member], Files]:
    """Members that depend on each other, or not, and their files."""
    core: Manifest = {"name": "core", "version": "1.0.0", "dependencies": {"tiny-a": "1.0.0"}}
    api: Manifest = {
        "name": "api",
        "version": "1.0.0",
        "dependencies": {"core": wish} if rng.random() < 0.75 else {"tiny-c": "2.0.0"},
    }
    web: Manifest = {
        "name": "web",
        "version": "1.0.0",
        **({"dependencies": {"tiny-b": "1.0.0"}} if rng.random() < 0.5 else {}),
    }
    draw = rng.random()
    if draw < 0.15:
        core["scripts"] = {"postinstall": rng.choice(("echo > /core", "node build.js"))}
    elif draw < 0.3:
        core["bin"] = "cli.js"
    some = [Member(f"packages/{found['name']}", found) for found in (core, api, web)]
    files: Files = {f"{member.folder}/package.json": dumped(member.manifest) for member in some}
    files |= {f"{member.folder}/index.js": "require('tiny-a')\n" if member.name == "core" else "1\n" for member in some}
    return some, files | {
        "packages/core/build.js": "require('fs').writeFileSync('/built', '')\n",
        "packages/core/cli.js": script("#!/usr/bin/env node\n"),
        "README.md": "# x\n",
        "src/x.js": "x\n",
    }


def _use(rng: Random, ways: tuple[str, ...]) -> list[str]:
    return [f"RUN {rng.choice(ways)}"] if rng.random() < 0.6 else []


def _npm(rng: Random) -> _Project:
    some, files = _members(rng, "1.0.0")
    root = manifest(rng, workspaces=["packages/*"])
    files |= {"package.json": dumped(root), "package-lock.json": package_lock(root, some)}
    install = rng.choice(
        ("npm ci", "npm ci", "npm install", "npm ci --omit=dev", "npm ci -w packages/api", "npm ci --ignore-scripts")
    )
    after = _use(
        rng, ("npm ls -w core || true", "node packages/core/index.js", "npm exec -w web -- true || true", "npm ci")
    )
    return _Project(
        install,
        "node:22",
        files,
        ["package.json", "package-lock.json"],
        [f"{one.folder}/package.json" for one in some],
        install,
        after,
    )


def _pnpm(rng: Random) -> _Project:
    some, files = _members(rng, "workspace:*")
    root = manifest(rng)
    files |= {
        "package.json": dumped(root),
        "pnpm-lock.yaml": pnpm_lock(root, some),
        "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
    }
    install = rng.choice(
        (
            "pnpm install --frozen-lockfile",
            "pnpm install --frozen-lockfile",
            "pnpm i --frozen-lockfile --prod",
            "pnpm install --frozen-lockfile --filter api",
            "pnpm install",
            "pnpm install --frozen-lockfile --ignore-scripts",
        )
    )
    after = _use(
        rng,
        (
            "node packages/core/index.js",
            "pnpm --filter core exec true",
            "pnpm --filter web exec true",
            "cd packages/api && node index.js",
            "pnpm install --frozen-lockfile --offline || true",
        ),
    )
    return _Project(
        install,
        "node:22",
        files,
        ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"],
        [f"{one.folder}/package.json" for one in some],
        install,
        after,
    )


def _yarn(rng: Random) -> _Project:
    some, files = _members(rng, "1.0.0")
    root = manifest(rng, workspaces=["packages/*"])
    files |= {"package.json": dumped(root), "yarn.lock": yarn_lock(root, *(one.manifest for one in some))}
    install = rng.choice(
        (
            "yarn install --frozen-lockfile",
            "yarn --frozen-lockfile",
            "yarn install --frozen-lockfile --production",
            "yarn install --frozen-lockfile --focus || true",
        )
    )
    after = _use(
        rng,
        (
            "node packages/core/index.js",
            "yarn workspace core run env > /dev/null",
            "yarn workspace web run env > /dev/null",
        ),
    )
    return _Project(
        install,
        "node:22",
        files,
        ["package.json", "yarn.lock"],
        [f"{one.folder}/package.json" for one in some],
        install,
        after,
    )


def _pip(rng: Random) -> _Project:
    below = rng.choice(("reqs/base.txt", "base.txt", "reqs/deep/base.txt"))
    upper = rng.choice((f"-r {below}", f"--requirement={below}", f"-c {below}", f"-r {below}  # all", f"# -r {below}"))
    files: Files = {
        "requirements.txt": f"{upper}\ntinyc==2.0\n",
        below: "tinya==1.0\n",
        "app.py": "import tinyc\n",
        "README.md": "",
        "packages/x.py": "",
    }
    listed = [below]
    if rng.random() < 0.5:
        own = below.rpartition("/")[0]
        files |= {below: "-c limits.txt\ntinya\n", f"{own}/limits.txt".lstrip("/"): "tinya==1.0\n"}
        listed.append(f"{own}/limits.txt".lstrip("/"))
    install = rng.choice(
        (
            "pip install -r requirements.txt",
            "pip install --no-cache-dir -r requirements.txt",
            "python -m pip install -r requirements.txt",
            "pip install -r requirements.txt || pip install tinya tinyc",
            "pip install --no-deps -r requirements.txt",
        )
    )
    return _Project(
        f"{upper}, {install}",
        "python:3.11-slim",
        files,
        ["requirements.txt"],
        listed,
        install,
        _use(rng, ("python -c 'import tinya'", "true")),
    )


def _go(rng: Random) -> _Project:
    parts = rng.choice((["libs/one"], ["libs/one", "libs/two"]))
    mod = "module a\n\ngo 1.19\n\nrequire example.org/alpha v1.0.0\n"
    files: Files = {"go.sum": go_sum("example.org/alpha"), "README.md": "", "packages/x.go.txt": ""}
    imports = ['import _ "example.org/alpha"']
    for part in parts:
        name = part.rpartition("/")[2]
        mod += f"\nrequire corp.invalid/{name} v0.0.0\n\nreplace corp.invalid/{name} => ./{part}\n"
        files |= {f"{part}/go.mod": f"module corp.invalid/{name}\n\ngo 1.19\n", f"{part}/a.go": f"package {name}\n"}
        imports.append(f'import _ "corp.invalid/{name}"')
    files |= {"go.mod": mod, "main.go": "package main\n\n" + "\n".join(imports) + "\n\nfunc main() {}\n"}
    install = rng.choice(
        (
            "go mod download",
            "go mod download",
            "go mod download -x",
            "go mod download || true",
            "go mod download example.org/alpha",
        )
    )
    return _Project(
        f"{install}, {len(parts)} replaced",
        "golang:1.19",
        files,
        ["go.mod", "go.sum"],
        [f"{part}/go.mod" for part in parts],
        install,
        ["RUN CGO_ENABLED=0 go build -o /a . && rm -rf /root/.cache"],
    )
