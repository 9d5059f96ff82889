"""Which version of dfix runs."""

from __future__ import annotations


def version() -> str:
    """The version's number; words for a checkout that is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("dfix")
    except PackageNotFoundError:
        return "of a checkout"
