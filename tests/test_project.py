"""Rules that the project's own files keep."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from message_list import PAGE, page
from rule_pages import stale

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("rewriter", "transforms")
MOST_LINES = 350
VAGUE = frozenset(("utils", "util", "helpers", "helper", "manager", "common", "misc", "base", "core", "stuff"))
SAME_MODULES = frozenset(("rule",))
"""What each folder of transforms begins with."""
MIRRORED = ("rewriter/manifests/", "transforms/multistage/languages/")
"""Folders with a module for each ecosystem."""
HEAVY = frozenset(
    "dataclasses inspect rich typer click yaml tomli libcst pathspec json ast dockerfile_parse "
    "packaging defusedxml asyncio logging subprocess difflib argparse".split()
)


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_there_is_something_to_look_at() -> None:
    assert len(modules(*PACKAGES)) > 20


def test_modules_are_short() -> None:
    lines = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(*PACKAGES, "scripts")}
    assert {path: count for path, count in lines.items() if count >= MOST_LINES} == {}


def test_names_say_what_is_inside() -> None:
    names = modules(*PACKAGES, "scripts", "tests")
    assert [path for path in names if VAGUE & set(path.stem.split("_"))] == []


def repeated(places: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    """The names that come with more than one place."""
    found: dict[str, list[str]] = {}
    for name, place in places:
        found.setdefault(name, []).append(place)
    return {name: where for name, where in found.items() if len(where) > 1}


def test_a_module_has_a_name_of_its_own() -> None:
    paths = [path.relative_to(ROOT) for path in modules(*PACKAGES) if path.stem != "__init__"]
    found = repeated((path.stem, str(path)) for path in paths)
    assert {
        name: where
        for name, where in found.items()
        if name not in SAME_MODULES and not all(path.startswith(MIRRORED) for path in where)
    } == {}


def test_a_public_class_has_a_name_of_its_own() -> None:
    found = repeated(
        (node.name, str(path.relative_to(ROOT)))
        for path in modules(*PACKAGES)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert found == {}


def public(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{prefix}{node.name}.")


def test_everything_public_is_documented() -> None:
    silent = []
    for path in modules(*PACKAGES):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            silent.append(str(path))
        silent += [name for name, node in public(tree.body, f"{path}: ") if not ast.get_docstring(node)]
    assert silent == []


def test_a_cold_start_imports_nothing_heavy() -> None:
    """An editor starts the command on each save: what a run on a plain file does not need stays unloaded."""
    program = (
        "import sys; before = set(sys.modules)\n"
        "import dfix.rewriter.pipeline.run, dfix.rewriter.pipeline.registry\n"
        "dfix.rewriter.pipeline.registry.transforms()\n"
        "print(*sorted(set(sys.modules) - before))\n"
    )
    found = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted({name.partition(".")[0] for name in found.stdout.split()} & HEAVY) == []


def test_modules_compile_no_expression_and_check_no_record_when_they_are_imported() -> None:
    """`text/expression.py` and `text/named_tuple.py` exist for that."""
    eager = {
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in modules(*PACKAGES)
        for call in at_import(ast.parse(path.read_text(encoding="utf-8")))
        if ast.unparse(call.func) == "re.compile"
    }
    assert eager == set()
    checked = [path for path in modules(*PACKAGES) if "NamedTuple" in names_from(path, "typing")]
    assert [path.name for path in checked] == ["named_tuple.py"]


def at_import(node: ast.AST) -> Iterator[ast.Call]:
    """The calls that an import of the module carries out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from at_import(child)


def names_from(path: Path, module: str) -> set[str]:
    """The names that a file imports from a module."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    froms = (node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == module)
    return {alias.name for node in froms for alias in node.names}


def test_the_list_of_messages_is_up_to_date() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page(ROOT)


def test_pages_of_rules_are_up_to_date() -> None:
    assert stale(ROOT) == []


def test_scripts_import_each_other_without_a_cycle() -> None:
    """import-linter looks at packages alone, and the scripts are no package."""
    names = {path.stem for path in (ROOT / "scripts").glob("*.py")}
    imports = {name: names & imported_by(ROOT / "scripts" / f"{name}.py") for name in names}
    TopologicalSorter(imports).prepare()  # raises CycleError


def imported_by(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.add(node.module)
    return found
