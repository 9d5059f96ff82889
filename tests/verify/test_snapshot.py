from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from dfix.rewriter.context.folder import Context
from dfix.rewriter.verify.snapshot import ContextError, ignore_file, snapshot


def opened(folder: Path) -> Context:
    return Context.open(str(folder), str(folder / "Dockerfile"))


def listed(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_what_ships_is_copied_with_modes_links_and_empty_folders(tmp_path: Path) -> None:
    root = tmp_path / "from"
    for name in ("src", "empty", "node_modules/x"):
        (root / name).mkdir(parents=True)
    (root / "src/run.sh").write_text("#!/bin/sh\n")
    (root / "src/run.sh").chmod(0o750)
    (root / "src").chmod(0o711)
    (root / "node_modules/x/index.js").write_text("")
    (root / "link").symlink_to("nowhere")
    (root / ".dockerignore").write_text("node_modules\n")
    copy = tmp_path / "to"
    snapshot(opened(root), str(copy))
    assert listed(copy) == [".dockerignore", "empty", "link", "src", "src/run.sh"]
    assert stat.S_IMODE((copy / "src/run.sh").stat().st_mode) == 0o750
    assert stat.S_IMODE((copy / "src").stat().st_mode) == 0o711
    assert os.readlink(copy / "link") == "nowhere"
    (copy / "src/run.sh").write_text("edited")
    assert (root / "src/run.sh").read_text() == "#!/bin/sh\n"


def test_a_read_only_folder_is_copied(tmp_path: Path) -> None:
    (tmp_path / "from/a").mkdir(parents=True)
    (tmp_path / "from/a/b").write_text("x")
    (tmp_path / "from/a").chmod(0o555)
    snapshot(opened(tmp_path / "from"), str(tmp_path / "to"))
    assert (tmp_path / "to/a/b").read_text() == "x"
    assert stat.S_IMODE((tmp_path / "to/a").stat().st_mode) == 0o555


def test_an_ignore_file_that_docker_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("[\n")
    with pytest.raises(
        ContextError, match=r"the ignore file cannot be used \(.dockerignore: line 1: `\[` is not a valid pattern\)"
    ):
        snapshot(opened(tmp_path), str(tmp_path / "to"))


def test_the_ignore_file_in_force(tmp_path: Path) -> None:
    dockerfile = str(tmp_path / "Dockerfile")
    assert ignore_file(opened(tmp_path), dockerfile) is None
    (tmp_path / ".dockerignore").write_text("a\n")
    assert ignore_file(opened(tmp_path), dockerfile) == b"a\n"
    (tmp_path / "Dockerfile.dockerignore").write_text("b\n")
    assert ignore_file(opened(tmp_path), dockerfile) == b"b\n"
