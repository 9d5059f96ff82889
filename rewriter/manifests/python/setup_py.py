"""Find out whether a setup.py may read files outside its project's folder. Parses it with Python's ast; never runs it.

A local project is copied as a whole, so its script finds everything in its own folder. It may read more if it opens a
path that is not literal, runs a program, or takes its version from git.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from dfix.rewriter.manifests.python.python_tree import NotPythonError, python_tree

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
_BUILTINS = frozenset(("open", "str", "exec", "eval", "compile", "__import__"))
_DEEPEST = 50
"""Parts of a module's name: a project has none that is deeper."""
LARGEST = 200_000


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
        script = _Script(python_tree(text), name)
        script.read()
    except NotPythonError as error:
        return ScriptReads(f":{error.line} is not valid Python" if error.line else " is not valid Python")
    except RecursionError:
        return ScriptReads(" is nested too deeply")
    return ScriptReads(script.reason, tuple(dict.fromkeys(script.runs())))


def _in_order(tree: ast.Module) -> Iterator[ast.AST]:
    """All nodes, in the order of the text, each before what is in it."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        yield node
        pending += reversed(list(ast.iter_child_nodes(node)))


class _Script:
    def __init__(self, tree: ast.Module, name: str) -> None:
        self.tree = tree
        self.name = name
        self.reason = ""
        self.modules: list[str] = []
        """What it imports, as paths without the end: "x/version"."""
        self.opened: list[str] = []
        self.executes = False
        """Whether it runs text as code."""
        self.folders: dict[str, str] = {}
        """Names that hold a literal path: {"here": "."}."""
        self.imported: dict[str, set[str]] = {}
        """Names that imports bind, with what they may stand for: {"run": {"subprocess.run"}}."""
        self.own = {
            *(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)),
            *(
                target.id
                for node in tree.body
                if isinstance(node, ast.Assign)
                for target in node.targets
                if isinstance(target, ast.Name)
            ),
        }
        """Names that the module itself gives to something."""

    def read(self) -> None:
        """Look at each node."""
        nodes = list(_in_order(self.tree))
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._import(node)
        for node in nodes:
            if isinstance(node, ast.Constant):
                self._string(node)
            elif isinstance(node, ast.Assign):
                self._assign(node)
            elif isinstance(node, ast.keyword) and node.arg in _SCM:
                self._refuse(node, "takes its version from git")
            elif isinstance(node, ast.Call):
                self._call(node)

    def _refuse(self, node: ast.expr | ast.keyword, what: str) -> None:
        """Keep the first reason, with its line."""
        if not self.reason:
            self.reason = f":{node.lineno} {what}"

    def runs(self) -> Iterator[str]:
        """The paths that what it runs may have in the project."""
        for module in self.modules:
            for place in ("", "src/"):
                yield from (f"{place}{module}{end}" for end in (".py", "/__init__.py"))
        yield from self.opened if self.executes else ()

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        """An import of `a.b` runs `a`, too; what is imported from a module may be a module."""
        base: list[str] = []
        if isinstance(node, ast.ImportFrom):
            base = node.module.split(".") if node.module else []
            if node.level:
                base = self.name.split("/")[: -node.level] + base
        for alias in node.names:
            parts = base if alias.name == "*" else [*base, *alias.name.split(".")]
            self.modules += ["/".join(parts[:end]) for end in range(1, min(len(parts), _DEEPEST) + 1)]
            bound = alias.asname or (alias.name if base else alias.name.partition(".")[0])
            self.imported.setdefault(bound, set()).add(".".join(parts) if base or alias.asname else bound)

    def _string(self, node: ast.Constant) -> None:
        """`package_dir={"": "../src"}`."""
        if isinstance(node.value, str) and node.value.startswith("../"):
            self._refuse(node, f"names {node.value[:60]}, outside its folder")

    def _assign(self, node: ast.Assign) -> None:
        """Remember names that hold a literal path, such as `here = os.path.dirname(__file__)`."""
        path = self._path(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name):
                if path is None:
                    self.folders.pop(target.id, None)
                else:
                    self.folders[target.id] = path

    def _call(self, node: ast.Call) -> None:
        """Check a call that opens a path or runs a program."""
        for name in self._full_names(node.func):
            self.executes |= name in ("builtins.exec", "builtins.eval", "builtins.compile")
            if name.startswith(_PROGRAMS):
                self._refuse(node, f"calls {name}")
            elif name in _OPENERS and node.args:
                self._check_path(node, self._path(node.args[0]))
        if isinstance(node.func, ast.Attribute):
            method = node.func.attr
            path = self._path(node.func.value)
            if method in _PATH_METHODS or (path is not None and method in _MAYBE_PATH_METHODS):
                self._check_path(node, path)

    def _check_path(self, node: ast.Call, path: str | None) -> None:
        if path is None:
            self._refuse(node, "opens a path that is not literal")
        elif path.startswith(("/", "..")):
            self._refuse(node, f"opens {path}, outside its folder")
        else:
            self.opened.append(path)

    def _full_names(self, node: ast.expr) -> list[str]:
        """What a function may be called in full: `run` after `from subprocess import run` is subprocess.run."""
        rest = ""
        while isinstance(node, ast.Attribute):
            rest = f".{node.attr}{rest}"
            node = node.value
        if not isinstance(node, ast.Name):
            return []
        if node.id in self.imported:
            return sorted(name + rest for name in self.imported[node.id])
        return [f"builtins.{node.id}{rest}"] if node.id in _BUILTINS - self.own else []

    def _path(self, node: ast.expr) -> str | None:
        """The path that an expression stands for, relative to the script's folder; None when it is not literal.

        `os.path.join(os.path.dirname(__file__), "..", "v")` and `Path(__file__).parent.parent / "v"` are "../v".
        """
        if isinstance(node, ast.Constant):
            return posixpath.normpath(node.value) if isinstance(node.value, str) and node.value else None
        if isinstance(node, ast.Name):
            return self.name if node.id == "__file__" else self.folders.get(node.id)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return _join([self._path(node.left), self._path(node.right)])
        if isinstance(node, ast.Attribute) and node.attr == "parent":
            inner = self._path(node.value)
            return None if inner is None else posixpath.normpath(posixpath.join(inner, ".."))
        if isinstance(node, ast.Call):
            return self._called(node)
        return None

    def _called(self, node: ast.Call) -> str | None:
        """The path that a call of os.path or pathlib returns."""
        paths = [self._path(argument) for argument in (*node.args, *(keyword.value for keyword in node.keywords))]
        names = self._full_names(node.func)
        if "os.path.join" in names:
            return _join(paths)
        if "os.path.dirname" in names and paths and paths[0] is not None:
            return posixpath.dirname(paths[0]) or "."
        if paths and (_SAME_FOLDER.intersection(names) or "pathlib.Path" in names):
            return paths[0]
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("resolve", "absolute"):
            return self._path(node.func.value)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "joinpath":
            return _join([self._path(node.func.value), *paths])
        return None


def _join(paths: list[str | None]) -> str | None:
    literal = [path for path in paths if path is not None]
    return posixpath.normpath(posixpath.join(*literal)) if literal and len(literal) == len(paths) else None
