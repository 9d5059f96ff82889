"""Real scripts, read by dfix and by shfmt."""

from __future__ import annotations

import random

import pytest
from reference import buildkit_reads
from shared_data import Corpus

from dfix.rewriter.dockerfile import parse as parse_file
from dfix.rewriter.shell.nodes import Script
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import commands
from dfix.rewriter.text.source import Source
from tests.shell.shfmt_reading import shape_of, shapes

FILES = 1500
SCRIPTS = 2500
BATCH = 300


@pytest.fixture(scope="module")
def sample(real_files: Corpus) -> list[str]:
    names = sorted(real_files.dockerfiles)
    chosen = random.Random(20).sample(names, min(FILES, len(names)))
    return [real_files.dockerfiles[name].decode("utf-8", "replace") for name in chosen]


@pytest.fixture(scope="module")
def logical(sample: list[str]) -> list[str]:
    """The scripts of RUNs in shell form, as BuildKit's own parser joins their lines."""
    found: list[str] = []
    for text in sample:
        for instruction in buildkit_reads(text) or ():
            if instruction.keyword == "RUN" and not instruction.json and not instruction.heredocs:
                found += instruction.values
    return random.Random(21).sample(list(dict.fromkeys(found)), SCRIPTS)


def test_shfmt_reads_the_same(logical: list[str]) -> None:
    scripts = [parse(text, 0, text) for text in logical]
    understood = [(text, script) for text, script in zip(logical, scripts, strict=True) if not script.opaque]
    assert len(understood) > len(logical) * 0.98
    for start in range(0, len(understood), BATCH):
        part = understood[start : start + BATCH]
        for (text, script), other in zip(part, shapes([text for text, _ in part]), strict=True):
            assert other is not None, f"shfmt does not take {text}"
            assert shape_of(script.statements, 0) == other, text


def test_the_readings_can_differ() -> None:
    good, bad = "a && b >f", "a | b >f"
    assert shapes([good]) == [shape_of(parse(good, 0, good).statements, 0)]
    assert shapes([good]) != [shape_of(parse(bad, 0, bad).statements, 0)]
    assert shapes([good, "a &&", "if"]) == [*shapes([good]), None, None]


def test_a_mask_reads_as_the_joined_lines_do(sample: list[str]) -> None:
    compared = 0
    for text in sample:
        for instruction in parse_file(Source("", text)).instructions:
            if instruction.keyword != "RUN" or instruction.json is not None or instruction.heredocs:
                continue
            mask = instruction.script_mask()
            if mask is None or mask[0] == instruction.value:
                continue
            in_file = parse(*mask, text)
            joined = parse(instruction.value, 0, instruction.value)
            assert bool(in_file.opaque) == bool(joined.opaque)
            assert _read(in_file) == _read(joined), instruction.value
            compared += 1
    assert compared > 1000


def _read(script: Script) -> list[object]:
    return [
        (
            [(word.text, word.value) for word in (*command.assigns, *command.words)],
            [
                (redirect.op, redirect.target and (redirect.target.text, redirect.target.value))
                for redirect in command.redirects
            ],
        )
        for command in commands(script)
    ]
