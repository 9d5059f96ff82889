"""The private dockerd with its BuildKit: started detached, found again, stopped without leaving mounts."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.engine.home import Home, NoEngineError
from tests.engine.packages import Wanted, codename, unpack

ENGINE = "trixie"
"""The suite of dockerd: the first release of Debian whose BuildKit has heredocs."""

STRANGERS = (
    "DOCKER_CONTEXT",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "DOCKER_API_VERSION",
    "BUILDKIT_PROGRESS",
    "BUILDX_BUILDER",
)
"""What the user's environment may say about another engine."""


def environment(home: Home) -> dict[str, str]:
    """The caller's whole environment, with the docker client led to the private engine."""
    kept = {name: value for name, value in os.environ.items() if name not in STRANGERS}
    # Without the buildx plugin in its configuration folder the client silently takes the old builder; with
    # DOCKER_BUILDKIT=1 it fails and says why.
    return {
        **kept,
        "DOCKER_HOST": f"unix://{home.socket}",
        "DOCKER_CONFIG": str(home.config),
        "DOCKER_BUILDKIT": "1",
        "PATH": f"{home.packages / 'usr/bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }


def up(home: Home) -> bool:
    """Whether the daemon answers on its socket."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(home.socket))
            line.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in line.recv(64)
    except OSError:
        return False


def start(home: Home) -> None:
    """Start the daemon unless it answers; several callers at once get the same one. Raises NoEngineError."""
    if up(home):
        return
    with home.locked("daemon"):
        if up(home):
            return
        _fetch(home)
        _clear(home)
        if not any(_launch(home, driver) for driver in ("overlay2", "vfs")):
            last = home.log.read_text(errors="replace").strip().splitlines()[-1:]
            raise NoEngineError(f"no engine: dockerd does not start: {''.join(last)} ({home.log})")


def stop(home: Home) -> None:
    """Stop the daemon and undo its mounts; images and layers are kept."""
    with home.locked("daemon"):
        _clear(home)


def _fetch(home: Home) -> None:
    stamp = home.packages / f".{ENGINE}"
    if stamp.exists():
        return
    shutil.rmtree(home.packages, ignore_errors=True)
    own = codename()
    names = ("docker.io", "containerd", "docker-cli", "docker-buildx")
    # dockerd and its company run with the glibc of an older host; runc of a newer suite does not.
    wanted = [
        *(Wanted(name, ENGINE) for name in names),
        Wanted("runc", own),
        Wanted("mmdebstrap", own),
        Wanted("busybox-static", own),
    ]
    unpack(wanted, home.packages, home.folder / "fetching")
    plugins = home.config / "cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    (home.config / "config.json").write_text("{}\n")
    plugin = plugins / "docker-buildx"
    plugin.unlink(missing_ok=True)
    plugin.symlink_to(home.packages / "usr/libexec/docker/cli-plugins/docker-buildx")
    stamp.touch()


def _launch(home: Home, driver: str) -> bool:
    """Start with one storage driver and wait until it answers."""
    home.run.mkdir(parents=True, exist_ok=True)
    command = [
        str(home.packages / "usr/sbin/dockerd"),
        f"--host=unix://{home.socket}",
        f"--config-file={_settings(home)}",
        f"--data-root={home.data}",
        f"--exec-root={home.run / 'exec'}",
        f"--pidfile={home.run / 'pid'}",
        f"--storage-driver={driver}",
        "--bridge=none",  # no network of its own: builds use the host's
        "--iptables=false",
        "--ip6tables=false",
        "--ip-forward=false",
    ]
    path = f"{home.packages / 'usr/sbin'}{os.pathsep}{environment(home)['PATH']}"
    with home.log.open("wb") as log:
        # in a session of its own and away from the caller's pipes, so that it outlives the caller and nothing waits for it
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "PATH": path},
        )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if up(home):
            process.returncode = 0  # it is to live on: no warning about a child that still runs
            return True
        time.sleep(0.05)
    _clear(home)
    return False


def _settings(home: Home) -> Path:
    """What the daemon keeps of builds has a bound: every proof builds without cache and leaves its layers."""
    path = home.folder / "daemon.json"
    path.write_text('{"builder": {"gc": {"enabled": true, "defaultKeepStorage": "10GB"}}}\n')
    return path


def _clear(home: Home) -> None:
    """End what runs from this home, then undo what it left mounted and lying about."""
    _end([pid for pid, program in _running(home) if program == "dockerd"], signal.SIGTERM, 15)
    _end([pid for pid, _ in _running(home)], signal.SIGKILL, 5)
    for mount in reversed(mounts(home)):
        subprocess.run(["umount", "-l", mount], check=False)
    shutil.rmtree(home.run, ignore_errors=True)  # a stale exec-root costs the next start ten seconds


def _running(home: Home) -> list[tuple[int, str]]:
    """Processes whose program lies in this home: dockerd, containerd and what they start."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            program = Path(os.readlink(entry / "exe").removesuffix(" (deleted)"))
        except OSError:  # gone already, or the kernel's own
            continue
        if program.is_relative_to(home.packages):
            found.append((int(entry.name), program.name))
    return found


def _end(pids: list[int], number: signal.Signals, seconds: float) -> None:
    """Send the signal and wait until the processes are gone, at most so long."""
    deadline = time.monotonic() + seconds
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
    while time.monotonic() < deadline and any(_alive(pid) for pid in pids):
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # a zombie is gone but for its parent


def mounts(home: Home) -> list[str]:
    """Mount points below this home, in the order they were mounted."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [point for point in points if Path(point).is_relative_to(home.folder)]
