"""Where rules are looked for."""

from __future__ import annotations

from pathlib import Path

from dfix.rewriter.pipeline import registry
from tests.build_context import put


def test_a_rule_is_a_module_or_a_folder_with_one(tmp_path: Path) -> None:
    put(tmp_path, {"__init__.py": "", "one.py": "", "two/__init__.py": "", "two/rule.py": "", "two/part.py": ""})
    assert registry._modules([str(tmp_path)]) == ["one", "two.rule"]


def test_what_a_checkout_leaves_behind_is_no_rule(tmp_path: Path) -> None:
    """Git removes the files of another branch, and leaves their folder with what Python cached in it."""
    put(tmp_path, {"one.py": "", "gone/__pycache__/rule.cpython-311.pyc": "", "notes/README.md": "", "list.txt": ""})
    assert registry._modules([str(tmp_path)]) == ["one"]
