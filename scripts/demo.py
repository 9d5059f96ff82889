"""Show dfix's diff and findings for each example. Nothing is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run the program."""
    for dockerfile in sorted((ROOT / "examples").glob("*/Dockerfile")):
        path = str(dockerfile.relative_to(ROOT))
        print(f"\n\033[1m{path}\033[0m\n", flush=True)
        for mode in ("--diff", "--explain"):
            command = [sys.executable, "-m", "dfix", mode, "--color", "always", path]
            status = subprocess.run(command, cwd=ROOT, check=False).returncode
            if status not in (0, 1):
                return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
