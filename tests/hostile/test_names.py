"""Names of files that would harm a terminal, or that a CI service would take as a command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.build_context import put
from tests.hostile.guarded import guarded

APT = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n"
WRONG = "FROM debian:12\nRUNX a\n"
NAMES = (
    "Dockerfile.a\n::error file=x::PWNED",
    "Dockerfile.\x1b]0;PWN\x07",
    "Dockerfile.\u202eb",
    "Dockerfile.\r::error::PWNED",
    "Dockerfile.##[error]PWNED",
    "::error::PWNED/Dockerfile",
    " ::error::PWNED/Dockerfile",
    "a\n::add-mask::x/Dockerfile",
    "\x9b31m/Dockerfile",
    "Dockerfile.\udcff\udc9b",
)
WORDS = (
    "--check",
    "--diff",
    "-v",
    "--show-settings",
    "--explain",
    "--output-format=concise",
    "--write",
    "--statistics",
)
_OWN = re.compile(r"::(?:warning|error|notice) file=[^:,\r\n]*,line=\d+,title=[^:,\r\n]*::[^\r\n]*")


@pytest.mark.parametrize("text", [APT, WRONG], ids=["changes", "wrong"])
@pytest.mark.parametrize("word", [*WORDS, "--output-format=github"])
def test_names_are_made_visible(tmp_path: Path, word: str, text: str) -> None:
    for number, name in enumerate(NAMES):
        folder = tmp_path / str(number)
        put(folder, {".git/HEAD": "", name: text, "dfix.toml": ""})
        for paths in (["."], [f"./{name}"]):
            ended = guarded([word, *paths], folder)
            assert ended.status in (0, 1, 2)
            for line in ended.said.splitlines():
                shown = (name, paths, line)
                if word.endswith("github") and line.startswith("::"):
                    assert _OWN.fullmatch(line), shown
                else:
                    assert not line.lstrip().startswith("::"), shown
                assert "##[" not in line or line.startswith(("diff ", "---", "+++", "::")), shown
                # as in the diffs of git, a tab ends a name with a space
                assert line.removesuffix("\t").isprintable(), shown
