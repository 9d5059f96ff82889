from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import Mount, build
from dfix.rewriter.text.source import Source


def mount_of(flag: str, before: str = "WORKDIR /w\n") -> Mount:
    stage = build(parse(Source("Dockerfile", f"FROM a\n{before}RUN {flag} b\n"))).stages[0]
    mounts = stage.steps[-1].mounts
    assert len(mounts) == 1
    return mounts[0]


@pytest.mark.parametrize(
    "flag",
    [
        "--mount=type=cache,target=/root/.cache",
        "--mount=target=/root/.cache,type=cache",
        "--mount=type=cache,dst=/root/.cache",
        "--mount=type=cache,destination=/root/.cache",
        "--mount=type=cache,target=/root/.cache/",
        "--mount=type=cache,target=//root/./.cache",
        "--mount=TYPE=cache,Target=/root/.cache",
        "--mount=type=CACHE,target=/root/.cache",
        "--mount=type=cache,target=/root/.cache,sharing=locked,id=x",
        "--mount='type=cache,target=/root/.cache'",
        '--mount=type=cache,"target=/root/.cache"',
        "--mount=type=cache,\\\ntarget=/root/.cache",
        "--mount=type=cache,target=../root/.cache",
    ],
)
def test_every_way_to_spell_a_cache(flag: str) -> None:
    found = mount_of(flag)
    assert (found.kind, found.target) == ("cache", "/root/.cache")


def test_a_bind_is_the_default() -> None:
    assert mount_of("--mount=target=/x,src=y,from=z") == Mount("bind", "/x", "y", "z")
    assert mount_of("--mount=type=bind,source=.,target=.") == Mount("bind", "/w", ".", None)


@pytest.mark.parametrize(
    ("flag", "before"),
    [
        ("--mount=type=secret,id=x", "WORKDIR /w\n"),
        ("--mount=type=cache,target=$HOME/.cache", "WORKDIR /w\n"),
        ("--mount=type=cache,target=${X}", "ENV X=/y\n"),
        ("--mount=type=cache,target=x", ""),
        ("--mount=type=cache,target=x", "WORKDIR sub\n"),
        ("--mount=type=cache,target=", "WORKDIR /w\n"),
    ],
)
def test_a_target_that_is_not_known(flag: str, before: str) -> None:
    assert mount_of(flag, before).target is None


def test_several_and_none() -> None:
    text = "FROM a\nRUN --mount=target=/a --network=none --mount=type=tmpfs,target=/b c\nRUN d\nRUN --mount e\n"
    steps = build(parse(Source("Dockerfile", text))).stages[0].steps
    assert [(mount.kind, mount.target) for mount in steps[0].mounts] == [("bind", "/a"), ("tmpfs", "/b")]
    assert steps[1].mounts == ()
    assert steps[2].mounts == ()
