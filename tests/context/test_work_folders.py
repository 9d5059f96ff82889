"""The context that a WORKDIR below the copied tree tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.context.find_context import find_context
from dfix.rewriter.context.work_folders import work_folders
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.text.source import Source


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FROM a\nWORKDIR /s\nCOPY . .\nWORKDIR /s/util/A\nRUN b\n", ["util/A"]),
        ("FROM a\nCOPY ./ /s\nWORKDIR /s\nWORKDIR util\n", ["util"]),
        ("FROM a\nCOPY . /s\nWORKDIR /s\n", []),
        ("FROM a\nCOPY . /s\nWORKDIR /t\n", []),
        ("FROM a\nCOPY src /s\nWORKDIR /s/util\n", []),
        ("FROM a\nCOPY --from=b . /s\nWORKDIR /s/util\n", []),
        ("FROM a\nCOPY . /s\nFROM b\nWORKDIR /s/util\n", []),
        ("FROM a\nCOPY . /s\nWORKDIR /s/$NAME\n", []),
        ("FROM a\nCOPY . $DIR\nWORKDIR /s\n", []),
    ],
)
def test_work_folders(text: str, found: list[str]) -> None:
    assert work_folders(parse(Source("Dockerfile", text))) == found


def test_the_root_is_above_the_folder_of_the_dockerfile(tmp_path: Path) -> None:
    folder = tmp_path / "util" / "A"
    folder.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    dockerfile = str(folder / "Dockerfile")
    assert find_context(dockerfile, ["."], ["util/A"]).folder == str(tmp_path)
    assert find_context(dockerfile, ["."], ["util/B"]).folder == str(folder)
    assert find_context(dockerfile, ["."]).folder == str(folder)
