"""Reading a file and replacing it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dfix.rewriter.text import write as write_module
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import MAX_BYTES, read
from dfix.rewriter.text.temporary import temporary
from dfix.rewriter.text.write import write
from tests.built import ROOT

OLD, NEW = b"FROM a\r\n\xff", b"FROM b\r\n\xfe"


def problem_of(found: object) -> str:
    assert isinstance(found, Problem)
    assert found.line == 0
    assert found.hint
    return found.message


def put(path: Path, data: bytes = OLD) -> Path:
    path.write_bytes(data)
    return path


def alone(path: Path) -> bool:
    """Nothing was left lying beside the file."""
    return [item.name for item in path.parent.iterdir()] == [path.name]


def test_bytes_come_back_as_they_are(tmp_path: Path) -> None:
    path = put(tmp_path / "Dockerfile")
    assert read(str(path), None) == OLD
    assert write(str(path), OLD, NEW, (str(tmp_path),)) is None
    assert path.read_bytes() == NEW
    assert alone(path)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o660])
def test_the_mode_stays(tmp_path: Path, mode: int) -> None:
    path = put(tmp_path / "Dockerfile")
    path.chmod(mode)
    assert write(str(path), OLD, NEW, (str(tmp_path),)) is None
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays(tmp_path: Path) -> None:
    path = put(tmp_path / "Dockerfile")
    os.chown(path, 1234, 4321)
    path.chmod(0o640)
    assert write(str(path), OLD, NEW, (str(tmp_path),)) is None
    found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (1234, 4321, 0o640)


def test_an_owner_that_cannot_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "Dockerfile")
    monkeypatch.setattr(write_module, "_keep_owner", lambda _new, _found: False)
    assert "a user or group" in problem_of(write(str(path), OLD, NEW, (str(tmp_path),)))
    assert path.read_bytes() == OLD
    assert alone(path)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path = put(tmp_path / "real" / "Dockerfile")
    one, two = tmp_path / "one", tmp_path / "two"
    one.symlink_to("real/Dockerfile")
    two.symlink_to("one")
    assert read(str(two), None) == OLD
    assert write(str(two), OLD, NEW, (str(tmp_path),)) is None
    assert path.read_bytes() == NEW
    assert two.is_symlink()
    assert one.is_symlink()
    assert alone(path)


def test_a_loop_of_links(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.symlink_to("two")
    two.symlink_to("one")
    assert "cannot be read: too many levels" in problem_of(read(str(one), None))
    assert "cannot be read again" in problem_of(write(str(one), OLD, NEW, (str(tmp_path),)))
    assert one.is_symlink()


def test_an_edit_in_the_meantime_stays(tmp_path: Path) -> None:
    path = put(tmp_path / "Dockerfile", b"FROM c\n")
    assert "another program changed it" in problem_of(write(str(path), OLD, NEW, (str(tmp_path),)))
    assert path.read_bytes() == b"FROM c\n"


@pytest.mark.parametrize("edit", [b"FROM c\n", OLD[::-1], b"", OLD])
@pytest.mark.parametrize("at", ["fsync", "chmod"])
def test_an_edit_while_it_is_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: bytes, at: str
) -> None:
    path = put(tmp_path / "Dockerfile")
    call = getattr(os, at)

    def edited(*arguments: object) -> None:
        call(*arguments)
        path.write_bytes(edit)
        os.utime(path, ns=(1, 1))

    monkeypatch.setattr(os, at, edited)
    assert "another program changed it" in problem_of(write(str(path), OLD, NEW, (str(tmp_path),)))
    assert path.read_bytes() == edit
    assert alone(path)


def test_a_file_that_is_replaced_while_it_is_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "Dockerfile")
    call = os.fsync

    def replaced(descriptor: int) -> None:
        call(descriptor)
        put(tmp_path / "new")
        os.rename(tmp_path / "new", path)

    monkeypatch.setattr(os, "fsync", replaced)
    assert "another program changed it" in problem_of(write(str(path), OLD, NEW, (str(tmp_path),)))
    assert path.read_bytes() == OLD
    assert alone(path)


def has_attributes(folder: Path) -> bool:
    try:
        os.setxattr(folder, "user.dfix", b"")
    except OSError:
        return False
    return True


def test_extended_attributes_stay(tmp_path: Path) -> None:
    if not has_attributes(tmp_path):
        pytest.skip("the file system has no extended attributes")
    path = put(tmp_path / "Dockerfile")
    os.setxattr(path, "user.note", b"\0\xff")
    os.setxattr(path, "user.empty", b"")
    assert write(str(path), OLD, NEW, (str(tmp_path),)) is None
    assert {name: os.getxattr(path, name) for name in os.listxattr(path) if name.startswith("user.")} == {
        "user.note": b"\0\xff",
        "user.empty": b"",
    }


def test_an_attribute_that_cannot_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "Dockerfile")

    def refuse(*_arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "listxattr", lambda name: ["trusted.x", "security.ima"] if name == str(path) else [])
    monkeypatch.setattr(os, "getxattr", lambda _name, _attribute: b"x")
    monkeypatch.setattr(os, "setxattr", refuse)
    found = write(str(path), OLD, NEW, (str(tmp_path),))
    assert problem_of(found) == "has the extended attribute trusted.x, which dfix cannot preserve"
    assert path.read_bytes() == OLD
    assert alone(path)


def test_hard_links_are_not_parted(tmp_path: Path) -> None:
    path = put(tmp_path / "Dockerfile")
    os.link(path, tmp_path / "other")
    found = write(str(path), OLD, NEW, (str(tmp_path),))
    assert problem_of(found) == "has 2 hard links, and only one of them would be replaced"
    assert path.read_bytes() == OLD
    assert path.samefile(tmp_path / "other")
    os.unlink(tmp_path / "other")
    assert write(str(path), OLD, NEW, (str(tmp_path),)) is None


KILLED = "import os, signal, sys; from dfix.rewriter.text import write\n" + (
    "setattr(os, sys.argv[1], lambda *_: os.kill(os.getpid(), signal.SIGKILL))\n"
    "write.write(sys.argv[2], b'FROM a\\r\\n\\xff', b'x', (os.path.dirname(sys.argv[2]),))\n"
)


@pytest.mark.parametrize("at", ["fsync", "chmod", "replace"])
def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path, at: str) -> None:
    path = put(tmp_path / "Dockerfile")
    done = subprocess.run([sys.executable, "-c", KILLED, at, str(path)], check=False, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == OLD
    (left,) = tmp_path.glob(".dfix-*")
    assert write(str(path), OLD, NEW, (str(tmp_path),)) is None
    assert not left.exists()
    assert alone(path)


def test_only_what_is_left_of_a_run_is_removed(tmp_path: Path) -> None:
    path = put(tmp_path / "Dockerfile")
    kept = [".dfix-x", ".dfix-0123456789ab.txt", ".dfix-0123456789AB", ".dfix-00", "dfix-0123456789ab"]
    for name in kept:
        (tmp_path / name).write_text("mine")
    (tmp_path / ".dfix-0123456789ac").mkdir()
    (tmp_path / ".dfix-0123456789ad").symlink_to("Dockerfile")
    os.mkfifo(tmp_path / ".dfix-0123456789ae")
    running, descriptor = temporary(str(tmp_path))
    assert write(str(path), OLD, NEW, (str(tmp_path),)) is None
    assert len(list(tmp_path.iterdir())) == len(kept) + 5
    assert os.path.exists(running)
    os.close(descriptor)


def test_a_file_that_is_gone_does_not_come_back(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    assert "cannot be read again" in problem_of(write(str(path), OLD, NEW, (str(tmp_path),)))
    assert not path.exists()


def test_a_read_only_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "Dockerfile")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)  # root may write everything
    assert problem_of(write(str(path), OLD, NEW, (str(tmp_path),))) == "read-only"
    assert path.read_bytes() == OLD


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    path = put(tmp_path / "Dockerfile")

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, full)
    assert problem_of(write(str(path), OLD, NEW, (str(tmp_path),))) == "cannot be written: no space left on device"
    assert path.read_bytes() == OLD
    assert alone(path)


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "Dockerfile")

    def interrupt(*_paths: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(str(path), OLD, NEW, (str(tmp_path),))
    assert path.read_bytes() == OLD
    assert alone(path)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    put(tmp_path / "file")
    assert problem_of(read(str(tmp_path / "absent"), None)) == "no such file"
    assert problem_of(read(str(tmp_path), None)) == "a folder, not a file"
    assert problem_of(read(str(tmp_path / "pipe"), None)) == "not a regular file"
    assert problem_of(read("/dev/null", None)) == "not a regular file"
    assert problem_of(read(str(tmp_path / "file" / "Dockerfile"), None)) == "cannot be read: not a directory"
    assert "cannot be read" in problem_of(read("a\0b", None))


def test_size(tmp_path: Path) -> None:
    path = put(tmp_path / "Dockerfile", b"#" * MAX_BYTES)
    assert read(str(path), None) == b"#" * MAX_BYTES
    put(path, b"#" * (MAX_BYTES + 1))
    assert problem_of(read(str(path), None)) == "larger than 100 kB, which dfix does not rewrite"
