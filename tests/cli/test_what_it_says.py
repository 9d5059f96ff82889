"""Sentences of the command line that misled people."""

from __future__ import annotations

from pathlib import Path

from dfix.rewriter.pipeline.registry import transforms
from dfix.rewriter.pipeline.transform import is_opt_in
from dfix.rewriter.report.pages import listing, page, settings
from tests.cli.conftest import Dfix


def test_rules_that_run_only_by_name_say_so() -> None:
    """In the list of rules and on their pages; the settings name none, because plug-ins have such rules, too."""
    opt_in = {rule.NAME for rule in transforms() if is_opt_in(rule)}
    assert "dockerignore" in opt_in
    assert {line.split()[0] for line in listing().splitlines() if "only with --select" in line} == opt_in
    assert "(changes the image; only with --select dockerignore)\n" in listing()
    assert "Promise: changes the image; only with --select dockerignore." in page("dockerignore")
    assert "all but those that `dfix rules` says to select" in settings()


def test_settings_in_the_wrong_kind_of_file(dfix: Dfix, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12\n")
    (tmp_path / "dfix.toml").write_text("[tool.dfix]\nunsafe = true\n")
    said = dfix([str(tmp_path)]).stderr.decode()
    assert "unknown key `tool`. Leave out [tool.dfix], which is for pyproject.toml" in said


def test_a_settings_file_that_is_none(dfix: Dfix, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12\n")
    said = dfix(["--config", "/dev/null", str(tmp_path)]).stderr.decode()
    assert said == "/dev/null: not a regular file. Replace it with a regular file\n"
