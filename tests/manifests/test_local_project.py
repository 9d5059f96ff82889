"""Local projects whose build runs their own code: for the version, in setup.py and in hatch."""

from __future__ import annotations

import pytest

from dfix.rewriter.answers.reason import Reason, attempt
from dfix.rewriter.manifests.python.local_project import check_local_project
from tests.build_context import MakeContext
from tests.manifests.test_pip import Files

SETUPTOOLS = (
    '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    '[project]\nname = "x"\ndynamic = ["version"]\n[tool.setuptools.dynamic]\nversion = {attr = "x.v"}\n'
)
FLIT = '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n[project]\nname = "x"\n'
HATCH = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n[project]\nname = "x"\ndynamic = ["version"]\n'
CODE = HATCH + '[tool.hatch.version]\nsource = "code"\npath = "x/v.py"\n'
READS = 'v = __version__ = open("/app/VERSION").read()\n'
CFG = "[metadata]\nname = x\nversion = attr: x.v\n"

FINE: dict[str, Files] = {
    "attr": {"pyproject.toml": SETUPTOOLS, "x/__init__.py": 'import six\nv = "1"\n'},
    "attr with a type": {"pyproject.toml": SETUPTOOLS, "x/__init__.py": 'v: str = "1"\n'},
    "attr in src": {"pyproject.toml": SETUPTOOLS, "src/x.py": "v = (1, 2)\n"},
    "attr in a folder of its own": {
        "pyproject.toml": SETUPTOOLS + '[tool.setuptools]\npackage-dir = {"" = "lib"}\n',
        "lib/x.py": "v = '1'\n",
    },
    "attr in setup.cfg": {"setup.cfg": CFG, "setup.py": "", "x.py": "v = '1'\n"},
    "file": {"pyproject.toml": SETUPTOOLS.replace('attr = "x.v"', 'file = "VERSION"'), "VERSION": "1"},
    "flit": {"pyproject.toml": FLIT + 'dynamic = ["version"]\n', "x.py": "__version__ = '1'\nopen(y)\n"},
    "flit's docstring": {"pyproject.toml": FLIT + 'dynamic = ["description"]\n', "x.py": '"""X."""\nopen(y)\n'},
    "flit with a version": {"pyproject.toml": FLIT + 'version = "1"\ndescription = "x"\n', "x.py": READS},
    "hatch's regex": {"pyproject.toml": HATCH + '[tool.hatch.version]\npath = "x.py"\n', "x.py": READS},
    "hatch's code": {"pyproject.toml": CODE, "x/v.py": '"""V."""\n__version__ = "1"\n'},
    "patterns of hatch": {
        "pyproject.toml": CODE.replace('"code"', '"regex"') + '[tool.hatch.build]\ninclude = ["/x"]\n'
    },
    "setup.py reads a module": {
        "setup.py": "import re\nre.search('', open('x/__init__.py').read())\n",
        "x/__init__.py": READS,
    },
    "setup.py imports a plain module": {"setup.py": "from x.v import v\n", "x/__init__.py": "", "x/v.py": "v = '1'\n"},
    "setup.py executes a plain file": {"setup.py": "exec(open('x/v.py').read())\n", "x/v.py": "v = '1'\n"},
}
RUNS: dict[str, tuple[Files, str]] = {
    "attr": ({"pyproject.toml": SETUPTOOLS, "x/__init__.py": READS}, "runs lib/x/__init__.py for the attribute x.v"),
    "attr of a call": ({"pyproject.toml": SETUPTOOLS, "x.py": "v = f()\nv = '1'\n"}, "runs lib/x.py"),
    "attr in a block": ({"pyproject.toml": SETUPTOOLS, "x.py": "if a:\n    v = '1'\n"}, "runs lib/x.py"),
    "attr that is imported": ({"pyproject.toml": SETUPTOOLS, "x.py": "from y import v\n"}, "runs lib/x.py"),
    "attr elsewhere": ({"pyproject.toml": SETUPTOOLS, "y.py": "v = 1\n"}, "a module that dfix does not find"),
    "attr in src": ({"pyproject.toml": SETUPTOOLS, "src/x/__init__.py": READS}, "runs lib/src/x/__init__.py"),
    "attr in setup.cfg": ({"setup.cfg": CFG, "setup.py": "", "x/__init__.py": READS}, "runs lib/x/__init__.py"),
    "attr over two lines": ({"setup.cfg": CFG.replace("attr:", "\n  attr:"), "x.py": READS}, "runs lib/x.py"),
    "not valid": ({"pyproject.toml": SETUPTOOLS, "x.py": "v = (\n"}, "runs lib/x.py"),
    "commands": ({"setup.cfg": "[options]\ncmdclass =\n  build_py = x.B\n", "setup.py": ""}, "cmdclass"),
    "commands in pyproject": (
        {"pyproject.toml": SETUPTOOLS.replace("[tool.setuptools.dynamic]\nversion", "[tool.setuptools]\ncmdclass")},
        "cmdclass",
    ),
    "flit": ({"pyproject.toml": FLIT + 'dynamic = ["version"]\n', "x.py": READS}, "runs lib/x.py for __version__"),
    "flit in src": ({"pyproject.toml": FLIT + 'dynamic = ["version"]\n', "src/x/__init__.py": READS}, "runs lib/src/x"),
    "flit's old table": (
        {"pyproject.toml": FLIT.replace("[project]\nname", "[tool.flit.metadata]\nmodule"), "x.py": READS},
        "runs lib/x.py",
    ),
    "flit without a docstring": (
        {"pyproject.toml": FLIT + 'dynamic = ["description"]\n', "x.py": READS},
        "runs x for the description",
    ),
    "hatch": ({"pyproject.toml": CODE, "x/v.py": READS}, "runs lib/x/v.py for the version"),
    "hatch's import": ({"pyproject.toml": CODE, "x/v.py": "import y\n__version__ = '1'\n"}, "runs lib/x/v.py"),
    "hatch's expression": ({"pyproject.toml": CODE + 'expression = "f()"\n', "x/v.py": "v = '1'\n"}, "runs lib/x/v.py"),
    "hatch.toml": (
        {"pyproject.toml": HATCH, "hatch.toml": '[version]\nsource = "code"\npath = "v.py"\n', "v.py": READS},
        "runs lib/v.py",
    ),
    "hooks in hatch.toml": (
        {"pyproject.toml": HATCH, "hatch.toml": '[build.hooks.custom]\npath = "h.py"\n', "h.py": ""},
        "lib/hatch.toml runs a build script",
    ),
    "an absolute path": (
        {"pyproject.toml": HATCH + '[tool.hatch.version]\npath = "/app/VERSION"\n'},
        "names /app/VERSION, outside of lib",
    ),
    "a forced file": (
        {"pyproject.toml": HATCH + '[tool.hatch.build.targets.wheel.force-include]\n"/app/d" = "x/d"\n'},
        "names /app/d, outside of lib",
    ),
    "setup.py imports": (
        {"setup.py": "from x import v\nsetup(version=v)\n", "x/__init__.py": "from .v import v\n", "x/v.py": READS},
        "lib/x/v.py:1 opens /app/VERSION, outside its folder",
    ),
    "setup.py imports a module": (
        {"setup.py": "import x.v as w\n", "x/__init__.py": READS, "x/v.py": ""},
        "lib/x/__init__.py:1 opens /app/VERSION",
    ),
    "setup.py executes": (
        {"setup.py": "exec(open('x/v.py').read())\n", "x/v.py": READS},
        "lib/x/v.py:1 opens /app/VERSION",
    ),
    "setup.py runs a file": (
        {"setup.py": "import runpy\nrunpy.run_path('v.py')\n", "v.py": ""},
        "calls runpy.run_path",
    ),
    "setup.py names sources": ({"setup.py": "setup(package_dir={'': '../src'})\n"}, "names ../src, outside its folder"),
}


def found(make_context: MakeContext, files: Files) -> object:
    context = make_context({f"lib/{name}": text for name, text in files.items()})
    return attempt(check_local_project, context, "lib")


@pytest.mark.parametrize("files", FINE.values(), ids=FINE)
def test_a_build_that_reads_its_own_folder(make_context: MakeContext, files: Files) -> None:
    assert found(make_context, files) is None


@pytest.mark.parametrize(("files", "says"), RUNS.values(), ids=RUNS)
def test_a_build_that_runs_code(make_context: MakeContext, files: Files, says: str) -> None:
    no = found(make_context, files)
    assert isinstance(no, Reason)
    assert says in no.text
