"""`--add-ignore`: comments for what would change, and nothing else."""

from __future__ import annotations

import pytest

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.pipeline.silencing import silence
from dfix.rewriter.text.source import Source

APT = "RUN apt-get update && apt-get install -y curl\n"
CLEAN = "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
FROM = "FROM debian:12\n"


def silenced(text: str, reason: str = "") -> str:
    result = silence(Source("Dockerfile", text), Options(), reason)
    assert result.problem is None
    assert not run(result.after, Options()).changed
    again = silence(result.after, Options(), reason)
    assert again.after.text == result.after.text
    assert again.changes == ()
    return result.after.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FROM + APT, FROM + "# dfix: ignore[clean-up]\n" + APT),
        (FROM + "  " + APT, FROM + "  # dfix: ignore[clean-up]\n  " + APT),
        # other comments stay where they are; what a tool has to find directly above an instruction, too
        (FROM + "# tools\n" + APT, FROM + "# tools\n# dfix: ignore[clean-up]\n" + APT),
        (
            FROM + "# tools\n# hadolint ignore=DL3008\n# checkov:skip=CKV_1: x\n" + APT,
            FROM + "# tools\n# dfix: ignore[clean-up]\n# hadolint ignore=DL3008\n# checkov:skip=CKV_1: x\n" + APT,
        ),
        # a comment of dfix gets the name, and keeps its reason
        (
            FROM + "# dfix: ignore[merge-runs] kept\n" + APT,
            FROM + "# dfix: ignore[merge-runs, clean-up] kept\n" + APT,
        ),
        (FROM + "#dfix:ignore[ merge-runs ]\n" + APT, FROM + "#dfix:ignore[ merge-runs, clean-up]\n" + APT),
        # directives stay the first lines
        (
            "# syntax=docker/dockerfile:1\n# check=skip=JSONArgsRecommended\n" + FROM + APT,
            "# syntax=docker/dockerfile:1\n# check=skip=JSONArgsRecommended\n"
            + FROM
            + "# dfix: ignore[clean-up]\n"
            + APT,
        ),
        # several rules, and what a rule says only where another is silent
        (
            FROM + "RUN useradd a\nRUN useradd b\n" + APT,
            FROM + "# dfix: ignore[merge-runs]\nRUN useradd a\nRUN useradd b\n# dfix: ignore[clean-up]\n" + APT,
        ),
        # nothing to silence
        (FROM + CLEAN, FROM + CLEAN),
        (FROM + "# dfix: ignore\n" + APT, FROM + "# dfix: ignore\n" + APT),
        (FROM + "# dfix: ignore-file\n" + APT, FROM + "# dfix: ignore-file\n" + APT),
        (FROM + "# hadolint ignore=DL3009\n" + APT, FROM + "# hadolint ignore=DL3009\n" + APT),
        ("# dfix: ignored\n" + FROM, "# dfix: ignored\n" + FROM),
    ],
)
def test_comments(before: str, after: str) -> None:
    assert silenced(before) == after
    assert silenced(before.replace("\n", "\r\n")) == after.replace("\n", "\r\n")
    assert silenced(before.rstrip("\n")) == after.rstrip("\n")


def test_a_reason() -> None:
    assert silenced(FROM + APT, "before dfix") == FROM + "# dfix: ignore[clean-up] before dfix\n" + APT
    kept = FROM + "# dfix: ignore[merge-runs{}] its own\n" + APT
    assert silenced(kept.format(""), "before dfix") == kept.format(", clean-up")
    bare = FROM + "# dfix: ignore[merge-runs{}\n" + APT
    assert silenced(bare.format("]"), "before dfix") == bare.format(", clean-up] before dfix")


def test_bytes_are_kept() -> None:
    data = b"\xef\xbb\xbfFROM debian:12\r\nLABEL a=\xff\r\nRUN apt-get update && apt-get install -y curl"
    result = silence(Source.from_bytes("Dockerfile", data), Options(), "")
    assert result.after.to_bytes() == data.replace(b"RUN", b"# dfix: ignore[clean-up]\r\nRUN")


@pytest.mark.parametrize("text", ["FORM a\n", "", "FROM a\nRUN <<E\n"])
def test_a_file_with_a_fault_stays(text: str) -> None:
    result = silence(Source("Dockerfile", text), Options(), "")
    assert result.problem is not None
    assert not result.changed
