"""Manifests made to hurt: every reader answers within a bound, leaves the context alone, and runs nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dfix.rewriter.answers.reason import Reason, attempt
from dfix.rewriter.context.folder import Context
from dfix.rewriter.context.makefile import recipe
from dfix.rewriter.manifests import Install, inputs
from tests.processor import allowed

BOUND = 3.0  # seconds of CPU time; a manifest of one megabyte takes well under one

READERS = {
    "bundler": ("bundle", ("install",), ("Gemfile", "Gemfile.lock")),
    "cargo": ("cargo", ("fetch",), ("Cargo.toml", "Cargo.lock")),
    "composer": ("composer", ("install",), ("composer.json", "composer.lock")),
    "conda": ("conda", ("env", "create"), ("environment.yml",)),
    "composer without a lock file": ("composer", ("install",), ("composer.json",)),
    "dotnet": ("dotnet", ("restore",), ("a.csproj", "nuget.config", "a.csproj.user", "Directory.Build.rsp")),
    "dotnet of a solution": ("dotnet", ("restore", "a.sln"), ("a.sln", "Directory.Solution.props")),
    "dotnet of a solution in XML": ("dotnet", ("restore", "a.slnx"), ("a.slnx",)),
    "go": ("go", ("mod", "download"), ("go.mod", "go.sum", "go.work")),
    "gradle": (
        "gradle",
        ("--version",),
        ("gradle/wrapper/gradle-wrapper.properties", "gradle/wrapper/gradle-wrapper.jar"),
    ),
    "python.hatch": ("hatch", ("env", "create"), ("pyproject.toml", "hatch.toml")),
    "maven": ("mvn", ("dependency:go-offline",), ("pom.xml", ".mvn/extensions.xml")),
    "mix": ("mix", ("deps.get",), ("mix.exs", "mix.lock", "config/config.exs")),
    "node.install": ("npm", ("install",), ("package.json", "package-lock.json", "prisma/schema.prisma")),
    "node.pnpm_fetch": ("pnpm", ("fetch",), ("package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc")),
    "node.install of pnpm": (
        "pnpm",
        ("install",),
        ("package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc"),
    ),
    "node.install of Yarn": ("yarn", ("install",), ("package.json", "yarn.lock", ".yarnrc")),
    "python.pdm": ("pdm", ("install", "--no-self"), ("pyproject.toml", "pdm.lock")),
    "python.pip": ("pip", ("install", "-r", "requirements.txt"), ("requirements.txt", "setup.py")),
    "python.pip_sync": ("pip-sync", ("requirements.txt",), ("requirements.txt",)),
    "python.pipenv": ("pipenv", ("install",), ("Pipfile", "Pipfile.lock")),
    "python.poetry": ("poetry", ("install", "--no-root"), ("pyproject.toml", "poetry.lock")),
    "pub": ("dart", ("pub", "get"), ("pubspec.yaml", "pubspec.lock")),
    "renv": ("R", ("-e", "renv::restore()"), ("renv.lock", ".Rprofile")),
    "sbt": ("sbt", ("update",), ("build.sbt", "project/plugins.sbt")),
    "swift": ("swift", ("package", "resolve"), ("Package.swift", "Package.resolved")),
    "python.uv": ("uv", ("sync", "--frozen", "--no-install-project"), ("pyproject.toml", "uv.lock")),
    "python.uv_pip": ("uv", ("pip", "install", "-r", "requirements.txt"), ("requirements.txt",)),
}

TEXTS = {
    "empty": "",
    "zeros": "\0" * 1000,
    "brackets": "[" * 100_000,
    "braces": "{" * 100_000,
    "half an XML file": "<project>" * 20_000,
    "entities": '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><project>&b;</project>',
    "YAML that doubles": "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n",
    "numbers": "gem " + "1" * 50_000 + "!",
    "commas": "gem 'a'" + ", " * 50_000 + "!",
    "open comments": "/*" * 100_000,
    "tuples": "{:a, " * 50_000,
    "quotes": "\"'" * 100_000,
    "spaces": " " * 500_000 + "x",
    "parentheses": ".package(path:" * 30_000,
    "options": "options(" * 30_000,
    "backslashes": "a \\\n" * 100_000,
    "equals": "= " * 100_000,
    "includes itself": "-r requirements.txt\n" * 1000,
    "one line": "x" * 1_000_000,
    "digits in TOML": "a = " + "9" * 5000 + "\n",
    "digits in JSON": '{"a": ' + "9" * 5000 + "}",
    "not UTF-8": "\udcff\udcfe" * 1000,
    "escapes": '{"workspaces": ["../../*", "/etc/*", "**"], "dependencies": {"a": "file:../../../etc"}}',
    "escapes in TOML": '[workspace]\nmembers = ["../../*", "/etc/*"]\n[dependencies]\na = { path = "../../../etc" }\n',
    "escapes in YAML": "workspace: ['../../*', /etc]\ndependencies: {a: {path: ../../../etc}}\n",
    "escapes in a pom": "<project><modules><module>../../x</module></modules><parent><relativePath>/etc</relativePath></parent></project>",
    "other types": '{"workspaces": 1, "dependencies": [], "scripts": "x", "packages": {"a": 1}, "Packages": []}',
    "other types in TOML": 'dependencies = 1\nworkspace = "x"\ntool = []\nproject = 3\npackages = "a"\nsource = 1\nbin = 1\n',
    "other types in YAML": "dependencies: [1, {pip: 3}]\nchannels: 3\nworkspace: 1\npackages: []\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("reader", READERS)
def test_an_answer_in_time(tmp_path: Path, reader: str, text: str) -> None:
    manager, arguments, names = READERS[reader]
    reader = reader.partition(" ")[0]
    for name in names:
        path = tmp_path / "context" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    context = Context.open(str(tmp_path / "context"), str(tmp_path / "context/Dockerfile"))
    program = "./gradlew" if reader == "gradle" else manager
    began = time.process_time()
    found = attempt(inputs, context, Install(manager, arguments, "", reader, program))
    assert time.process_time() - began < allowed(BOUND)
    if isinstance(found, Reason):
        assert found.text
        assert "\n" not in found.text
        return
    assert all(not place.startswith(("/", "..")) for place in (*found.files, *found.folders))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_makefile(text: str) -> None:
    began = time.process_time()
    recipe(text, "deps")
    recipe(f"deps:\n\t{text}\n", "deps")
    assert time.process_time() - began < allowed(BOUND)
