from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from rewriter.context.folder import Context

MakeContext = Callable[[Mapping[str, str]], Context]


@pytest.fixture
def make_context(tmp_path: Path) -> MakeContext:
    def make(files: Mapping[str, str]) -> Context:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Context.open(str(tmp_path), str(tmp_path / "Dockerfile"))

    return make
