"""Checks of other tools, and the rules that answer them."""

from __future__ import annotations

import pytest

from dfix.rewriter.knowledge.known_checks import known_check, known_checks
from dfix.rewriter.pipeline.registry import rules, transforms
from dfix.rewriter.report.check_page import check_page
from dfix.rewriter.settings.files import hint_for
from dfix.rewriter.text.own_data import own_text


def test_the_table_and_the_rules_name_the_same_checks() -> None:
    by_rule = {(check.rule, check.check) for check in known_checks().values() if check.rule}
    assert by_rule == {(rule.NAME, code) for rule in transforms() for code in rule.CODES}


def test_each_row_is_complete() -> None:
    for check in known_checks().values():
        assert check.tool == ("hadolint" if check.check.startswith("DL") else "buildkit")
        assert check.about
        assert check.rule or check.note
        assert not check.note.endswith(".") or check.rule
    assert "".join(sorted(check for check in known_checks() if check[:2] != "DL")).isalpha()


def test_no_check_is_called_like_a_rule() -> None:
    assert known_checks().keys().isdisjoint(rule.name for rule in rules())
    assert len(known_checks()) == own_text("rewriter/knowledge/known_checks.toml").count("[[check]]")


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("DL3009", "DL3009"),
        ("dl3009", "DL3009"),
        ("hadolint:DL3009", "DL3009"),
        ("Hadolint:dl3009", "DL3009"),
        ("buildkit:StageNameCasing", "StageNameCasing"),
        ("stagenamecasing", "StageNameCasing"),
        ("buildkit:DL3009", None),
        ("hadolint:StageNameCasing", None),
        ("tally:DL3009", None),
        (":DL3009", None),
        ("DL300", None),
        ("SC2086", None),
        ("clean-up", None),
        ("", None),
    ],
)
def test_a_name_as_people_write_it(name: str, check: str | None) -> None:
    found = known_check(name)
    assert (found and found.check) == check


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("DL3009", "**clean-up** fixes it, by default. `dfix rule clean-up` explains the rule."),
        ("DL3015", "**no-recommends** fixes it, with `--unsafe`."),
        ("DL3008", "No rule of dfix fixes it: which version is right is known to you"),
        (
            "DL3059",
            '`# hadolint ignore=DL3059` is above an instruction, or with `ignore = ["DL3059"]` in the settings.',
        ),
    ],
)
def test_a_page(name: str, said: str) -> None:
    assert said in check_page(name)
    assert check_page("DL9999") == ""


@pytest.mark.parametrize("name", ["SC2086", "sc2086", "shellcheck:SC2086", "hadolint:SC2086"])
def test_a_check_of_shellcheck(name: str) -> None:
    assert check_page(name).startswith("# SC2086\n\nA check of ShellCheck, ")
    assert "No rule of dfix fixes" in check_page(name)
    assert hint_for(name, frozenset()) == "SC2086 is a check of ShellCheck, which no rule of dfix answers"


@pytest.mark.parametrize("name", ["SC", "SC208", "SC20866", "xSC2086", "buildkit:SC2086", "DL2086"])
def test_what_is_no_check_of_shellcheck(name: str) -> None:
    assert check_page(name) == ""
    assert hint_for(name, frozenset()) == "`dfix rules` lists them"
