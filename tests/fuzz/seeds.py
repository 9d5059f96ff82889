"""Repositories from which the fuzzer starts: the examples of the rules, the contexts of the proofs and the campaign."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dfix.rewriter.pipeline.registry import transforms
from tests.attack.kinds import KINDS, probe
from tests.attack.probe import Data, Files, Link
from tests.fuzz.repositories import FILE, LINK, OPTIONS, PROGRAM, WORD, Entry, Repository, from_json, of_files, to_bytes
from tests.hostile.test_odd_files import NAMES

KEPT = Path(__file__).parent / "kept.jsonl"
PROOFS = Path(__file__).parents[1] / "prove/contexts"
LARGEST_FILE = 1500
"""A larger file is cut: it is there and named, but its content is not worth the time."""
EACH_KIND = 12
DOCKERIGNORE = "--select=dockerignore,split-manifests"


def seeds(longest: int) -> Iterator[Repository]:
    """Repositories that have at most `longest` bytes."""
    found = (*_examples(), *_proofs(), *_campaign(), *_declarations(), *_odd(), *kept())
    yield from (one for one in found if len(to_bytes(one)) <= longest)


def kept() -> Iterator[Repository]:
    """Inputs that the fuzzer has made of the others, each of which runs a line that no smaller one runs."""
    yield from map(from_json, KEPT.read_text(encoding="utf-8").splitlines())


def _examples() -> Iterator[Repository]:
    for transform in transforms():
        for example in transform.EXAMPLES:
            files = [(path, text.encode()) for path, text in (example.files or {}).items()]
            yield of_files(
                example.before, files, ["--unsafe", DOCKERIGNORE] if transform.NAME == "dockerignore" else ["--unsafe"]
            )


def _proofs() -> Iterator[Repository]:
    for folder in sorted(PROOFS.iterdir()):
        if not (folder / "Dockerfile").is_file():
            continue
        files = []
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and path != folder / "Dockerfile":
                data = path.read_bytes()
                files.append((str(path.relative_to(folder)), data if len(data) <= LARGEST_FILE else b"{}\n"))
        yield of_files((folder / "Dockerfile").read_text(), files)


def _campaign() -> Iterator[Repository]:
    for kind in KINDS:
        for number in range(EACH_KIND):
            made = probe(kind, 1, number)
            yield Repository(made.dockerfile.encode(), _entries(made.files))


def _entries(files: Files) -> tuple[Entry, ...]:
    entries = []
    for path, item in files.items():
        match item:
            case Link(target):
                entries.append(Entry(LINK, path, target.encode()))
            case Data(content, mode):
                entries.append(Entry(PROGRAM if mode & 0o100 else FILE, path, content[:LARGEST_FILE]))
            case _:
                entries.append(Entry(FILE, path, item.encode()[:LARGEST_FILE]))
    return tuple(entries)


_NODE = "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
_NODE_FILES = (("package.json", b'{"name":"a"}'), ("package-lock.json", b'{"lockfileVersion":3,"packages":{"":{}}}'))
_DECLARATIONS: dict[str, bytes] = {
    "compose.yaml": b"services:\n  a:\n    build:\n      context: .\n      dockerfile: Dockerfile\n    command: [npm, start]\n"
    b"    volumes: ['./:/app']\n    environment: {A: b}\n  b:\n    extends: {service: a}\n    image: a:1\n",
    "docker-compose.prod.yml": b"services: {a: {build: {context: sub, additional_contexts: {x: ../y}}}}\ninclude: [compose.yaml]\n",
    "docker-bake.hcl": b'target "a" {\n  context = "."\n  args = { A = "b" }\n  tags = ["a:1"]\n}\ntarget "b" { inherits = ["a"] }\n',
    "docker-bake.json": b'{"target": {"a": {"context": ".", "dockerfile": "Dockerfile", "contexts": {"x": "target:b"}}, "b": {}}}',
    "skaffold.yaml": b"build:\n  artifacts:\n  - image: a\n    context: .\n    docker: {dockerfile: Dockerfile}\n    requires: [{image: b}]\n",
    ".devcontainer/devcontainer.json": b'{\n  // why\n  "build": {"dockerfile": "../Dockerfile", "context": ".."},\n}\n',
    "Makefile": b"IMAGE := a:1\n.PHONY: build deps\nbuild: deps\n\tdocker build -t $(IMAGE) -f Dockerfile .\ndeps:\n\tnpm ci\n",
    "build.sh": b'#!/bin/sh\ndocker build -f - . <<EOF\nFROM a:1\nRUN b\nEOF\ndocker run --rm -v "$PWD:/app" a:1 npm test\n',
    ".github/workflows/ci.yml": b"jobs:\n  a:\n    container: node:20\n    steps:\n    - run: docker build --target b -t a .\n",
    ".gitlab-ci.yml": b"a:\n  image: docker\n  script: [docker build .]\n",
    ".dockerignore": b"# no\nnode_modules\n**/*.log\n!important.log\n/dist/\n",
    "Dockerfile.dockerignore": b"*\n!package*.json\n!src/**\n",
    ".containerignore": b"node_modules\n",
    ".gitignore": b"*.pyc\n/build/\n!keep\nsub/**/x\n",
    "dfix.toml": b'select = ["split-manifests", "clean-up", "dockerignore"]\nunsafe = true\ncontext = "."\nexclude = ["vendor/**"]\n'
    b'[per-file-ignores]\n"*.dev" = ["merge-runs"]\n[save]\nselect = ["clean-up"]\n',
    "pyproject.toml": b'[project]\nname = "a"\nversion = "1"\ndependencies = ["b"]\n[tool.dfix]\nignore = ["merge-runs"]\n',
    "package.json": b'{"name": "a", "workspaces": ["packages/*"], "scripts": {"postinstall": "node x.js", "prepare": "husky"},'
    b' "packageManager": "pnpm@9.1.0", "dependencies": {"b": "file:../b", "c": "workspace:*"}, "pnpm": {"overrides": {}}}',
    "pnpm-workspace.yaml": b"packages:\n  - 'packages/*'\n  - '!**/test/**'\ncatalog:\n  react: ^18\n",
    ".npmrc": b"registry=https://example.com\n//example.com/:_authToken=${TOKEN}\nignore-scripts=true\n",
    ".yarnrc.yml": b"nodeLinker: node-modules\nyarnPath: .yarn/releases/yarn-4.0.0.cjs\nplugins: [{path: a.cjs}]\n",
    "requirements.txt": b"-r dev.txt\n-c constraints.txt\n-e ./lib\na==1 --hash=sha256:aa\nb[c]>=2; python_version<'3'\n./local\n",
    "setup.py": b"from setuptools import setup\nsetup(name='a', version=open('VERSION').read(), install_requires=['b'])\n",
    "setup.cfg": b"[metadata]\nname = a\nversion = attr: a.__version__\nlong_description = file: README.md\n",
    "go.work": b"go 1.22\nuse (\n\t./a\n\t./b\n)\n",
    "go.mod": b"module a\n\ngo 1.22\n\nrequire b v1.0.0 // indirect\nreplace b => ../b\n",
    "Cargo.toml": b'[package]\nname = "a"\nversion = "0.1.0"\nbuild = "build.rs"\n[workspace]\nmembers = ["crates/*"]\n[dependencies]\nb = { path = "b" }\n',
    "pom.xml": b"<project><parent><relativePath>../pom.xml</relativePath></parent><modules><module>a</module></modules></project>\n",
    "Gemfile": b"source 'https://rubygems.org'\nruby File.read('.ruby-version')\ngem 'a', path: 'a'\neval_gemfile 'b'\ngemspec\n",
    "composer.json": b'{"autoload": {"psr-4": {"A\\\\": "src/"}, "classmap": ["c"]}, "repositories": [{"type": "path", "url": "lib/*"}]}',
    "mix.exs": b'defmodule A do\n  def project, do: [app: :a, deps: deps()]\n  defp deps, do: [{:b, path: "b"}]\nend\n',
    "a.csproj": b'<Project Sdk="x"><ItemGroup><ProjectReference Include="..\\b\\b.csproj"/></ItemGroup></Project>\n',
    "Package.swift": b'let package = Package(name: "a", dependencies: [.package(path: "../b")])\n',
    "build.sbt": b'lazy val a = project.in(file("a"))\n',
    "pubspec.yaml": b"name: a\ndependencies:\n  b: {path: ../b}\n",
    "environment.yml": b"name: a\ndependencies:\n- python\n- pip:\n  - -r requirements.txt\n",
    "renv.lock": b'{"R": {"Version": "4"}, "Packages": {"a": {"Source": "Local", "RemoteUrl": "a"}}}',
}
"""Files that dfix reads, each with what makes it look further."""


def _declarations() -> Iterator[Repository]:
    for name, content in _DECLARATIONS.items():
        words = [DOCKERIGNORE] if "ignore" in name else []
        files = [*(one for one in _NODE_FILES if one[0] != name), (name, content), ("node_modules/b/c.js", b"")]
        yield of_files(_NODE, files, words)
        yield of_files(_NODE.replace("npm ci", "pip install -r requirements.txt"), [(f"sub/{name}", content)])


def _odd() -> Iterator[Repository]:
    """One odd file each, among those that dfix opens."""
    for number, (dockerfile, names) in enumerate(NAMES.items()):
        for place, name in enumerate(names.split()):
            if name == "Dockerfile":
                continue
            kind = "lpd"[(number + place) % 3]
            leads = (b"../outside/secret", b"/dev/zero", b"/proc/self/environ", b"nowhere", name.encode(), b"/", b"..")
            entry = Entry(kind, name, leads[place % len(leads)])
            files = tuple(Entry(FILE, path, data) for path, data in _NODE_FILES if path != name)
            words = (Entry(WORD, OPTIONS[place % len(OPTIONS)]),) if place % 3 == 0 else ()
            yield Repository(dockerfile.encode(), (*files, entry, *words))
