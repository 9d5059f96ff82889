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
        (folder / name).parent.mkdir(exist_ok=True)
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


WHEELS = PIP.replace("-r requirements.txt", "--no-index --find-links wheels -r requirements.txt")
PAGE = PIP.replace("-r requirements.txt", "--no-index --find-links links.html -r requirements.txt")
YARN = NPM.replace("npm install", "yarn install --frozen-lockfile")
LOCAL = {"requirements.txt": "./libs/x\n", "libs/x/setup.py": SETUP, "shared/x.py": "", "a.py": ""}
FILE = {
    "package.json": '{"name": "a", "version": "1.0.0", "dependencies": {"x": "file:./libs/x"}}',
    "libs/x/package.json": '{"name": "x", "version": "1.0.0"}',
    "shared/index.js": "",
    "yarn.lock": "",
    "a.js": "",
}


@pytest.mark.parametrize(
    ("files", "links", "text"),
    [
        (LOCAL, {"libs/x/x.py": "../../shared/x.py"}, PIP),
        (LOCAL, {"libs/x/x.py": "/app/shared/x.py"}, PIP),
        ({**LOCAL, "shared/x/__init__.py": ""}, {"libs/x/x": "../../shared/x"}, PIP),
        (LOCAL, {"libs/x/x.py": "../../alias/x.py", "alias": "shared"}, PIP),
        (
            {"requirements.txt": "six\n", "store/six.whl": "", "a.py": ""},
            {"wheels/six.whl": "../store/six.whl"},
            WHEELS,
        ),
        (FILE, {"libs/x/index.js": "../../shared/index.js"}, YARN),
        (
            LOCAL,
            {"libs/x/x.py": "../../shared/x.py"},
            PIP.replace("COPY . .", "COPY libs libs\nCOPY requirements.txt ./\nCOPY . ."),
        ),
        (
            {
                "requirements.txt": "six\n",
                "links.html": "<a href='store/six.whl'>six</a>",
                "store/six.whl": "",
                "a.py": "",
            },
            {},
            PAGE,
        ),
        (
            {
                "requirements.txt": "six\n",
                "wheels/six.html": "<a href=../store/six.whl>six</a>",
                "store/six.whl": "",
                "a.py": "",
            },
            {},
            WHEELS,
        ),
    ],
    ids=["file", "absolute", "folder", "two links", "wheel", "package", "copied before", "page", "page in a folder"],
)
def test_an_input_that_leads_to_the_sources(
    tmp_path: Path, files: dict[str, str], links: dict[str, str], text: str
) -> None:
    for name in links:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    result = split(tmp_path, files, links, text)
    assert result.after.text == text
    assert [refusal.code for refusal in result.refusals] == ["linked-folder"]


@pytest.mark.parametrize(
    ("files", "links", "text"),
    [
        ({**LOCAL, "libs/x/y.py": ""}, {"libs/x/x.py": "y.py"}, PIP),
        ({**LOCAL, "libs/x/x.py": "", "libs/x/docs/a.html": "<a href='../../../shared/x.py'>"}, {}, PIP),
        (
            {**LOCAL, "libs/x/x.py": ""},
            {"libs/x/LICENSE": "/usr/share/common-licenses/MIT", "x.py": "shared/x.py"},
            PIP,
        ),
        ({**LOCAL, "libs/x/x.py": ""}, {"libs/x/old.py": "../../no/such.py"}, PIP),
        (
            {
                "requirements.txt": "six\n",
                "wheels/six.html": "<a href='https://a.b/six.whl'><a href='six.whl'>",
                "a.py": "",
            },
            {},
            WHEELS,
        ),
    ],
    ids=["in the folder", "documentation", "out of the context", "to nothing", "page of URLs"],
)
def test_links_that_lead_elsewhere(tmp_path: Path, files: dict[str, str], links: dict[str, str], text: str) -> None:
    for name in links:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    assert split(tmp_path, files, links, text).changed


@pytest.mark.parametrize(("target", "stays"), [("/app", True), ("/srv", False)])
def test_a_command_between_that_writes_through_a_copied_link(tmp_path: Path, target: str, stays: bool) -> None:
    text = "FROM node:22\nCOPY links /links\nWORKDIR /app\nCOPY . .\nRUN touch /links/to/server.js\nRUN npm install\n"
    files = {"package.json": '{"name": "a", "version": "1.0.0"}', "server.js": "", "links/x": ""}
    result = split(tmp_path, files, {"links/to": target}, text)
    assert [refusal.code for refusal in result.refusals] == ["run-between"] * stays
    assert result.changed is not stays
