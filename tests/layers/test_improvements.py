"""What is said beside a change about the layers that `dfix verify` has measured, and where nothing may be said."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.cli.gain_finder import GainFinder
from dfix.rewriter.cli.request import Request
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.measured.records import Took, keep, keys
from dfix.rewriter.model import build
from dfix.rewriter.pipeline.job import Job, work
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.text.source import Source

APT = "RUN apt-get update && apt-get install -y jq\n"


def rewritten(path: Path, text: str) -> Result:
    path.write_text(text)
    return work(Job(str(path), Options(), write=False)).result


def said(result: Result) -> list[str]:
    return [one.said for one in GainFinder(Request()).of(result, Options(), None)]


def measure(path: Path, sizes: dict[Source, int]) -> None:
    """Keep what each RUN of a text took, as a build would have measured it."""
    models = [build(parse(text), "", lambda: None) for text in sizes]
    steps = [(key, size, step) for model, size in zip(models, sizes.values(), strict=True) for step, key in keys(model)]
    keep(str(path), {key: Took(1.0, size) for key, size, step in steps if step.keyword == "RUN"})


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "context").mkdir()
    return tmp_path / "context" / "Dockerfile"


def test_measured_layers(path: Path) -> None:
    result = rewritten(path, f"FROM debian:12\n{APT}COPY . .\n")
    assert said(result) == []
    measure(path, {result.before: 50_000_000, result.after: 30_000_000})
    assert said(result) == ["20.0 MB less in the image (measured by dfix verify)"]


def test_a_layer_that_is_larger_or_unknown_afterwards(path: Path) -> None:
    result = rewritten(path, f"FROM debian:12\n{APT}COPY . .\n")
    measure(path, {result.before: 30_000_000, result.after: 30_000_100})
    assert said(result) == []
    measure(path, {result.before: 30_000_000})
    assert said(result) == []


@pytest.mark.parametrize(
    "text",
    [
        f"FROM debian\n{APT}",  # of any release
        f"FROM example.org/own:bookworm\n{APT}",
        f"FROM debian:12 AS build\n{APT}FROM scratch\nCOPY --from=build /usr/bin/jq /\n",  # does not ship
    ],
)
def test_no_figure_for_package_lists(path: Path, text: str) -> None:
    assert [change.worth for change in rewritten(path, text).changes if change.worth] == []


def test_package_lists_are_counted_once(path: Path) -> None:
    result = rewritten(path, f"FROM debian:12\n{APT}COPY . .\n{APT.replace('jq', 'curl')}")
    figures = [change.worth for change in result.changes if change.rule == "clean-up"]
    assert figures == ["about 20 MB less in the image (package lists of bookworm, measured)", ""]


def test_an_install_that_nothing_else_changes(path: Path) -> None:
    (path.parent / "package.json").write_text("{}")
    (path.parent / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {}}')
    first = "FROM node:22\nCOPY package.json package-lock.json ./\n"
    assert said(rewritten(path, f"{first}RUN npm ci\nCOPY . .\n")) == []
    assert said(rewritten(path, f"{first}COPY . .\nRUN npm ci\n")) == [
        "`npm ci` is re-run by 2 files of the build context instead of 3"
    ]
