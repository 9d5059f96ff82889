"""Which package managers' caches a RUN fills and leaves, by the conditions that decide it."""

from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import Step, build
from dfix.rewriter.model.cache_use import CacheUse, RunIndex, cache_uses
from dfix.rewriter.text.source import Source


def step(run: str, image: str = "debian:12", before: str = "") -> Step:
    tree = parse(Source("Dockerfile", f"FROM {image}\n{before}RUN {run}\n"))
    return build(tree).stages[0].steps[-1]


def left(run: str, image: str = "debian:12", before: str = "") -> list[CacheUse]:
    found = step(run, image, before)
    return cache_uses(found, RunIndex().of(found))


def names(run: str, image: str = "debian:12", before: str = "") -> list[str]:
    return [cache_use.manager.name for cache_use in left(run, image, before)]


@pytest.mark.parametrize(
    ("run", "managers"),
    [
        ("apt-get update && apt-get install -y a", ["apt"]),
        ("apt-get update && apt-get install -y npm && npm install -g a", ["npm", "apt"]),
        ("npm install -g a && apt-get update", ["apt", "npm"]),
        ("apt-get remove -y a", []),
        ("apt-get --version && make", []),
        ("pip install --no-cache-dir a", []),
        ("pip install --no-cache-dir a && pip install b", ["pip"]),
        ("pip install --help", []),
        ("gem install a", []),
    ],
)
def test_what_fills_a_cache(run: str, managers: list[str]) -> None:
    assert names(run) == managers


@pytest.mark.parametrize(
    "run",
    [
        "npm ci && npm cache clean --force",
        "npm ci && rm -rf ~/.npm",
        "npm ci && rm -rf /root/.npm/_cacache",
        "npm ci && rm -rf ~/.n*",
        "npm ci && rm -r /root /opt/a",
        "npm ci && cd ~/.npm && rm -rf *",
        "npm ci && find ~/.npm -delete",
        "npm ci && /opt/clean-up.sh",
        "npm_config_cache=/tmp/c npm ci && rm -rf ~/.npm",
        "--mount=type=cache,target=/root/.npm npm ci",
        "--mount=type=tmpfs,target=/root/.npm npm ci",
        "--mount=type=cache,target=/root npm ci",
    ],
)
def test_what_its_author_takes_care_of(run: str) -> None:
    assert names(run, "node:22") == []


@pytest.mark.parametrize(
    "run",
    [
        "npm cache clean --force && npm ci",
        "rm -rf ~/.npm && npm ci",
        "npm ci && rm -rf /opt/a",
        "npm ci && rm -rf ~/npm",
        "npm ci && rm -rf npm",
        "npm ci && ls ~/.npm",
        "npm ci && find ~ -name a",
        "npm ci && cd ~ && touch a",
        "npm ci && X=clean make",
        "--mount=type=cache,target=/opt/c npm ci",
        "--mount=type=bind,target=/src npm ci",
        "--mount=type=secret,id=a npm ci",
    ],
)
def test_what_is_left(run: str) -> None:
    assert names(run, "node:22") == ["npm"]


def test_a_setting_turns_a_cache_off() -> None:
    assert names("pip install a", before="ENV PIP_NO_CACHE_DIR=1\n") == []
    assert names("pip install a", before="ENV PIP_NO_CACHE_DIR=\n") == ["pip"]
    assert names("PIP_NO_CACHE_DIR=1 pip install a") == []


def test_uses_and_fills() -> None:
    (found,) = left("apt-get update && apt-get -y --no-install-recommends install a b && apt-get remove c")
    assert [use.usage.verb for use in found.uses] == ["update", "install", "remove"]
    assert [use.usage.verb for use in found.filled_by] == ["update"]
    assert [use.shown for use in found.uses] == ["apt-get update", "apt-get install", "apt-get remove"]
    assert (found.runs_itself, found.only_lists) == (False, True)
    (lists,) = left("apt-get update")
    assert lists.only_lists
    (own,) = left("npm ci", "node:22")
    assert own.runs_itself


def test_the_program_is_shown_as_written() -> None:
    (found,) = left("python3 -m pip install a")
    assert found.filled_by[0].shown == "python3 -m pip install"


@pytest.mark.parametrize(
    ("run", "only"),
    [("apt-get update", True), ("apt-get update && make", False), ("apt-get update && apt-get install a", False)],
)
def test_a_run_that_only_updates(run: str, only: bool) -> None:
    assert RunIndex().of(step(run)).only_updates == only


def test_a_run_is_looked_at_once() -> None:
    runs, one = RunIndex(), step("apt-get update")
    assert runs.of(one) is runs.of(one)
