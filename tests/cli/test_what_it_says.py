"""Sentences of the command line that misled people."""

from __future__ import annotations

from pathlib import Path

from dfix.rewriter.pipeline.registry import transforms
from tests.cli.conftest import Dfix


def test_the_settings_say_what_runs_by_default(dfix: Dfix) -> None:
    opt_in = [rule.NAME for rule in transforms() if getattr(rule, "OPT_IN", False)]
    assert f"by default all but {', '.join(opt_in)}, unsafe ones only with `unsafe`" in dfix(["config"]).stdout.decode()


def test_settings_in_the_wrong_kind_of_file(dfix: Dfix, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12\n")
    (tmp_path / "dfix.toml").write_text("[tool.dfix]\nunsafe = true\n")
    said = dfix([str(tmp_path)]).stderr.decode()
    assert "unknown key `tool`. Leave out [tool.dfix], which is for pyproject.toml" in said


def test_a_settings_file_that_is_none(dfix: Dfix, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12\n")
    said = dfix(["--config", "/dev/null", str(tmp_path)]).stderr.decode()
    assert said == "/dev/null: not a regular file. Replace it by a regular file\n"
