"""Projects of poetry and uv: what their installs of dependencies alone read."""

from __future__ import annotations

import pytest

from dfix.rewriter.answers.reason import Reason, attempt
from dfix.rewriter.manifests import Inputs, Install, inputs
from tests.build_context import MakeContext

POETRY = {"pyproject.toml": "[tool.poetry]\nname = 'a'\n", "poetry.lock": "", "a/__init__.py": "", "README.md": ""}
UV = {
    "pyproject.toml": "[project]\nname = 'a'\n[build-system]\nrequires = ['hatchling']\n",
    "uv.lock": "",
    "a/__init__.py": "",
}
NO_ROOT, NO_PROJECT = "install --no-root", "sync --frozen --no-install-project"


def read(make_context: MakeContext, files: dict[str, str], command: str, folder: str = "") -> Inputs | Reason:
    manager = "uv" if "sync" in command else "poetry"
    return attempt(inputs, make_context(files), Install(manager, tuple(command.split()), folder, f"python.{manager}"))


@pytest.mark.parametrize(
    ("files", "command", "expected"),
    [
        (POETRY, NO_ROOT, Inputs(("pyproject.toml", "poetry.lock"))),
        ({**POETRY, "poetry.toml": ""}, NO_ROOT, Inputs(("pyproject.toml", "poetry.lock", "poetry.toml"))),
        (
            {**POETRY, "pyproject.toml": "[tool.poetry]\npackage-mode = false\n"},
            "install --only main",
            Inputs(("pyproject.toml", "poetry.lock")),
        ),
        (
            {
                **POETRY,
                "pyproject.toml": "[tool.poetry.dependencies]\nx = {path = 'libs/x'}\n[tool.poetry.group.dev.dependencies]\n"
                "y = [{path = './y.whl'}, {version = '1'}]\n",
                "libs/x/x.py": "",
                "y.whl": "",
            },
            NO_ROOT,
            Inputs(("pyproject.toml", "poetry.lock", "y.whl"), ("libs/x",)),
        ),
        (UV, NO_PROJECT, Inputs(("pyproject.toml", "uv.lock"))),
        (
            {**UV, ".python-version": "3.12\n", "uv.toml": ""},
            "sync --locked --no-dev --no-install-project",
            Inputs(("pyproject.toml", "uv.lock", "uv.toml", ".python-version")),
        ),
        (
            {**UV, "pyproject.toml": "[project]\nname = 'a'\n"},
            "sync --frozen",
            Inputs(("pyproject.toml", "uv.lock")),
        ),
        (
            {
                **UV,
                "pyproject.toml": "[tool.uv]\npackage = false\n[tool.uv.sources]\nx = {path = 'x', editable = true}\n",
                "x/x.py": "",
            },
            "sync --frozen",
            Inputs(("pyproject.toml", "uv.lock"), ("x",)),
        ),
    ],
)
def test_what_they_read(make_context: MakeContext, files: dict[str, str], command: str, expected: Inputs) -> None:
    assert read(make_context, files, command) == expected


INSTALLS_ITSELF = "installs the project itself, so it reads the sources"


