"""Patterns of .gitignore, as git reads them."""

from __future__ import annotations

import random
import shutil
import subprocess
from itertools import product
from pathlib import Path

import pytest

from dfix.rewriter.text.gitignore import GitIgnore
from tests.build_context import put

NAMES = ("a", "b", "ab", "*")
PIECES = (
    "a b ab * ** / / ? [ab] [!a] [a-b] [^b] ! # \\ \\a \\* **/ /** [] [a []a] [[:alpha:]] [b-a] *** [[:x:]]".split()
)


@pytest.mark.parametrize(
    ("patterns", "path", "ignored"),
    [
        ("a", "a", True),
        ("a", "x/a", True),
        ("a", "a/x", True),
        ("/a", "x/a", False),
        ("x/a", "y/x/a", False),
        ("**/a", "x/y/a", True),
        ("x/**/a", "x/a", True),
        ("x/**", "x/y/z", True),
        ("a/", "a", False),
        ("a/", "a/b", True),
        ("*.log\n!keep.log", "keep.log", False),
        ("a\n!a/b", "a/b", True),
        ("a ", "a", True),
        ("a\\ ", "a ", True),
        ("a\\ ", "a", False),
        ("\\#a", "#a", True),
        ("\\!a", "!a", True),
        ("#a", "#a", False),
        ("*a*b", "xaxb", True),
        ("*a*b", "xa/b", False),
        ("[[:digit:]]x", "1x", True),
        ("a[^/]b", "a/b", False),
        ("a\r", "a", True),
        ("[a", "[a", False),
        ("a\\", "a\\", False),
        ("/", "a", False),
        ("!", "a", False),
    ],
)
def test_patterns(patterns: str, path: str, ignored: bool) -> None:
    assert bool(GitIgnore(patterns).ignores(path, folder=False)) == ignored


def test_a_folder() -> None:
    rules = GitIgnore("a/\n!b")
    assert rules.ignores("a", folder=True)
    assert rules.ignores("b", folder=True) is False
    assert rules.ignores("c", folder=True) is None


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_the_same_as_git(tmp_path: Path) -> None:
    folders = ["/".join(parts) for length in (1, 2, 3) for parts in product(NAMES, repeat=length)]
    files = [f"{folder}/{name}" for folder in folders for name in ("c", "a.b")]
    put(tmp_path, dict.fromkeys(files, ""))
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    drawn = random.Random(5)
    for _ in range(100):
        lines = ("".join(drawn.choices(PIECES, k=drawn.randrange(1, 6))) for _ in range(drawn.randrange(1, 4)))
        text = "\n".join(lines)
        (tmp_path / ".gitignore").write_text(text)
        asked = drawn.sample(files, 20) + drawn.sample(folders, 20)
        command = ["git", "check-ignore", "-z", "--no-index", "--stdin"]
        answer = subprocess.run(
            command, cwd=tmp_path, input="\0".join(asked), stdout=subprocess.PIPE, text=True, check=False
        )
        ignored, rules = answer.stdout.split("\0"), GitIgnore(text)
        for path in asked:
            assert bool(rules.ignores(path, folder=path in folders)) == (path in ignored), (text, path)
