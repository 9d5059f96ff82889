from __future__ import annotations

import pytest
from e2b_dockerfile_utils import dockerignore
from hypothesis import given, settings
from hypothesis import strategies as st

from dfix.rewriter.context.ignore import BadPatternError, IgnoreFile

CASES = [
    ("node_modules", "node_modules", True),
    ("node_modules", "node_modules/a/b.js", True),
    ("node_modules", "web/node_modules/a.js", False),
    ("**/node_modules", "web/node_modules/a.js", True),
    ("**/node_modules", "node_modules/a.js", True),
    ("/a", "a", True),
    ("a/", "a/b", True),
    ("*.md", "a.md", True),
    ("*.md", "docs/a.md", False),
    ("*.md\n!README.md", "README.md", False),
    ("*.md\n!README.md\nREADME.md", "README.md", True),
    ("!README.md\n*.md", "README.md", True),
    ("docs\n!docs/keep", "docs/keep/a", False),
    ("docs\n!docs/keep", "docs/other", True),
    ("  a  ", "a", True),
    ("# a", "a", False),
    (" # a", "# a", True),
    ("a?c", "abc", True),
    ("a?c", "a/c", False),
    ("[ab]c", "ac", True),
    ("[^ab]c", "ac", False),
    ("a\\*", "a*", True),
    ("a\\*", "ab", False),
    ("**", "a/b", True),
    ("a/**", "a/b/c", True),
    ("a/**/c", "a/c", True),
    ("a/**/c", "a/b/b/c", True),
    ("./a", "a", True),
    ("a/../b", "b", True),
    ("\ufeffa", "a", True),
    ("a\r\nb\r\n", "b", True),
    (".", "a", False),
    ("a.b", "axb", False),
]


@pytest.mark.parametrize(("text", "path", "ignored"), CASES)
def test_docker_matching(text: str, path: str, ignored: bool) -> None:
    assert IgnoreFile.parse(text).ignored(path) is ignored


def test_the_line_that_decides() -> None:
    ignore = IgnoreFile.parse("# first\n*.json\n!package.json\n**/lock.json\n")
    assert [ignore.line_for(path) for path in ("a.json", "package.json", "x/lock.json")] == [2, 0, 4]


@pytest.mark.parametrize("text", ["!", "[a", "a/[", "!  "])
def test_patterns_that_fail_the_build(text: str) -> None:
    with pytest.raises(BadPatternError):
        IgnoreFile.parse(text)


def test_what_an_inclusion_can_bring_back() -> None:
    ignore = IgnoreFile.parse("a\nb\n!b/keep\n")
    assert not ignore.may_include_below("a")
    assert ignore.may_include_below("b")
    assert IgnoreFile.parse("a\n!**/x\n").may_include_below("a")


NAMES = st.text(alphabet="ab.", min_size=1, max_size=3).filter(lambda name: name.strip(".") != "")
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PARTS = st.one_of(NAMES, st.sampled_from(["*", "**", "a*", "?b", "*.b", "a**"]))
LINES = st.tuples(st.sampled_from(["", "!"]), st.lists(PARTS, min_size=1, max_size=3).map("/".join)).map("".join)


@settings(max_examples=400)
@given(st.lists(LINES, max_size=5), PATHS)
def test_same_as_a_port_of_dockers_own_matcher(lines: list[str], path: str) -> None:
    matcher = dockerignore.PatternMatcher(lines)
    assert IgnoreFile.parse("\n".join(lines)).ignored(path) is matcher.matches(path)
