from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.dockerfile.dangling import without_dangling
from dfix.rewriter.text.source import Source


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("FROM a\nRUN b \\\n", "FROM a\nRUN b\n"),
        ("FROM a\nRUN b \\", "FROM a\nRUN b"),
        ("FROM a\nRUN b \\  \n\n# end\n", "FROM a\nRUN b\n\n# end\n"),
        ("FROM a\nRUN b \\\n\\\n \\\n", "FROM a\nRUN b\n"),
        ("FROM a\nRUN b \\\n  c\\\n", "FROM a\nRUN b \\\n  c\n"),
        ("# escape=`\nFROM a\nRUN b `\n", "# escape=`\nFROM a\nRUN b\n"),
    ],
)
def test_it_is_removed(text: str, after: str) -> None:
    source = Source("Dockerfile", text)
    edit = without_dangling(parse(source))
    assert edit is not None
    assert source.apply([edit]).text == after
    assert without_dangling(parse(Source("Dockerfile", after))) is None


@pytest.mark.parametrize(
    "text", ["FROM a\nRUN b\n", "FROM a\nRUN b \\\n  c\n", "FROM a\nRUN b \\\\\n", "FROM a\nRUN <<E\nb \\\nE\n"]
)
def test_there_is_none(text: str) -> None:
    assert without_dangling(parse(Source("Dockerfile", text))) is None
