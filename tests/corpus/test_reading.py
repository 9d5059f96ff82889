"""Real files are read as two other readers read them: BuildKit's Go parser, and a port of a newer version of it."""

from __future__ import annotations

import random

import pytest
from e2b_dockerfile_utils import DockerfileInstruction, DockerfileSyntaxError, parse_dockerfile_ast
from reference import Reading, buildkit_reads, c_string, dfix_reads, difference, text_after_json
from shared_data import Corpus

from dfix.rewriter.dockerfile import Tree, parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.text.source import Source

SAMPLE = 3000


@pytest.fixture(scope="module")
def trees(real_files: Corpus) -> dict[str, Tree]:
    names = random.Random(7).sample(sorted(real_files.dockerfiles), SAMPLE)
    return {
        name: parse(Source(name, real_files.dockerfiles[name].decode("utf-8", "replace").removeprefix("\ufeff")))
        for name in names
    }


def test_as_buildkits_parser(trees: dict[str, Tree]) -> None:
    accepted = 0
    for name, tree in trees.items():
        theirs = buildkit_reads(tree.source.text)
        if theirs is None:
            assert tree.fault is not None or check(tree) is not None, name
            continue
        accepted += 1
        found = difference(dfix_reads(tree), theirs)
        # v0.12.5 ignores text after a JSON array, newer ones do not
        if not (found.startswith(f"line {text_after_json(tree)}: json False")):
            assert found == "", name
    assert accepted > SAMPLE * 0.99


def test_as_a_newer_port_of_it(trees: dict[str, Tree]) -> None:
    """The port refuses unknown instructions, cuts quoted COPY words, and does not look into ONBUILD: not compared."""
    compared = 0
    for name, tree in trees.items():
        try:
            theirs = parse_dockerfile_ast(tree.source.text).instructions
        except (DockerfileSyntaxError, RecursionError):
            continue
        compared += 1
        ours = [
            reading._replace(json=False, values=()) if reading.keyword in ("ONBUILD", "COPY", "ADD") else reading
            for reading in dfix_reads(tree)
        ]
        port = [_of_port(item) for item in theirs]
        assert difference(ours, port) == "", name
    assert compared > SAMPLE * 0.9


def _of_port(item: DockerfileInstruction) -> Reading:
    args = item.args
    if item.name in ("ENV", "LABEL"):
        args = [arg for number, arg in enumerate(args) if number % 3 != 2]
    is_open = item.name in ("ONBUILD", "COPY", "ADD")
    return Reading(
        item.name,
        item.start_line,
        item.end_line,
        tuple(item.flags),
        False if is_open else item.json,
        () if is_open else tuple(map(c_string, args)),
        tuple((heredoc.name, heredoc.content) for heredoc in item.heredocs),
    )


def test_text_after_a_json_array_is_shell_form_to_the_newer_port() -> None:
    """The one known difference to the older parser: the newer one is right."""
    text = 'FROM a\nCMD ["b"] # c\n'
    older = buildkit_reads(text)
    assert older is not None
    assert older[1].json
    newer = parse_dockerfile_ast(text).instructions[1]
    ours = parse(Source("Dockerfile", text)).instructions[1]
    assert not newer.json
    assert ours.json is None
    assert [ours.value] == newer.args == ['["b"] # c']


def test_verdicts(real_files: Corpus) -> None:
    """Whether a file can be built at all: as BuildKit's parser and its rules for instructions say."""
    verdicts = real_files.verdicts()
    wrong = []
    for name, data in real_files.dockerfiles.items():
        fault = check(parse(Source.from_bytes(name, data)))
        if (fault is None) != (verdicts[name] == "ok"):
            wrong.append((name, verdicts[name], fault))
    assert wrong == []
