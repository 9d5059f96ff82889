"""Third-party data next to the checkout, read in place: real Dockerfiles and BuildKit's test data."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def shared_folder() -> Path | None:
    """The folder in DFIX_SHARED, or `shared` next to the checkout; None if there is none."""
    named = os.environ.get("DFIX_SHARED")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared"
    return folder if (folder / "corpus" / "corpus.tar.gz").is_file() else None


def buildkit_folder() -> Path | None:
    """BuildKit's own parser and expansion data."""
    shared = shared_folder()
    return shared / "buildkit" if shared is not None and (shared / "buildkit").is_dir() else None


def unpacked_reach(folder: Path) -> Path | None:
    """The folder of the reach set, unpacked below another one unless it is there already; None if it is absent."""
    shared = shared_folder()
    archive = None if shared is None else shared / "reach" / "reach.tar.xz"
    if archive is None or not archive.is_file():
        return None
    if not (folder / "reach" / "contexts.tsv").is_file():
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    return folder / "reach"


REACH_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "dfix-reach")
"""Where the programs of scripts unpack the reach set."""
NO_REACH = "the reach set is absent: name the folder that holds reach/reach.tar.xz in DFIX_SHARED"


def reach_commits(history: Path) -> list[tuple[str, tuple[str, ...]]]:
    """The commits of a context's history, each with the paths that it changes.

    A line has the hash, the date, then `M path` and the like, with tabs between them.
    """
    lines = history.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    rows = (line.split("\t") for line in lines)
    return [(name, tuple(change[2:] for change in changes)) for name, _, *changes in rows]


def table(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a table with a header."""
    header, *lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    for line in lines:
        yield dict(zip(header.split("\t"), line.split("\t"), strict=False))


class Corpus:
    """The archive's content: single Dockerfiles, BuildKit's verdict on each, and small build contexts."""

    def __init__(self, archive: Path) -> None:
        self.dockerfiles: dict[str, bytes] = {}
        self.context_files: dict[str, dict[str, bytes]] = {}
        self.tables: dict[str, bytes] = {}
        with tarfile.open(archive) as tar:
            for member in tar:
                content = tar.extractfile(member)
                if content is not None:
                    self._add(member.name.removeprefix("./"), content.read())

    def _add(self, name: str, data: bytes) -> None:
        top, _, rest = name.partition("/")
        if top == "files":
            self.dockerfiles[rest] = data
        elif top == "contexts":
            context, _, path = rest.partition("/")
            self.context_files.setdefault(context, {})[path] = data
        else:
            self.tables[name] = data

    def rows(self, table: str) -> list[dict[str, str]]:
        """The rows of a table of the archive ("buildkit-verdict.tsv")."""
        lines = self.tables[table].decode("utf-8", "surrogateescape").split("\n")
        header = lines[0].split("\t")
        return [dict(zip(header, line.split("\t"), strict=True)) for line in lines[1:] if line]

    def verdicts(self) -> dict[str, str]:
        """BuildKit's verdict on each single Dockerfile: ok, parse-error or instruction-error."""
        return {row["file"].removeprefix("files/"): row["verdict"] for row in self.rows("buildkit-verdict.tsv")}

    def dockerfiles_of(self) -> dict[str, list[str]]:
        """The Dockerfiles of each context, as paths relative to it."""
        return {row["context"]: row["dockerfiles"].split(";") for row in self.rows("contexts.tsv")}

    def unpack_contexts(self, folder: Path) -> None:
        """Write every build context below `folder`, each as a repository, or dfix would not look above a Dockerfile."""
        for context, files in self.context_files.items():
            (folder / context / ".git").mkdir(parents=True, exist_ok=True)
            for path, data in files.items():
                target = folder / context / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)


@cache
def corpus() -> Corpus | None:
    """The corpus, cached; None if it is absent."""
    shared = shared_folder()
    return Corpus(shared / "corpus" / "corpus.tar.gz") if shared is not None else None
