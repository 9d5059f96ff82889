"""BuildKit's own test files, read as its tests read them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from reference import as_written, values

from dfix.rewriter.dockerfile import Instruction, Tree, parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.text.source import Source

_SHORT = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_SHORT |= {"\\": "\\\\", '"': '\\"'}


def _quote(text: str) -> str:
    """Go's strconv.Quote, for what the files hold."""
    return '"' + "".join(_SHORT.get(char, char if char.isprintable() else f"\\x{ord(char):02x}") for char in text) + '"'


def _dump(instruction: Instruction) -> str:
    """One instruction as BuildKit's Node.Dump prints it."""
    parts = [instruction.keyword.lower()]
    if instruction.flags:
        parts.append("[" + " ".join(map(_quote, as_written(instruction))) + "]")
    if instruction.inner is not None:
        return " ".join([*parts, f"({_dump(instruction.inner)})"])
    found = values(instruction)
    if instruction.keyword in ("ENV", "LABEL"):
        sign = "=" if instruction.words and "=" in instruction.words[0].text else ""
        found = [text for name, value in zip(found[::2], found[1::2], strict=True) for text in (name, value, sign)]
    return " ".join(parts + [_quote(value) for value in found])


def _read(folder: Path) -> Tree:
    return parse(Source.from_bytes("Dockerfile", (folder / "Dockerfile").read_bytes()))


def test_every_file_is_read_as_buildkit_reads_it(buildkit_data: Path) -> None:
    folders = sorted((buildkit_data / "parser" / "testfiles").iterdir())
    assert len(folders) == 33
    for folder in folders:
        read = "\n".join(f"({_dump(instruction)})" for instruction in _read(folder).instructions)
        expected = re.sub(r"\)\n\)", "))", (folder / "result").read_text(encoding="utf-8")).strip()
        assert read == expected, folder.name


def test_every_file_that_buildkit_refuses_is_refused(buildkit_data: Path) -> None:
    folders = sorted((buildkit_data / "parser" / "testfiles-negative").iterdir())
    assert len(folders) == 4
    for folder in folders:
        assert check(_read(folder)) is not None, folder.name


def test_lines_of_instructions(buildkit_data: Path) -> None:
    """Line numbers as BuildKit's TestParseIncludesLineNumbers wants them."""
    tree = _read(buildkit_data / "parser" / "testfile-line")
    assert [(i.line, i.end_line) for i in tree.instructions] == [(5, 5), (11, 12), (17, 31)]


def test_the_printer_itself() -> None:
    tree = parse(
        Source("", 'FROM a\nONBUILD COPY --from=b ["c\\t", "é"] \nENV x "y\nHEALTHCHECK --retries=1 CMD ["d"]\n')
    )
    assert [_dump(instruction) for instruction in tree.instructions] == [
        'from "a"',
        'onbuild (copy ["--from=b"] "c\\t" "é")',
        'env "x" "\\"y" ""',
        'healthcheck ["--retries=1"] "CMD" "d"',
    ]


@pytest.mark.parametrize("text", ["FROM a\nENV PATH\n", "FROM a\nCMD [1]\n", "# only\n", ""])
def test_refused_by_the_same_rules(text: str) -> None:
    assert check(parse(Source("", text))) is not None
