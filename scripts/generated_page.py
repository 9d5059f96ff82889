"""One generated page: write it, or say that it is out of date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def keep_up_to_date(path: Path, text: str, description: str) -> int:
    """Write a page whose text has changed; with `--check`, only say so. `path` is below the checkout.

    Returns the exit status: 1 where `--check` finds the page out of date.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page is out of date")
    check = parser.parse_args().check
    place = ROOT / path
    if place.exists() and place.read_text(encoding="utf-8") == text:
        return 0
    if check:
        print(f"{path} is out of date: run `make docs`", file=sys.stderr)
        return 1
    place.write_text(text, encoding="utf-8")
    return 0