@pytest.mark.parametrize(
    ("files", "command", "reason"),
    [
        (POETRY, "install", f"`poetry install` {INSTALLS_ITSELF}"),
        (POETRY, "install --only-root", f"`poetry install --only-root` {INSTALLS_ITSELF}"),
        (POETRY, "install -C x --no-root", "`poetry install -C x --no-root` names its folder by an option"),
        ({"poetry.lock": ""}, NO_ROOT, "pyproject.toml is not in the build context"),
        ({**POETRY, "pyproject.toml": "["}, NO_ROOT, "pyproject.toml is not valid TOML"),
        (
            {**POETRY, "pyproject.toml": "[tool.poetry-dynamic-versioning]\nenable = true\n"},
            NO_ROOT,
            "pyproject.toml asks for plugins of poetry, which may read the project",
        ),
        (
            {**POETRY, "pyproject.toml": "[tool.poetry.dependencies]\nx = {path = '../x'}\n"},
            NO_ROOT,
            "pyproject.toml: x is at ../x, outside the build context",
        ),
        (
            {**POETRY, "pyproject.toml": "[project]\ndependencies = ['x @ file:///srv/x']\n[tool.poetry]\n"},
            NO_ROOT,
            "pyproject.toml requires `x @ file:///srv/x`, a local file that dfix does not follow",
        ),
        (
            {**POETRY, "pyproject.toml": "[tool.poetry.dependencies]\nx = {path = 'x'}\n"},
            NO_ROOT,
            "x is not in the build context",
        ),
        (
            {**POETRY, ".venv/pyvenv.cfg": ""},
            NO_ROOT,
            "the build context ships .venv, which poetry uses today, but which would overwrite the new one after a split",
        ),
        (UV, "sync --frozen", f"`uv sync --frozen` {INSTALLS_ITSELF}"),
        (
            UV,
            "sync --no-install-project",
            "`uv sync --no-install-project` may rewrite uv.lock: it does not list the project by itself",
        ),
        (
            {**UV, "pyproject.toml": "[project]\ndynamic = ['version']\n"},
            "sync --locked",
            "pyproject.toml: `dynamic` fields may be read from the sources",
        ),
        (
            {**UV, "pyproject.toml": "[[tool.uv.index]]\nurl = './wheels'\n"},
            NO_PROJECT,
            "pyproject.toml takes packages from ./wheels, which dfix does not follow",
        ),
        (
            {**UV, "pyproject.toml": "[tool.uv.workspace]\nmembers = ['*/*']\n"},
            NO_PROJECT,
            "pyproject.toml: the workspace has members at */*, which dfix does not follow",
        ),
        (
            UV,
            "sync --frozen --no-install-project --find-links wheels",
            "`uv sync --frozen --no-install-project --find-links wheels` has --find-links, which changes what it reads",
        ),
        (
            {**UV, ".venv/pyvenv.cfg": ""},
            NO_PROJECT,
            "the build context ships .venv, which would overwrite what the install writes",
        ),
    ],
)
def test_what_prevents_a_split(make_context: MakeContext, files: dict[str, str], command: str, reason: str) -> None:
    found = read(make_context, files, command)
    assert isinstance(found, Reason)
    assert found.text == reason


def test_a_member_of_a_workspace_above(make_context: MakeContext) -> None:
    files = {f"api/{name}": text for name, text in UV.items()}
    files["pyproject.toml"] = "[tool.uv.workspace]\nmembers = ['api']\n"
    found = read(make_context, files, NO_PROJECT, "api")
    assert isinstance(found, Reason)
    assert found.code == "workspace"


UV_PIP_REFUSED: list[tuple[str, str, str]] = [
    ("pip install -r pyproject.toml", '[project]\nname = "a"\ndynamic = ["dependencies"]\n', "reads-sources"),
    ("pip install -r pyproject.toml", '[project]\ndynamic = ["optional-dependencies"]\n', "reads-sources"),
    ("pip install -r pyproject.toml", "[tool.poetry.dependencies]\n", "reads-sources"),
    ("pip install --group dev -r requirements.txt", "[dependency-groups]\n", "option"),
    (
        "pip sync pyproject.toml",
        '[project]\nname = "a"\n[tool.uv.sources]\nb = { workspace = true }\n',
        "workspace",
    ),
]


@pytest.mark.parametrize(("command", "pyproject", "code"), UV_PIP_REFUSED)
def test_what_uv_pip_reads_elsewhere(make_context: MakeContext, command: str, pyproject: str, code: str) -> None:
    files = {"pyproject.toml": pyproject, "requirements.txt": "a\n"}
    install = Install("uv", tuple(command.split()), "", "python.uv_pip")
    found = attempt(inputs, make_context(files), install)
    assert isinstance(found, Reason)
    assert found.code == code


def test_what_uv_pip_takes_from_a_project(make_context: MakeContext) -> None:
    pyproject = '[project]\nname = "a"\ndynamic = ["version"]\n[tool.uv.sources]\nb = { path = "libs/b.whl" }\n'
    files = {"pyproject.toml": pyproject, "libs/b.whl": "", "c.txt": "a\n"}
    install = Install("uv", tuple("pip sync pyproject.toml --constraint c.txt".split()), "", "python.uv_pip")
    assert inputs(make_context(files), install).files == ("pyproject.toml", "c.txt", "libs/b.whl")
