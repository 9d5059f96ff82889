from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.engine.fixture import Engine


class Answer(NamedTuple):
    """What the command said."""

    status: int
    out: str
    err: str


Verify = Callable[..., Answer]


@pytest.fixture
def verify(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Verify:
    """Runs `dfix verify` as users do, with the test engine; logs that it keeps go with the test."""
    engine.bases("busybox")
    environment = {**engine.environment, "TMPDIR": str(tmp_path_factory.mktemp("tmp"))}

    def run(*words: str, network: str = "host") -> Answer:
        command = [sys.executable, "-m", "dfix", "verify", "--isolated", *words]
        if network:
            command += ["--network", network]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
        return Answer(done.returncode, done.stdout, done.stderr)

    return run
