"""JSON of a project: what Python cannot read in it, however deep, is one kind of error."""

from __future__ import annotations

from typing import Any


def json_value(text: str) -> Any:
    """The value that a JSON text stands for. Raises ValueError if it is not JSON, or is nested too deeply."""
    import json

    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
