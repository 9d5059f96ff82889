"""Other contexts of the same Dockerfile: files of many tools name one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.context.other_contexts import other_context
from tests.build_context import put

MATRIX = "- uses: docker/build-push-action@v6\n  with:\n    context: ${{ matrix.dir }}\n    file: "
ACTION = "- uses: docker/build-push-action@v6\n  with:\n    context: {}\n    file: app/Dockerfile\n"


def other(folder: Path, files: dict[str, str]) -> str:
    """What builds app/Dockerfile with another context than app."""
    put(folder, {".git/HEAD": "", "app/Dockerfile": "", "web/a": "", **files})
    return other_context(str(folder / "app"), str(folder / "app/Dockerfile"))


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("compose.yaml", "services: {a: {build: {dockerfile: app/Dockerfile}}}\n", ".."),
        ("compose.yaml", "services: {a: {build: ./app}, b: {build: {context: web, dockerfile: ../app/Dockerfile}}}\n", "../web"),
        ("deploy/compose.yaml", "services: {a: {build: {context: .., dockerfile: app/Dockerfile}}}\n", ".."),
        ("compose.yaml", "services: {a: {build: {context: $X, dockerfile: app/Dockerfile}}}\n", ".."),
        ("compose.yaml", "services: {a: {build: {context: $X, dockerfile: ../app/Dockerfile}}}\n", ""),
        ("compose.yaml", "services: {a: {build: {context: ., dockerfile: $X}}}\n", ".."),
        ("compose.yaml", "services: {a: {build: {context: $X, dockerfile: $Y}}}\n", ""),
        ("compose.yaml", "services: [ context: web, dockerfile: ../app/Dockerfile, build\n", ""),
        ("docker-bake.hcl", 'target "x" {\n  dockerfile = "app/Dockerfile"\n}\n', ".."),
        ("docker-bake.json", '{"target": {"x": {"context": "web", "dockerfile": "../app/Dockerfile"}}}', "../web"),
        ("skaffold.yaml", "build:\n  artifacts:\n  - docker: {dockerfile: app/Dockerfile}\n", ".."),
        (".devcontainer/devcontainer.json", '{"build": {"dockerfile": "../app/Dockerfile", "context": ".."}}', ".."),
        (".github/workflows/ci.yml", ACTION.format("."), ".."),
        (".github/workflows/ci.yml", ACTION.format("${{ github.workspace }}/web"), "../web"),
        (".github/workflows/ci.yml", ACTION.format("${{ matrix.dir }}"), ""),
        (".github/workflows/ci.yml", f"{MATRIX}${{{{ matrix.app }}}}/Dockerfile\n", ""),
        (".github/workflows/ci.yml", f"[\n{ACTION.format('web')}", ""),
        (".gitlab-ci.yml", "script:\n  - docker build -f app/Dockerfile -t a $CI_PROJECT_DIR\n", ".."),
        (".gitlab-ci.yml", "script:\n  - /kaniko/executor --context . --dockerfile app/Dockerfile\n", ""),
        ("Makefile", "IN = web\nimage:\n\tdocker build -f app/Dockerfile $(IN)\n", "../web"),
        ("Makefile", "image:\n\tdocker build -f $(NAME)/Dockerfile .\n", ".."),
        ("build.sh", "tar c web | docker build -f app/Dockerfile -\n", ""),
        ("build.sh", "docker build -f - web < app/Dockerfile > log 2>&1\n", "../web"),
        ("build.sh", "cd $HERE && docker build -f Dockerfile dist\n", "dist"),
        ("build.sh", "cd app && docker build -f Dockerfile ../web\n", "../web"),
        ("Jenkinsfile", 'docker.build("a", "-f app/Dockerfile .")\n', ".."),
        ("Tiltfile", "docker_build('a', '.', dockerfile='app/Dockerfile')\n", ".."),
    ],
)  # fmt: skip
def test_another_context(tmp_path: Path, name: str, text: str, where: str) -> None:
    told = f"../{name} may build this file "
    assert other(tmp_path, {name: text}) == told + (
        f"with the context {where}" if where else "with a context of its own"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("compose.yaml", "services: {a: {build: ./app}, b: {build: web}, c: {build: {context: app, dockerfile: Dockerfile}}}\n"),
        ("compose.yaml", "services: {a: {build: {context: ., dockerfile: web/Dockerfile}}}\n"),
        ("compose.yaml", "services: {a: {build: {context: app, additional_contexts: {b: web}}}}\n"),
        ("compose.yaml", "services: {a: {build: {context: ., dockerfile_inline: FROM a}}}\n"),
        ("compose.yaml", "services: {a: {build: {context: web, dockerfile: $X}}}\n"),
        ("app/compose.yaml", "services: {a: {build: .}}\n"),
        ("docker-bake.hcl", 'target "x" {\n  context = "app"\n}\n'),
        ("docker-bake.hcl", 'target "x" {\n  context = IN\n}\n'),
        (".github/workflows/ci.yml", ACTION.format("app")),
        (".github/workflows/ci.yml", ACTION.format("${{ github.workspace }}/app")),
        (".github/workflows/ci.yml", f"{MATRIX}${{{{ matrix.dir }}}}/Dockerfile\n"),
        (".github/workflows/ci.yml", "on: {push: {paths: [app/Dockerfile]}}\n"),
        ("Makefile", "image:\n\tdocker build -f $(NAME)/Dockerfile $(NAME)\n"),
        ("Makefile", "image:\n\tdocker build $(IN)\n\tdocker build -f app/Dockerfile.dev .\n"),
        ("build.sh", "docker build -f - app < app/Dockerfile > log\ndocker build -f web/Dockerfile .\n"),
        ("build.sh", "docker build -f- . <<EOF\nFROM a\nEOF\ncd app\ndocker build .\n"),
        ("README.md", "docker build -f app/Dockerfile .\n"),
    ],
)  # fmt: skip
def test_the_same_context(tmp_path: Path, name: str, text: str) -> None:
    assert other(tmp_path, {name: text, "web/Dockerfile": ""}) == ""


def test_the_folder_of_a_dockerfile_whose_context_is_above(tmp_path: Path) -> None:
    put(tmp_path, {".git/HEAD": "", "ops/Dockerfile": "", "Makefile": "image:\n\tdocker build ops\n"})
    found = other_context(str(tmp_path), str(tmp_path / "ops/Dockerfile"))
    assert found == "../Makefile may build this file with the context ."


def test_a_context_with_very_many_files_is_not_looked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfix.rewriter.context.other_contexts._MOST_NAMES", 3)
    put(tmp_path, {"Dockerfile": "", **{f"{number}.txt": "" for number in range(9)}})
    assert other_context(str(tmp_path), str(tmp_path / "Dockerfile")) != ""
