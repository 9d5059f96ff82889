"""Choose the inputs of the fuzzer that the repository keeps: small ones that together run all lines which they run.

python scripts/fuzz_kept.py .fuzz/corpus --most 300
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any

from tests.fuzz.repositories import from_bytes, to_json
from tests.fuzz.seeds import KEPT
from tests.fuzz.trial import FaultsError, Trial

LARGEST = 1_000
"""Bytes of an input that is kept."""
Lines = set[tuple[str, int]]


def lines_run(trial: Trial, data: bytes) -> Lines | None:
    """The lines of dfix that an input runs; None for one with a fault."""
    found: Lines = set()

    def local(frame: FrameType, event: str, _value: Any) -> Any:
        if event == "line":
            found.add((frame.f_code.co_filename, frame.f_lineno))
        return local

    def called(frame: FrameType, _event: str, _value: Any) -> Any:
        return local if "/dfix/" in frame.f_code.co_filename else None

    sys.settrace(called)
    try:
        trial(from_bytes(data))
    except FaultsError:
        return None
    finally:
        sys.settrace(None)
    return found


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--most", type=int, default=1_000, help="how many inputs to look at, evenly chosen")
    words = parser.parse_args()
    small = sorted(path for path in words.corpus.iterdir() if path.stat().st_size <= LARGEST)
    every = [path.read_bytes() for path in small[:: max(1, len(small) // words.most)]]
    known: Lines = set()
    kept = []
    with tempfile.TemporaryDirectory() as name:
        trial = Trial(Path(name))
        for data in sorted(every, key=lambda one: (len(one), one)):
            lines = lines_run(trial, data)
            if lines is not None and not lines <= known:
                known |= lines
                kept.append(data)
    KEPT.write_text("".join(f"{to_json(from_bytes(data))}\n" for data in kept), encoding="utf-8")
    print(f"{len(kept)} of {len(every)} inputs are kept; they run {len(known)} lines")


if __name__ == "__main__":
    main()
