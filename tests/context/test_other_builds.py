"""Other builds of the same context: files of many tools name Dockerfiles."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dfix.rewriter.context.other_builds import other_build
from tests.build_context import put
from tests.processor import allowed

INLINE = "services:\n  b:\n    build:\n      context: {}\n      dockerfile_inline: |\n        FROM a\n"


def other(folder: Path, files: dict[str, str], context: str = "", dockerfile: str = "") -> str:
    put(folder, {".git/HEAD": "", f"{context}/Dockerfile".lstrip("/"): "", **files})
    root = folder / context
    return other_build(str(root), str(folder / dockerfile if dockerfile else root / "Dockerfile"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Dockerfile.dev", ""),
        ("ops/api.Dockerfile", ""),
        ("Containerfile", ""),
        ("compose.yaml", INLINE.format(".")),
        ("deploy/compose.yaml", INLINE.format("..")),
        ("compose.yaml", "services: {a: {build: {context: ., dockerfile: ../Dockerfile}}}\n"),
        ("compose.yaml", "services: {a: {build: {context: $WHERE, dockerfile: b/Dockerfile}}}\n"),
        ("compose.yaml", "services: {a: {build: {context: ., dockerfile: $FILE}}}\n"),
        ("compose.yaml", "services: {a: {build: {context: sub, additional_contexts: {root: .}}}}\n"),
        ("compose.yaml", "services: {a: {build: {context: sub, additional_contexts: ['root=.']}}}\n"),
        ("compose.yaml", "services: [ build: dockerfile: Dockerfile.prod\n"),
        ("docker-bake.hcl", 'target "x" {\n  context = "."\n  dockerfile-inline = "FROM a"\n}\n'),
        ("docker-bake.hcl", 'target "x" {\n  dockerfile-inline = <<EOT\nFROM a\n}\nEOT\n}\n'),
        ("docker-bake.hcl", 'target "x" { dockerfile = "prod/Dockerfile" }\n'),
        (
            "docker-bake.hcl",
            'target "a" {\n  dockerfile = "b/D"\n  context = "sub"\n}\ntarget "x" {\n  inherits = ["a"]\n  context = "."\n}\n',
        ),
        ("docker-bake.hcl", 'target "x" {\n  context = "sub"\n  contexts = {\n    root = "."\n  }\n}\n'),
        ("docker-bake.hcl", 'target "x" {\n  dockerfile = FILE\n}\n'),
        ("docker-bake.json", '{"target": {"x": {"dockerfile": "b"}}}'),
        ("docker-bake.json", '{"target": {"x": {"dockerfile-inline": "FROM a"}}}'),
        ("skaffold.yaml", "build:\n  artifacts:\n  - context: .\n    docker: {dockerfile: b/Dockerfile}\n"),
        (".devcontainer/devcontainer.json", '{ /* c */ "build": {"dockerfile": "D", "context": ".."} }'),
        (".github/workflows/ci.yml", "- uses: docker/build-push-action@v6\n  with:\n    file: docker/Dockerfile.ci\n"),
        (".github/workflows/ci.yml", "    run: docker build -f - . <<EOF\n"),
        (".gitlab-ci.yml", "  script:\n    - docker build --file=Dockerfile.gen .\n"),
        (".circleci/config.yml", "- run: podman build -t a - < image/x\n"),
        ("Makefile", "image:\n\tdocker build -f $(DIR)/Dockerfile .\n"),
        ("scripts/build.sh", "docker build --file ../b/Dockerfile .\n"),
        ("package.json", '{"scripts": {"image": "docker build -f Dockerfile.dev ."}}'),
        ("Jenkinsfile", 'docker.build("a", "-f ops/Dockerfile.jenkins .")\n'),
    ],
)
def test_another_build(tmp_path: Path, name: str, text: str) -> None:
    assert name.rsplit("/", maxsplit=1)[-1] in other(tmp_path, {name: text})


IMAGE = "# syntax=docker/dockerfile:1\nARG V=1\n\nfrom --platform=linux/amd64 node:$V as base\nCOPY node_modules /nm\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("build.sh", "docker build -f ops/image.txt -t x .\n"),
        ("bin/release.sh", "cd ..\npodman build -fops/image.txt .\n"),
        ("Makefile", "FILE = ops/image.txt\nimage:\n\tdocker build -f $(FILE) .\n"),
        ("package.json", '{"scripts": {"image": "buildah bud --file=./ops/image.txt ."}}'),
        (".gitlab-ci.yml", "build:\n  script:\n    - docker build -t x -f ops/image.txt .\n"),
        (".github/workflows/ci.yml", "- uses: docker/build-push-action@v6\n  with:\n    file: ops/image.txt\n"),
    ],
)
def test_a_dockerfile_of_another_name(tmp_path: Path, name: str, text: str) -> None:
    assert name.rsplit("/", maxsplit=1)[-1] in other(tmp_path, {name: text, "ops/image.txt": IMAGE})
    assert other(tmp_path, {name: text, "ops/image.txt": "from a import b\n"}) == ""
    assert other(tmp_path, {name: text, "ops/image.txt": "SELECT a\nFROM b\n"}) == ""


def test_a_dockerfile_of_another_name_is_no_other_one_if_it_is_the_file_itself(tmp_path: Path) -> None:
    put(tmp_path, {"build.sh": "docker build -f ops/image.txt .\n", "ops/image.txt": IMAGE})
    assert other_build(str(tmp_path), str(tmp_path / "ops/image.txt")) == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Dockerfile.dockerignore", ""),
        ("node_modules/a/Dockerfile", ""),
        ("compose.yaml", "services: {a: {build: .}, b: {build: {dockerfile: Dockerfile}}, c: {image: x}}\n"),
        ("compose.yaml", "services: {a: {build: {context: sub, dockerfile: D}}}\n"),
        ("compose.yaml", "services: {a: {build: {context: 'https://a/b.git', dockerfile: D}}}\n"),
        ("compose.yaml", "services: {a: {build: {context: ., additional_contexts: {b: 'docker-image://b'}}}}\n"),
        ("docker-bake.hcl", 'target "x" {\n  context = "."\n  dockerfile = "./Dockerfile"\n}\n'),
        ("docker-bake.hcl", 'variable "V" {}\ngroup "default" {\n  targets = ["x"]\n}\ntarget "x" {}\n'),
        ("skaffold.yaml", "build:\n  artifacts:\n  - image: a\n"),
        (".devcontainer/devcontainer.json", '{"image": "a", // b\n}'),
        (".github/workflows/ci.yml", "# build the Dockerfile.\n- run: docker build .\n- file: ./Dockerfile\n"),
        (".github/workflows/ci.yml", "- uses: hadolint/hadolint-action@v3\n  with: {dockerfile: Dockerfile}\n"),
        (".gitlab-ci.yml", "script:\n  - docker build -t a .\n  - tar cf - build\n"),
        ("Makefile", "DOCKERFILE = Dockerfile\nimage:\n\tdocker build -f $(DOCKERFILE) .\n"),
        ("README.md", "docker build -f Dockerfile.dev .\n"),
        ("package.json", '{"dependencies": {"dockerfile-ast": "1.0.0"}}'),
    ],
)
def test_no_other_build(tmp_path: Path, name: str, text: str) -> None:
    assert other(tmp_path, {name: text}) == ""


def test_files_above_the_context_in_its_repository_count(tmp_path: Path) -> None:
    above = {"compose.yaml": INLINE.format("./app"), "app/a": ""}
    assert other(tmp_path, above, "app") == "../compose.yaml names another Dockerfile or has the text of one"
    assert other(tmp_path / "b", {"ci/a": "", ".github/workflows/a.yml": "file: app/Dockerfile.b"}, "app")
    assert not other(tmp_path / "c", {"compose.yaml": INLINE.format("./web"), "web/Dockerfile": ""}, "app")


def test_files_above_count_only_in_a_repository(tmp_path: Path) -> None:
    put(tmp_path, {"Makefile": "a:\n\tdocker build -f Dockerfile.b app\n", "app/Dockerfile": ""})
    assert other_build(str(tmp_path / "app"), str(tmp_path / "app/Dockerfile")) == ""


def test_a_dockerfile_outside_of_its_context(tmp_path: Path) -> None:
    files = {"docker/Dockerfile": "", "Makefile": "a:\n\tdocker build -f docker/Dockerfile .\n"}
    assert other(tmp_path, files, "", "docker/Dockerfile") == "Dockerfile is in the build context"
    (tmp_path / "Dockerfile").unlink()
    assert other_build(str(tmp_path), str(tmp_path / "docker/Dockerfile")) == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("docker-bake.hcl", "\n" * 900_000),
        ("docker-bake.hcl", 'target "a" {\n' * 60_000),
        ("docker-bake.hcl", 'target "a" {' + "a=[" * 300_000),
        ("docker-bake.hcl", 'target "a" {' + 'a="' * 300_000),
        (".devcontainer/devcontainer.json", "/* " * 300_000),
        (".devcontainer/devcontainer.json", '"\\' * 400_000),
        (".devcontainer/devcontainer.json", "," * 500_000 + "\n" * 400_000 + "]"),
        (".devcontainer/devcontainer.json", "[" * 900_000),
        ("Makefile", "a" * 900_000),
        ("Makefile", "build docker " * 70_000),
        ("Makefile", "Dockerfile" * 90_000),
        ("compose.yaml", "build: " + "[" * 100_000),
    ],
)
def test_hostile_files_are_read_in_time(tmp_path: Path, name: str, text: str) -> None:
    put(tmp_path, {".git/HEAD": "", "Dockerfile": "", name: text})
    began = time.process_time()
    other_build(str(tmp_path), str(tmp_path / "Dockerfile"))
    assert time.process_time() - began < allowed(3.0)


@pytest.mark.parametrize("text", ['{"target": {"x": {"context": "\\u0000"}}}', '{"target": {"x": {"context": 3}}}'])
def test_strange_paths_are_unknown(tmp_path: Path, text: str) -> None:
    assert other(tmp_path, {"docker-bake.json": text}) in (
        "",
        "docker-bake.json names another Dockerfile or has the text of one",
    )


def test_too_large_a_file_may_name_anything(tmp_path: Path) -> None:
    assert other(tmp_path, {"Makefile": "#" * 1_000_001}) != ""
