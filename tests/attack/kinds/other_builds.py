"""K12 and K14: other builds of the same context, other builders, and the ignore file that dfix writes."""

from __future__ import annotations

from random import Random

from tests.attack.node import dumped, manifest, package_lock, sources
from tests.attack.probe import Files, OtherBuild, Probe
from tests.attack.shapes import chores, copy_all, folder, last, written

_INLINE = "FROM node:22\nCOPY node_modules /nm\n"
_WHOLE = "FROM node:22\nWORKDIR /all\nCOPY . .\n"
_BENIGN = "FROM debian:12\nCOPY server.js /\n"


def _host(rng: Random) -> Files:
    root = manifest(rng, dependencies={"tiny-a": "1.0.0"})
    files: Files = {"package.json": dumped(root), "package-lock.json": package_lock(root, [])}
    return files | sources(rng) | {"node_modules/x/index.js": "of the host\n", "node_modules/tiny-a/index.js": "old\n"}


def _main(rng: Random) -> str:
    place = folder(rng)
    install = rng.choice(("npm ci", "npm ci --omit=dev"))
    return written("FROM node:22", *chores(rng), f"WORKDIR {place}", copy_all(rng, place), f"RUN {install}", last(rng))


def other_builds(rng: Random) -> Probe:
    """K12: other builds of the context, and other builders."""
    if rng.random() < 0.35:
        return _other_builder(rng)
    text = rng.choice((_INLINE, _INLINE, _WHOLE, _BENIGN))
    inline = "".join(f"        {line}\n" for line in text.splitlines())
    quoted = text.replace("\n", "\\n")
    ways: dict[str, Files] = {
        "compose, inline": {rng.choice(("compose.yaml", "docker-compose.yml", "compose.override.yml")): f"services:\n  app:\n    build: .\n  x:\n    build:\n      context: .\n      dockerfile_inline: |\n{inline}"},
        "compose, file": {"compose.yaml": "services:\n  x:\n    build:\n      context: .\n      dockerfile: docker/other.txt\n", "docker/other.txt": text},
        "compose, short": {"docker-compose.yml": "services: {x: {build: {context: ., dockerfile: other.build}}}\n", "other.build": text},
        "bake, inline": {"docker-bake.hcl": f'target "x" {{\n  context = "."\n  dockerfile-inline = "{quoted}"\n}}\n'},
        "bake, json": {"docker-bake.json": '{"target": {"x": {"dockerfile": "build/x.df"}}}\n', "build/x.df": text},
        "bake, heredoc": {"docker-bake.hcl": f'target "x" {{\n  dockerfile-inline = <<EOT\n{text}EOT\n}}\n'},
        "skaffold": {"skaffold.yaml": "apiVersion: skaffold/v4beta6\nkind: Config\nbuild:\n  artifacts:\n  - image: x\n    docker:\n      dockerfile: deploy/x\n", "deploy/x": text},
        "devcontainer": {".devcontainer/devcontainer.json": '{"build": {"dockerfile": "image", "context": ".."}}\n', ".devcontainer/image": text},
        "Makefile": {"Makefile": "image:\n\tdocker build -f ops/image.txt .\n", "ops/image.txt": text},
        "CI": {".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n      - run: docker build --file ops/image.txt .\n", "ops/image.txt": text},
        "CI, action": {".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          context: .\n          file: ops/image.txt\n", "ops/image.txt": text},
        "GitLab": {".gitlab-ci.yml": "build:\n  script:\n    - docker build -t x -f ops/image.txt .\n", "ops/image.txt": text},
        "second Dockerfile": {rng.choice(("Dockerfile.dev", "dev.Dockerfile", "docker/Dockerfile", "Containerfile")): text},
        "script": {"build.sh": "docker build -f ops/image.txt -t x .\n", "ops/image.txt": text},
    }  # fmt: skip
    what = rng.choice(list(ways))
    return Probe("K12", what, _host(rng) | ways[what], _main(rng), (OtherBuild(text),))


def _other_builder(rng: Random) -> Probe:
    """buildah and podman read .containerignore and then no .dockerignore; a build with that file stands in for them."""
    files = _host(rng)
    lines = rng.choice(
        (
            "README.md\n",
            ".npmrc\n",
            "node_modules\n",
            "*.md\n.npmrc\n",
            "src/*.js\n",
            "package-lock.json\n",
            "public\nnode_modules\n",
        )
    )
    files |= {".containerignore": lines, ".npmrc": "fund=false\n"}
    if rng.random() < 0.4:
        del files["node_modules/x/index.js"], files["node_modules/tiny-a/index.js"]
    if rng.random() < 0.3:
        files[".dockerignore"] = rng.choice(("node_modules\n", "README.md\n", "*.log\n"))
    text = _main(rng)
    return Probe("K12", "containerignore", files, text, (OtherBuild("", ".containerignore"),))


def ignore_files(rng: Random) -> Probe:
    """K14: the ignore file that dfix writes."""
    files = _host(rng)
    if rng.random() < 0.2:
        root = manifest(rng)
        root.pop("dependencies", None)
        files |= {"package.json": dumped(root), "package-lock.json": package_lock(root, [])}
    draw = rng.random()
    if draw < 0.3:
        files[".dockerignore"] = rng.choice(
            (
                "*.log\n",
                "README.md\n",
                "dist",
                "node_modules/x\n",
                ".git\n*.md\n",
                "# nothing yet\n",
                ".dockerignore\n",
                "*\n!src\n!package*.json\n!server.js\n!node_modules\n",
            )
        )
    elif draw < 0.5:
        del files["node_modules/x/index.js"], files["node_modules/tiny-a/index.js"]
    if rng.random() < 0.15:
        files |= {"Dockerfile.dockerignore": "README.md\n"}
    if rng.random() < 0.2:
        files |= {
            "packages/ui/node_modules/y/index.js": "of the host\n",
            "packages/ui/package.json": '{"name": "ui", "version": "1.0.0"}\n',
        }
    return Probe("K14", "ignore file", files, _main(rng))
