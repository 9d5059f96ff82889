"""What goes wrong around a proof: a clear line, the right status, and nothing left behind."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.fixture import Engine
from tests.verify.conftest import Verify

SPLITS = "FROM busybox\nRUN mkdir /a\nRUN mkdir /b\n"


@pytest.fixture
def own_tmp(tmp_path: Path) -> Path:
    """A temporary folder in which everything is this test's."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def started(engine: Engine, own_tmp: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "dfix", "verify", "--isolated", "--network=host", *words]
    environment = {**engine.environment, "TMPDIR": str(own_tmp)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(there: Callable[[], bool], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)


def some_seconds() -> int:
    """A long time that no other test sleeps for, in this run or in one before."""
    return 100_000_000 + secrets.randbelow(100_000_000)


def sleeps(seconds: int) -> bool:
    """Whether a `sleep` of that many seconds runs anywhere on this machine, in a container too."""
    wanted = f"sleep\0{seconds}\0".encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if (folder / "cmdline").read_bytes() == wanted:
                    return True
            except OSError:
                continue
    return False


def images(engine: Engine, folder: Path) -> list[str]:
    """The images of the run in a folder."""
    label = f"label=dfix.verify={socket.gethostname()}:{folder}"
    command = ["docker", "image", "ls", "--all", "--quiet", "--filter", label]
    done = subprocess.run(command, env=engine.environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


def written(folder: Path, text: str) -> str:
    (folder / "Dockerfile").write_text(text)
    return str(folder / "Dockerfile")


def test_without_any_engine_it_says_what_to_do(tmp_path: Path) -> None:
    path = written(tmp_path, SPLITS)
    command = [sys.executable, "-m", "dfix", "verify", path]
    done = subprocess.run(
        command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("dfix: no build engine found")
    assert done.stderr.count("\n") == 1


def test_without_a_change_no_engine_is_needed(tmp_path: Path) -> None:
    path = written(tmp_path, "FROM busybox\nRUN mkdir /a\n")
    command = [sys.executable, "-m", "dfix", "verify", path]
    done = subprocess.run(
        command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "1 Dockerfile: 1 unchanged\n")


@pytest.fixture
def silent_socket(tmp_path: Path) -> Iterator[str]:
    """A socket at which somebody listens and never answers."""
    with socket.socket(socket.AF_UNIX) as listener:
        path = str(tmp_path / "silent.sock")
        listener.bind(path)
        listener.listen(50)
        yield path


def test_an_engine_that_does_not_answer(engine: Engine, tmp_path: Path, silent_socket: str) -> None:
    path = written(tmp_path, SPLITS)
    environment = {**engine.environment, "DOCKER_HOST": f"unix://{silent_socket}"}
    command = [sys.executable, "-m", "dfix", "verify", "--engine=docker", path]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Docker does not answer" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_build_that_hangs_is_ended(engine: Engine, own_tmp: Path, tmp_path: Path) -> None:
    engine.bases("busybox")
    seconds = some_seconds()
    path = written(tmp_path, f"{SPLITS}RUN sleep {seconds}\n")
    process = started(engine, own_tmp, "--timeout=3", path)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 2
    assert (
        f"{path}: does not build even without dfix's changes, so nothing is proven: it took longer than 3 s and was stopped"
        in said
    )
    assert "--timeout SECONDS sets a longer limit" in said
    wait_for(lambda: not sleeps(seconds))
    (log,) = own_tmp.iterdir()
    assert f"RUN sleep {seconds}" in log.read_text()
    assert str(log) in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_build_and_leaves_nothing(
    engine: Engine, own_tmp: Path, tmp_path: Path, number: signal.Signals
) -> None:
    engine.bases("busybox")
    seconds = some_seconds()
    path = written(tmp_path, f"{SPLITS}RUN sleep {seconds}\n")
    process = started(engine, own_tmp, path)
    wait_for(lambda: sleeps(seconds))
    (folder,) = own_tmp.glob("dfix-verify-*")
    process.send_signal(number)
    out, said = process.communicate(timeout=300)
    assert (process.returncode, out, said) == (130, "", "")
    wait_for(lambda: not sleeps(seconds))
    assert list(own_tmp.iterdir()) == []
    assert images(engine, folder) == []


def test_what_a_killed_run_leaves_is_removed_by_clean(engine: Engine, own_tmp: Path, tmp_path: Path) -> None:
    engine.bases("busybox")
    path = written(tmp_path, SPLITS)
    first, second = some_seconds(), some_seconds()
    (tmp_path / "new").write_text(f"{SPLITS}RUN sleep {first}\n")
    process = started(engine, own_tmp, "--no-measure", "--against", str(tmp_path / "new"), path)
    wait_for(lambda: sleeps(first))
    process.kill()
    process.communicate()
    (left,) = own_tmp.iterdir()
    assert len(images(engine, left)) == 1
    going_on = started(engine, own_tmp, "--timeout=30", written(tmp_path, f"{SPLITS}RUN sleep {second}\n"))
    wait_for(lambda: sleeps(second))
    cleaning = started(engine, own_tmp, "--clean")
    out, said = cleaning.communicate(timeout=300)
    assert (cleaning.returncode, said) == (0, "")
    assert "stopped, " in out
    assert out.endswith("1 temporary folder and 0 build logs removed\n")
    wait_for(lambda: not sleeps(first))
    assert images(engine, left) == []
    assert len(list(own_tmp.iterdir())) == 1, "the run that goes on keeps its folder"
    going_on.send_signal(signal.SIGINT)
    going_on.communicate(timeout=300)


def test_two_runs_at_once(engine: Engine, own_tmp: Path, tmp_path: Path) -> None:
    engine.bases("busybox")
    path = written(tmp_path, SPLITS)
    both = [started(engine, own_tmp, "--no-measure", path) for _ in range(2)]
    for process in both:
        out, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
        assert out.startswith(f"{path}: proven, the same image\n")
    assert list(own_tmp.iterdir()) == []


def test_a_full_disk_is_told_and_other_files_go_on(engine: Engine, tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("mounting a small file system needs root")
    engine.bases("busybox")
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)], check=True)
    try:
        for name, content in (("big", b"x" * 1_000_000), ("little", b"x")):
            (tmp_path / name).mkdir()
            (tmp_path / name / "data").write_bytes(content)
            written(tmp_path / name, SPLITS + "COPY data /\n")
        process = started(engine, small, "--no-measure", str(tmp_path / "big"), str(tmp_path / "little"))
        out, said = process.communicate(timeout=300)
        assert process.returncode == 2
        assert f"{tmp_path}/big/Dockerfile: cannot be proven: " in said
        assert "No space left on device. Free some space" in said
        assert f"{tmp_path}/little/Dockerfile: proven, the same image" in out
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def test_a_file_that_needs_a_secret_or_an_argument(verify: Verify, tmp_path: Path) -> None:
    secret = "RUN --mount=type=secret,id=token,required=true test $(cat /run/secrets/token) = x\n"
    path = written(tmp_path, SPLITS + 'ARG VERSION\nRUN test -n "$VERSION"\n' + secret)
    lacks = verify("--no-measure", path)
    assert lacks.status == 2
    assert "ARG VERSION has no value. Set it with --set VERSION=VALUE" in lacks.err
    lacks = verify("--no-measure", "--set", "VERSION=1", path)
    assert lacks.status == 2
    assert "--secret id=token,src=FILE" in lacks.err
    (tmp_path / "token").write_text("x")
    proven = verify("--no-measure", "--set", "VERSION=1", "--secret", f"id=token,src={tmp_path}/token", path)
    assert (proven.status, proven.err) == (0, "1 Dockerfile: 1 proven\n")


def test_what_does_not_build_before_proves_nothing(verify: Verify, tmp_path: Path) -> None:
    path = written(tmp_path, SPLITS + "RUN echo oops >&2; exit 3\n")
    found = verify(path)
    assert (found.status, found.out) == (2, "")
    lines = found.err.splitlines()
    assert lines[0] == (
        f"{path}: does not build even without dfix's changes, so nothing is proven: "
        "line 4: `RUN echo oops >&2; exit 3`: exit code 3, last said: oops"
    )
    log = Path(lines[1].removeprefix("  the build log is in "))
    assert "oops" in log.read_text()
    log.unlink()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-",), "`-` cannot be verified"),
        (("--set", "=x", "Dockerfile"), "--set takes KEY=VALUE, not `=…`"),
        (("--clean", "Dockerfile"), "--clean takes no PATH"),
        (("--against", "nowhere", "Dockerfile"), "no such file"),
        (("--against", "a", "b", "c"), "--against compares two files"),
        (("--write", "--against", "a", "b"), "--against writes nothing"),
        (("--engine", "nothing", "."), "nothing"),
        (("nowhere",), "nowhere"),
        (("--context", "nowhere", "."), "--context: no such folder: nowhere"),
        (("--select", "nonsense", "."), "unknown rule `nonsense`"),
        (
            ("--base", "HEAD", "--select", "clean-up"),
            "--base compares what is already written, and runs no rule. Leave out --select",
        ),
        (("--base", "HEAD", "--ignore", "DL3009", "."), "Leave out --ignore"),
        (("--base", "HEAD", "--hadolint-config", "x.yaml"), "Leave out --hadolint-config"),
        (
            ("--against", "Dockerfile", "Dockerfile", "--select", "clean-up"),
            "--against compares what is already written",
        ),
        (("--reproducible", "--hadolint-config", "x.yaml", "."), "Leave out --hadolint-config"),
    ],
)
def test_command_lines_that_make_no_sense(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    written(tmp_path, SPLITS)
    command = [sys.executable, "-m", "dfix", "verify", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
