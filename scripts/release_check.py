"""Build what a release publishes and check it as a user gets it: `make release-check`, and the release workflow.

    python scripts/release_check.py                    # into a temporary folder
    python scripts/release_check.py --directory dist   # keep the packages there

Wheel and source distribution are built and checked by twine; the wheel is installed into a new environment, by hash,
and run there; its bill of materials is compared with the lock file.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from bill_of_materials import PLACE, text

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
DOCKERFILE = "FROM debian:12\nRUN mkdir /a\nRUN chmod 700 /a\n"


class CheckError(Exception):
    """What is wrong with a release, as a sentence."""


def run(*words: str | Path, folder: Path = ROOT, status: int = 0) -> str:
    """What a command prints. Raises CheckError where it ends with another status."""
    done = subprocess.run([*map(str, words)], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != status:
        raise CheckError(f"{Path(words[0]).name} ends with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def environment(folder: Path, *what: str | Path) -> Path:
    """The programs of a new environment in which that is installed, by hash where a lock file is named."""
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    run(BIN / "uv", "pip", "install", "--quiet", "--python", folder / "bin" / "python", *what)
    return folder / "bin"


def build(folder: Path) -> tuple[Path, Path]:
    """The wheel and the source distribution, alone in the folder."""
    if folder.exists() and any(folder.iterdir()):
        raise CheckError(f"{folder} is not empty: only what is built now may be published")
    run(BIN / "hatchling", "build", "--directory", folder)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


def check_metadata(space: Path, *packages: Path) -> None:
    """Look at the packages as an index does."""
    programs = environment(space / "twine", "--require-hashes", "--requirement", ROOT / "requirements-release.lock")
    run(programs / "python", "-m", "twine", "check", "--strict", *packages)


def check_installed(space: Path, wheel: Path) -> None:
    """Install the wheel beside what the lock file names, and run its programs in an empty folder."""
    programs = environment(space / "user", "--require-hashes", "--requirement", ROOT / "requirements.lock")
    run(BIN / "uv", "pip", "install", "--quiet", "--no-deps", "--no-index", "--python", programs / "python", wheel)
    folder = space / "empty"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    version = wheel.name.split("-")[1]
    if run(programs / "dfix", "--version", folder=folder) != f"dfix {version}\n":
        raise CheckError("dfix --version prints another version than the wheel's")
    if run(programs / "dfix", "--check", ".", folder=folder, status=1) != "Dockerfile\n":
        raise CheckError("dfix --check does not name the Dockerfile")
    run(programs / "dfix", "--write", ".", folder=folder)
    run(programs / "dfix", "--check", ".", folder=folder)
    told = json.loads(run(programs / "docker-dfix", "docker-cli-plugin-metadata", folder=folder))
    if told["Version"] != version:
        raise CheckError("docker-dfix has another version than the wheel")
    if not (space / "user/share/man/man1/dfix.1").is_file():
        raise CheckError("the wheel does not install its manual page")


def check_bill(wheel: Path) -> None:
    """Compare the bill of materials with the lock file, and with what the wheel carries."""
    if PLACE.read_text(encoding="utf-8") != text():
        raise CheckError(f"{PLACE.name} is out of date: run scripts/bill_of_materials.py")
    with zipfile.ZipFile(wheel) as archive:
        carried = [archive.read(name) for name in archive.namelist() if "/sboms/" in name]
    if carried != [PLACE.read_bytes()]:
        raise CheckError(f"the wheel does not carry {PLACE.name}")


def main() -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", type=Path, help="where to keep the packages; it must be empty")
    chosen = parser.parse_args().directory
    with tempfile.TemporaryDirectory() as name:
        space = Path(name)
        try:
            wheel, sdist = build(chosen.absolute() if chosen else space / "dist")
            check_metadata(space, wheel, sdist)
            check_installed(space, wheel)
            check_bill(wheel)
        except CheckError as error:
            print(f"release check: {error}", file=sys.stderr)
            return 1
    print(f"{wheel.name} and {sdist.name} are ready")
    return 0


if __name__ == "__main__":
    sys.exit(main())
