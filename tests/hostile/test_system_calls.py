"""What a run on a hostile repository asks of the system: strace shows each file that is opened or changed, program and socket."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.hostile.hostile_repository import SECRET, make_hostile
from tests.tools.home import NoToolError, absent

OPENS = "open,openat,openat2,creat,name_to_handle_at,open_by_handle_at"
CHANGES = (
    "rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat,symlink,symlinkat,truncate,mknod,mknodat"
)
STARTS = "execve,execveat"
SPEAKS = "socket,socketpair,connect,bind,sendto,sendmsg"
SOURCE = Path(__file__).resolve().parents[2]
PYTHON = Path(sys.executable)
DFIX = PYTHON.with_name("dfix")
MODES = (["--diff"], ["--check"], ["--explain", "--unsafe"], ["--show-settings", "-v"], ["--write"])
RULES = "split-manifests,merge-runs,clean-up,dockerignore,multistage,slim-base"
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
OWN = [os.path.realpath(path) for path in (SOURCE, sys.prefix, f"{sys.base_prefix}/lib", os.path.dirname(os.__file__))]
_LIBRARY = re.compile(r"^/(?:usr/)?lib/.*\.so(?:\.\d+)*$")
"""Of the system, for modules of Python that are written in C."""
_CALL = re.compile(r"^(?P<name>\w+)\((?P<words>.*)\) += -?\d+(?:<(?P<at>.*)>)?(?: .*)?$")


class Traced(NamedTuple):
    """What strace saw: the paths of files that were opened and changed, and the calls that start programs or speak."""

    opened: frozenset[str]
    changed: frozenset[str]
    started: tuple[str, ...]
    spoken: tuple[str, ...]


def traced(words: list[str], folder: Path, log: Path) -> Traced:
    """Run dfix under strace in a folder. Its own names for descriptors (-y) say where links led to."""
    strace = shutil.which("strace")
    if strace is None:
        absent(NoToolError("strace is not installed"))
    calls = f"trace={OPENS},{CHANGES},{STARTS},{SPEAKS}"
    command = [strace, "-ff", "-y", "-qq", "-s", "4096", "-e", calls, "-o", str(log)]
    environment = {"PATH": os.defpath, "HOME": "/nonexistent", "GITHUB_TOKEN": SECRET, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*command, str(DFIX), *words],
        cwd=folder, env=environment, capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1, 2), done.stderr
    assert SECRET.encode() not in done.stdout + done.stderr
    assert b"internal error" not in done.stderr
    return _read(log, folder)


def _read(log: Path, folder: Path) -> Traced:
    """Read the logs of all processes (-ff: one each, so that no call is split into two lines). Attempts that failed count too."""
    opened: set[str] = set()
    changed: set[str] = set()
    started: list[str] = []
    spoken: list[str] = []
    for part in sorted(log.parent.glob(f"{log.name}.*")):
        for line in part.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
            call = _CALL.match(line)
            if call is None:
                assert line.startswith(("+++", "---")), line
                continue
            paths = {os.path.normpath(os.path.join(folder, path)) for path in _QUOTED.findall(call["words"])}
            if call["name"] in STARTS.split(","):
                started.append(line)
            elif call["name"] in SPEAKS.split(","):
                spoken.append(line)
            elif call["name"] in CHANGES.split(","):
                changed |= paths
            else:
                opened |= {call["at"]} if call["at"] else paths
    return Traced(frozenset(opened), frozenset(changed), tuple(started), tuple(spoken))


def below(path: str, folders: list[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """What Python and dfix open outside of a repository in which there is nothing to find."""
    folder = tmp_path_factory.mktemp("harmless")
    (folder / ".git").mkdir()
    (folder / "Dockerfile").write_text("FROM debian:12\nRUN apt-get update && apt-get install -y curl\n")
    seen: set[str] = set()
    for words in MODES:
        seen |= traced([*words, "."], folder, folder.with_name("log")).opened
    return frozenset(path for path in seen if not below(path, [str(folder)]))


@pytest.mark.parametrize("words", MODES, ids=" ".join)
def test_only_the_root_is_opened_and_nothing_is_started(
    tmp_path: Path, words: list[str], harmless: frozenset[str]
) -> None:
    root = make_hostile(tmp_path)
    before = {path: path.lstat() for path in tmp_path.rglob("*") if not path.is_relative_to(root)}
    found = traced([*words, "--select", RULES, "."], root, tmp_path.with_name(f"{tmp_path.name}.log"))
    elsewhere = {path for path in found.opened - harmless if not below(path, [str(root), *OWN])}
    assert {path for path in elsewhere if not _LIBRARY.search(path)} == set()
    assert below(str(root / "good/Dockerfile"), sorted(found.opened))
    assert {path for path in found.changed if not below(path, [str(root)])} == set()
    assert [path for path in found.changed if words != ["--write"]] == []
    assert len(found.started) == 1, found.started
    assert found.spoken == ()
    assert {path: path.lstat().st_mtime_ns for path in before} == {
        path: stat.st_mtime_ns for path, stat in before.items()
    }


def test_the_trace_sees_what_leaves_the_root(tmp_path: Path, harmless: frozenset[str]) -> None:
    """A context that the user names elsewhere is read: the test above would notice."""
    root = make_hostile(tmp_path)
    context = ["--context", str(tmp_path / "far"), "--select", RULES, "--explain", "good/Dockerfile"]
    found = traced(context, root, tmp_path.with_name(f"{tmp_path.name}.log"))
    assert any(below(path, [str(tmp_path / "far")]) for path in found.opened)
    script = "import os, socket; open('/etc/passwd'); socket.socket(); os.system('true')"
    log = tmp_path / "log"
    calls = f"trace={OPENS},{STARTS},{SPEAKS}"
    command = ["strace", "-ff", "-y", "-qq", "-e", calls, "-o", str(log), str(PYTHON), "-c", script]
    subprocess.run(command, check=True)
    seen = _read(log, tmp_path)
    assert "/etc/passwd" in seen.opened
    assert len(seen.started) == 2
    assert len(seen.spoken) == 1
