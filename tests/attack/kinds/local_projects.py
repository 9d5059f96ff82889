"""K8: local Python projects that pip or uv builds, and what their build reads."""

from __future__ import annotations

from random import Random

from tests.attack.probe import Files, Probe
from tests.attack.shapes import chores, copy_all, folder, last, written

_NAME = '[project]\nname = "lib"\n'
_SETUPTOOLS = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
_HATCH = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
_POETRY = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'
_FLIT = '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n'
_POETRY_NAME = '[tool.poetry]\nname = "lib"\nversion = "1.0"\ndescription = ""\nauthors = []\n'
_READS_VERSION = "from pathlib import Path\nfrom setuptools import setup\nsetup(name='lib', version=(Path(__file__).parent / '{}').read_text().strip(), py_modules=['lib'])\n"
_HOOK = "from hatchling.builders.hooks.plugin.interface import BuildHookInterface\nclass Hook(BuildHookInterface):\n    def initialize(self, version, build_data):\n        open('/hooked', 'w').write(open(self.root + '/../VERSION').read())\n"
_BACKEND = "from setuptools.build_meta import *\nfrom setuptools import build_meta as _b\ndef build_wheel(*a, **k):\n    open('/in-tree', 'w').write(open('../VERSION').read())\n    return _b.build_wheel(*a, **k)\n"

# What, the project's files (in its folder), and files of the tree.
_PROJECTS: tuple[tuple[str, Files, Files], ...] = (
    ("setuptools", {"pyproject.toml": _SETUPTOOLS + _NAME + 'version = "1.0"\n[tool.setuptools]\npy-modules = ["lib"]\n'}, {}),
    ("hatch", {"pyproject.toml": _HATCH + _NAME + 'version = "1.0"\n[tool.hatch.build.targets.wheel]\ninclude = ["lib.py"]\n'}, {}),
    ("flit", {"pyproject.toml": _FLIT + _NAME + 'version = "1.0"\ndescription = "x"\n'}, {}),
    ("poetry", {"pyproject.toml": _POETRY + _POETRY_NAME + 'packages = [{include = "lib.py"}]\n'}, {}),
    ("setup.py", {"setup.py": "from setuptools import setup\nsetup(name='lib', version='1.0', py_modules=['lib'])\n"}, {}),
    ("setup.cfg", {"setup.cfg": "[metadata]\nname = lib\nversion = 1.0\n[options]\npy_modules = lib\n", "pyproject.toml": _SETUPTOOLS}, {}),
    ("setup.py, own version file", {"setup.py": _READS_VERSION.format("VERSION"), "VERSION": "1.0\n"}, {}),
    ("setup.py, version above", {"setup.py": _READS_VERSION.format("../VERSION")}, {}),
    ("setup.cfg, version above", {"setup.cfg": "[metadata]\nname = lib\nversion = file: ../VERSION\n[options]\npy_modules = lib\n", "pyproject.toml": _SETUPTOOLS}, {}),
    ("dynamic version", {"pyproject.toml": _SETUPTOOLS + _NAME + 'dynamic = ["version"]\n[tool.setuptools]\npy-modules = ["lib"]\n[tool.setuptools.dynamic]\nversion = {attr = "lib.version"}\n'}, {}),
    ("dynamic version, file", {"pyproject.toml": _SETUPTOOLS + _NAME + 'dynamic = ["version"]\n[tool.setuptools]\npy-modules = ["lib"]\n[tool.setuptools.dynamic]\nversion = {file = "VERSION"}\n', "VERSION": "1.0\n"}, {}),
    ("scm, folder above", {"pyproject.toml": '[build-system]\nrequires = ["setuptools", "setuptools-scm"]\nbuild-backend = "setuptools.build_meta"\n' + _NAME + 'dynamic = ["version"]\n[tool.setuptools]\npy-modules = ["lib"]\n[tool.setuptools_scm]\nroot = ".."\nfallback_version = "0.1"\nfallback_root = ".."\n'}, {"PKG-INFO": "Metadata-Version: 2.1\nName: all\nVersion: 7.0\n"}),
    ("hatch, version above", {"pyproject.toml": _HATCH + _NAME + 'dynamic = ["version"]\n[tool.hatch.version]\npath = "../version.py"\n[tool.hatch.build.targets.wheel]\ninclude = ["lib.py"]\n'}, {"version.py": '__version__ = "3.0"\n'}),
    ("hatch, hook", {"pyproject.toml": _HATCH + _NAME + 'version = "1.0"\n[tool.hatch.build.targets.wheel]\ninclude = ["lib.py"]\n[tool.hatch.build.hooks.custom]\npath = "hook.py"\n', "hook.py": _HOOK}, {}),
    ("hatch, force-include", {"pyproject.toml": _HATCH + _NAME + 'version = "1.0"\n[tool.hatch.build.targets.wheel]\ninclude = ["lib.py"]\n[tool.hatch.build.targets.wheel.force-include]\n"../VERSION" = "VERSION"\n'}, {}),
    ("poetry, from above", {"pyproject.toml": _POETRY + _POETRY_NAME + 'packages = [{include = "extra.py", from = ".."}]\n'}, {"extra.py": "y = 1\n"}),
    ("in-tree backend", {"pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "own"\nbackend-path = ["."]\n' + _NAME + 'version = "1.0"\n[tool.setuptools]\npy-modules = ["lib"]\n', "own.py": _BACKEND}, {}),
    ("license above", {"pyproject.toml": _SETUPTOOLS + _NAME + 'version = "1.0"\nreadme = "README.md"\n[tool.setuptools]\npy-modules = ["lib"]\n', "README.md": "# lib\n", "MANIFEST.in": "include README.md\n"}, {}),
)  # fmt: skip


def local_projects(rng: Random) -> Probe:
    """K8: local Python projects, and what their build reads."""
    what, own, tree = rng.choice(_PROJECTS)
    place = rng.choice(("lib", "libs", "vendored"))
    files: Files = {f"{place}/{name}": item for name, item in own.items()} | tree
    files |= {
        f"{place}/lib.py": '"""A library."""\n\nversion = __version__ = "1.0"\n',
        "VERSION": "2.0\n",
        "app.py": "import lib\n",
        "requirements.txt": f"tinya==1.0\n./{place}\n",
        "README.md": "# x\n",
    }
    editable = "-e " if rng.random() < 0.2 and "poetry" not in what else ""
    run = rng.choice(
        (
            f"pip install {editable}./{place}",
            f"pip install {editable}{place}/",
            "pip install -r requirements.txt",
            f"uv pip install --system {editable}./{place}",
            f"pip install --no-deps ./{place}",
            f"python -m pip install ./{place} tinyb",
        )
    )
    work = folder(rng)
    text = written(
        "FROM python:3.11-slim", *chores(rng), f"WORKDIR {work}", copy_all(rng, work), f"RUN {run}", last(rng)
    )
    return Probe("K8", what, files, text)
