from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.context.find_context import find_context


def make(root: Path, files: dict[str, str]) -> None:
    (root / ".git").mkdir()
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("compose.yaml", "services:\n  a:\n    build:\n      context: .\n      dockerfile: docker/Dockerfile\n"),
        ("docker-compose.prod.yml", "services: {a: {build: {context: ./, dockerfile: ./docker/Dockerfile}}}\n"),
        ("docker-bake.hcl", 'target "a" {\n  context = "."\n  dockerfile = "docker/Dockerfile"\n}\n'),
        ("docker-bake.json", '{"target": {"a": {"context": ".", "dockerfile": "docker/Dockerfile"}}}'),
        ("skaffold.yaml", "build:\n  artifacts:\n  - context: .\n    docker: {dockerfile: docker/Dockerfile}\n"),
        (
            ".devcontainer/devcontainer.json",
            '{ // c\n "build": {"dockerfile": "../docker/Dockerfile", "context": "..",}}\n',
        ),
    ],
)
def test_files_that_name_the_dockerfile(tmp_path: Path, name: str, text: str) -> None:
    make(tmp_path, {"docker/Dockerfile": "", name: text})
    found = find_context(str(tmp_path / "docker/Dockerfile"), [])
    assert (found.folder, found.why) == (str(tmp_path), f"named by {name}")


def test_compose_with_a_plain_folder(tmp_path: Path) -> None:
    make(tmp_path, {"api/Dockerfile": "", "compose.yml": "services:\n  api:\n    build: ./api\n"})
    assert find_context(str(tmp_path / "api/Dockerfile"), []).folder == str(tmp_path / "api")


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  a:\n    build: {context: ., dockerfile: other/Dockerfile}\n",
        "services:\n  a:\n    build: {context: https://x/y.git, dockerfile: docker/Dockerfile}\n",
        "services:\n  a:\n    build: {context: $WHERE, dockerfile: docker/Dockerfile}\n",
        "services: [\nbuild",
        "build: 3\n",
    ],
)
def test_files_that_say_nothing_of_it(tmp_path: Path, text: str) -> None:
    make(tmp_path, {"docker/Dockerfile": "", "compose.yml": text})
    assert find_context(str(tmp_path / "docker/Dockerfile"), []).why == "the Dockerfile's own folder"


def test_where_the_copy_sources_are(tmp_path: Path) -> None:
    make(tmp_path, {"docker/api/Dockerfile": "", "package.json": "", "src/a": ""})
    found = find_context(str(tmp_path / "docker/api/Dockerfile"), ["package.json", "./src/"])
    assert (found.folder, found.why) == (str(tmp_path), "its COPY sources exist there")


def test_not_above_the_repository(tmp_path: Path) -> None:
    repository = tmp_path / "repo"
    repository.mkdir()
    make(repository, {"Dockerfile": ""})
    (tmp_path / "a.txt").write_text("")
    assert find_context(str(repository / "Dockerfile"), ["a.txt"]).folder == str(repository)
