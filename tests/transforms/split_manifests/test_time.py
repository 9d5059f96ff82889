"""How long it takes to look at a build context, in CPU time. The bounds are those that the docs name."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

from shared_data import Corpus

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source
from tests.processor import allowed

MEDIAN = 0.030
MONOREPO = 2.0


def seconds(folder: Path, dockerfile: str) -> float:
    source = Source.from_bytes(str(folder / dockerfile), (folder / dockerfile).read_bytes())
    began = time.process_time()
    run(source, Options(select=frozenset(("split-manifests",)), context=str(folder)))
    return time.process_time() - began


def test_real_contexts(tmp_path: Path, real_files: Corpus) -> None:
    real_files.unpack_contexts(tmp_path)
    places = [(tmp_path / context, path) for context, paths in real_files.dockerfiles_of().items() for path in paths][
        :110
    ]
    seconds(*places[0])  # the first one imports what all use
    taken = [seconds(*place) for place in places]
    assert len(taken) >= 100
    assert statistics.median(taken) < MEDIAN


def test_a_monorepo_of_two_thousand_packages(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text(json.dumps({"name": "all", "workspaces": ["packages/*"]}))
    for number in range(2000):
        folder = tmp_path / "packages" / f"p{number}"
        folder.mkdir(parents=True)
        manifest = {
            "name": f"p{number}",
            "version": "1.0.0",
            "dependencies": {"express": "^4.0.0", f"p{number - 1}": "*"},
        }
        (folder / "package.json").write_text(json.dumps(manifest))
        (folder / "index.js").write_text("")
    (tmp_path / "Dockerfile").write_text("FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\n")
    assert seconds(tmp_path, "Dockerfile") < allowed(MONOREPO)
