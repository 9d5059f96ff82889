from __future__ import annotations

import pytest

from dfix.rewriter.answers.reason import Reason, attempt
from dfix.rewriter.manifests import Inputs, Install, inputs
from dfix.rewriter.manifests.python.setup_py import script_reads
from tests.build_context import MakeContext

Files = dict[str, str]


def read(make_context: MakeContext, files: Files, command: str, folder: str = "") -> Inputs | Reason:
    return attempt(inputs, make_context(files), Install("pip", tuple(command.split()), folder, "python.pip"))


KNOWN: list[tuple[str, Files, tuple[str, ...], tuple[str, ...]]] = [
    ("install -r requirements.txt", {"requirements.txt": "flask==3\n"}, ("requirements.txt",), ()),
    ("install --no-cache-dir -rreq.txt", {"req.txt": ""}, ("req.txt",), ()),
    ("install --requirement=req.txt -U", {"req.txt": ""}, ("req.txt",), ()),
    ("install -r a.txt -r b.txt -c c.txt", {"a.txt": "", "b.txt": "", "c.txt": ""}, ("a.txt", "b.txt", "c.txt"), ()),
    (
        "install -r req/a.txt",
        {
            "req/a.txt": "-r b.txt\n-c ../c.txt # why\n",
            "req/b.txt": "--requirement d/e.txt",
            "req/d/e.txt": "",
            "c.txt": "",
        },
        ("req/a.txt", "req/b.txt", "c.txt", "req/d/e.txt"),
        (),
    ),
    ("install -r a.txt", {"a.txt": "-r b.txt\n", "b.txt": "-r a.txt\n"}, ("a.txt", "b.txt"), ()),
    ("install -r a.txt", {"a.txt": "-r https://example.org/b.txt\ngit+https://x/y.git#egg=y\n"}, ("a.txt",), ()),
    (
        "install -r a.txt",
        {"a.txt": "./wheels/x-1-py3-none-any.whl\n", "wheels/x-1-py3-none-any.whl": ""},
        ("a.txt", "wheels/x-1-py3-none-any.whl"),
        (),
    ),
    ("install -r a.txt --find-links wheels", {"a.txt": "x\n", "wheels/x.whl": ""}, ("a.txt",), ("wheels",)),
    (
        "install -r a.txt",
        {"a.txt": "-e ./libs/x\n", "libs/x/setup.py": "from setuptools import setup\nsetup()\n"},
        ("a.txt",),
        ("libs/x",),
    ),
    ("install -r a.txt", {"a.txt": "flask==3 \\\n    --hash=sha256:00\n# -r no.txt\n"}, ("a.txt",), ()),
    ("install --index-url https://r/simple -r a.txt flask", {"a.txt": ""}, ("a.txt",), ()),
    ("install -r a.txt", {"a.txt": "flask==3\n./x.zip\n", "x.zip": ""}, ("a.txt", "x.zip"), ()),
    ("install -r a.txt", {"a.txt": "# x\nflask[a]>=2,<3 ; python_version > '3' # y\n"}, ("a.txt",), ()),
]


@pytest.mark.parametrize(("command", "files", "expected", "folders"), KNOWN)
def test_known(
    make_context: MakeContext, command: str, files: Files, expected: tuple[str, ...], folders: tuple[str, ...]
) -> None:
    found = read(make_context, files, command)
    assert isinstance(found, Inputs), found
    assert (found.files, found.folders) == (expected, folders)


BLOCKED: list[tuple[str, Files, str, str]] = [
    ("install -r a.txt", {}, "missing-file", "a.txt is not in the build context"),
    ("install -r a.txt", {"a.txt": "-r b.txt"}, "missing-file", "b.txt is not in the build context"),
    ("install -r a.txt", {"a.txt": "-r ../b.txt"}, "outside-context", "outside the build context"),
    ("install -r a.txt", {"a.txt": "-r ${WHICH}.txt"}, "variable", "known only during the build"),
    ("install -r $FILE", {}, "variable", "known only during the build"),
    ("install -r /etc/req.txt", {}, "outside-context", "absolute path"),
    ("install .", {"setup.py": ""}, "installs-project", "installs the project itself"),
    ("install -e .[dev]", {"setup.py": ""}, "installs-project", "installs the project itself"),
    ("install -r a.txt", {"a.txt": "-e .\n"}, "installs-project", "installs the project itself"),
    ("install -r a.txt -t lib", {"a.txt": ""}, "option", "-t lib"),
    ("install -r a.txt --prefix=/install", {"a.txt": ""}, "option", "--prefix /install"),
    ("install -r a.txt", {"a.txt": "./x.whl\n"}, "missing-file", "x.whl is not in the build context"),
    (
        "install -r a.txt",
        {"a.txt": "./lib\n", "lib/setup.py": "open('../VERSION')\n"},
        "hook-script",
        "lib/setup.py:1 opens ../VERSION, outside its folder",
    ),
]


