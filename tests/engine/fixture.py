"""The engine that tests build with: the user's own Docker where it answers, else a private one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

import pytest

from tests.engine import bases as base_images
from tests.engine import daemon
from tests.engine.home import Home, NoEngineError, home

ANSWERS_WITHIN = 60


class Engine(NamedTuple):
    """`environment` leads the docker client to the engine; `private` is its home, None for the user's own."""

    environment: dict[str, str]
    private: Home | None

    def bases(self, *names: str) -> None:
        """Make sure that base images are there. With the user's own engine they are pulled when a build needs them."""
        if self.private is not None:
            base_images.make(self.private, self.environment, names)


def start() -> Engine:
    """The engine; in CI always the private one, so that results are the same everywhere. Raises NoEngineError."""
    if os.environ.get("CI") != "true" and _answers(os.environ):
        return Engine(dict(os.environ), None)
    place = home()
    daemon.start(place)
    return Engine(daemon.environment(place), place)


def _answers(environment: Mapping[str, str]) -> bool:
    try:
        command = ["docker", "buildx", "inspect", "--bootstrap"]
        done = subprocess.run(command, env=environment, capture_output=True, timeout=ANSWERS_WITHIN, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The engine of a test run; without one, tests are skipped, but not in CI."""
    try:
        return start()
    except NoEngineError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
