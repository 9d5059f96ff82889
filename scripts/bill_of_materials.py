"""Write the bill of materials of the wheel: sbom.cdx.json, in CycloneDX, from requirements.lock and pyproject.toml.

    python scripts/bill_of_materials.py           # write it (part of `make lock`)
    python scripts/bill_of_materials.py --check   # exit with 1 if it is not up to date

It lists dfix and what requirements.lock installs beside it, with versions and hashes. hatchling puts it into the wheel.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "sbom.cdx.json"


def bill() -> dict[str, Any]:
    """The bill of materials, the same for the same files."""
    program = Path(sys.executable).with_name("cyclonedx-py")
    words = ("requirements", "--pyproject", "pyproject.toml", "--mc-type", "application", "--output-reproducible")
    form = ("--spec-version", "1.6", "--output-format", "JSON")
    done = subprocess.run(
        [program, *words, *form, "requirements.lock"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    made: dict[str, Any] = json.loads(done.stdout)
    # what would change the file though nothing in it changed: the tool's own version, the numbers of lines
    made["metadata"].pop("tools", None)
    for component in made["components"]:
        component.pop("description", None)
        component["bom-ref"] = component["purl"]
    own = made["metadata"]["component"]
    own["bom-ref"] = own["purl"] = f"pkg:pypi/{own['name']}@{own['version']}"
    made["dependencies"] = [{"ref": own["bom-ref"]}, *({"ref": each["purl"]} for each in made["components"])]
    return made


def text() -> str:
    """What the file has to contain."""
    return json.dumps(bill(), indent=1, sort_keys=True) + "\n"


def main() -> int:
    """Write the file, or compare it."""
    wanted = text()
    if "--check" not in sys.argv[1:]:
        PLACE.write_text(wanted, encoding="utf-8")
        return 0
    if PLACE.exists() and PLACE.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"{PLACE.name} is not up to date: run `make lock`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
