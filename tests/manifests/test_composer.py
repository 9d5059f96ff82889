from __future__ import annotations

import json

import pytest

from dfix.rewriter.answers.reason import Reason, attempt
from dfix.rewriter.manifests import Inputs, Install, inputs
from tests.build_context import MakeContext

LOCK = {"packages": [{"name": "a/b"}], "packages-dev": [{"name": "c/d", "type": "library"}]}


def read(make_context: MakeContext, project: object, command: str = "install", **more: object) -> Inputs | Reason:
    files = {"composer.json": json.dumps(project), "composer.lock": json.dumps(LOCK), "src/A.php": ""}
    files |= {name: text if isinstance(text, str) else json.dumps(text) for name, text in more.items()}
    return attempt(inputs, make_context(files), Install("composer", tuple(command.split()), "", "composer"))


def test_manifest_lock_and_credentials(make_context: MakeContext) -> None:
    assert read(make_context, {}) == Inputs(("composer.json", "composer.lock"))
    assert read(make_context, {}, **{"auth.json": "{}"}) == Inputs(("composer.json", "composer.lock", "auth.json"))


def test_a_folder_of_the_context(make_context: MakeContext) -> None:
    files = {"api/composer.json": "{}", "api/composer.lock": "{}", "api/x.php": "", "web/.git/HEAD": ""}
    install = Install("composer", ("install",), "api", "composer")
    assert inputs(make_context(files), install) == Inputs(("api/composer.json", "api/composer.lock"))


def test_packages_in_folders_of_the_project(make_context: MakeContext) -> None:
    project = {
        "repositories": [{"type": "path", "url": "./libs/x"}, {"type": "composer", "url": "https://example.org"}]
    }
    assert read(make_context, project, **{"libs/x/composer.json": "{}"}) == Inputs(
        ("composer.json", "composer.lock"), ("libs/x",)
    )


def test_certificates(make_context: MakeContext) -> None:
    files = ("composer.json", "composer.lock", "certs/ca.pem")
    assert read(make_context, {"config": {"cafile": "certs/ca.pem"}}, **{"certs/ca.pem": ""}) == Inputs(files)
    found = read(make_context, {"config": {"capath": "certs"}}, **{"certs/ca.pem": ""})
    assert found == Inputs(files[:2], ("certs",))
    found = read(make_context, {"config": {"cafile": "/app/ca.pem"}}, **{"ca.pem": ""})
    assert isinstance(found, Reason)
    assert found.text == "composer.json: `cafile` is /app/ca.pem, which dfix cannot find in the build context"


def test_archives_of_packages_in_the_project(make_context: MakeContext) -> None:
    def lock(url: str) -> str:
        return json.dumps({"packages": [{"name": "a/b", "dist": {"type": "zip", "url": url}}]})

    files = {"pkg/b.zip": ""}
    found = read(make_context, {}, **{"composer.lock": lock("pkg/b.zip")}, **files)
    assert found == Inputs(("composer.json", "composer.lock", "pkg/b.zip"))
    found = read(make_context, {}, **{"composer.lock": lock("https://example.org/b.zip")}, **files)
    assert found == Inputs(("composer.json", "composer.lock"))
    found = read(make_context, {}, **{"composer.lock": lock("file:///app/pkg/b.zip")}, **files)
    assert isinstance(found, Reason)
    assert found.code == "local-source"
    project = {"repositories": [{"type": "artifact", "url": "pkg"}]}
    found = read(make_context, project, **{"composer.lock": lock("pkg/b.zip")}, **files)
    assert found == Inputs(("composer.json", "composer.lock"), ("pkg",))


@pytest.mark.parametrize(
    "project",
    [
        {"scripts": {"test": "phpunit"}},
        {"autoload": {"psr-4": {"A\\": "src/"}, "files": ["src/f.php"]}},
        {"config": {"sort-packages": True, "allow-plugins": False}},
    ],
)
def test_what_the_install_does_not_look_at(make_context: MakeContext, project: object) -> None:
    assert isinstance(read(make_context, project), Inputs)


