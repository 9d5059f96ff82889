"""npm packages as they are published, unpacked once."""

from __future__ import annotations

import tarfile
from pathlib import Path

from tests.tools.home import kept, run


def package(name: str, version: str) -> Path:
    """The folder with a package's files; nothing that it depends on is there. Raises NoToolError."""

    def fetch(folder: Path) -> None:
        run(["npm", "pack", "--silent", f"{name}@{version}"], folder)
        (archive,) = folder.glob("*.tgz")
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        archive.unlink()

    return kept(f"{name.replace('/', '-').lstrip('@')}-{version}", fetch) / "package"
