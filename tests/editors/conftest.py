"""What tests of real editors share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.build_context import put
from tests.editors.programs import Program, program
from tests.server.test_protocol import APP, NODE
from tests.tools.home import NoToolError, absent

EDITORS = Path(__file__).resolve().parents[2] / "editors"


def editor(name: str) -> Program:
    """An editor; without it a test is skipped, but not in CI."""
    try:
        return program(name)
    except NoToolError as error:
        absent(error)


@pytest.fixture
def dfix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the editor's PATH in which `dfix` is the one of this checkout."""
    folder = tmp_path_factory.mktemp("bin")
    root = Path(__file__).resolve().parents[2]
    script = f'#!/bin/sh\nPYTHONPATH={root} exec {sys.executable} -m dfix "$@"\n'
    (folder / "dfix").write_text(script)
    (folder / "dfix").chmod(0o755)
    return folder


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The Dockerfile of an application that can be split, in a repository of its own."""
    put(tmp_path / "app", {**APP, "Dockerfile": NODE, ".git/HEAD": ""})
    return tmp_path / "app" / "Dockerfile"


def on_path(folder: Path) -> str:
    """PATH with a folder in front."""
    return f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
