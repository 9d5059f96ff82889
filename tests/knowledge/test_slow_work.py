"""What slow programs do."""

from __future__ import annotations

from dfix.rewriter.knowledge.slow_work import slow_work


def test_each_name_is_a_program_or_a_sub_command() -> None:
    work = slow_work()
    assert set(work.values()) == {"downloads", "compiles"}
    assert all(len(name.split()) in (1, 2) for name in work)
    assert (work["git clone"], work["make"]) == ("downloads", "compiles")