@pytest.mark.parametrize(
    ("project", "command", "more", "reason"),
    [
        (
            {"scripts": {"post-autoload-dump": ["@php artisan"]}},
            "install",
            {},
            "composer.json: the install runs the scripts of `post-autoload-dump`",
        ),
        ({}, "install -o", {}, "`composer install -o` reads all classes for its optimized autoloader"),
        (
            {"config": {"optimize-autoloader": True}},
            "install",
            {},
            "`composer install` reads all classes for its optimized autoloader",
        ),
        (
            {"autoload": {"classmap": ["database"]}},
            "install --no-dev",
            {},
            "composer.json: `autoload` has a classmap, so the install reads the sources",
        ),
        (
            {},
            "install",
            {"composer.lock": {"packages": [{"name": "symfony/flex", "type": "composer-plugin"}]}},
            "composer.lock: the plugin symfony/flex may write files for each package that is installed",
        ),
        (
            {"repositories": [{"type": "path", "url": "../x"}]},
            "install",
            {},
            "composer.json: a package is at ../x, outside the build context",
        ),
        (
            {"repositories": {"x": {"type": "path", "url": "libs/*"}}},
            "install",
            {},
            "composer.json: a package is at libs/*, a pattern that dfix does not follow",
        ),
        ({"repositories": [{"type": "path", "url": "libs/x"}]}, "install", {}, "libs/x is not in the build context"),
        (
            {},
            "install",
            {"vendor/autoload.php": ""},
            "the build context ships vendor, which would overwrite the installed packages",
        ),
        (
            {"config": {"vendor-dir": "lib"}},
            "install",
            {"lib/autoload.php": ""},
            "the build context ships lib, which would overwrite the installed packages",
        ),
        (
            {},
            "install",
            {".git/HEAD": ""},
            "the build context ships .git, which the install uses to determine the project's version",
        ),
        ([], "install", {}, "composer.json is not a JSON object"),
        ({}, "install", {"composer.json": "{"}, "composer.json is not valid JSON"),
        ({}, "install", {"composer.json": "[" * 100_000}, "composer.json is not valid JSON"),
        (
            {"config": {"allow-plugins": True}},
            "install",
            {".dockerignore": "composer.lock\n"},
            "the build context ships no composer.lock, so dfix can't tell which plugins the install runs",
        ),
        ({}, "install", {".dockerignore": "*.json\n"}, "composer.json is left out by line 1 of .dockerignore"),
    ],
)
def test_what_prevents_a_split(
    make_context: MakeContext, project: object, command: str, more: dict[str, object], reason: str
) -> None:
    found = read(make_context, project, command, **more)
    assert isinstance(found, Reason)
    assert found.text == reason


@pytest.mark.parametrize(
    ("project", "command", "more"),
    [
        ({"scripts": {"post-install-cmd": "x"}}, "install --no-scripts", {}),
        ({"autoload": {"classmap": ["database"]}}, "install --no-autoloader", {}),
        (
            {},
            "install --no-plugins",
            {"composer.lock": {"packages": [{"name": "symfony/flex", "type": "composer-plugin"}]}},
        ),
        (
            {},
            "install --no-dev",
            {"composer.lock": {"packages-dev": [{"name": "symfony/flex", "type": "composer-plugin"}]}},
        ),
        (
            {},
            "install",
            {"composer.lock": {"packages": [{"name": "phpstan/extension-installer", "type": "composer-plugin"}]}},
        ),
    ],
)
def test_options_that_keep_the_install_from_it(
    make_context: MakeContext, project: object, command: str, more: dict[str, object]
) -> None:
    assert isinstance(read(make_context, project, command, **more), Inputs)


def unlocked(make_context: MakeContext, project: object, command: str = "install") -> Inputs | Reason:
    context = make_context({"composer.json": json.dumps(project), "src/A.php": ""})
    return attempt(inputs, context, Install("composer", tuple(command.split()), "", "composer"))


@pytest.mark.parametrize(
    ("project", "command"),
    [
        ({}, "install"),
        ({"config": {"allow-plugins": False}, "scripts": {"test": "x"}}, "install"),
        ({"config": {"allow-plugins": {"symfony/flex": False, "pestphp/pest-plugin": True}}}, "install"),
        ({"repositories": [{"type": "vcs", "url": "https://example.org/a"}, {"packagist.org": False}]}, "install"),
        ({"repositories": [{"type": "package", "package": {"dist": {"url": "https://x.org/a.zip"}}}]}, "install"),
    ],
)
def test_without_a_lock_file(make_context: MakeContext, project: object, command: str) -> None:
    assert unlocked(make_context, project, command) == Inputs(("composer.json",), blocks_plugins=True)


def test_without_a_lock_file_and_plugins(make_context: MakeContext) -> None:
    project = {"config": {"allow-plugins": True}, "scripts": {"post-update-cmd": "x"}}
    assert unlocked(make_context, project, "install --no-plugins --no-scripts") == Inputs(("composer.json",))


@pytest.mark.parametrize(
    ("project", "command", "reason"),
    [
        ({"config": {"allow-plugins": True}}, "install", "the build context ships no composer.lock, so dfix can't tell which plugins the install runs"),
        ({"config": {"allow-plugins": {"symfony/*": True}}}, "install", "the build context ships no composer.lock, so dfix can't tell which plugins the install runs"),
        ({"config": {"lock": False}}, "install", "composer.json says that no lock file is written, so a second run would look for packages again"),
        ({"scripts": {"post-update-cmd": "x"}}, "install", "composer.json: the install runs the scripts of `post-update-cmd`"),
        ({"scripts": {"post-install-cmd": "x"}}, "install", "composer.json has scripts for an install with a lock file, and composer.lock is not there"),
        ({"scripts": {"post-autoload-dump": "x"}}, "install", "composer.json: the install runs the scripts of `post-autoload-dump`"),
        ({"repositories": [{"type": "vcs", "url": "../a"}]}, "install", "composer.json: a repository is at ../a, which dfix does not follow"),
        ({"repositories": [{"type": "composer", "url": "file:///a"}]}, "install", "composer.json: a repository is at file:///a, which dfix does not follow"),
        ({"repositories": {"a": {"type": "package", "package": [{"dist": {"url": "a.zip"}}]}}}, "install", "composer.json: a repository is at a.zip, which dfix does not follow"),
    ],
)  # fmt: skip
def test_what_prevents_a_split_without_a_lock_file(
    make_context: MakeContext, project: object, command: str, reason: str
) -> None:
    found = unlocked(make_context, project, command)
    assert isinstance(found, Reason)
    assert found.text == reason
