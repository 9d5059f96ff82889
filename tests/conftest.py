"""What every test may ask for."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from shared_data import Corpus, buildkit_folder, corpus, shared_folder  # the folder of scripts is no package

from dfix.rewriter.context.folder import Context
from tests.build_context import MakeContext, put
from tests.engine.fixture import engine  # a fixture for every test

__all__ = ["engine"]

collect_ignore = ["prove/contexts"]

# How long an example takes is the machine's affair; tests that bound a time count CPU time.
settings.register_profile("dfix", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dfix")

# A caller that ignores Ctrl-C (`trap '' INT`, nohup) hands that down to every program that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _skip(what: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is absent: name the folder of shared data in DFIX_SHARED")
    pytest.skip(f"{what} is absent")


@pytest.fixture(scope="session")
def real_files() -> Corpus:
    """The corpus of real Dockerfiles; a test is skipped without it, but not in CI."""
    found = corpus()
    if found is None:
        _skip("the corpus")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def buildkit_data() -> Path:
    """BuildKit's own test data; a test is skipped without it, but not in CI."""
    found = buildkit_folder()
    if found is None:
        _skip("BuildKit's test data")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of third-party data; a test is skipped without it, but not in CI."""
    found = shared_folder()
    if found is None:
        _skip("the shared data")
    assert found is not None
    return found


@pytest.fixture(scope="session", autouse=True)
def _records_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What `dfix verify` measures in tests is not kept in the home of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture
def make_context(tmp_path: Path) -> MakeContext:
    """Makes a build context of the files that it is given."""

    def make(files: Mapping[str, str]) -> Context:
        put(tmp_path, files)
        return Context.open(str(tmp_path), str(tmp_path / "Dockerfile"))

    return make
