"""A team's way to dfix: a repository with a .hadolint.yaml and twenty suppressions, in three commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.cli import main

APT = "RUN apt-get update && apt-get install -y {}\n"
CLEAN = "RUN apt-get update && apt-get install -y {} && rm -rf /var/lib/apt/lists/*\n"
PIP = "RUN pip install {}\n"
PIP_CLEAN = "RUN pip install --no-cache-dir {}\n"
USERS = "RUN useradd {0}\nRUN useradd {0}2\n"
"""merge-runs would make one RUN of them; the .hadolint.yaml turns DL3059 off."""


def of_service(number: int) -> tuple[str, str]:
    """A Dockerfile with four suppressions before and after: only the last install, which has none, is changed."""
    kept = (
        f"FROM python:3.12-slim\n{USERS.format('app')}"
        f"# the mirror\n# hadolint ignore=DL3009\n{APT.format('curl')}"
        f"# hadolint ignore=DL3008,DL3009 kept on purpose\n{APT.format(f'tool{number}')}"
        f"COPY a{number} /srv/\n"
        f"# hadolint ignore=DL3042\n{PIP.format('flask')}"
        f"# hadolint ignore=DL3013\n"
    )
    return kept + PIP.format("uv"), kept + PIP_CLEAN.format("uv")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".hadolint.yaml").write_text("ignored:\n  - DL3059\n  - DL3018\n")
    for number in range(4):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "Dockerfile").write_text(of_service(number)[0])
    stage = f"# hadolint stage ignore=DL3009\nFROM debian:12 AS a\n{APT.format('x')}FROM debian:12\n{APT.format('y')}"
    (tmp_path / "stages.Dockerfile").write_text(stage)
    (tmp_path / "global.Dockerfile").write_text(f"FROM debian:12\n# hadolint global ignore=DL3009\n{APT.format('x')}")
    own = f"FROM debian:12\n# dfix: ignore[clean-up] the base\n{APT.format('x')}# dfix: ignore-file\n"
    (tmp_path / "own.Dockerfile").write_text(own)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def suppressions(folder: Path) -> list[tuple[str, str]]:
    """Each comment that turns something off, with the line below it."""
    found = []
    for path in sorted(folder.rglob("*Dockerfile")):
        lines = path.read_text().splitlines()
        found += [(line, below) for line, below in zip(lines, [*lines[1:], ""], strict=True) if "ignore" in line]
    return found


def test_three_commands(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = suppressions(repository)
    assert len(before) == 20
    (repository / "dfix.toml").write_text('hadolint-config = ".hadolint.yaml"\n')
    assert main.run(["--write", "."]) == 0
    assert main.run(["--check", "."]) == 0
    for number in range(4):
        assert (repository / f"{number}" / "Dockerfile").read_text() == of_service(number)[1]
    assert [comment for comment, _ in suppressions(repository)] == [comment for comment, _ in before]
    stages = (repository / "stages.Dockerfile").read_text()
    assert APT.format("x") in stages
    assert CLEAN.format("y") in stages
    assert "warning" not in capfd.readouterr().err

    (repository / "new.Dockerfile").write_text(f"FROM debian:12\n{APT.format('z')}")
    assert main.run(["--check", "."]) == 1


def test_without_a_change_of_today(repository: Path) -> None:
    before = suppressions(repository)
    texts = {path: path.read_text() for path in repository.rglob("*Dockerfile")}
    assert main.run(["--hadolint-config", ".hadolint.yaml", "--add-ignore", "--reason", "before dfix", "."]) == 0
    assert main.run(["--hadolint-config", ".hadolint.yaml", "--check", "."]) == 0
    after = suppressions(repository)
    assert [pair for pair in after if "dfix: ignore[clean-up] before dfix" not in pair[0]] == before
    assert len(after) == 25
    for path, text in texts.items():
        lines = [line for line in path.read_text().splitlines(keepends=True) if "before dfix" not in line]
        assert "".join(lines) == text
