"""Symbolic links of the build context on the way to what an install reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from tests.build_context import rewritten

PIP = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
NPM = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\n"
SETUP = "from setuptools import setup\nsetup(name='x', version='1', py_modules=['x'])\n"
SHARED = '{"name": "shared", "version": "1.0.0"}'


def split(folder: Path, files: dict[str, str], links: dict[str, str], text: str) -> Result:
    for name, target in links.items():
        (folder / name).symlink_to(target)
    return rewritten(folder, files, text, Options(select=frozenset(["split-manifests"]), context=str(folder)))


@pytest.mark.parametrize(
    ("files", "text"),
    [
        (
            {
                "package.json": '{"name": "a", "version": "1.0.0", "dependencies": {"shared": "file:./shared"}}',
                "real/package.json": SHARED,
                "a.js": "",
            },
            NPM,
        ),
        ({"requirements.txt": "./shared\n", "real/setup.py": SETUP, "real/x.py": "", "a.py": ""}, PIP),
        ({"requirements.txt": "-r shared/base.txt\n", "real/base.txt": "six\n", "a.py": ""}, PIP),
    ],
    ids=["a package's folder", "a project's folder", "the folder of an included file"],
)
def test_a_link_to_a_folder_is_not_followed(tmp_path: Path, files: dict[str, str], text: str) -> None:
    result = split(tmp_path, files, {"shared": "real"}, text)
    assert result.after.text == text
    assert [refusal.code for refusal in result.refusals] == ["linked-folder"]
    assert "shared, a link to a folder" in result.refusals[0].reason


@pytest.mark.parametrize("pattern", ["shared", "*", "s*/deep", "**"])
def test_a_link_to_a_folder_is_no_workspace_member(tmp_path: Path, pattern: str) -> None:
    root = f'{{"name": "a", "private": true, "workspaces": ["{pattern}"]}}'
    files = {"package.json": root, "real/package.json": SHARED, "real/deep/package.json": SHARED, "a.js": ""}
    text = NPM.replace("npm install", "npm install --no-package-lock")
    result = split(tmp_path, files, {"shared": "real"}, text)
    assert result.after.text == text
    assert [refusal.code for refusal in result.refusals] == ["linked-folder"]


def test_links_that_no_workspace_leads_through_do_not_matter(tmp_path: Path) -> None:
    root = '{"name": "a", "private": true, "workspaces": ["packages/*"]}'
    files = {"package.json": root, "packages/a/package.json": SHARED, "real/a.js": "", "README.md": ""}
    (tmp_path / "packages").mkdir()
    links = {"shared": "real", "packages/README.md": "../README.md"}
    result = split(tmp_path, files, links, NPM.replace("npm install", "npm install --no-package-lock"))
    assert [change.rule for change in result.changes] == ["split-manifests"]


def test_a_link_to_a_file_is_copied_by_its_name(tmp_path: Path) -> None:
    result = split(tmp_path, {"deps/base.txt": "six\n", "a.py": ""}, {"requirements.txt": "deps/base.txt"}, PIP)
    assert result.after.text == PIP.replace(
        "COPY . .\nRUN pip install -r requirements.txt\n",
        "COPY requirements.txt ./\nRUN pip install -r requirements.txt\nCOPY . .\n",
    )


def test_the_source_of_a_copy_leads_to_the_folder(tmp_path: Path) -> None:
    text = PIP.replace("COPY . .", "COPY app .")
    result = split(tmp_path, {"real/requirements.txt": "six\n", "real/a.py": ""}, {"app": "real"}, text)
    assert result.after.text == text.replace(
        "COPY app .\nRUN pip install -r requirements.txt\n",
        "COPY real/requirements.txt ./\nRUN pip install -r requirements.txt\nCOPY app .\n",
    )


def test_a_broken_link_is_no_manifest(tmp_path: Path) -> None:
    result = split(tmp_path, {"a.py": ""}, {"requirements.txt": "gone.txt"}, PIP)
    assert result.after.text == PIP
    assert [refusal.code for refusal in result.refusals] == ["missing-file"]
