"""A proof that never fails proves nothing: each of these must be caught, and by what differs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.verify.conftest import Verify
from tests.verify.wrong_rewrites import WRONG, Wrong

_LONG_AGO = 1_600_000_000
"""When the files were written: before every build, also before a step that an engine has from an earlier one."""


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_a_wrong_rewrite_is_caught(verify: Verify, tmp_path: Path, wrong: Wrong) -> None:
    for name, text in {**wrong.files, "Dockerfile": wrong.before}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (_LONG_AGO, _LONG_AGO))
    (tmp_path / "Dockerfile.new").write_text(wrong.after)
    status, out, err = verify(
        str(tmp_path / "Dockerfile"),
        "--against",
        str(tmp_path / "Dockerfile.new"),
        "--no-measure",
        "--output-format=json",
    )
    (file,) = json.loads(out)["files"]
    assert (status, file["verdict"]) == (1, "broken"), err
    (blame,) = file["broken"]
    found = [f"{difference['path']} {difference['what']}" for difference in blame["differences"]]
    assert [line for line in wrong.seen if line not in found] == [], found
    assert wrong.message in blame["message"]
    assert wrong.seen or wrong.message
