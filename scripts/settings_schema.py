"""Write docs/schema/dfix-settings-1.json, the JSON schema of the settings, from their one declaration.

`python scripts/settings_schema.py` writes it; tests/settings/test_schema.py compares it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dfix.rewriter.settings.keys import KEYS, MOST, TARGETS

ROOT = Path(__file__).resolve().parents[1]
PATH = ROOT / "docs" / "schema" / "dfix-settings-1.json"

_NAMES: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "maxItems": MOST}
_REASONS: dict[str, Any] = {
    "type": "object",
    "maxProperties": MOST,
    "propertyNames": {"pattern": "^(/|config )"},
    "additionalProperties": {"type": "string", "pattern": r"\S"},
}
_FORMS: dict[str, dict[str, Any]] = {
    "names": _NAMES,
    "flag": {"type": "boolean"},
    "target": {"enum": list(TARGETS)},
    "text": {"type": "string"},
    "table": {"type": "object", "additionalProperties": _NAMES, "maxProperties": MOST},
    "save": {
        "type": "object",
        "properties": {"select": _NAMES, "ignore": _NAMES},
        "additionalProperties": False,
    },
    "verify": {"type": "object", "properties": {"allow": _REASONS}, "additionalProperties": False},
}
"""The schema of each form of value that `keys.fits` knows."""


def schema() -> dict[str, Any]:
    """The schema of `dfix.toml`, and of `[tool.dfix]` in `pyproject.toml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of dfix",
        "type": "object",
        "properties": {key.name: {"description": key.about, **_FORMS[key.form]} for key in KEYS},
        "additionalProperties": False,
    }


def text() -> str:
    """The file's text."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
