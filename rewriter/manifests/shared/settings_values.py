"""The keys and values of settings files: `.npmrc`, `uv.toml`, `.yarnrc.yml` and the like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.formats import read_toml, read_yaml, table
from dfix.rewriter.text.json_text import json_value


def settings_values(context: Context, path: str, format_: str, section: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each key, in lower case and with dots between its parts, and each text in its value; "true" for a true one.

    `format_` is "ini" (`key = value`), "words" (`key value`), "yaml", "toml" or "json"; `section` is the table to look
    at. Raises LeaveAlone for a file that is not valid.
    """
    if format_ == "yaml":
        yield from _leaves("", read_yaml(context, path))
    elif format_ == "toml":
        yield from _leaves("", table(read_toml(context, path), *section))
    elif format_ == "json":
        yield from _leaves("", table(_json(context, path), *section) if section else _json(context, path))
    else:
        sign = "=" if format_ == "ini" else None
        for line in (context.read(path) or "").splitlines():
            if line.lstrip().startswith(("#", ";", "[")):
                continue
            key, *value = line.strip().split(sign, 1)
            yield key.strip().strip("\"'").lower(), " ".join(value).strip()


def _json(context: Context, path: str) -> Any:
    try:
        return json_value(context.read(path) or "")
    except ValueError:
        raise LeaveAlone("broken-manifest", f"{path} is not valid JSON") from None


def _leaves(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(f"{key}.{name}".lstrip(".").lower(), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(f"{key}.*".lstrip("."), inner)
    elif isinstance(value, bool):
        yield key, "true" if value else "false"
    elif isinstance(value, str):
        yield key, value
