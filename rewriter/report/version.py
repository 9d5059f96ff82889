"""The version of dfix."""

from __future__ import annotations


def version() -> str:
    """The installed distribution's version; "" if dfix runs from a checkout."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("dfix")
    except PackageNotFoundError:
        return ""
