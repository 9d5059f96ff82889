"""Whatever the repository: no exception, answers that can be parsed, nothing read outside, nothing written unasked."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from dfix.rewriter.pipeline import registry
from dfix.rewriter.pipeline import run as pipeline
from tests.fuzz.mutations import Mutator
from tests.fuzz.repositories import (
    FILE,
    LINK,
    NO_REPOSITORY,
    PIPE,
    WORD,
    Entry,
    Repository,
    from_bytes,
    from_json,
    put,
    to_bytes,
    to_json,
)
from tests.fuzz.seeds import kept, seeds
from tests.fuzz.trial import MOST_SECONDS, FaultsError, Trial

LONGEST = 6000
TRIED = 400
NODE = b"FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
FOUND = {
    "a lock file that leads to itself": Repository(
        NODE, (Entry(FILE, "package.json", b"{}"), Entry(LINK, "package-lock.json", b"package-lock.json"))
    ),
    "a lock file that leads nowhere": Repository(
        NODE, (Entry(FILE, "package.json", b"{}"), Entry(LINK, "package-lock.json", b"a/b"))
    ),
    "a comment after the last backslash": Repository(
        b"FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt \\\n# the end\n",
        (Entry(FILE, "requirements.txt", b"a==1.0\n"),),
    ),
    "requirements that are not UTF-8": Repository(
        b"FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt\n",
        (Entry(FILE, "requirements.txt", b"tiny\xff"),),
    ),
    "an update with an operand": Repository(b"FROM alpine:3.20\nRUN apk update rch a \\\n && apk add curl\n"),
}
"""Inputs of the fuzzer for which dfix once gave a wrong answer."""


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    before = os.getcwd()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", "/nonexistent")
        yield Trial(tmp_path_factory.mktemp("fuzz"))
    assert os.getcwd() == before


@pytest.mark.parametrize("name", FOUND)
def test_what_has_been_found(trial: Trial, name: str) -> None:
    trial(FOUND[name])


def test_what_is_kept(trial: Trial) -> None:
    for one in kept():
        try:
            trial(one)
        except FaultsError as faults:
            raise AssertionError(f"{faults.kind}: {faults.details}\n{one}") from None


def test_some_mutations(trial: Trial) -> None:
    every = [to_bytes(one) for one in seeds(LONGEST)]
    mutator = Mutator(from_bytes(one) for one in every)
    for number in range(TRIED):
        data = mutator.mutated(every[number * 7 % len(every)], LONGEST, number)
        data = mutator.joined(data, every[number * 11 % len(every)], LONGEST, number) if number % 5 == 0 else data
        assert len(data) <= LONGEST
        try:
            trial(from_bytes(data))
        except FaultsError as faults:
            raise AssertionError(f"{faults.kind}: {faults.details}\n{data!r}") from None


def test_bytes_and_back() -> None:
    for one in seeds(LONGEST):
        assert from_bytes(to_bytes(one)) == one
        assert from_json(to_json(one)) == one
    separators = Repository(b"FROM a\x1e\x1d0\n", (Entry(FILE, "a", b"\x1d1\x1e\x1d"),))
    assert from_bytes(to_bytes(separators)) == separators
    assert from_bytes(b"FROM a\n\x1e\x1ex\x1ezpath\ndata\x1ef\ndata\x1efa\nb") == Repository(
        b"FROM a\n", (Entry(FILE, "a", b"b"),)
    )


def test_nothing_is_put_outside(tmp_path: Path) -> None:
    entries = (
        *(
            Entry(LINK, "out", b".."),
            Entry(FILE, "out/a", b"x"),
            Entry(FILE, "../b", b"x"),
            Entry(FILE, "/tmp/x", b"x"),
        ),
        *(Entry(LINK, "a/out", b"../.."), Entry(LINK, "a/out/c", b"x"), Entry(PIPE, "out/d"), Entry(FILE, ".", b"x")),
        *(
            Entry(WORD, NO_REPOSITORY),
            Entry(FILE, "\0", b"x"),
            Entry(FILE, "n" * 300, b"x"),
            Entry(LINK, "Dockerfile", b".."),
        ),
    )
    folder = tmp_path / "root"
    folder.mkdir()
    put(Repository(b"FROM a\n", entries), folder)
    assert [path.name for path in tmp_path.iterdir()] == ["root"]
    assert sorted(path.name for path in folder.iterdir()) == ["Dockerfile", "a", "out"]


def rule(trial: Trial, propose: object) -> str:
    """Which kind of fault a rule leads to."""
    fields = {"NAME": "x", "CODES": (), "ORDER": 1, "SUMMARY": "", "CONTRACT": "same-image", "EXAMPLES": ()}
    rules = (SimpleNamespace(**fields, __doc__="", propose=propose),)
    with pytest.MonkeyPatch.context() as patch:
        for module in (registry, pipeline):
            patch.setattr(module, "transforms", lambda: rules)
        with pytest.raises(FaultsError) as found:
            trial(Repository(b"FROM debian\n"))
    return found.value.kind


def test_faults_are_found(trial: Trial) -> None:
    """A rule that does what none may do."""

    def fails(_model: object) -> Iterator[object]:
        yield 1 / 0

    def reads(_model: object) -> Iterator[object]:
        Path("../outside/secret").read_text()
        yield from ()

    def follows(_model: object) -> Iterator[object]:
        os.listdir("/etc")
        yield from ()

    def writes(_model: object) -> Iterator[object]:
        Path("new").touch()
        yield from ()

    def executes(_model: object) -> Iterator[object]:
        os.system("true")
        yield from ()

    def computes(_model: object) -> Iterator[object]:
        end = time.process_time() + MOST_SECONDS
        while time.process_time() < end:
            yield from ()

    assert "ZeroDivisionError" in rule(trial, fails)
    assert rule(trial, reads) == rule(trial, follows) == "it reads outside of the root"
    assert rule(trial, writes) == "it writes"
    assert rule(trial, executes) == "it executes"
    assert rule(trial, computes) == "too slow"
