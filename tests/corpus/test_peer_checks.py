"""What scripts/peer_checks.py counts: findings that are gone or new, and results that must not count."""

from __future__ import annotations

import json
from collections import Counter

import peer_checks
from peer_checks import accepted, count, hadolint_findings, named, still_reported, tally_findings
from peer_checks_report import Sample, report

OLD = b"FROM a as b\n# why\nRUN c\n"


def test_hadolint_leaves_out_a_file_that_it_cannot_read() -> None:
    output = json.dumps(
        [
            {"file": "0000/Dockerfile", "code": "DL3009"},
            {"file": "0000/Dockerfile", "code": "DL3009"},
            {"file": "0001/Dockerfile", "code": "DL1000"},
        ]
    )
    assert hadolint_findings(output, {0: OLD, 1: OLD, 2: OLD}) == {0: Counter(DL3009=2), 2: Counter()}


def test_tally_speaks_for_buildkit_and_for_itself() -> None:
    rules = ("buildkit/FromAsCasing", "hadolint/DL3009", "tally/eol-last", "shellcheck/SC2086")
    output = json.dumps({"files": [{"file": "0003/Dockerfile", "violations": [{"rule": rule} for rule in rules]}]})
    assert tally_findings(output, {3: OLD, 4: OLD}) == {
        3: Counter({"FromAsCasing": 1, "tally/eol-last": 1}),
        4: Counter(),
    }


def test_accepted() -> None:
    assert accepted(OLD)
    assert not accepted(b"FROM a\n; b\n")
    assert not accepted(b"FROM a\nENV B=\\\n  c\\\n  d\nRUN <<E\n")
    assert not accepted(b"FROM a\nRUN \xff\n")


def test_only_what_buildkit_accepts_is_counted() -> None:
    before = dict.fromkeys(range(6), OLD)
    fixed, bare = OLD.replace(b"as", b"AS"), b"FROM a AS b\nRUN c\n"
    after = {0: fixed, 1: b"FROM a\n; b\n", 2: bare, 3: OLD, 4: fixed}  # the fixer stopped at 5
    found = {number: Counter(FromAsCasing=1, DL3006=1) for number in range(6)}
    left = {0: Counter(DL3006=1), 1: Counter(), 2: Counter(DL3006=2)}  # 4 can no longer be read
    row = count("x", before, after, found, left, {0: fixed, 2: OLD})
    assert row.gone == Counter(FromAsCasing=2)
    assert row.new == Counter(DL3006=1)
    assert row[1:6] == (4, 1, 1, 1, 1)


def test_a_finding_that_dfix_says_is_gone_and_is_not() -> None:
    changes = [
        {
            "rule": "modernise",
            "reason": "The CMD on line 6 overrides this one (MultipleInstructionsDisallowed, DL4003)",
        },
        {"rule": "modernise", "reason": "`x` (y) stays"},
        {"rule": "clean-up", "reason": "lists (DL3009)"},
    ]
    said = named(json.dumps({"files": [{"path": "0007/Dockerfile", "changes": changes}]}))
    assert said == {7: Counter(MultipleInstructionsDisallowed=1, DL4003=1)}
    found = {7: Counter(DL4003=2, DL3009=1)}
    assert still_reported(said, found, {7: Counter(DL4003=1)}) == {}
    assert still_reported(said, found, {7: Counter(DL4003=2)}) == {7: Counter(DL4003=1)}
    assert still_reported(said, found, {}) == {}  # the linters can no longer read it


def test_the_page_says_where_others_do_more() -> None:
    none: Counter[str] = Counter()
    ours = count("dfix", {}, {}, {}, {}, {})._replace(gone=Counter(DL3009=1200), new=Counter({"DL3008": 2}))
    theirs = ours._replace(name="tally --fix", gone=Counter(DL3047=36, DL3009=1), new=none, refused=3)
    sample = Sample(2000, 1990, Counter(DL3009=1300, DL3047=40), (ours, theirs), Counter(DL3009=5), none)
    text = report(sample, 1, {"dfix": "1", "tally": "2", "hadolint": "3"})
    assert "| DL3009 | `clean-up` | 1,300 | 1,200 | 1 |" in text
    assert "| all |  | 1,340 | 1,200 | 37 |" in text
    assert "| tally --fix (2) | 0 | 3 | 0 | 0 | 0 | 37 | 0 |" in text
    assert "- DL3047: tally --fix fixes 36, dfix 0. dfix leaves it: dfix has no such rule yet." in text
    assert "DL3009: tally" not in text
    assert "- DL3008, 2 (0 gone): hadolint looks" in text


def test_dfix_runs_its_default_rules_and_modernise() -> None:
    rules = peer_checks.DFIX.arguments[-1].split(",")
    assert {"clean-up", "merge-runs", "modernise"} <= set(rules)
    assert "cache-mounts" not in rules
