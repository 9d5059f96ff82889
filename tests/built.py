"""What the build backend makes of the project."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def build(hook: str, source: Path, target: Path) -> Path:
    """Call a hook of the build backend, as pip does; the file that it made."""
    program = (
        f"import os; from hatchling.build import {hook}\nos.chdir({str(source)!r}); print({hook}({str(target)!r}))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return target / done.stdout.split()[-1]
