"""What a .hadolint.yaml turns off."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.settings.files import SettingsFinder, load
from dfix.rewriter.settings.hadolint_config import ignored_by_hadolint
from dfix.rewriter.settings.settings_error import SettingsError

NAME = ".hadolint.yaml"


@pytest.mark.parametrize(
    ("text", "checks"),
    [
        ("ignored:\n  - DL3009\n  - SC2086\n  - DL9999\n", {"DL3009"}),
        ("ignored: [DL3009, 'DL3059']\ntrustedRegistries: [docker.io]\n", {"DL3009", "DL3059"}),
        ("override:\n  info: [DL3009]\n", set()),
        ("ignored:\n", set()),
        ("# nothing\n", set()),
        ("", set()),
    ],
)
def test_what_is_ignored(tmp_path: Path, text: str, checks: set[str]) -> None:
    (tmp_path / NAME).write_text(text)
    assert ignored_by_hadolint(str(tmp_path / NAME), None) == checks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"ignored: DL3009\n", "`ignored` is not a list of checks"),
        (b"ignored: [3009]\n", "`ignored` is not a list of checks"),
        (b"- DL3009\n", "`ignored` is not a list of checks"),
        (b"ignored: [\n", "not valid YAML"),
        (b"ignored: &a [*a]\n", "its values are nested too deeply, or have aliases"),
        (b"[" * 100_000, "its values are nested too deeply, or have aliases"),
        (b"\xff\xfe", "not UTF-8"),
        (b"#" * 1_000_001, "larger than 1 MB"),
    ],
)
def test_what_is_wrong(tmp_path: Path, text: bytes, said: str) -> None:
    (tmp_path / NAME).write_bytes(text)
    with pytest.raises(SettingsError) as error:
        ignored_by_hadolint(str(tmp_path / NAME), None)
    assert error.value.problem.message == said
    assert error.value.problem.path == str(tmp_path / NAME)


def test_the_hint_for_a_folder_names_no_dockerfile(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        ignored_by_hadolint(str(tmp_path), None)
    assert error.value.problem[2:] == ("a folder, not a file", "Name the file in it")


def project(folder: Path, settings: str) -> str:
    (folder / ".git").mkdir(parents=True)
    (folder / "dfix.toml").write_text(settings)
    (folder / "Dockerfile").write_text("FROM a\n")
    return str(folder / "Dockerfile")


def test_the_key_is_relative_to_the_settings(tmp_path: Path) -> None:
    path = project(tmp_path / "one", 'hadolint-config = "lint/.hadolint.yaml"\nignore = ["merge-runs"]\n')
    (tmp_path / "one/lint").mkdir()
    (tmp_path / "one/lint" / NAME).write_text("ignored: [DL3009, DL3059]\n")
    options = SettingsFinder().nearest(path).options(path)
    assert options.ignore == {"merge-runs"}
    assert options.ignored_checks == {"DL3009", "DL3059"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("../.hadolint.yaml", "`hadolint-config` is outside of "),
        ("/etc/hostname", "`hadolint-config` is outside of "),
        ("link.yaml", "`hadolint-config` is outside of "),
        (".git/hadolint.yaml", "`hadolint-config` is outside of "),
        ("absent.yaml", "no such file"),
        (".", "a folder, not a file"),
    ],
)
def test_the_key_stays_in_the_root(tmp_path: Path, value: str, said: str) -> None:
    path = project(tmp_path / "one", f'hadolint-config = "{value}"\n')
    (tmp_path / NAME).write_text("ignored: [DL3009]\n")
    (tmp_path / "one/link.yaml").symlink_to(tmp_path / NAME)
    with pytest.raises(SettingsError) as error:
        SettingsFinder().nearest(path)
    assert error.value.problem.message.startswith(said)


def test_settings_that_the_user_names_may_lead_anywhere(tmp_path: Path) -> None:
    project(tmp_path / "one", 'hadolint-config = "../.hadolint.yaml"\n')
    (tmp_path / NAME).write_text("ignored: [DL3009]\n")
    assert load(str(tmp_path / "one/dfix.toml")).ignored_checks == {"DL3009"}
