from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from dfix.rewriter.context.folder import Context
from tests.build_context import put

MakeContext = Callable[[Mapping[str, str]], Context]


@pytest.fixture
def make_context(tmp_path: Path) -> MakeContext:
    def make(files: Mapping[str, str]) -> Context:
        put(tmp_path, files)
        return Context.open(str(tmp_path), str(tmp_path / "Dockerfile"))

    return make
