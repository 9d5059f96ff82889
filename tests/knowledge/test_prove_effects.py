"""What the proof of a row makes of what a build has seen; the builds themselves are `make prove-effects`."""

from __future__ import annotations

from pathlib import Path

from prove_effects import DECOYS, Sample, faults, samples

from dfix.rewriter.knowledge.program_table import row

OLD, NEW = "0.0", "1795943479.5"


def seen(folder: Path, *, changed: str = "", access: str = "", status: str = "0") -> Path:
    (folder / "status").write_text(status)
    (folder / "said").write_text("what it said")
    (folder / "changed").write_text(changed)
    (folder / "access").write_text(access)
    return folder


def sample(command: str) -> Sample:
    found = row(command.split(maxsplit=1)[0])
    assert found is not None
    return Sample(found.names[0], found, command)


def test_a_row_that_is_right(tmp_path: Path) -> None:
    changed = "/t\n/t/out\n/results/1/said\n/proc/1\n"
    access = f"{OLD} f /app/package.json\n{NEW} f /app/a\n{NEW} d /app\n"
    assert faults(sample("cp a /t/out"), seen(tmp_path, changed=changed, access=access)) == []


def test_what_is_changed_besides(tmp_path: Path) -> None:
    found = faults(sample("cp a /t/out"), seen(tmp_path, changed="/t/out\n/t/other\n/etc/passwd\n"))
    assert found == ["`cp a /t/out` changes /t/other", "`cp a /t/out` changes /etc/passwd"]


def test_what_is_read_besides(tmp_path: Path) -> None:
    access = f"{NEW} f /app/a\n{NEW} f /app/Makefile\n{OLD} f /app/b\n{NEW} d /srv\n"
    found = faults(sample("cp a /t/out"), seen(tmp_path, access=access))
    assert found == ["`cp a /t/out` reads /app/Makefile", "`cp a /t/out` reads /srv"]


def test_a_sample_that_fails(tmp_path: Path) -> None:
    assert faults(sample("cp a /t/out"), seen(tmp_path, status="1")) == ["`cp a /t/out` exits with 1: what it said"]


def test_a_setup_that_fails(tmp_path: Path) -> None:
    (tmp_path / "failed").write_text("")
    (tmp_path / "setup").write_text("no such file")
    assert faults(sample("cp a /t/out"), seen(tmp_path)) == ["its setup failed: no such file"]


def test_a_sample_that_says_nothing(tmp_path: Path) -> None:
    assert faults(sample("sort --unknown a"), seen(tmp_path)) == ["`sort --unknown a` of its sample may do anything"]


def test_a_sample_is_taken_by_chance_and_is_the_same_for_a_seed() -> None:
    every = samples([], 0, 1)
    some = samples([], 30, 7)
    assert len(every) > 80
    assert len(some) == 30
    assert some == samples([], 30, 7) != samples([], 30, 8)
    assert [one.name for one in samples(["chmod"], 0, 1)] == ["chmod", "chown"]
    assert "pip/__init__.py" in DECOYS
