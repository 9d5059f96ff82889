"""Files that build tools find, and folders whose files a container runs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import dfix.rewriter.knowledge
from dfix.rewriter.knowledge.build_files import build_tools
from dfix.rewriter.knowledge.start_folders import start_folders

FOLDER = Path(dfix.rewriter.knowledge.__file__).parent


@pytest.mark.parametrize(("name", "key"), [("build_files", "tool"), ("start_folders", "folder")])
def test_each_row_has_a_source(name: str, key: str) -> None:
    rows = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))[key]
    assert all(re.fullmatch(r"https://\S+(?: \(not opened\))?", row["source"]) for row in rows)


def test_a_tool_with_sub_commands_reads_its_files_for_these_only() -> None:
    (built,) = build_tools("cargo", ("+nightly", "build", "--release"))
    assert built.files == ("build.rs",)
    assert build_tools("cargo", ("fmt",)) == ()
    assert build_tools("cmake", ())
    assert build_tools("unknown", ("build",)) == ()


def test_a_tool_may_run_several_kinds_of_files() -> None:
    assert len(build_tools("npm", ("rebuild", "--workspaces"))) == 2
    assert [tool.scripts for tool in build_tools("yarn", ("workspace", "a", "build"))] == ["named"]
    assert build_tools("pnpm", ("--filter=a", "build"))


def test_each_folder_is_an_image_path_and_listed_once() -> None:
    folders = start_folders()
    assert all(folder.startswith("/") and not folder.endswith("/") for folder in folders)
    assert len(set(folders)) == len(folders)