@pytest.mark.parametrize(("command", "files", "code", "reason"), BLOCKED)
def test_blocked(make_context: MakeContext, command: str, files: Files, code: str, reason: str) -> None:
    found = read(make_context, files, command)
    assert isinstance(found, Reason), found
    assert (found.code, reason in found.text) == (code, True), found


def test_an_earlier_clone(make_context: MakeContext) -> None:
    files = {"a.txt": "-e git+https://example.org/x.git@v2#egg=x\n", "src/app.py": ""}
    assert isinstance(read(make_context, files, "install -r a.txt"), Inputs)
    found = read(make_context, {**files, "src/x/x.py": ""}, "install -r a.txt")
    assert isinstance(found, Reason)
    assert (found.code, found.hint) == ("host-output", "add `src/x` to .dockerignore")


def test_local_paths_are_those_of_the_working_folder(make_context: MakeContext) -> None:
    files = {"api/req/a.txt": "./lib\n-r b.txt\n", "api/req/b.txt": "", "api/lib/pyproject.toml": ""}
    found = read(make_context, files, "install -r req/a.txt", "api")
    assert isinstance(found, Inputs)
    assert (found.files, found.folders) == (("api/req/a.txt", "api/req/b.txt"), ("api/lib",))


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("from setuptools import setup, find_packages\nsetup(packages=find_packages())\n", ""),
        ("setup(long_description=open('README.md').read())\n", ""),
        ("import os\nhere = os.path.abspath(os.path.dirname(__file__))\nopen(os.path.join(here, 'a', 'b'))\n", ""),
        ("from os import path\nwith open(path.join(path.dirname(__file__), 'v')) as f: pass\n", ""),
        ("from pathlib import Path\nhere = Path(__file__).resolve().parent\n(here / 'x').read_text()\n", ""),
        ("from io import open as o\no('a.txt')\n", ""),
        ("def open(x): pass\nopen(y)\n", ""),
        ("open(name)\n", ":1 opens a path that is not literal"),
        ("import codecs as c\nc.open(f'{x}')\n", ":2 opens a path that is not literal"),
        ("open('/etc/passwd')\n", ":1 opens /etc/passwd, outside its folder"),
        (
            "import os\nopen(os.path.join(os.path.dirname(__file__), '..', 'v'))\n",
            ":2 opens ../v, outside its folder",
        ),
        ("from pathlib import Path\nPath(__file__).parent.joinpath('x').read_text()\n", ""),
        (
            "from pathlib import Path\nPath(__file__).parent.parent.joinpath('x').read_text()\n",
            ":2 opens ../x, outside its folder",
        ),
        ("thing.read_text()\n", ":1 opens a path that is not literal"),
        ("import subprocess\nsubprocess.check_output(['git'])\n", ":2 calls subprocess.check_output"),
        ("from subprocess import run\nrun('x')\n", ":2 calls subprocess.run"),
        ("setup(use_scm_version=True)\n", ":1 takes its version from git"),
        ("def (\n", ":1 is not valid Python"),
    ],
)
def test_setup_scripts(script: str, why: str) -> None:
    assert script_reads(script).leaves == why


PROJECT = '[project]\nname = "a"\nversion = "1"\ndependencies = ["six"]\n[dependency-groups]\ndev = ["pytest"]\n'
DYNAMIC = '[project]\nname = "a"\nversion = "1"\ndynamic = ["dependencies"]\n'


@pytest.mark.parametrize(
    ("reader", "command", "files", "expected"),
    [
        ("pip", "install --group dev -r r.txt", {"pyproject.toml": PROJECT, "r.txt": ""}, "option"),
        ("pip", "install --group=lib/pyproject.toml:dev", {"lib/pyproject.toml": PROJECT}, "option"),
        ("uv_pip", "pip install -r pyproject.toml", {"pyproject.toml": PROJECT}, ("pyproject.toml",)),
        ("uv_pip", "pip install -r pyproject.toml", {"pyproject.toml": DYNAMIC, "r.txt": ""}, "reads-sources"),
        ("uv_pip", "pip install -r setup.py", {"setup.py": ""}, "reads-sources"),
        (
            "uv_pip",
            "pip install -r pyproject.toml",
            {"pyproject.toml": PROJECT + '[tool.uv.sources]\nb = {path = "b"}\n', "b/setup.cfg": "", "b/b.py": ""},
            ("pyproject.toml",),
        ),
        ("uv_pip", "pip sync a.txt --constraint c.txt", {"a.txt": "", "c.txt": ""}, ("a.txt", "c.txt")),
        ("uv_pip", "pip sync --index-url https://x a.txt", {"a.txt": ""}, ("a.txt",)),
    ],
)
def test_groups_and_project_files(
    make_context: MakeContext, reader: str, command: str, files: Files, expected: tuple[str, ...] | str
) -> None:
    install = Install(reader.split("_", maxsplit=1)[0], tuple(command.split()), "", f"python.{reader}")
    found = attempt(inputs, make_context(files), install)
    if isinstance(expected, str):
        assert isinstance(found, Reason)
        assert found.code == expected
    else:
        assert isinstance(found, Inputs)
        assert sorted(found.files) == sorted(expected)
