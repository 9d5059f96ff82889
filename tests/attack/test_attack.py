"""The parts of the campaign that need no engine: its contexts, its server, its reports."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest
from attack_power import FAULTS, MOST, ROOT, Power
from attack_report import Count, power_page, renewed

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.text.source import Source
from tests.attack import packages, registry
from tests.attack.bases import names
from tests.attack.kinds import KINDS, probe
from tests.attack.probe import Link, Probe, from_json, put, script, to_json
from tests.attack.trial import Verdict, confluence, rewrite

TRIED = 60


@pytest.mark.parametrize("kind", KINDS)
def test_probes_are_the_same_each_time_and_can_be_kept(kind: str) -> None:
    for number in range(TRIED):
        tried = probe(kind, 1, number)
        assert tried == probe(kind, 1, number)
        assert from_json(to_json(tried)) == tried
        assert tried.kind == kind
        assert all(names(text) for text in (tried.dockerfile, *(other.dockerfile for other in tried.others)) if text)
    assert len({probe(kind, 1, number).dockerfile for number in range(TRIED)}) > TRIED / 3


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "A2"])
def test_dockerfiles_are_ones_that_buildkit_reads(kind: str) -> None:
    for number in range(TRIED):
        assert check(parse(Source.from_bytes("Dockerfile", probe(kind, 1, number).dockerfile.encode()))) is None


def test_most_contexts_are_changed_by_dfix(tmp_path: Path) -> None:
    changed = 0
    for kind in KINDS:
        for number in range(20):
            folder = tmp_path / kind / str(number)
            tried = probe(kind, 3, number)
            put(folder, {**tried.files, "Dockerfile": tried.dockerfile})
            changed += rewrite(folder, tried.rules, tried.target).changed
    assert changed > 0.7 * 20 * len(KINDS)


def test_files_are_put_with_their_modes_and_links(tmp_path: Path) -> None:
    put(tmp_path, {"a/b": "x\n", "c": Link("a"), "d": script("#!/bin/sh\n")})
    assert (tmp_path / "c" / "b").read_text() == "x\n"
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("/npm/tiny-a", b'"latest": "1.1.0"'),
        ("/npm/tiny-a/-/tiny-a-1.0.0.tgz", b"\x1f\x8b"),
        ("/npm/nobody", b""),
        ("/simple/tinya/", b"tinya-1.1-py3-none-any.whl"),
        ("/simple/nobody/", b""),
        ("/wheels/tinya-1.0-py3-none-any.whl", b"PK"),
        ("/apt/./Packages", b"Package: tiny-extra"),
        ("/apt/./tiny-extra.deb", b"!<arch>"),
        ("/apt/./Release", b""),
        ("/go/example.org/alpha/@v/v1.0.0.mod", b"module example.org/alpha"),
        ("/go/example.org/alpha/@v/v9.0.0.mod", b""),
        ("/elsewhere", b""),
    ],
)
def test_the_server_answers(path: str, holds: bytes) -> None:
    found = registry.answer(path)
    assert holds in found
    assert bool(found) == bool(holds)


def test_packages_are_the_same_bytes_each_time() -> None:
    first = packages.npm_archive(packages.NPM[0])
    packages._npm_archive.cache_clear()
    assert packages.npm_archive(packages.NPM[0]) == first


def test_a_rule_order_that_ends_otherwise_is_found(tmp_path: Path) -> None:
    text = "FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
    tried = Probe("A5", "", {"requirements.txt": "tinya\n"}, text, rules_first=("split-manifests",))
    with tempfile.TemporaryDirectory() as folder:
        put(Path(folder, "x"), {**tried.files, "Dockerfile": text})
        result = rewrite(Path(folder, "x"))
    assert confluence(tried, result, tmp_path) == ""
    assert "end otherwise" in confluence(tried, result._replace(after=result.before), tmp_path)


def test_counts_become_a_page() -> None:
    count = Count()
    count.add("K1", 0, "x", Verdict("same", ("clean-up",)))
    count.add("K1", 1, "x", Verdict("unchanged"))
    count.add("K1", 2, "x", Verdict("unbuilt"))
    count.add("K2", 0, "x", Verdict("broken", ("clean-up",), "worse"))
    assert count.rows() == [("K1", 2, 1, 0, 1), ("K2", 1, 1, 1, 0), ("all", 3, 2, 1, 1)]
    assert "| K1 | commands and content" in count.page(1)
    assert "clean-up 2" in count.text()
    page = "a\n<!-- power -->\nold\n<!-- end -->\nb\n"
    assert renewed(page, "power", power_page([Power("K1", 3, "x | z"), Power("K2", 0, "y")], 7)) == (
        "a\n<!-- power -->\n\nSeed 7.\n\n| mend taken back | found after | with |\n| --- | --- | --- |\n"
        "| K1 | 3 | x \\| z |\n| K2 | not found | y |\n\n<!-- end -->\nb\n"
    )
    assert MOST == 100


@pytest.mark.parametrize("patch", sorted(FAULTS.glob("*.patch")), ids=lambda path: path.stem)
def test_each_fault_of_the_power_test_applies(patch: Path) -> None:
    command = ["git", "apply", "-C1", "--check", str(patch)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_kind_of_the_campaign_that_broke_has_a_fault() -> None:
    broken = {path.stem.partition("-")[0] for path in FAULTS.glob("*.patch")}
    assert {kind for kind in KINDS if kind.startswith("K")} < broken <= set(KINDS)
