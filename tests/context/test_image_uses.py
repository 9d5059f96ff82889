"""The builds and containers that files declare near a Dockerfile."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dfix.rewriter.context.build_commands import build_commands
from dfix.rewriter.context.image_records import ImageNames, ImageUses, image_name
from dfix.rewriter.context.image_uses import image_uses
from dfix.rewriter.text.root import root_of
from tests.build_context import put
from tests.processor import allowed


def uses(folder: Path, files: dict[str, str]) -> ImageUses:
    put(folder, {"Dockerfile": "", **files})
    return image_uses(str(folder / "Dockerfile"), (root_of(str(folder / "Dockerfile")),))


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("me/base", "me/base"),
        ("docker.io/me/base:1.2", "me/base"),
        ("docker.io/library/debian@sha256:0", "debian"),
        ("localhost:5000/base", "localhost:5000/base"),
        ("${REGISTRY:-me}/base:${TAG}", "me/base"),
        ("$(REGISTRY)/base:1", "*/base"),
        ("${{ env.IMAGE }}/base", "*/base"),
        ("Me/Base", "me/base"),
        ("$(IMAGE):1", "$image"),
        ("${{ env.IMAGE }}", "$image"),
        ("me/${NAME}:${TAG}", "me/$name"),
        ("$REGISTRY/$NAME", "*/$name"),
    ],
)
def test_the_name_of_an_image(reference: str, name: str) -> None:
    assert image_name(reference) == name


def test_images_of_an_unknown_registry_are_told_by_their_last_name() -> None:
    assert ImageNames(["*/base"]).find("me/base") == "*/base"
    assert ImageNames(["you/app", "me/base"]).find("*/base") == "me/base"
    assert ImageNames(["base"]).find("base") == "base"
    assert ImageNames(["*/base"]).find("me/app") is None
    assert ImageNames(["me/base"]).find("you/base") is None


def test_a_service_of_two_compose_files_is_one(tmp_path: Path) -> None:
    first = "services: {a: {build: {context: ., target: dev, args: {A: 1}}, image: me/a}}\n"
    second = "services: {a: {command: !reset null, entrypoint: [x, $$HOME], volumes: ['.:/w', 'data:/d', /e]}}\n"
    (build,), (plain, changed), _ = uses(tmp_path, {"compose.yaml": first, "compose.override.yaml": second})
    assert build.dockerfile == str(tmp_path / "Dockerfile")
    assert (build.target, build.arguments) == ("dev", {"A": "1"})
    assert "me/a" in build.names
    assert build.names & plain.names & changed.names
    override = next(one for one in (plain, changed) if one.entrypoint)
    assert override.entrypoint == ("x", "$HOME")
    assert override.mounts == ((str(tmp_path), "/w"),)


@pytest.mark.parametrize("text", ["", "[", "services: [1]", "services: {a: {build: {context: 3}}}", "a: &a [*a]"])
def test_a_broken_compose_file_declares_nothing(tmp_path: Path, text: str) -> None:
    assert not uses(tmp_path, {"compose.yaml": text}).builds


def test_commands_of_a_devcontainer(tmp_path: Path) -> None:
    text = '{"image": "me/a", "postStartCommand": "x", "onCreateCommand": {"a": ["y", "z 1"], "b": "w"}}'
    (container,) = uses(tmp_path, {".devcontainer.json": text}).containers
    assert set(container.scripts) == {"x", "y 'z 1'", "w"}
    assert container.folder == f"/workspaces/{tmp_path.name}"
    assert container.mounts == ((str(tmp_path), container.folder),)


def test_build_commands() -> None:
    text = "cd a && docker build -t x:1 --tag=y . && docker push x\npodman build \\\n  -f b/D --build-arg A=1 b\ndocker ps\n"
    first, second = build_commands(text)
    assert (first.folder, first.tags, first.context, first.file) == ("a", ("x:1", "y"), ".", "")
    assert (second.folder, second.arguments, second.context, second.file) == ("", ("A=1",), "b", "b/D")


def test_long_lines_take_linear_time() -> None:
    begin = time.process_time()
    assert not list(build_commands("docker " * 100_000))
    list(build_commands("cd a; docker build . " * 5_000))
    image_name("${" * 500_000)
    assert time.process_time() - begin < allowed(5)


@pytest.mark.parametrize(
    ("files", "builds"),
    [
        ({"compose.yaml": "services: {a: {build: ./api}}"}, True),
        ({"compose.yaml": "services:\n  a:\n    build:\n      context:\n        ./api\n"}, True),
        ({"compose.yaml": "services: {a: {build: {dockerfile: api/Dockerfile}}}"}, True),
        ({"deploy/compose.yaml": "services: {a: {build: ../api}}"}, True),
        ({"api/.devcontainer/devcontainer.json": '{"build": {"dockerfile": "../Dockerfile", "context": ".."}}'}, True),
        ({"api/compose.yaml": "services: {a: {build: .}}"}, True),
        ({"docker-bake.hcl": 'target "a" {\n  context = "api"\n}\n'}, True),
        ({"skaffold.yaml": "build: {artifacts: [{image: a, context: api}]}"}, True),
        ({"Makefile": "a:\n\tdocker build -t a api\n"}, True),
        ({"api/scripts/build.sh": "docker build -t a ."}, True),
        ({"compose.yaml": "services:\n  a: {build: ./web}\n  api: {image: api}\n"}, False),
        ({"compose.yaml": "services: {a: {build: ./api-web}}"}, False),
        ({"Makefile": "api:\n\techo\n"}, False),
    ],
)
def test_files_are_only_parsed_where_one_may_build_the_dockerfile(
    tmp_path: Path, files: dict[str, str], builds: bool
) -> None:
    (tmp_path / ".git").mkdir()
    put(tmp_path, {"api/Dockerfile": "FROM a", "web/Dockerfile": "FROM a", **files})
    path = str(tmp_path / "api" / "Dockerfile")
    found = image_uses(path, (root_of(path),))
    assert any(build.dockerfile == path for build in found.builds) is builds
    assert bool(found.builds) is builds


def test_a_context_may_be_a_link_to_the_folder(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    put(tmp_path, {"api/Dockerfile": "FROM a", "compose.yaml": "services: {a: {build: ./current}}"})
    (tmp_path / "current").symlink_to("api")
    path = str(tmp_path / "api" / "Dockerfile")
    (build,) = image_uses(path, (root_of(path),)).builds
    assert build.dockerfile == path
