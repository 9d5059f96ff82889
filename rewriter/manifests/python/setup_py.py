"""Find out whether a setup.py may read files outside its project's folder. Parses it with libcst; never runs it.

A local project is copied as a whole, so its script finds everything in its own folder. It may read more if it opens a
path that is not literal, runs a program, or takes its version from git.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import cast

import libcst as cst
from libcst import helpers
from libcst.metadata import MetadataWrapper, PositionProvider, QualifiedNameProvider

from dfix.rewriter.manifests.python.python_tree import NotPythonError, check_depth, python_tree
from dfix.rewriter.text.named_tuple import NamedTuple

_DEEPEST = 50
"""Parts of a module's name: a project has none that is deeper."""
_OPENERS = frozenset(("builtins.open", "io.open", "codecs.open", "pathlib.Path", "os.chdir", "os.listdir", "os.walk"))
_SAME_FOLDER = frozenset(("os.path.abspath", "os.path.realpath", "os.path.normpath", "builtins.str"))
_PROGRAMS = (
    "subprocess.",
    "os.system",
    "os.popen",
    "setuptools_scm",
    "importlib.",
    "runpy.",
    "imp.",
    "builtins.__import__",
    "versioneer",
)
_PATH_METHODS = frozenset(("read_text", "read_bytes", "iterdir", "rglob"))
_MAYBE_PATH_METHODS = frozenset(("open", "glob", "exists", "is_file", "is_dir"))
_SCM = frozenset(("use_scm_version", "setup_requires_scm"))
LARGEST = 50_000


class ScriptReads(NamedTuple):
    """What setup.py, or a module of its project, reads and runs."""

    leaves: str
    """Why it may read outside the project, to append to the file's name: ":12 opens …"; "" if it does not."""
    runs: tuple[str, ...] = ()
    """The paths that the modules it imports, and the files it executes, may have in the project."""


def script_reads(text: str, name: str = "setup.py") -> ScriptReads:
    """What a Python script reads; `name` is its path in the project, in whose folder it runs."""
    if len(text) > LARGEST:
        return ScriptReads(f" is longer than {LARGEST} characters")
    try:
        python_tree(text)
        check_depth(text)
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        visitor = _Visitor(wrapper, name)
        wrapper.visit(visitor)
    except NotPythonError as error:
        return ScriptReads(f":{error.line} is not valid Python" if error.line else " is not valid Python")
    except cst.ParserSyntaxError as error:
        return ScriptReads(f":{error.raw_line} is not valid Python")
    except RecursionError:
        return ScriptReads(" is nested too deeply")
    return ScriptReads(visitor.reason, tuple(dict.fromkeys(visitor.runs())))


class _Visitor(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (QualifiedNameProvider, PositionProvider)

    def __init__(self, wrapper: MetadataWrapper, name: str) -> None:
        super().__init__()
        self.name = name
        self.reason = ""
        self.modules: list[str] = []
        """What it imports, as paths without the end: "x/version"."""
        self.opened: list[str] = []
        self.executes = False
        """Whether it runs text as code."""
        self.folders: dict[str, str] = {}
        """Names that hold a literal path: {"here": "."}."""

    def _refuse(self, node: cst.CSTNode, what: str) -> None:
        """Keep the first reason, with its line."""
        if not self.reason:
            line = self.get_metadata(PositionProvider, node).start.line
            self.reason = f":{line} {what}"

    def runs(self) -> Iterator[str]:
        """The paths that what it runs may have in the project."""
        for module in self.modules:
            for place in ("", "src/"):
                yield from (f"{place}{module}{end}" for end in (".py", "/__init__.py"))
        yield from self.opened if self.executes else ()

    def visit_Import(self, node: cst.Import) -> None:  # noqa: N802  # libcst's naming
        """An import of `a.b` runs `a`, too."""
        for alias in node.names:
            self._imports(alias.evaluated_name.split("."))

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:  # noqa: N802  # libcst's naming
        """What is imported from a module may be a module."""
        base = [] if node.module is None else helpers.get_full_name_for_node_or_raise(node.module).split(".")
        if node.relative:
            parents = self.name.split("/")[: -len(node.relative)]
            base = parents + base
        names = [] if isinstance(node.names, cst.ImportStar) else [alias.evaluated_name for alias in node.names]
        for name in names or [""]:
            self._imports([*base, name] if name else base)

    def _imports(self, parts: list[str]) -> None:
        self.modules += ["/".join(parts[:end]) for end in range(1, min(len(parts), _DEEPEST) + 1)]

    def visit_SimpleString(self, node: cst.SimpleString) -> None:  # noqa: N802  # libcst's naming
        """`package_dir={"": "../src"}`."""
        value = node.evaluated_value
        if isinstance(value, str) and value.startswith("../"):
            self._refuse(node, f"names {value[:60]}, outside its folder")

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
            self.executes |= name in ("builtins.exec", "builtins.eval", "builtins.compile")
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
        else:
            self.opened.append(path)

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
            return self.name if node.value == "__file__" else self.folders.get(node.value)
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
