"""Manifests in parent folders, and dependencies outside the context or on the whole project."""

from __future__ import annotations

import pytest

from dfix.rewriter.answers.reason import Reason, attempt
from dfix.rewriter.manifests import Inputs, Install, inputs
from tests.build_context import MakeContext

POM = "<project><parent><artifactId>all</artifactId></parent><artifactId>a</artifactId></project>"
BROKEN_AROUND = [
    ("npm ci", "node.install", {"package.json": "{", "a/package.json": "{}", "a/package-lock.json": "{}"}),
    (
        "cargo fetch --locked",
        "cargo",
        {
            "Cargo.toml": "[",
            "a/Cargo.toml": '[package]\nname = "a"\n[dependencies]\nb = "1"\n[[bin]]\nname = "a"\npath = "a.rs"\n',
        },
    ),
    ("uv sync --frozen", "python.uv", {"pyproject.toml": "[", "a/pyproject.toml": '[project]\nname = "a"\n'}),
    ("mvn dependency:go-offline", "maven", {"pom.xml": "<", "a/pom.xml": POM}),
]
LOCAL_DEPENDENCIES = [
    ("npm ci", "node.install", "package.json", '{{"dependencies": {{"x": "file:{}"}}}}', {"package-lock.json": "{}"}),
    ("composer install", "composer", "composer.json", '{{"repositories": [{{"type": "path", "url": "{}"}}]}}', {"composer.lock": "{}"}),
    ("bundle install", "bundler", "Gemfile", 'gem "x", path: "{}"\n', {}),
    ("poetry install --no-root", "python.poetry", "pyproject.toml", '[tool.poetry.dependencies]\nx = {{path = "{}"}}\n', {}),
]  # fmt: skip


def read(make_context: MakeContext, files: dict[str, str], command: str, reader: str, folder: str) -> Inputs | Reason:
    manager, *arguments = command.split()
    return attempt(inputs, make_context(files), Install(manager, tuple(arguments), folder, reader))


@pytest.mark.parametrize(("command", "reader", "files"), BROKEN_AROUND, ids=[row[1] for row in BROKEN_AROUND])
def test_a_broken_manifest_above_is_not_read(
    make_context: MakeContext, command: str, reader: str, files: dict[str, str]
) -> None:
    found = read(make_context, files, command, reader, "a")
    assert isinstance(found, Inputs), found
    assert set(found.files) == {path for path in files if path.startswith("a/")}


@pytest.mark.parametrize(
    ("place", "code", "text"),
    [
        (".", "reads-sources", ", the folder with all the sources"),
        ("../x", "outside-context", " ../x, outside the build context"),
        ("/x", "outside-context", " /x, an absolute path that dfix does not follow"),
    ],
)
@pytest.mark.parametrize(
    ("command", "reader", "path", "form", "more"), LOCAL_DEPENDENCIES, ids=[row[1] for row in LOCAL_DEPENDENCIES]
)
def test_a_local_dependency_that_is_not_followed(
    make_context: MakeContext, command: str, reader: str, path: str, form: str, more: dict[str, str], place: str,
    code: str, text: str,
) -> None:  # fmt: skip
    found = read(make_context, {path: form.format(place), **more}, command, reader, "")
    assert isinstance(found, Reason), found
    assert (found.code, found.text.endswith(text)) == (code, True), found


COMPUTED = [
    (
        "swift package resolve",
        "swift",
        {"Package.swift": '.package(path: root + "/x")\n'},
        "build-script",
        'Package.swift computes the path of a package: `root + "/x"`',
    ),
    (
        "dart pub get",
        "pub",
        {"pubspec.yaml": "workspace: ['packages/*']\n"},
        "workspace",
        "pubspec.yaml names packages/*, a pattern that dfix does not follow",
    ),
]


@pytest.mark.parametrize(("command", "reader", "files", "code", "text"), COMPUTED, ids=[row[1] for row in COMPUTED])
def test_a_path_that_is_not_literal(
    make_context: MakeContext, command: str, reader: str, files: dict[str, str], code: str, text: str
) -> None:
    found = read(make_context, files, command, reader, "")
    assert isinstance(found, Reason), found
    assert (found.code, found.text) == (code, text)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({}, "lib is not in the build context"),
        ({"lib/x.py": "", ".dockerignore": "lib/*.py\n"}, "the build context ships no file in lib"),
        ({"lib/x.py": "", ".dockerignore": "# local\nlib\n"}, "lib is left out by line 2 of .dockerignore"),
    ],
    ids=["absent", "empty", "ignored"],
)
def test_a_folder_that_does_not_ship(make_context: MakeContext, more: dict[str, str], text: str) -> None:
    files = {"pyproject.toml": "[tool.poetry.dependencies]\nx = {path = 'lib'}\n", **more}
    found = read(make_context, files, "poetry install --no-root", "python.poetry", "")
    assert isinstance(found, Reason), found
    assert found.text == text
