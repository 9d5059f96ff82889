"""`dfix --diff | git apply` does what `dfix --write` does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Dfix

TEXTS = {
    "lines": b"FROM a\nRUN quiet\nRUN b\nRUN mess\nRUN c\n",
    "carriage returns": b"FROM a\r\nRUN quiet\r\nRUN mess\r\n",
    "no last newline": b"FROM a\nRUN quiet",
    "byte order mark": b"\xef\xbb\xbfFROM old\nRUN quiet\n",
    "odd bytes": b"FROM a\n# \xff\xfe\x00\nRUN quiet # \xc3\n",
    "far apart": b"FROM old\n" + b"RUN b\n" * 30 + b"RUN mess",
    "nothing to do": b"FROM a\nRUN b\n",
}
NAMES = (
    b"Dockerfile",
    b"a b/Dockerfile",
    b'q"uote/x.Dockerfile',
    b"t\tab.Dockerfile",
    b"\xc3\xa9/Containerfile",
    b"\xff.Dockerfile",
)


@pytest.mark.parametrize("case", TEXTS)
def test_git_applies_what_write_does(dfix: Dfix, case: str) -> None:
    for name in NAMES:
        path = Path(os.fsdecode(name))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(TEXTS[case])
    answer = dfix(["--diff", "--unsafe", "-q", "."])
    assert answer.status == (case != "nothing to do")
    assert answer.stderr == b""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "init", "-q", "."], check=True, env=environment)
    if answer.stdout:
        subprocess.run(["git", "apply", "-"], input=answer.stdout, check=True, env=environment)
    applied = [Path(os.fsdecode(name)).read_bytes() for name in NAMES]
    for name in NAMES:
        Path(os.fsdecode(name)).write_bytes(TEXTS[case])
    assert dfix(["--write", "--unsafe", "-q", "."]).status == 0
    assert [Path(os.fsdecode(name)).read_bytes() for name in NAMES] == applied
    assert (applied[0] == TEXTS[case]) == (case == "nothing to do")
