"""Formatting numbers: of bytes, and of what is counted."""

from __future__ import annotations


def size(number: int) -> str:
    """Format a number of bytes, in units of 1,000 like docker."""
    value = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def counted(number: int, name: str) -> str:
    """A number with the name of what is counted: `1 file`, `2 files`."""
    return f"{number:,} {name}{'' if number == 1 else 's'}"
