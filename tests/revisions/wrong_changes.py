"""Wrong changes of Dockerfiles as small repositories, and what `dfix verify --base` has to say of each."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.engine.fixture import Engine
from tests.layers.repositories import commit, repository

TABLE = Path(__file__).with_name("wrong_changes.toml")


class Shown(NamedTuple):
    """A path that must be named, and the lines of the instructions behind it; 0 where none is."""

    path: str
    """With what is said of it, or how that begins."""
    was: int
    now: int


class WrongChange(NamedTuple):
    """A change of a Dockerfile, and what must be seen of it."""

    name: str
    by: str
    bases: tuple[str, ...]
    old: str
    new: str
    files: Mapping[str, str]
    archives: Mapping[str, Mapping[str, str]]
    new_files: Mapping[str, str]
    fails: tuple[str, ...]
    shows: tuple[Shown, ...]
    ci: bool

    def repository(self, folder: Path) -> Path:
        """A repository with two commits: the right file, then the wrong one."""
        repo = repository(folder, {**self.files, "Dockerfile": self.old})
        for name, files in self.archives.items():
            (repo / name).write_bytes(_archive(files))
        commit(repo, {}, "right")
        commit(repo, {**self.new_files, "Dockerfile": self.new}, "wrong")
        return repo

    def unseen(self, engine: Engine, folder: Path) -> list[str]:
        """What `dfix verify --base` does not say, though it should."""
        engine.bases(*self.bases)
        repo = self.repository(folder)
        words = ["--base", "HEAD~1", "--no-measure", "--network=host", "--isolated", "--output-format=json"]
        command = [sys.executable, "-m", "dfix", "verify", *words, str(repo)]
        environment = {**engine.environment, "TMPDIR": str(folder.parent)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 1:
            return [f"exit status {done.returncode}: {done.stdout}{done.stderr}"]
        (file,) = json.loads(done.stdout)["files"]
        return list(self._unseen_in(file))

    def _unseen_in(self, file: Mapping[str, Any]) -> Iterator[str]:
        (blame,) = file["broken"]
        found = [
            Shown(f"{row['path']} {row['what']}", *(row[side]["line"] if row[side] else 0 for side in ("was", "now")))
            for row in blame["differences"]
        ]
        for shown in self.shows:
            if not any(one.path.startswith(shown.path) and one[1:] == shown[1:] for one in found):
                yield f"{shown} is not among {found}"
        for words in self.fails:
            if words not in blame["message"]:
                yield f"{words!r} is not in {blame['message']!r}"


def wrong_changes() -> list[WrongChange]:
    """The rows of the table."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["change"]
    return [
        WrongChange(
            name=row["name"],
            by=row["by"],
            bases=tuple(row["bases"]),
            old=row["old"],
            new=row["new"],
            files=row.get("files", {}),
            archives=row.get("archives", {}),
            new_files=row.get("new-files", {}),
            fails=tuple(row.get("fails", ())),
            shows=tuple(Shown(*shown) for shown in row.get("shows", ())),
            ci=row.get("ci", True),
        )
        for row in rows
    ]


def _archive(files: Mapping[str, str]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return data.getvalue()
