"""Whether a local project can be built before the sources are copied, when only its own folder is there.

Sources: packaging.python.org ("pyproject.toml specification"), setuptools.pypa.io, hatch.pypa.io/latest/config/build,
flit.pypa.io, python-poetry.org/docs/pyproject.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python.version_code import check_hatch_version, check_version_code
from dfix.rewriter.manifests.shared.follow import follow
from dfix.rewriter.manifests.shared.formats import listed, read_toml, table
from dfix.rewriter.text.expression import expression

_BACKENDS = (
    "setuptools.build_meta",
    "flit_core.buildapi",
    "flit.buildapi",
    "hatchling.build",
    "poetry.core.masonry.api",
)
_FROM_GIT = expression(r"setuptools[-_]scm|hatch[-_]vcs|versioneer|versioningit|dunamai|dynamic-versioning|\bpbr\b|vcs")
_ABOVE = expression(r"(?<![\w.])\.\.(?![\w.])|file:/")
_LARGEST = 200_000
_MOST_SCRIPTS = 50


def check_holds_project(context: Context, folder: str) -> None:
    """Raises LeaveAlone for a folder from which pip can't install anything."""
    manifests = [posixpath.join(folder, name) for name in ("pyproject.toml", "setup.py")]
    if not any(map(context.ships, manifests)):
        reason = f"the build context has neither {' nor '.join(manifests)}, so there is nothing to install"
        raise LeaveAlone("missing-file", reason)


def check_local_project(context: Context, folder: str) -> None:
    """Raises LeaveAlone when building the project in `folder` may read files outside of it, or changes what ships."""
    pyproject = _check_pyproject(context, posixpath.join(folder, "pyproject.toml"))
    for name in ("setup.cfg", "MANIFEST.in", "hatch.toml"):
        path = posixpath.join(folder, name)
        _check_text(path, context.read(path, _LARGEST) or "")
    setup_cfg = posixpath.join(folder, "setup.cfg")
    check_version_code(context, folder, pyproject, context.read(setup_cfg, _LARGEST) or "")
    _check_hatch(context, folder, pyproject)
    _check_scripts(context, folder)
    for path in context.below(folder):
        below = path[len(folder) + 1 :].split("/")
        made = next((at for at, part in enumerate(below[:-1]) if part.endswith(".egg-info")), None)
        made = 0 if made is None and below[0] == "build" and len(below) > 1 else made
        if made is not None:
            output = posixpath.join(folder, *below[: made + 1])
            reason = f"the build context ships {output}, which the install writes anew"
            raise LeaveAlone("host-output", reason, f"add `{output}` to {context.ignore_name}")


def _check_scripts(context: Context, folder: str) -> None:
    """Raises LeaveAlone where setup.py, or a module of the project that it runs, may read files outside of it."""
    script = posixpath.join(folder, "setup.py")
    if not context.ships(script):
        return
    from dfix.rewriter.manifests.python.setup_py import script_reads

    def read(path: str) -> list[str]:
        found = script_reads(context.read(path) or "", posixpath.relpath(path, folder))
        if found.leaves:
            raise LeaveAlone("hook-script", f"{path}{found.leaves}")
        return [other for name in found.runs if context.ships(other := posixpath.join(folder, name))]

    follow(script, _MOST_SCRIPTS, "modules that setup.py imports", read)


def _check_hatch(context: Context, folder: str, pyproject: dict[str, Any]) -> None:
    own = posixpath.join(folder, "hatch.toml")
    tables = {
        posixpath.join(folder, "pyproject.toml"): table(pyproject, "tool", "hatch"),
        own: read_toml(context, own) if context.ships(own) else {},
    }
    for path, hatch in tables.items():
        if _has_hooks(hatch):
            raise LeaveAlone("build-script", f"{path} runs a build script, which may read any file")
        check_hatch_version(context, folder, hatch)


def _check_pyproject(context: Context, path: str) -> dict[str, Any]:
    text = context.read(path, _LARGEST)
    if text is None:
        if context.ships(path):
            raise LeaveAlone("broken-manifest", f"{path} is longer than {_LARGEST} characters")
        return {}
    data = read_toml(context, path)
    build = table(data, "build-system")
    backend = build.get("build-backend", _BACKENDS[0])
    if build.get("backend-path"):
        raise LeaveAlone("build-script", f"{path} has a build backend of its own, which may read any file")
    if backend not in _BACKENDS:
        raise LeaveAlone("build-script", f"{path} is built by {backend}, which may read files outside of the project")
    _check_text(path, text)
    _check_absolute(path, data)
    if table(data, "tool", "poetry").get("build"):
        raise LeaveAlone("build-script", f"{path} runs a build script, which may read any file")
    for requirement in listed(build.get("requires")):
        name = re.split(r"[^\w.-]", str(requirement).strip())[0].lower().replace("_", "-")
        if name not in ("setuptools", "wheel", "flit-core", "flit", "hatchling", "poetry-core", "cython", "pip"):
            reason = f"{path} is built with {requirement}, which may read files outside of the project"
            raise LeaveAlone("build-script", reason)
    return data


def _check_absolute(path: str, data: dict[str, Any]) -> None:
    """Raises LeaveAlone for an absolute path; those of patterns begin at the project's folder."""
    hatch = table(data, "tool", "hatch")
    build = table(hatch, "build")
    included = [table(part, "force-include") for part in (build, *table(build, "targets").values())]
    named = [data.get("project"), hatch.get("version"), hatch.get("metadata"), table(data, "tool", "setuptools")]
    for text in _texts([named, [list(files) for files in included]]):
        if text.startswith("/"):
            raise LeaveAlone("reads-sources", f"{path} names {text}, outside of {posixpath.dirname(path)}")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _check_text(path: str, text: str) -> None:
    for number, line in enumerate(text.splitlines(), 1):
        code = line.partition("#")[0]
        if _FROM_GIT.search(code):
            raise LeaveAlone("git-history", f"{path}:{number} may take the version from git (`{code.strip()[:60]}`)")
        if _ABOVE.search(code):
            raise LeaveAlone("reads-sources", f"{path}:{number} may name a file outside of {posixpath.dirname(path)}")


def _has_hooks(value: Any) -> bool:
    """Whether any table of `[tool.hatch]` is one of hooks."""
    if not isinstance(value, dict):
        return False
    return any((name == "hooks" and bool(inner)) or _has_hooks(inner) for name, inner in value.items())
