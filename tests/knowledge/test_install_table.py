"""The table of what variables, options and settings make an install read."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from dfix.rewriter.knowledge import install_table
from dfix.rewriter.knowledge.load import stems
from dfix.rewriter.pipeline.options import Options
from tests.build_context import rewritten

ROWS = install_table.rows()
PACKAGE = json.dumps({"name": "a", "version": "1.0.0"})
LOCK = json.dumps({"name": "a", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": json.loads(PACKAGE)}})
FILES = {
    "package.json": PACKAGE,
    "package-lock.json": LOCK,
    "requirements.txt": "flask\n",
    "src/a.js": "",
    "src/a.py": "",
    "pnpm-lock.yaml": "",
    "bun.lock": "",
    "uv.lock": "",
    "poetry.lock": "",
    "pyproject.toml": "[tool.poetry]\npackage-mode = false\n",
}
COMMANDS = {
    ".npmrc": "npm ci",
    ".yarnrc.yml": "yarn install --immutable",
    "pnpm-workspace.yaml": "pnpm install --frozen-lockfile",
    "bunfig.toml": "bun install --frozen-lockfile",
    "uv.toml": "uv sync --locked",
    "poetry.toml": "poetry install",
}


def is_split(folder: Path, command: str, env: str = "", files: dict[str, str] | None = None) -> bool:
    base = "python:3.12" if command.startswith(("pip", "uv", "poetry")) else "node:22"
    before = f"FROM {base}\n{env}WORKDIR /app\nCOPY . .\nRUN {command}\n"
    options = Options(select=frozenset(("split-manifests",)), context=str(folder))
    return rewritten(folder, {**FILES, **(files or {})}, before, options).changed


@pytest.mark.parametrize(
    "sample", [sample for row in ROWS if row.kind == "variable" and row.reads == "nothing" for sample in row.samples]
)
def test_a_harmless_variable_may_name_the_sources(tmp_path: Path, sample: str) -> None:
    assert is_split(tmp_path, "npm ci", f"ENV {sample if '=' in sample else sample + '=/app/src'}\n")


@pytest.mark.parametrize(
    "sample",
    [sample for row in ROWS if row.kind in ("option", "operand") and row.reads == "nothing" for sample in row.samples],
)
def test_a_harmless_option_may_name_the_sources(tmp_path: Path, sample: str) -> None:
    assert is_split(tmp_path, sample)


@pytest.mark.parametrize(
    ("name", "sample"),
    [
        (name, sample)
        for row in ROWS
        if row.kind == "setting" and row.reads == "nothing"
        for name in sorted(row.of & set(COMMANDS))
        for sample in row.samples
    ],
)
def test_a_harmless_setting_may_name_the_sources(tmp_path: Path, name: str, sample: str) -> None:
    package = json.dumps({"name": "a"}, indent=2) + "\n" if name == ".yarnrc.yml" else PACKAGE
    assert is_split(tmp_path, COMMANDS[name], files={name: f"{sample}\n", "package.json": package, "yarn.lock": ""})


@pytest.mark.parametrize(
    "name", ["NPM_CONFIG_USERCONFIG", "XDG_CONFIG_HOME", "CARGO_HOME", "UV_OVERRIDE", "BASH_ENV", "FOO"]
)
def test_another_variable_may_not(tmp_path: Path, name: str) -> None:
    assert not is_split(tmp_path, "npm ci", f"ENV {name}=/app/src\n")


def test_a_star_stands_for_any_text() -> None:
    names = install_table.Names.of(("app", "app_*", "*:registry", "*_binary_host*", "a*a"))
    fitting = ("app", "app_", "app_home", ":registry", "@a:registry", "_binary_host", "x_binary_host_y", "aa", "aba")
    assert [name for name in fitting if not names.match(name)] == []
    others = ("apps", "my_app_x", "registry", "a:registry:", "binary_host", "a", "")
    assert [name for name in others if names.match(name)] == []


def test_rows_are_sound() -> None:
    every_settings_file = [kind for manager in stems() for kind in install_table.settings_files(manager)]
    files = {name for kind in every_settings_file for name in kind.names}
    for row in ROWS:
        assert row.source.startswith("https://")
        known = files | {"git config"} if row.kind == "setting" else {*stems(), install_table.EVERY}
        assert row.of <= known, row.of - known
        assert not any(set("?[").intersection(name) for name in row.names.plain | row.others.plain)
    for kind in every_settings_file:
        assert kind.of <= set(stems())
    tables = tomllib.loads((Path(install_table.__file__).parent / "install_table.toml").read_text("utf-8"))
    assert set(tables) == {"row", "settings", "switch", "replaces", "modules", "home", "prefix", "system"}
    for other in (*tables["replaces"], *tables["switch"]):
        assert other["source"].startswith("https://")
        assert set(other["of"]) <= set(stems())
    assert [(row["kind"], row["source"]) for row in tables["row"]] == [(row.kind, row.source) for row in ROWS]
    assert len(tables["settings"]) == len(set(every_settings_file))
