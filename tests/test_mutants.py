"""Which changes scripts/mutants.py makes to a module, and which of them it tries."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from mutants import every_mutation, sample
from mutation_session import Covered
from mutations import mutations

ROOT = Path(__file__).resolve().parents[1]


def changed(folder: Path, text: str) -> list[str]:
    """The module after each mutation."""
    (folder / "a.py").write_text(text, encoding="utf-8")
    found = []
    for mutation in mutations(folder, "a.py"):
        source = text.encode()
        found.append((source[: mutation.start] + mutation.text.encode() + source[mutation.end :]).decode())
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a and b and c", ["((b) and (c))", "((a) and (c))", "((a) and (b))"]),
        ("a or b", ["(b)", "(a)"]),
        ("not a", ["bool(a)"]),
        ("a < b", ["(a) <= (b)"]),
        ("a < b >= c", ["(a) <= (b) >= (c)", "(a) < (b) > (c)"]),
        ("a not in b", ["(a) in (b)"]),
        ("a is None", ["(a) is not (None)"]),
        ("a - b", ["(a) + (b)"]),
        ("a | b", ["(a) & (b)"]),
        ("'é' + a", []),
        ("any(f(x) for x in a)", ["all((f(x) for x in a))"]),
        ("False", ["True"]),
        ("a[3]", ["a[(2)]", "a[(4)]"]),
        ("f'{a[0]}'", []),
        ("[x for x in a if x]", ["[x for x in a if not (x)]"]),
        ("b if a else c", ["b if not (a) else c"]),
    ],
)
def test_expressions(tmp_path: Path, before: str, after: list[str]) -> None:
    assert changed(tmp_path, f"def f(a: 'b | c' = 1):\n    return {before}\n") == [
        f"def f(a: 'b | c' = 1):\n    return {text}\n" for text in after
    ]


def test_constants_but_not_what_a_rule_declares(tmp_path: Path) -> None:
    assert changed(tmp_path, "ORDER = 3\nMOST = 3\nclass A(N):\n    b: int = 3\n") == [
        f"ORDER = 3\nMOST = ({number})\nclass A(N):\n    b: int = 3\n" for number in (2, 4)
    ]


def test_a_name_tells_equal_mutations_apart(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("class A:\n    def f(self):\n        return a < b or a < b\n", encoding="utf-8")
    names = [mutation.name for mutation in mutations(tmp_path, "a.py")]
    assert names[2:] == ["a.py A.f: a < b -> (a) <= (b)", "a.py A.f: a < b -> (a) <= (b) #2"]


def test_every_mutation_of_the_rules_is_python() -> None:
    every = every_mutation(ROOT)
    assert len(every) > 4000
    assert len({mutation.name for mutation in every}) == len(every)
    for mutation in sample(every, 200, 7):
        source = (ROOT / mutation.path).read_bytes()
        ast.parse(source[: mutation.start] + mutation.text.encode() + source[mutation.end :])


def test_a_smaller_sample_is_part_of_a_larger_one() -> None:
    every = every_mutation(ROOT)
    small, large = sample(every, 30, 1), sample(every, 600, 1)
    assert set(small) < set(large)
    assert [mutation for mutation in every if mutation in set(large)] == large
    assert sample(every, 30, 2) != small


def test_the_fastest_test_of_the_lines_comes_first(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("MOST = 3\ndef f(a):\n    return (a\n        and MOST)\n", encoding="utf-8")
    lines = {"a.py": {"3": ["slow"], "4": ["fast", "slow", "failing"], "2": ["other"]}}
    covered = Covered({"slow": 2.0, "fast": 1.0, "other": 0.0}, lines)
    found = {mutation.scope: covered.tests(mutation, tmp_path) for mutation in mutations(tmp_path, "a.py")}
    assert found == {"MOST": ["fast", "slow"], "f": ["fast", "slow"]}
