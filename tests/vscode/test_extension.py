"""The extension for VS Code: its own tests against the real server, and the package that is made of it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.tools.home import NoToolError, absent, kept, run

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "editors/vscode"
MANIFEST = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
SETTINGS = MANIFEST["contributes"]["configuration"]["properties"]
MADE = ("node_modules", "dist", "out", "*.vsix")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The extension with the packages of its lock file, which are kept outside of the checkout."""
    lock = (EXTENSION / "package-lock.json").read_bytes()

    def install(place: Path) -> None:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(EXTENSION / name, place)
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], place)

    try:
        packages = kept(f"vscode-{hashlib.sha256(lock).hexdigest()[:12]}", install)
    except NoToolError as error:
        absent(error)
    place = tmp_path / "vscode"
    shutil.copytree(EXTENSION, place, ignore=shutil.ignore_patterns(*MADE))
    (place / "node_modules").symlink_to(packages / "node_modules")
    return place


def npm(folder: Path, *words: str) -> str:
    environment = {**os.environ, "DFIX": str(Path(sys.executable).with_name("dfix"))}
    done = subprocess.run(["npm", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_own_tests(folder: Path) -> None:
    said = npm(folder, "test")
    count = re.search(r"^# pass (\d+)$", said, re.MULTILINE)
    assert count is not None
    assert int(count[1]) >= 15
    assert re.search(r"^# (fail|cancelled|skipped|todo) [^0]", said, re.MULTILINE) is None, said


def test_the_package(folder: Path) -> None:
    """Built as for a release: types are checked, one script holds everything but VS Code itself."""
    npm(folder, "run", "package")
    with zipfile.ZipFile(folder / "dfix.vsix") as package:
        files = {name: package.read(name) for name in package.namelist()}
    own = {name.removeprefix("extension/").lower() for name in files if name.startswith("extension/")}
    assert own == {"package.json", "readme.md", "license.txt", "dist/extension.js", "dist/licences.txt"}
    assert json.loads(files["extension/package.json"])["main"] == "./dist/extension.js"
    assert b"Apache License" in files["extension/LICENSE.txt"]
    for name in ("vscode-languageclient", "vscode-languageserver-protocol", "vscode-jsonrpc", "semver"):
        assert re.search(rf"^{name} [\d.]+ \((MIT|ISC)\)$", files["extension/dist/licences.txt"].decode(), re.MULTILINE)
    assert b'Publisher="dfix"' in files["extension.vsixmanifest"]
    script = files["extension/dist/extension.js"].decode()
    needed = {name for name in re.findall(r'\brequire\("([^"]+)"\)', script) if not name.startswith("node:")}
    builtin = set(
        json.loads(subprocess.check_output(["node", "-p", "JSON.stringify(require('module').builtinModules)"]))
    )
    assert needed - builtin == {"vscode"}
    for command in MANIFEST["contributes"]["commands"]:
        assert f'"{command["command"]}"' in script


def test_the_page_names_every_setting_and_command() -> None:
    page = (EXTENSION / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(dfix\.[\w.]+)`", page)) - {"dfix.toml", "dfix.vsix"} == set(SETTINGS)
    for command in MANIFEST["contributes"]["commands"]:
        assert f"{command['category']}: {command['title']}" in page


def test_it_is_of_the_version_of_dfix() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = json.loads((EXTENSION / "package-lock.json").read_text(encoding="utf-8"))
    assert MANIFEST["version"] == lock["version"] == project["version"]
    assert (EXTENSION / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_lock_file_names_no_place_of_its_packages() -> None:
    assert "resolved" not in (EXTENSION / "package-lock.json").read_text(encoding="utf-8")
