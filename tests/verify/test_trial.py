from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dfix.rewriter.context.folder import Context
from dfix.rewriter.verify.engine import BuildOptions
from dfix.rewriter.verify.engines.docker import Docker
from dfix.rewriter.verify.saved import LayerCache
from dfix.rewriter.verify.trial import Trial
from dfix.rewriter.verify.workspace import Workspace


@pytest.fixture
def space() -> Iterator[Workspace]:
    space = Workspace()
    yield space
    space.close()


@pytest.mark.parametrize("existing", [None, b"*.md\n"])
def test_each_version_has_its_ignore_file(tmp_path: Path, space: Workspace, existing: bytes | None) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\nCOPY . .\n")
    if existing is not None:
        (tmp_path / ".dockerignore").write_bytes(existing)
    dockerfile = str(tmp_path / "Dockerfile")
    engine = Docker.__new__(Docker)  # nothing is built, so that it need not answer
    trial = Trial(engine, space, LayerCache(), BuildOptions(), "file0", lambda _: None)
    trial.take_context(Context.open(str(tmp_path), dockerfile), dockerfile)

    def of(side: str) -> bytes | None:
        path = Path(space.path(f"file0-{side}.Dockerfile.dockerignore"))
        return path.read_bytes() if path.exists() else None

    assert (of("before"), of("after")) == (existing, existing)
    trial.ignores("after", b"node_modules\n")
    assert (of("before"), of("after")) == (existing, b"node_modules\n")
    trial.ignores("after", None)
    assert of("after") == existing
