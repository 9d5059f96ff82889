"""Find out whether a setup.py may read files outside its project's folder. Parses it with libcst; never runs it.

A local project is copied as a whole, so its script finds everything in its own folder. It may read more if it opens a
path that is not literal, runs a program, or takes its version from git.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import cast

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider, QualifiedNameProvider

_OPENERS = frozenset(("builtins.open", "io.open", "codecs.open", "pathlib.Path", "os.chdir", "os.listdir", "os.walk"))
_SAME_FOLDER = frozenset(("os.path.abspath", "os.path.realpath", "os.path.normpath", "builtins.str"))
_PROGRAMS = (
    "subprocess.",
    "os.system",
    "os.popen",
    "setuptools_scm",
    "importlib.",
    "builtins.__import__",
    "versioneer",
)
_PATH_METHODS = frozenset(("read_text", "read_bytes", "iterdir", "rglob"))
_MAYBE_PATH_METHODS = frozenset(("open", "glob", "exists", "is_file", "is_dir"))
_SCM = frozenset(("use_scm_version", "setup_requires_scm"))
LARGEST = 200_000


def leaves_its_folder(text: str) -> str:
    """Why the script may read outside its folder, to append to the file's name: ":12 opens …"; "" if it does not."""
    if len(text) > LARGEST:
        return f" is longer than {LARGEST} characters"
    try:
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        visitor = _Visitor(wrapper)
        wrapper.visit(visitor)
    except cst.ParserSyntaxError as error:
        return f":{error.raw_line} is not valid Python"
    except RecursionError:
        return " is nested too deeply"
    return visitor.reason


class _Visitor(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (QualifiedNameProvider, PositionProvider)

    def __init__(self, wrapper: MetadataWrapper) -> None:
        super().__init__()
        self.reason = ""
        self.folders: dict[str, str] = {}
        """Names that hold a literal path: {"here": "."}."""

    def _refuse(self, node: cst.CSTNode, what: str) -> None:
        """Keep the first reason, with its line."""
        if not self.reason:
            line = self.get_metadata(PositionProvider, node).start.line
            self.reason = f":{line} {what}"

    def visit_Assign(self, node: cst.Assign) -> None:  # noqa: N802  # libcst's naming
        """Remember names that hold a literal path, such as `here = os.path.dirname(__file__)`."""
        for target in node.targets:
            if isinstance(target.target, cst.Name):
                path = self._path(node.value)
                if path is None:
                    self.folders.pop(target.target.value, None)
                else:
                    self.folders[target.target.value] = path

    def visit_Arg(self, node: cst.Arg) -> None:  # noqa: N802  # libcst's naming
        """A version taken from git reads the repository around the project."""
        if node.keyword is not None and node.keyword.value in _SCM:
            self._refuse(node, "takes its version from git")

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802  # libcst's naming
        """Check calls that open paths or run programs."""
        for name in self._names(node.func):
            if name.startswith(_PROGRAMS):
                self._refuse(node, f"calls {name}")
            elif name in _OPENERS and node.args:
                self._check_path(node, self._path(node.args[0].value))
        if isinstance(node.func, cst.Attribute):
            method = node.func.attr.value
            path = self._path(node.func.value)
            if method in _PATH_METHODS or (path is not None and method in _MAYBE_PATH_METHODS):
                self._check_path(node, path)

    def _check_path(self, node: cst.Call, path: str | None) -> None:
        if path is None:
            self._refuse(node, "opens a path that is not literal")
        elif path.startswith(("/", "..")):
            self._refuse(node, f"opens {path}, outside its folder")

    def _names(self, node: cst.CSTNode) -> Sequence[str]:
        """What a function may be called in full: `run` after `from subprocess import run` is subprocess.run."""
        names = self.get_metadata(QualifiedNameProvider, node, ())
        return [name.name for name in cast("Sequence[cst.metadata.QualifiedName]", names)]

    def _path(self, node: cst.BaseExpression) -> str | None:
        """The path that an expression stands for, relative to the script's folder; None when it is not literal.

        `os.path.join(os.path.dirname(__file__), "..", "v")` and `Path(__file__).parent.parent / "v"` are "../v".
        """
        if isinstance(node, cst.SimpleString):
            value = node.evaluated_value
            return posixpath.normpath(value) if isinstance(value, str) and value else None
        if isinstance(node, cst.Name):
            return "setup.py" if node.value == "__file__" else self.folders.get(node.value)
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Divide):
            return _join([self._path(node.left), self._path(node.right)])
        if isinstance(node, cst.Attribute) and node.attr.value == "parent":
            inner = self._path(node.value)
            return None if inner is None else posixpath.normpath(posixpath.join(inner, ".."))
        if isinstance(node, cst.Call):
            return self._called(node)
        return None

    def _called(self, node: cst.Call) -> str | None:
        """The path that a call of os.path or pathlib returns."""
        paths = [self._path(arg.value) for arg in node.args]
        names = self._names(node.func)
        if "os.path.join" in names:
            return _join(paths)
        if "os.path.dirname" in names and paths and paths[0] is not None:
            return posixpath.dirname(paths[0]) or "."
        if paths and (_SAME_FOLDER.intersection(names) or "pathlib.Path" in names):
            return paths[0]
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in ("resolve", "absolute"):
            return self._path(node.func.value)
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "joinpath":
            return _join([self._path(node.func.value), *paths])
        return None


def _join(paths: list[str | None]) -> str | None:
    literal = [path for path in paths if path is not None]
    return posixpath.normpath(posixpath.join(*literal)) if literal and len(literal) == len(paths) else None
