"""The JSON schema of the settings says what dfix itself accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import settings_schema
import tomli

from dfix.rewriter.settings.files import load
from dfix.rewriter.settings.keys import KEYS
from dfix.rewriter.settings.settings_error import SettingsError


def test_it_is_up_to_date() -> None:
    assert settings_schema.PATH.read_text(encoding="utf-8") == settings_schema.text()


def accepted(found: dict[str, Any]) -> bool:
    return jsonschema.Draft202012Validator(settings_schema.schema()).is_valid(found)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_each_example(key: Any) -> None:
    assert accepted(tomli.loads(f"{key.name} = {key.example}\n"))


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ('select = ["clean-up"]\n[per-file-ignores]\n"*.dev" = ["DL3009"]\n', True),
        ("[save]\nignore = []\n", True),
        ("", True),
        ("unsafe = 1\n", False),
        ('select = "clean-up"\n', False),
        ("select = [1]\n", False),
        ('target = "docker"\n', False),
        ("selekt = []\n", False),
        ('[save]\ntarget = "kaniko"\n', False),
        ('[per-file-ignores]\n"*" = "clean-up"\n', False),
        ('[verify.allow]\n"app" = "why"\n', False),
        ('[verify.allow]\n"/app" = " "\n', False),
        ("[verify]\nother = 1\n", False),
    ],
)
def test_it_agrees_with_dfix(tmp_path: Path, text: str, is_right: bool) -> None:
    path = tmp_path / "dfix.toml"
    path.write_text(text)
    try:
        load(str(path))
    except SettingsError:
        assert not is_right
    else:
        assert is_right
    assert accepted(tomli.loads(text)) == is_right
