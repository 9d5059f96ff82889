"""Whether the build of a local project runs a module of it to learn the version, and what that module is.

Setuptools and flit first look for a plain literal, and import the module only if there is none; hatch runs it.
Sources: setuptools.pypa.io ("Configuring setuptools using pyproject.toml files": dynamic metadata, `attr`),
flit.pypa.io ("The pyproject.toml config file"), hatch.pypa.io ("Version source plugins": code).
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import inside
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python.python_tree import NotPythonError, python_tree
from dfix.rewriter.manifests.shared.formats import listed, table
from dfix.rewriter.text.expression import expression

_ATTRIBUTE = expression(r"^[^\S\n]*(?:[\w.-]+[^\S\n]*)?(?:=[^\S\n]*)?attr:[^\S\n]*([\w.]+)", re.MULTILINE)
"""A line of setup.cfg: `version = attr: x.__version__`."""
_COMMANDS = expression(r"^[^\S\n]*cmdclass[^\S\n]*=", re.MULTILINE)
_VERSION = "__version__"
_LARGEST = 200_000
"""Bytes of a module that is parsed."""
_HINT = "write the version as a plain literal"


def check_version_code(context: Context, folder: str, pyproject: dict[str, Any], setup_cfg: str) -> None:
    """Raises LeaveAlone where the build of the project in `folder` runs its modules for the metadata.

    `pyproject` is the content of its pyproject.toml, `setup_cfg` the text of its setup.cfg; both may be empty.
    """
    setuptools = table(pyproject, "tool", "setuptools")
    if setuptools.get("cmdclass") or _COMMANDS.search(setup_cfg):
        named = "pyproject.toml" if setuptools.get("cmdclass") else "setup.cfg"
        reason = f"{posixpath.join(folder, named)} has commands of its own (cmdclass), which may read any file"
        raise LeaveAlone("build-script", reason)
    fields = table(setuptools, "dynamic").values()
    attributes = [str(field["attr"]) for field in fields if isinstance(field, dict) and "attr" in field]
    places = [str(place) for place in table(setuptools, "package-dir").values()]
    for attribute in (*attributes, *_ATTRIBUTE.findall(setup_cfg)):
        module, _, name = attribute.rpartition(".")
        paths = _modules(context, folder, module or "__init__", ("", "src", *places))
        _check(context, folder, f"the attribute {attribute}", paths, name)
    if str(table(pyproject, "build-system").get("build-backend")).startswith("flit"):
        _check_flit(context, folder, pyproject)


def check_hatch_version(context: Context, folder: str, hatch: dict[str, Any]) -> None:
    """Raises LeaveAlone where hatch (`hatch`: its table) runs a file for the version that does more than set names."""
    version = table(hatch, "version")
    if version.get("source") != "code":
        return
    path = inside(folder, str(version.get("path", "")))
    module = None if path is None else _parsed(context, path)
    if module is None or not str(version.get("expression", _VERSION)).isidentifier() or version.get("search-paths"):
        raise _runs(folder, f"{path or version.get('path')} for the version")
    if not all(_is_plain(statement) for statement in module.body):
        raise _runs(folder, f"{path} for the version")


def _check_flit(context: Context, folder: str, pyproject: dict[str, Any]) -> None:
    """Flit takes the version from `__version__`, and the description from the module's docstring."""
    metadata = table(pyproject, "tool", "flit", "metadata")
    project = table(pyproject, "project")
    dynamic = ["version", "description"] if metadata else listed(project.get("dynamic"))
    name = table(pyproject, "tool", "flit", "module").get("name") or metadata.get("module") or project.get("name") or ""
    paths = _modules(context, folder, str(name).replace("-", "_"), ("", "src"))
    if "version" in dynamic:
        _check(context, folder, _VERSION, paths, _VERSION)
    if "description" in dynamic and not all(
        module is not None and ast.get_docstring(module) for module in (_parsed(context, path) for path in paths)
    ):
        raise _runs(folder, f"{name} for the description", "write the description as the docstring of the module")


def _modules(context: Context, folder: str, name: str, places: Iterable[str]) -> list[str]:
    """The context paths that a module of the project may have."""
    stem = name.replace(".", "/")
    folders = dict.fromkeys(found for place in places if (found := inside(folder, place)) is not None)
    ends = (f"{stem}.py", f"{stem}/__init__.py")
    paths = (posixpath.join(place, end) for place in folders for end in ends)
    return [path for path in paths if context.ships(path)]


def _check(context: Context, folder: str, what: str, paths: list[str], name: str) -> None:
    if not paths:
        raise _runs(folder, f"a module that dfix does not find, for {what}")
    for path in paths:
        module = _parsed(context, path)
        if module is None or not _sets_literal(module, name):
            raise _runs(folder, f"{path} for {what}")


def _runs(folder: str, what: str, hint: str = _HINT) -> LeaveAlone:
    return LeaveAlone("build-script", f"the build of {folder} runs {what}, which may read any file", hint)


def _parsed(context: Context, path: str) -> ast.Module | None:
    """A Python module; None if it is missing, too large or not valid."""
    text = context.read(path, _LARGEST)
    try:
        return None if text is None else python_tree(text)
    except NotPythonError:
        return None


def _sets_literal(module: ast.Module, name: str) -> bool:
    """Whether the first assignment to a name, outside of any block, is a literal."""
    for statement in module.body:
        targets = _targets(statement)
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return _is_plain(statement)
    return False


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AnnAssign) and statement.value is not None else []


def _is_plain(statement: ast.stmt) -> bool:
    """Whether a statement is a docstring, or sets names to a literal."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
        return False
    try:
        ast.literal_eval(statement.value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False
    return all(isinstance(target, ast.Name) for target in _targets(statement))
